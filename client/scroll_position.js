/**
 * Changes the page without moving what is being read.
 *
 * Two means. What is above the reader's line and grows or shrinks is made up for by scrolling as far, so that the line
 * stays where it was; the browser's own scroll anchoring, where there is any, is off meanwhile. What has to move all
 * the same, in the reader's sight, glides there from where it was (FLIP, Paul Lewis 2015): no layout shift.
 */

/** @import { View } from "./types.js" */

/** Milliseconds that it takes. */
export const GLIDE = 350;
const BLOCKS = "#head > *, .summary, #keys > li, #pinned > *, .tools, #posts > *, .pages";
/** @param {Element} element */
const top = (element) => element.getBoundingClientRect().top;
/** Where it stands; a key event, in the summary, which glides with all of them. @param {Element} block */
const place = (block) => {
  const list = block.closest("#keys");
  return top(block) - (list ? top(list) : 0);
};
/** Those that show, in sight or near it. @param {View} view */
const blocks = ({ root }) =>
  /** @type {HTMLElement[]} */ ([...root.querySelectorAll(BLOCKS)]).filter(
    (block) => block.getClientRects()[0] && Math.abs(top(block)) < 3 * innerHeight,
  );
/** @param {Element} element */
export const isInView = (element) => element.getBoundingClientRect().bottom > 0 && top(element) < innerHeight;

/** What the last scroll could not make up for: browsers scroll by whole pixels. */
let rest = 0;
let scrolledTo = -1;

/** @param {View} view @param {() => void} change @param {Element | null} [fixed] what stays in its place; else the line being read */
export function still(view, change, fixed) {
  const all = blocks(view);
  /** @type {Map<Element | string, number>} */
  const before = new Map(all.map((block) => [block.id || block, place(block)]));
  for (const animation of view.root.getAnimations()) if (animation.id === "still") animation.cancel();
  const seen = all.filter(isInView);
  // The very line, since the post around it may be replaced by one whose headline is longer.
  const line = [...(seen[0]?.querySelectorAll("*") ?? [])].find((part) => !part.firstElementChild && isInView(part));
  // At the very top of the page there is nowhere to scroll from.
  /** @type {(Element | undefined | null)[]} */
  const anchors = fixed ? [scrollY ? fixed : null] : [line, ...seen];
  const tops = anchors.map((anchor) => anchor && top(anchor));
  const { style } = document.documentElement;

  style.overflowAnchor = "none";
  change();
  const again = (/** @type {Element | undefined | null} */ anchor) => {
    if (!anchor || anchor.isConnected) return anchor;
    const now = view.byId((anchor === line ? seen[0] : anchor).id);
    if (anchor !== line) return now;
    return [...(now?.querySelectorAll(anchor.tagName) ?? [])].find((part) => part.textContent === anchor.textContent);
  };
  const kept = anchors.findIndex(again);
  const anchor = again(anchors[kept]) ?? null;
  if (anchor) {
    const was = (tops[kept] ?? 0) + (scrollY === scrolledTo ? rest : 0);
    scrollBy({ top: top(anchor) - was, behavior: "instant" });
    rest = was - top(anchor);
    scrolledTo = scrollY;
  }
  style.overflowAnchor = "";

  const duration = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : GLIDE;
  // Where all stand is asked before anything glides.
  const moved = blocks(view).map((block) => ({ block, now: place(block) }));
  let by = 0;
  for (const { block, now } of moved.reverse()) {
    const was = before.get(block.id || block);
    const isNew = was === undefined;
    if (!isNew) by = was - now;
    // What holds the line that is kept must not carry it along.
    if (Math.abs(by) < 1 || block.contains(anchor)) continue;
    const frames = isNew ? { opacity: [0, 0, 1] } : { transform: [`translateY(${by}px)`, "none"] };
    block.animate(frames, { id: "still", duration, easing: "ease-out" });
  }
}

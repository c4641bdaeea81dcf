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
const BLOCKS = "#head > *, .tools, #keys > li, #pinned > *, #posts > *, .pages";
const blocks = (/** @type {View} */ { root }) => /** @type {HTMLElement[]} */ ([...root.querySelectorAll(BLOCKS)]);
/** @param {Element} element */
const top = (element) => element.getBoundingClientRect().top;
/** @param {Element} element */
export const isInView = (element) => element.getBoundingClientRect().bottom > 0 && top(element) < innerHeight;

/** What the last scroll could not make up for: browsers scroll by whole pixels. */
let rest = 0;
let scrolledTo = -1;

/** @param {View} view @param {() => void} change @param {Element | null} [fixed] what stays in its place; else the line being read */
export function still(view, change, fixed) {
  /** @type {Map<Element | string, number>} */
  const before = new Map();
  const all = blocks(view);
  for (const block of all) {
    const y = top(block);
    if (Math.abs(y) < 3 * innerHeight) before.set(block.id || block, y);
  }
  for (const animation of view.root.getAnimations()) if (animation.id === "still") animation.cancel();
  const seen = all.filter(isInView);
  // The very line, since the post around it may be replaced by one whose headline is longer.
  const line = [...(seen[0]?.querySelectorAll("*") ?? [])].find((part) => !part.firstElementChild && isInView(part));
  /** @type {(Element | undefined | null)[]} */
  const anchors = fixed ? [fixed] : [line, ...seen];
  const tops = anchors.map((anchor) => anchor && top(anchor));
  const root = document.documentElement;

  root.style.overflowAnchor = "none";
  change();
  const again = (/** @type {Element | undefined | null} */ anchor) => {
    if (!anchor || anchor.isConnected) return anchor;
    const now = seen[0].id && view.byId(seen[0].id);
    if (anchor !== line) return anchor.id && view.byId(anchor.id);
    return now && [...now.querySelectorAll(anchor.tagName)].find((part) => part.textContent === anchor.textContent);
  };
  const kept = anchors.findIndex(again);
  const anchor = kept < 0 ? null : again(anchors[kept]);
  if (anchor && (scrollY || !fixed)) {
    const was = (tops[kept] ?? 0) + (scrollY === scrolledTo ? rest : 0);
    scrollBy({ top: top(anchor) - was, behavior: "instant" });
    rest = was - top(anchor);
    scrolledTo = scrollY;
  }
  root.style.overflowAnchor = "";

  const duration = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : GLIDE;
  const moved = blocks(view).reverse();
  const tell = moved.map(top);
  let by = 0;
  for (const [i, block] of moved.entries()) {
    const was = before.get(block.id || block);
    const isNew = was === undefined;
    if (!isNew) by = was - tell[i];
    // What holds the line that is kept must not carry it along.
    if (Math.abs(tell[i]) > 3 * innerHeight || Math.abs(by) < 1 || (anchor && block.contains(anchor))) continue;
    const frames = isNew ? { opacity: [0, 0, 1] } : { transform: [`translateY(${by}px)`, "none"] };
    block.animate(frames, { id: "still", duration, easing: "ease-out" });
  }
}

/**
 * Changes the page without moving the text that is being read.
 *
 * It does so in two ways. When content above the reader's line grows or shrinks, it scrolls by the same distance, so
 * the line stays where it is on the screen; the browser's own scroll anchoring is off during the change. When a
 * visible element has to move, it animates the move from the old position (FLIP, Paul Lewis 2015), which is no layout
 * shift.
 */

/** @import { View } from "./types.js" */

/** How many milliseconds a move takes. */
export const MOVE_DURATION = 350;
/** The elements that move as a whole. */
const BLOCKS = "#head > *, .summary, #keys > li, #pinned > *, .tools, #posts > *, .pages";
/** @param {Element} element */
const top = (element) => element.getBoundingClientRect().top;
/**
 * A block's vertical position; that of a key event is relative to the summary, which moves with them.
 *
 * @param {Element} block
 */
const position = (block) => {
  const list = block.closest("#keys");
  return top(block) - (list ? top(list) : 0);
};
/** The blocks on the screen or near it. @param {View} view */
const blocks = ({ root }) =>
  /** @type {HTMLElement[]} */ ([...root.querySelectorAll(BLOCKS)]).filter(
    (block) => block.getClientRects()[0] && Math.abs(top(block)) < 3 * innerHeight,
  );
/** Whether any part of an element is on the screen. @param {Element} element */
export const isInView = (element) => element.getBoundingClientRect().bottom > 0 && top(element) < innerHeight;

/** The fraction of a pixel by which the last scroll fell short: browsers scroll by whole pixels. */
let remainder = 0;
/** The position after that scroll; the remainder holds until the reader scrolls on. */
let scrolledTo = -1;

/**
 * Makes a change while the line being read, or the element `fixed`, stays where it is on the screen.
 *
 * @param {View} view
 * @param {() => void} change
 * @param {Element | null} [fixed]
 */
export function keepScrollPosition(view, change, fixed) {
  const all = blocks(view);
  /** @type {Map<Element | string, number>} */
  const before = new Map(all.map((block) => [block.id || block, position(block)]));
  for (const animation of view.root.getAnimations()) if (animation.id === "move") animation.cancel();
  const seen = all.filter(isInView);
  // Keep the line itself, not its post, since the change may give the post a longer headline.
  const line = [...(seen[0]?.querySelectorAll("*") ?? [])].find((part) => !part.firstElementChild && isInView(part));
  // At the very top of the page there is nowhere to scroll from.
  /** @type {(Element | undefined | null)[]} */
  const anchors = fixed ? [scrollY ? fixed : null] : [line, ...seen];
  const tops = anchors.map((anchor) => anchor && top(anchor));
  const { style } = document.documentElement;

  style.overflowAnchor = "none";
  change();
  const findAgain = (/** @type {Element | undefined | null} */ anchor) => {
    if (!anchor || anchor.isConnected) return anchor;
    const now = view.byId((anchor === line ? seen[0] : anchor).id);
    if (anchor !== line) return now;
    return [...(now?.querySelectorAll(anchor.tagName) ?? [])].find((part) => part.textContent === anchor.textContent);
  };
  const index = anchors.findIndex(findAgain);
  const anchor = findAgain(anchors[index]) ?? null;
  if (anchor) {
    const was = (tops[index] ?? 0) + (scrollY === scrolledTo ? remainder : 0);
    scrollBy({ top: top(anchor) - was, behavior: "instant" });
    remainder = was - top(anchor);
    scrolledTo = scrollY;
  }
  style.overflowAnchor = "";

  const duration = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : MOVE_DURATION;
  // Measure everything before anything moves.
  const moved = blocks(view).map((block) => ({ block, now: position(block) }));
  let by = 0;
  for (const { block, now } of moved.reverse()) {
    const was = before.get(block.id || block);
    const isNew = was === undefined;
    if (!isNew) by = was - now;
    // The block that contains the fixed line must not carry it along.
    if (Math.abs(by) < 1 || block.contains(anchor)) continue;
    const frames = isNew ? { opacity: [0, 0, 1] } : { transform: [`translateY(${by}px)`, "none"] };
    block.animate(frames, { id: "move", duration, easing: "ease-out" });
  }
}

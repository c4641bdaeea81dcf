/**
 * What a reader controls by click, key or choice: copy, share, play, move between posts, settings. Imported on first
 * use.
 */

/** @import { View } from "./types.js" */

import { showTimes } from "./times.js";

/**
 * Copies a link, and shows that in place of its text for two seconds.
 *
 * @param {View} view
 * @param {HTMLAnchorElement} link
 */
async function copy({ byId }, link) {
  await navigator.clipboard.writeText(link.href);
  const text = link.textContent;
  link.textContent = byId("announce").textContent = JSON.parse(byId("words").textContent ?? "").copied;
  setTimeout(() => {
    link.textContent = text;
  }, 2_000);
}

/**
 * Shares a post through the device; copies its link where the device cannot share.
 *
 * @param {View} view
 * @param {HTMLAnchorElement} link
 */
async function share(view, link) {
  const title = link.closest("article")?.ariaLabel || view.find("h1").textContent;
  if (!navigator.share) return copy(view, link);
  // It rejects when the reader cancels.
  await navigator.share({ title: title ?? "", url: link.href }).catch(() => {});
}

/** Replaces a card with the provider's player. @param {HTMLAnchorElement} card */
function play(card) {
  const frame = document.createElement("iframe");
  frame.src = card.dataset.player ?? "";
  frame.title = card.textContent?.trim() ?? "";
  frame.allow = "autoplay; fullscreen; picture-in-picture";
  frame.referrerPolicy = "strict-origin-when-cross-origin";
  frame.className = "player";
  card.replaceWith(frame);
  frame.focus();
}

/**
 * Moves the focus to another post.
 *
 * @param {View} view
 * @param {number} by 1 for the next post, -1 for the previous one
 */
export function focusPost({ articles }, by) {
  const posts = articles();
  const here = posts.indexOf(/** @type {HTMLElement} */ (document.activeElement?.closest("article")));
  const first = posts.findIndex((post) => post.getBoundingClientRect().bottom > 40);
  const next = posts[here < 0 ? first : here + by];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "start", behavior: "instant" });
}

/** Runs the control that the reader used. @param {View} view @param {HTMLElement} what the element with `data-act` */
export function runControl(view, what) {
  const { act } = what.dataset;
  const link = /** @type {HTMLAnchorElement} */ (what);
  if (act === "copy") return copy(view, link);
  if (act === "share") return share(view, link);
  if (act === "play") return play(link);
  const { value } = /** @type {HTMLSelectElement} */ (what);
  localStorage[act === "zone" ? "zone" : "announce"] = value;
  if (act === "zone") showTimes(view);
}

/** What a reader does by click, key or choice. Fetched at the first of them. */

/** @import { View } from "./types.js" */

import { showTimes } from "./times.js";

/** Copies a link, and says so in its place for a while. @param {View} view @param {HTMLAnchorElement} link */
async function copy({ byId }, link) {
  await navigator.clipboard.writeText(link.href);
  const text = link.textContent;
  link.textContent = byId("announce").textContent = JSON.parse(byId("words").textContent ?? "").copied;
  setTimeout(() => {
    link.textContent = text;
  }, 2_000);
}

/**
 * Offers a post to the device's own ways of sharing; where there are none, copies its link.
 *
 * @param {View} view
 * @param {HTMLAnchorElement} link
 */
async function share(view, link) {
  const title = link.closest("article")?.ariaLabel || view.find("h1").textContent;
  if (!navigator.share) return copy(view, link);
  // The reader thought better of it.
  await navigator.share({ title: title ?? "", url: link.href }).catch(() => {});
}

/** Puts the provider's player in the place of its card. @param {HTMLAnchorElement} card */
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

/** To the next post, or the one before. @param {View} view @param {number} by */
export function step({ articles }, by) {
  const posts = articles();
  const here = posts.indexOf(/** @type {HTMLElement} */ (document.activeElement?.closest("article")));
  const first = posts.findIndex((post) => post.getBoundingClientRect().bottom > 40);
  const next = posts[here < 0 ? first : here + by];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "start", behavior: "instant" });
}

/** @param {View} view @param {HTMLElement} what the element with `data-act` */
export function tools(view, what) {
  const { act } = what.dataset;
  const link = /** @type {HTMLAnchorElement} */ (what);
  if (act === "copy") return copy(view, link);
  if (act === "share") return share(view, link);
  if (act === "play") return play(link);
  const { value } = /** @type {HTMLSelectElement} */ (what);
  localStorage[act === "zone" ? "zone" : "announce"] = value;
  if (act === "zone") showTimes(view);
}

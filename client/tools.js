/** What a reader does by click, key or choice. Fetched at the first of them. */

import { showTimes } from "./times.js";

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const words = () => JSON.parse(byId("words").textContent ?? "");

/** Copies a link, and says so in its place for a while. @param {HTMLAnchorElement} link */
async function copy(link) {
  await navigator.clipboard.writeText(link.href);
  const text = link.textContent;
  link.textContent = byId("announce").textContent = words().copied;
  setTimeout(() => {
    link.textContent = text;
  }, 2_000);
}

/** Offers a post to the device's own ways of sharing; where there are none, copies its link. @param {HTMLAnchorElement} link */
async function share(link) {
  const title = link.closest("article")?.ariaLabel || document.title;
  if (!navigator.share) return copy(link);
  // The reader thought better of it.
  await navigator.share({ title, url: link.href }).catch(() => {});
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

/** To the next post, or the one before. @param {number} by */
function step(by) {
  const posts = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#posts > article")]);
  const here = posts.indexOf(/** @type {HTMLElement} */ (document.activeElement?.closest("article")));
  const first = posts.findIndex((post) => post.getBoundingClientRect().bottom > 40);
  const next = posts[here < 0 ? first : here + by];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "start", behavior: "instant" });
}

/** @param {HTMLElement | string} what the element with `data-act`, or a key */
export function tools(what) {
  if (typeof what === "string") return step(what === "j" ? 1 : -1);
  const { act } = what.dataset;
  const link = /** @type {HTMLAnchorElement} */ (what);
  if (act === "copy") return copy(link);
  if (act === "share") return share(link);
  if (act === "play") return play(link);
  const { value } = /** @type {HTMLSelectElement} */ (what);
  localStorage[act === "zone" ? "zone" : "announce"] = value;
  if (act === "zone") showTimes();
}

/**
 * Loads the page anew and swaps its content in, for when changes can't bring it up to date: after a reset, or in
 * another language or time zone. Fetched only then.
 */

/** @import { View } from "./types.js" */

/** What of the document is swapped, besides its language and direction. */
const PARTS = ["title", "meta[name=description]", "link[rel=canonical]", "#words", "#blog"];

/**
 * Puts the page loaded afresh over this one; the post being read stays where it is. Returns whether there is one still.
 *
 * @param {View} view
 */
export async function load({ root, url, find, byId, articles, adopt }) {
  const answer = await fetch(url, { cache: "no-cache" });
  if (answer.status === 404 || answer.status === 410) return false;
  if (!answer.ok) throw new Error(`expected the page, but got ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const read = articles().find((article) => article.getBoundingClientRect().bottom > 0);
  const top = read?.getBoundingClientRect().top ?? 0;
  const { lang, dir } = fresh.documentElement;
  for (const part of PARTS) {
    const element = /** @type {HTMLElement | null} */ (fresh.querySelector(part));
    if (!element) throw new Error(`expected a page with ${part}`);
    // Within somebody else's page there is no head of ours.
    root.querySelector(part)?.replaceWith(adopt(element));
  }
  Object.assign(find("[lang]"), { lang, dir });
  const again = read && byId(read.id);
  if (again && scrollY) scrollBy({ top: again.getBoundingClientRect().top - top, behavior: "instant" });
  return true;
}

/**
 * Loads the page again and replaces its content, when changes cannot bring it up to date: after a reset, or in another
 * language or time zone. Imported only then.
 */

/** @import { View } from "./types.js" */

/** The parts of the document to replace, besides its language and direction. */
const PARTS = ["title", "meta[name=description]", "link[rel=canonical]", "#words", "#blog"];

/**
 * Loads the page again in place, and keeps the post being read where it is. Returns whether the page still exists;
 * throws if it could not be loaded.
 *
 * @param {View} view
 */
export async function reloadPage({ root, url, find, byId, articles, adopt }) {
  const response = await fetch(url, { cache: "no-cache" });
  if (response.status === 404 || response.status === 410) return false;
  if (!response.ok) throw new Error(`expected the page, but got status ${response.status}`);
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const anchor = articles().find((article) => article.getBoundingClientRect().bottom > 0);
  const top = anchor?.getBoundingClientRect().top ?? 0;
  const { lang, dir } = fresh.documentElement;
  for (const part of PARTS) {
    const element = /** @type {HTMLElement | null} */ (fresh.querySelector(part));
    if (!element) throw new Error(`expected a page with an element ${part}, but got one without`);
    // An embedded blog has no head of its own.
    root.querySelector(part)?.replaceWith(adopt(element));
  }
  Object.assign(find("[lang]"), { lang, dir });
  const after = anchor && byId(anchor.id);
  if (after && scrollY) scrollBy({ top: after.getBoundingClientRect().top - top, behavior: "instant" });
  return true;
}

/**
 * Loads the page anew and swaps its content in, for when changes can't bring it up to date: after a reset, or in
 * another language or time zone. Fetched only then.
 */

/** What of the document is swapped, besides its language and direction. */
const PARTS = ["title", "meta[name=description]", "link[rel=canonical]", "#words", "#blog"];

/** Puts a page loaded afresh over this one; the post being read stays where it is. @param {string} html */
export function swap(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const posts = [...document.querySelectorAll("#posts > *")];
  const read = posts.find((article) => article.getBoundingClientRect().bottom > 0);
  const top = read?.getBoundingClientRect().top ?? 0;
  const { lang, dir } = fresh.documentElement;
  for (const part of PARTS) {
    const element = fresh.querySelector(part);
    if (!element) throw new Error(`expected a page with ${part}`);
    document.querySelector(part)?.replaceWith(document.importNode(element, true));
  }
  Object.assign(document.documentElement, { lang, dir });
  const again = read && document.getElementById(read.id);
  if (again && scrollY) scrollBy({ top: again.getBoundingClientRect().top - top, behavior: "instant" });
}

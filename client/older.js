/**
 * The next page's posts, as one scrolls: fetched when the reader comes near the last post, by the link that leads there.
 *
 * It is asked for by the place of our last post, not by a number: posts filed late or deleted shift the numbers.
 */

/** @import { Shown } from "./types.js" */

/**
 * The articles behind the last one shown, and the link to what follows them.
 *
 * @param {Shown} last
 * @param {string} cursor where we stand: an answer that a cache made earlier has another address
 */
export async function fetchBehind({ id, published_at }, cursor) {
  const url = new URL(location.href);
  url.hash = "";
  url.searchParams.delete("page");
  url.searchParams.set("behind", `${published_at},${id}`);
  url.searchParams.set("at", cursor);
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`expected a page of posts, but got ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const own = (/** @type {Element} */ element) => /** @type {HTMLElement} */ (document.importNode(element, true));
  const next = fresh.querySelector("#blog [rel=next]");
  return { articles: [...fresh.querySelectorAll("#posts > *")].map(own), next: next && own(next) };
}

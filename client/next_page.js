/**
 * Fetches the posts of the next page, when the reader comes near the last post. That page has older posts or, where
 * the oldest come first, newer ones.
 *
 * It is requested by the position of the last post, not by a page number: posts published late or deleted shift
 * numbers.
 */

/** @import { ShownPost, View } from "./types.js" */

/**
 * Fetches the articles after the last one shown, and the link to the page after them. Throws if it fails. The address
 * contains the cursor, so that no cache gives an older response.
 *
 * @param {View} view
 * @param {{ posts: ShownPost[], cursor: string }} state
 */
export async function fetchNextPage(view, { posts: shown, cursor }) {
  const { id, published_at } = shown[shown.length - 1];
  const url = new URL(view.url);
  url.searchParams.delete("page");
  url.searchParams.set("behind", `${published_at},${id}`);
  url.searchParams.set("at", cursor);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`expected a page of posts, but got status ${response.status}`);
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const posts = /** @type {NodeListOf<HTMLElement>} */ (fresh.querySelectorAll("#posts > *"));
  const next = /** @type {HTMLElement | null} */ (fresh.querySelector("#blog [rel=next]"));
  return { articles: [...posts].map(view.adopt), next: next && view.adopt(next) };
}

/**
 * The next page's posts, as one scrolls: fetched when the reader comes near the last post, by the link that leads there.
 *
 * It is asked for by the place of our last post, not by a number: posts filed late or deleted shift the numbers.
 */

/** @import { ShownPost, View } from "./types.js" */

/**
 * The articles behind the last one shown, and the link to what follows them. The cursor goes along: an answer that a
 * cache made earlier has another address.
 *
 * @param {View} view
 * @param {{ posts: ShownPost[], cursor: string }} state
 */
export async function fetchBehind(view, { posts: shown, cursor }) {
  const { id, published_at } = shown[shown.length - 1];
  const url = new URL(view.url);
  url.searchParams.delete("page");
  url.searchParams.set("behind", `${published_at},${id}`);
  url.searchParams.set("at", cursor);
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`expected a page of posts, but got ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const posts = /** @type {NodeListOf<HTMLElement>} */ (fresh.querySelectorAll("#posts > *"));
  const next = /** @type {HTMLElement | null} */ (fresh.querySelector("#blog [rel=next]"));
  return { articles: [...posts].map(view.adopt), next: next && view.adopt(next) };
}

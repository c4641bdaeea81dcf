/** The blog's own page: follows the blog, moves between posts by keys, and remembers the reader's order of posts. */

import { followBlog } from "./page_updates.js";
import { createView } from "./view.js";

// Devices' clocks are often wrong, so the server sends its time with the page.
const [arrival] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
const server = arrival?.serverTiming?.find(({ name }) => name === "now")?.duration;
const behind = server ? server - performance.timeOrigin - arrival.responseStart : 0;
const view = createView(document, location.href.split("#")[0], behind);

/** The links to the two orders of posts. The last one chosen applies to the next visit. */
const orders = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll(".sort:first-child a")]);
for (const [i, link] of orders.entries())
  link.addEventListener("click", () => {
    localStorage.order = i;
  });
if (localStorage.order === "1" && !location.search && !location.hash) location.replace(orders[1].href);

addEventListener("keydown", async ({ key, metaKey, ctrlKey, altKey }) => {
  if (/^[jk]$/.test(key) && !metaKey && !ctrlKey && !altKey)
    (await import("./reader_controls.js")).focusPost(view, key === "j" ? 1 : -1);
});
followBlog(view);

/** What the blog's own page loads: it is followed, and read by keys and in the order that its reader is used to. */

import { follow } from "./live.js";
import { createView } from "./view.js";

// The server says with the page what time it is: devices' clocks are often wrong.
const [arrival] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
const server = arrival?.serverTiming?.find(({ name }) => name === "now")?.duration;
const behind = server ? server - performance.timeOrigin - arrival.responseStart : 0;
const view = createView(document, location.href.split("#")[0], behind);

/** The order asked for last is the order of the next visit. */
const orders = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll(".sort:first-child a")]);
for (const [i, link] of orders.entries())
  link.addEventListener("click", () => {
    localStorage.order = i;
  });
if (localStorage.order === "1" && !location.search && !location.hash) location.replace(orders[1].href);

addEventListener("keydown", async ({ key, metaKey, ctrlKey, altKey }) => {
  if (/^[jk]$/.test(key) && !metaKey && !ctrlKey && !altKey)
    (await import("./reader_controls.js")).step(view, key === "j" ? 1 : -1);
});
follow(view);

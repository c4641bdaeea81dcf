/**
 * What the page loads: puts the connection, the feed and the page together. What is needed only after a click, a key,
 * a long scroll or a reset is fetched then.
 */

import { createFeed, isOver } from "./feed.js";
import { openPage } from "./page.js";
import { backoff, connect } from "./socket.js";
import { byId } from "./waiting.js";

const page = openPage();
/** Loads since the last heartbeat: a cache that keeps giving us an outdated page is not asked in a loop. */
let loads = 0;
let heard = Date.now();
/** @type {ReturnType<typeof createFeed>} */
let feed;

function follow() {
  const state = page.state();
  feed = createFeed(state);
  if (isOver(state)) return page.say("ended");
  const line = connect({
    url: new URL(state.socket, location.href).href.replace("http", "ws"),
    cursor: state.cursor,
    phase: (phase) => phase !== "closed" && page.say(phase, heard),
    receive: (message) => {
      heard = Date.now();
      if (message.type === "heartbeat") loads = 0;
      const changes = feed.receive(message);
      for (const change of changes) {
        if (change.kind === "reset" || (change.kind === "blog" && page.isOutdatedBy(change.blog))) {
          line.close();
          page.say("reconnecting", heard);
          return reload();
        }
        if (change.kind === "blog" && change.html && isOver(change.blog)) {
          page.say("ended");
          line.finish();
        }
      }
      page.apply(changes, feed.cursor());
    },
  });
}

/** Loads the page afresh and follows it; after a random while, since everybody may have to at once. */
function reload() {
  setTimeout(
    async () => {
      try {
        const { swap } = await import("./afresh.js");
        const answer = await fetch(location.href, { cache: "no-cache" });
        // The page is no more. What is shown stays.
        if (answer.status === 404 || answer.status === 410) return page.say("gone");
        if (!answer.ok) throw new Error(`expected the page, but got ${answer.status}`);
        swap(await answer.text());
        page.refound();
      } catch {
        return reload();
      }
      follow();
      watch();
    },
    backoff(loads++, Math.random),
  );
}

/** Fetches older posts when the reader comes near the last one, again and again; after a failure, by the link alone. */
function watch() {
  const more = document.querySelector("#blog [rel=next]");
  const near = new IntersectionObserver(
    async ([{ isIntersecting }]) => {
      if (!isIntersecting || !scrollY) return;
      near.disconnect();
      const { fetchBehind } = await import("./older.js");
      const { posts, cursor } = page.state();
      const { articles, next } = await fetchBehind(posts[posts.length - 1], cursor);
      page.extend(feed.learn(articles), next);
      watch();
    },
    { rootMargin: "1500px" },
  );
  if (more) near.observe(more);
}

/** What is done by a click, a key or a choice is in a module of its own. @param {Event} event */
const act = async (event) => {
  const target = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest?.("[data-act]"));
  const { key, metaKey, ctrlKey, altKey } = /** @type {KeyboardEvent} */ (event);
  const isKey = event.type === "keydown";
  if (metaKey || ctrlKey || altKey || (isKey ? !/^[jk]$/.test(key) : !target)) return;
  // A choice is made by `change`; a click on its list means nothing yet.
  if (target?.matches("select") && event.type !== "change") return;
  if (event.type === "click") event.preventDefault();
  const { tools } = await import("./tools.js");
  tools(isKey || !target ? key : target);
};
/** The order asked for last is the order of the next visit. */
const orders = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll(".sort:first-child a")]);
for (const [i, link] of orders.entries())
  link.addEventListener("click", () => {
    localStorage.order = i;
  });
if (localStorage.order === "1" && !location.search && !location.hash) location.replace(orders[1].href);

byId("settings").hidden = false;
/** @type {HTMLSelectElement} */ (byId("announcing")).value = localStorage.announce ?? "";
for (const type of ["keydown", "change", "click"]) addEventListener(type, act);
if (localStorage.zone) import("./times.js").then(({ showTimes }) => showTimes());

follow();
watch();

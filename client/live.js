/**
 * Keeps a blog on screen up to date: connects the socket to the blog's state, and the state's changes to the DOM. Code
 * that is needed only after a click, a long scroll or a reset is imported then.
 */

/** @import { View } from "./types.js" */

import { createArrivals } from "./arrivals.js";
import { backoff } from "./backoff.js";
import { createBlogState, hasEnded } from "./blog_state.js";
import { createPlacement } from "./placement.js";
import { connect } from "./socket.js";

/** @param {View} view */
export function follow(view) {
  const { root, find, byId, signal } = view;
  const placement = createPlacement(view);
  const arrivals = createArrivals(view, placement);
  /** Loads since the last heartbeat: a cache that keeps giving us an outdated page is not asked in a loop. */
  let loads = 0;
  let lastMessageAt = Date.now();
  /** @type {ReturnType<typeof createBlogState>} */
  let blogState;

  const open = () => {
    if (signal?.aborted) return;
    const state = placement.state();
    blogState = createBlogState(state);
    if (hasEnded(state)) return placement.showPhase("ended");
    const connection = connect({
      url: new URL(state.socket, view.url).href.replace("http", "ws"),
      cursor: state.cursor,
      phase: (phase) => phase !== "closed" && placement.showPhase(phase, lastMessageAt),
      receive: (message) => {
        lastMessageAt = Date.now();
        if (message.type === "heartbeat") loads = 0;
        const changes = blogState.receive(message);
        for (const change of changes) {
          if (change.kind === "reset" || (change.kind === "blog" && placement.needsReload(change.blog))) {
            connection.close();
            placement.showPhase("reconnecting", lastMessageAt);
            return reload();
          }
          if (change.kind === "blog" && change.html && hasEnded(change.blog)) {
            placement.showPhase("ended");
            connection.finish();
          }
        }
        arrivals.apply(changes, blogState.cursor());
      },
    });
    signal?.addEventListener("abort", connection.close);
  };

  /** Loads the page afresh and follows it; after a random while, since everybody may have to at once. */
  const reload = () => {
    setTimeout(
      async () => {
        try {
          // The page is no more. What is shown stays.
          if (!(await (await import("./reload.js")).load(view))) return placement.showPhase("gone");
          arrivals.reset();
        } catch {
          return reload();
        }
        open();
        watch();
      },
      backoff(loads++, Math.random),
    );
  };

  /** Fetches older posts when the reader comes near the last one, again and again; after a failure, by the link alone. */
  const watch = () => {
    const more = find("#blog [rel=next]");
    const near = new IntersectionObserver(
      async ([{ isIntersecting }]) => {
        if (!isIntersecting || !scrollY) return;
        near.disconnect();
        const { articles, next } = await (await import("./next_page.js")).fetchBehind(view, placement.state());
        arrivals.append(blogState.mergeFetched(articles), next);
        watch();
      },
      { rootMargin: "1500px" },
    );
    if (more) near.observe(more);
  };

  /** What is done by a click or a choice is in a module of its own. @param {Event} event */
  const act = async (event) => {
    const target = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest?.("[data-act]"));
    const { metaKey, ctrlKey, altKey } = /** @type {MouseEvent} */ (event);
    // A choice is made by `change`; a click on its list means nothing yet.
    if (!target || metaKey || ctrlKey || altKey || (target.matches("select") && event.type !== "change")) return;
    if (event.type === "click") event.preventDefault();
    (await import("./reader_controls.js")).tools(view, target);
  };
  for (const type of ["change", "click"]) root.addEventListener(type, act);

  byId("settings").hidden = false;
  /** @type {HTMLSelectElement} */ (byId("announcing")).value = localStorage.announce ?? "";
  if (localStorage.zone) import("./times.js").then(({ showTimes }) => showTimes(view));
  open();
  watch();
}

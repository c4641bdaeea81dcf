/**
 * Keeps a blog on screen up to date: passes the connection's messages to the blog's state, and the state's changes to
 * the DOM. Code that is needed only after a click, a long scroll or a reset is imported then.
 */

/** @import { View } from "./types.js" */

import { createArrivals } from "./arrivals.js";
import { backoff } from "./backoff.js";
import { createBlogState, hasEnded } from "./blog_state.js";
import { connect } from "./connection.js";
import { createPlacement } from "./placement.js";

/** Keeps the blog in a view up to date until it ends or the view's signal aborts. @param {View} view */
export function followBlog(view) {
  const { root, find, byId, signal } = view;
  const placement = createPlacement(view);
  const arrivals = createArrivals(view, placement);
  /** Reloads since the last heartbeat. They back off, because a cache may return an outdated page again and again. */
  let loads = 0;
  let lastMessageAt = Date.now();
  /** @type {ReturnType<typeof createBlogState>} */
  let blogState;

  /** Connects from the state that the page has. */
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

  /** Reloads the page and connects again, after a random wait, since all readers may have to at the same time. */
  const reload = () => {
    setTimeout(
      async () => {
        try {
          // The page no longer exists. Its content stays on the screen.
          if (!(await (await import("./reload.js")).reloadPage(view))) return placement.showPhase("gone");
          arrivals.reset();
        } catch {
          return reload();
        }
        open();
        watchLastPost();
      },
      backoff(loads++, Math.random),
    );
  };

  /**
   * Fetches the next page's posts whenever the reader comes near the last post. After a failure it stops, and the
   * link to the next page remains.
   */
  const watchLastPost = () => {
    const more = find("#blog [rel=next]");
    const near = new IntersectionObserver(
      async ([{ isIntersecting }]) => {
        if (!isIntersecting || !scrollY) return;
        near.disconnect();
        const { articles, next } = await (await import("./next_page.js")).fetchNextPage(view, placement.state());
        arrivals.append(blogState.mergeFetched(articles), next);
        watchLastPost();
      },
      { rootMargin: "1500px" },
    );
    if (more) near.observe(more);
  };

  /** Runs a control of the reader's, whose code is in a module of its own. @param {Event} event */
  const runAction = async (event) => {
    const target = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest?.("[data-act]"));
    const { metaKey, ctrlKey, altKey } = /** @type {MouseEvent} */ (event);
    // A select acts on `change`, not on the click that opens it.
    if (!target || metaKey || ctrlKey || altKey || (target.matches("select") && event.type !== "change")) return;
    if (event.type === "click") event.preventDefault();
    (await import("./reader_controls.js")).runControl(view, target);
  };
  for (const type of ["change", "click"]) root.addEventListener(type, runAction);

  byId("settings").hidden = false;
  /** @type {HTMLSelectElement} */ (byId("announcing")).value = localStorage.announce ?? "";
  if (localStorage.zone) import("./times.js").then(({ showTimes }) => showTimes(view));
  open();
  watchLastPost();
}

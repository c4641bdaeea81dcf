/**
 * Changes as they come, made when and where they don't disturb: new posts come in at once where they are looked for, at
 * the live end of the page; elsewhere they wait (unread.js). Nothing that is playing or selected is touched.
 */

/** @import { Change, Post, View, Waiting } from "./types.js" */

import { isInView, keepScrollPosition, MOVE_DURATION } from "./scroll_position.js";
import { openWaiting } from "./unread.js";

/** @param {View} view @param {ReturnType<typeof import("./placement.js").createPlacement>} placement */
export function openArrivals(view, placement) {
  const { root, find, byId, articles, parse, signal } = view;

  /** Whether something in it plays, or is selected. @param {Element} article */
  const isInUse = (article) => {
    // Of a shadow tree, only some browsers tell what is selected in it.
    const selection = /** @type {Document} */ (root).getSelection?.() ?? getSelection();
    return !!(
      article.querySelector("iframe") ||
      [...article.querySelectorAll("video")].some((video) => !video.paused) ||
      (selection && !selection.isCollapsed && selection.containsNode(article, true))
    );
  };

  /** Whether a new post may come in now: in sight of where it does, with nothing in use there. */
  const isLookedFor = () => {
    const end = articles().at(placement.isOldestFirst() ? -1 : 0);
    const { top = 0, bottom = 0 } = end?.getBoundingClientRect() ?? {};
    const atEnd = placement.isOldestFirst() ? bottom <= innerHeight + 1 : top >= 0;
    return !document.hidden && atEnd && !articles().some((article) => isInView(article) && isInUse(article));
  };

  /** Makes a change under the reader's eyes. @param {() => void} change */
  const make = (change, slide = isLookedFor()) =>
    keepScrollPosition(
      view,
      () => {
        change();
        placement.numberArticles();
      },
      slide && !placement.isOldestFirst() ? byId("connection") : null,
    );

  const release = () => {
    make(() => {
      for (const [id, { post, kind }] of waiting.all) {
        const article = byId(`post-${id}`);
        if (post && !(article && isInUse(article))) placement.place(post, kind);
        else if (article) placement.highlight(article, kind);
      }
    }, true);
    waiting.all.clear();
    waiting.count();
  };

  const waiting = openWaiting(view, placement.words, (all) => {
    const came = [...all.keys()];
    release();
    const target = articles().find(({ id }) => came.includes(id.slice("post-".length)));
    target?.scrollIntoView({ block: "start", behavior: "instant" });
    target?.focus({ preventScroll: true });
  });

  /** A post that is new or changed. @param {Post} post @param {boolean} looked @param {Set<Element>} seen */
  const arrive = (post, looked, seen) => {
    const article = parse(post.html ?? "");
    const { id } = post;
    const old = byId(article.id);
    const known = waiting.all.get(id);
    const correction = (/** @type {Element} */ of) => of.querySelector(".correction")?.textContent;
    const corrected = old && correction(article) && correction(article) !== correction(old);
    /** @type {Waiting["kind"]} */
    const kind =
      known?.kind === "new" || !old ? "new" : corrected || known?.kind === "corrected" ? "corrected" : "changed";
    const one = { kind, key: "key" in article.dataset, post };
    if (!old && !placement.belongs(article)) {
      waiting.drop(id);
      placement.updateSummary(post);
    } else if (old ? isInUse(old) : !looked) waiting.add(id, one);
    else {
      placement.place(post, kind);
      if (old && kind === "corrected" && (document.hidden || !seen.has(old)))
        waiting.add(id, { ...one, post: undefined });
      else if (!waiting.drop(id)) waiting.announce([one]);
    }
  };

  /** Puts markup over the element that has its id. @param {string | undefined} html */
  const refresh = (html) => {
    if (!html) return;
    const element = parse(html);
    byId(element.id).replaceWith(element);
  };

  /** @type {Change[]} */
  let queue = [];
  let cursor = "";
  /** When the last changes have glided to their places; those that come meanwhile are made then, as one. */
  let settled = 0;
  const flush = () => {
    const changes = queue;
    queue = [];
    const looked = isLookedFor();
    const seen = new Set(articles().filter(isInView));
    make(() => {
      for (const change of changes) {
        if (change.kind === "place" || change.kind === "replace") arrive(change.post, looked, seen);
        if (change.kind === "remove") {
          const { id } = change;
          waiting.drop(id);
          byId(`post-${id}`)?.remove();
          placement.updateSummary({ id, revision: 0, published_at: "" });
        }
        if (change.kind === "counts") refresh(change.counts.html);
        // A hello tells the blog without markup: the messages that follow bring it.
        if (change.kind === "blog" && change.html) {
          const { title, description } = change.blog;
          refresh(change.html);
          waiting.entitle(title);
          find("meta[name=description]")?.setAttribute("content", description || title);
        }
      }
    }, looked);
    byId("blog").dataset.cursor = cursor;
    settled = Date.now() + (looked && changes.length > 1 ? MOVE_DURATION + 100 : 0);
  };

  /** What waits comes in by itself once the reader is where it is looked for. */
  const look = () => {
    for (const [id, { post }] of waiting.all) {
      const article = byId(`post-${id}`);
      if (!post && article && !document.hidden && isInView(article)) {
        placement.highlight(article, "corrected");
        waiting.drop(id);
      }
    }
    if (waiting.all.size && isLookedFor()) release();
  };
  addEventListener("scroll", look, { passive: true, signal });
  for (const type of ["selectionchange", "visibilitychange"]) document.addEventListener(type, look, { signal });

  return {
    /**
     * Makes changes as soon as the page is at rest, and keeps the cursor in the page as a fresh load has it; a reset is
     * not for here: for that a page has to be loaded and swapped in.
     *
     * @param {Change[]} changes @param {string} at
     */
    apply: (changes, at) => {
      cursor = at;
      if (!queue.length) setTimeout(flush, settled - Date.now());
      queue.push(...changes, { kind: "end" });
    },

    /** Begins anew after the content was swapped for a page loaded afresh. */
    refound: () => {
      queue = [];
      placement.onReload();
      waiting.all.clear();
      waiting.entitle(/** @type {Document} */ (root).title);
    },

    /** Takes in posts of the next page, behind the last. @param {Iterable<HTMLElement>} more @param {Element | null} next */
    extend: (more, next) => {
      // Below all that is read: the scroll position holds.
      placement.appendPage(more, next);
      placement.numberArticles();
    },
  };
}

/**
 * When to show changes: at once, or when the reader asks for them. A new post is inserted at once if the reader is at
 * the live end of the page; otherwise it waits as unread (unread.js). An article is left alone while a video in it
 * plays or its text is selected.
 */

/** @import { Change, Post, View, UnreadPost } from "./types.js" */

import { isInView, keepScrollPosition, MOVE_DURATION } from "./scroll_position.js";
import { createUnread } from "./unread.js";

/**
 * Creates the queue of changes for a view.
 *
 * @param {View} view
 * @param {ReturnType<typeof import("./placement.js").createPlacement>} placement
 */
export function createArrivals(view, placement) {
  const { root, find, byId, articles, parse, signal } = view;

  /** Whether the reader plays a video or selects text in an article. @param {Element} article */
  const isInUse = (article) => {
    // Only some browsers report the selection within a shadow tree.
    const selection = /** @type {Document} */ (root).getSelection?.() ?? getSelection();
    return !!(
      article.querySelector("iframe") ||
      [...article.querySelectorAll("video")].some((video) => !video.paused) ||
      (selection && !selection.isCollapsed && selection.containsNode(article, true))
    );
  };

  /** Whether to insert new posts now: the reader sees the live end of the page and uses no article on the screen. */
  const canInsertNow = () => {
    const end = articles().at(placement.isOldestFirst() ? -1 : 0);
    const { top = 0, bottom = 0 } = end?.getBoundingClientRect() ?? {};
    const atEnd = placement.isOldestFirst() ? bottom <= innerHeight + 1 : top >= 0;
    return !document.hidden && atEnd && !articles().some((article) => isInView(article) && isInUse(article));
  };

  /** Makes a change and keeps the scroll position, or slides the posts if `slide`. @param {() => void} change */
  const update = (change, slide = canInsertNow()) =>
    keepScrollPosition(
      view,
      () => {
        change();
        placement.numberArticles();
      },
      slide && !placement.isOldestFirst() ? byId("connection") : null,
    );

  /** Inserts all unread posts. */
  const showUnread = () => {
    update(() => {
      for (const [id, { post, kind }] of unread.posts) {
        const article = byId(`post-${id}`);
        if (post && !(article && isInUse(article))) placement.place(post, kind);
        else if (article) placement.highlight(article, kind);
      }
    }, true);
    unread.posts.clear();
    unread.updateCounts();
  };

  const unread = createUnread(view, placement.words, (posts) => {
    const ids = [...posts.keys()];
    showUnread();
    const target = articles().find(({ id }) => ids.includes(id.slice("post-".length)));
    target?.scrollIntoView({ block: "start", behavior: "instant" });
    target?.focus({ preventScroll: true });
  });

  /**
   * Shows a new or changed post, or adds it to the unread ones.
   *
   * @param {Post} post
   * @param {boolean} insertNow whether a new post may be inserted
   * @param {Set<Element>} seen the articles on the screen
   */
  const applyPost = (post, insertNow, seen) => {
    const article = parse(post.html ?? "");
    const { id } = post;
    const old = byId(article.id);
    const known = unread.posts.get(id);
    const correction = (/** @type {Element} */ of) => of.querySelector(".correction")?.textContent;
    const corrected = old && correction(article) && correction(article) !== correction(old);
    /** @type {UnreadPost["kind"]} */
    const kind =
      known?.kind === "new" || !old ? "new" : corrected || known?.kind === "corrected" ? "corrected" : "changed";
    const entry = { kind, key: "key" in article.dataset, post };
    if (!old && !placement.belongs(article)) {
      unread.remove(id);
      placement.updateSummary(post);
    } else if (old ? isInUse(old) : !insertNow) unread.add(id, entry);
    else {
      placement.place(post, kind);
      if (old && kind === "corrected" && (document.hidden || !seen.has(old)))
        unread.add(id, { ...entry, post: undefined });
      else if (!unread.remove(id)) unread.announce([entry]);
    }
  };

  /** Replaces the element that has the id of the markup. @param {string | undefined} html */
  const refresh = (html) => {
    if (!html) return;
    const element = parse(html);
    byId(element.id).replaceWith(element);
  };

  /** @type {Change[]} */
  let queue = [];
  let cursor = "";
  /** When the last moves have ended. Changes that arrive before then are made together at that time. */
  let settledAt = 0;
  const flush = () => {
    const changes = queue;
    queue = [];
    const insertNow = canInsertNow();
    const seen = new Set(articles().filter(isInView));
    update(() => {
      for (const change of changes) {
        if (change.kind === "place" || change.kind === "replace") applyPost(change.post, insertNow, seen);
        if (change.kind === "remove") {
          const { id } = change;
          unread.remove(id);
          byId(`post-${id}`)?.remove();
          placement.updateSummary({ id, revision: 0, published_at: "" });
        }
        if (change.kind === "counts") refresh(change.counts.html);
        // A hello has the blog without markup, which follows in a blog message if it changed.
        if (change.kind === "blog" && change.html) {
          const { title, description } = change.blog;
          refresh(change.html);
          unread.setTitle(title);
          find("meta[name=description]")?.setAttribute("content", description || title);
        }
      }
    }, insertNow);
    byId("blog").dataset.cursor = cursor;
    settledAt = Date.now() + (insertNow && changes.length > 1 ? MOVE_DURATION + 100 : 0);
  };

  /** Shows unread posts without a click once the reader has scrolled to them. */
  const showIfReached = () => {
    for (const [id, { post }] of unread.posts) {
      const article = byId(`post-${id}`);
      if (!post && article && !document.hidden && isInView(article)) {
        placement.highlight(article, "corrected");
        unread.remove(id);
      }
    }
    if (unread.posts.size && canInsertNow()) showUnread();
  };
  addEventListener("scroll", showIfReached, { passive: true, signal });
  for (const type of ["selectionchange", "visibilitychange"])
    document.addEventListener(type, showIfReached, { signal });

  return {
    /**
     * Makes changes once the moves in progress have ended, then writes the cursor into the page. It ignores a `reset`,
     * for which page_updates.js reloads the page.
     *
     * @param {Change[]} changes
     * @param {string} at the cursor after these changes
     */
    apply: (changes, at) => {
      cursor = at;
      if (!queue.length) setTimeout(flush, settledAt - Date.now());
      queue.push(...changes, { kind: "end" });
    },

    /** Forgets queued and unread posts after reload.js has replaced the content. */
    reset: () => {
      queue = [];
      placement.onReload();
      unread.posts.clear();
      unread.setTitle(/** @type {Document} */ (root).title);
    },

    /** Appends the posts of the next page. @param {Iterable<HTMLElement>} more @param {Element | null} next */
    append: (more, next) => {
      // They are below everything on the screen, so the scroll position does not change.
      placement.appendPage(more, next);
      placement.numberArticles();
    },
  };
}

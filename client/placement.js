/**
 * The only code that inserts posts into the DOM. It puts each post where a fresh load of the page would show it. It also
 * shows the state of the connection.
 *
 * The server renders the page, and the markup of each post that arrives later, so this code builds no HTML. Nor does it
 * keep a list of posts: each article in the DOM carries its own id, revision and time.
 */

/** @import { Blog } from "./messages.js" */
/** @import { Phase, Post, ShownPost, View } from "./types.js" */

import { byPublication } from "./blog_state.js";

/** Milliseconds for which a new or changed post is highlighted; style.css fades it in that time. */
const HIGHLIGHT = 3_000;
/** Milliseconds after a reconnect during which posts that arrive count as published while the reader was away. */
const CATCHING_UP = 2_000;

/** The post that an article shows. @type {(article: HTMLElement) => ShownPost} */
const postOf = ({ id, dataset }) => ({
  id: id.replace(/^[a-z]+-/, ""),
  revision: Number(dataset.revision),
  published_at: dataset.publishedAt ?? "",
});

/** Creates the one writer of posts for a view. @param {View} view */
export function createPlacement({ byId, find, articles, parse, lang, url, behind, signal }) {
  const words = JSON.parse(byId("words").textContent ?? "");
  let away = document.hidden;

  const isOldestFirst = () => byId("blog").dataset.order === "oldest";
  /** Negative when `a` stands above `b` on this page. @type {(a: ShownPost, b: ShownPost) => number} */
  const compare = (a, b) => (isOldestFirst() ? byPublication(a, b) : byPublication(b, a));

  /**
   * The first and the last post of this page, where there is a page before or after it. They are read once, at load:
   * when the last post is deleted, the page still covers the same stretch of time.
   */
  const bounds = () => {
    const all = articles();
    const [first, last] = ["prev", "next"].map((rel, end) => {
      const article = find(`#blog [rel=${rel}]`) && all.at(-end);
      return article ? postOf(article) : null;
    });
    return { first, last };
  };
  let { first, last } = bounds();

  /**
   * Whether a post belongs on this page: it is within the bounds and matches the filter.
   *
   * @param {HTMLElement} article
   */
  const belongs = (article) => {
    const post = postOf(article);
    if ((first && compare(post, first) < 0) || (last && compare(post, last) > 0)) return false;
    const { filter } = byId("blog").dataset;
    if (filter === "key") return article.dataset.key !== undefined;
    return !filter || [...article.querySelectorAll(".tags a")].some((tag) => `tag:${tag.textContent}` === filter);
  };

  /** Inserts a post's element into a list, in order. @param {Element} list @param {HTMLElement} element */
  const insert = (list, element) => {
    const others = /** @type {HTMLElement[]} */ ([...list.children]);
    const isAbove = (/** @type {HTMLElement} */ other) => compare(postOf(element), postOf(other)) < 0;
    // The posts of the next page go to the end, one after another, so compare with the last post first.
    const last = others.at(-1);
    list.insertBefore(element, (last && isAbove(last) && others.find(isAbove)) || null);
  };

  /**
   * Highlights an article for a moment. One that came while the reader was away stays marked until they leave again.
   */
  const highlight = (/** @type {HTMLElement} */ article, /** @type {string} */ kind) => {
    const name = kind === "new" ? "is-new" : "is-changed";
    const mark = away ? words.since : kind === "corrected" && words.mark;
    article.classList.add(name);
    if (mark) article.dataset.mark = mark;
    setTimeout(() => {
      article.classList.remove(name);
      if (mark !== words.since) article.removeAttribute("data-mark");
    }, HIGHLIGHT);
  };

  /** Updates a post's line in the list of key events, and its copy among the pinned posts. @param {Post} post */
  const updateSummary = (post) => {
    for (const [name, html] of /** @type {[string, string | undefined][]} */ ([
      ["keys", post.key_html],
      ["pinned", post.pinned_html],
    ])) {
      byId(`${name}-${post.id}`)?.remove();
      if (html && byId(name)) insert(byId(name), parse(html));
      // The server renders at most 100 too: web/pages/blog.py.
      byId(name)?.children[100]?.remove();
    }
  };

  document.addEventListener(
    "visibilitychange",
    () => {
      if (!document.hidden) return;
      away = true;
      for (const article of articles()) article.removeAttribute("data-mark");
    },
    { signal },
  );

  return {
    words,
    isOldestFirst,
    belongs,
    highlight,
    updateSummary,

    /** Inserts a post, or replaces the post with its id. Idempotent. @param {Post} post */
    place: (post, kind = "new") => {
      const article = parse(post.html ?? "");
      byId(article.id)?.remove();
      if (belongs(article)) insert(byId("posts"), article);
      updateSummary(post);
      highlight(article, kind);
    },

    /** Numbers the articles, for `role=feed`. */
    numberArticles: () => {
      const all = articles();
      // ARIA requires a feed to have articles, unless it is busy.
      byId("posts").ariaBusy = all.length ? null : "true";
      for (const [i, article] of all.entries()) {
        article.setAttribute("aria-posinset", `${i + 1}`);
        article.setAttribute("aria-setsize", `${all.length}`);
      }
    },

    /** The cursor, the socket's address, the blog's status and the posts, as the page has them. */
    state: () => {
      const { cursor = "", socket = "" } = byId("blog").dataset;
      return { cursor, socket, status: byId("head").dataset.status, posts: articles().map(postOf) };
    },

    /**
     * Whether every post has to be rendered again: the blog has another language or time zone now.
     *
     * @param {Blog} blog
     */
    needsReload: ({ language, timezone }) => language !== lang() || timezone !== byId("blog").dataset.timezone,

    /**
     * Shows the phase of the connection or, for a phase without a text, a link to reload.
     *
     * @param {Phase} phase
     * @param {number} [lastMessageAt]
     */
    showPhase: (phase, lastMessageAt = Date.now()) => {
      const status = byId("connection");
      if (phase === "reconnecting") away = true;
      else if (phase === "live")
        setTimeout(() => {
          away = document.hidden;
        }, CATCHING_UP);
      if (status.dataset.phase === phase) return;
      status.dataset.phase = phase;
      const time = new Date(lastMessageAt + behind).toLocaleTimeString(lang(), {
        timeStyle: "short",
        timeZone: byId("blog").dataset.timezone,
      });
      const again = document.createElement("a");
      again.href = url;
      again.textContent = words.reload;
      status.replaceChildren(words[phase]?.replace("%s", time) ?? again);
    },

    /** Reads the bounds again after reload.js has replaced the content. */
    onReload: () => {
      ({ first, last } = bounds());
    },

    /**
     * Appends the posts of the next page, and the link to the page after it.
     *
     * @param {Iterable<HTMLElement>} more
     * @param {Element | null} next
     */
    appendPage: (more, next) => {
      for (const article of more) if (!byId(article.id)) insert(byId("posts"), article);
      find("#blog [rel=next]")?.replaceWith(next ?? "");
      ({ last } = bounds());
    },
  };
}

/**
 * The one place that writes posts to the DOM, where a fresh load would show them.
 *
 * The page comes complete from the server, and what arrives later is the server's markup as well: there is nothing to
 * build here, only to put in its place. The page itself is the memory: each article says its id, revision and time.
 */

/** @import { Blog } from "./messages.js" */
/** @import { Phase, Post, Shown, View } from "./types.js" */

import { byPublication } from "./feed.js";

/** Milliseconds for which a new or changed post is highlighted; style.css fades it in that time. */
const HIGHLIGHT = 3_000;
/** Milliseconds after coming back in which what arrives counts as come while away. */
const CATCHING_UP = 2_000;

/** @type {(article: HTMLElement) => Shown} */
const shown = ({ id, dataset }) => ({
  id: id.replace(/^[a-z]+-/, ""),
  revision: Number(dataset.revision),
  published_at: dataset.publishedAt ?? "",
});

/** @param {View} view */
export function openPage({ byId, find, articles, parse, lang, url, behind, signal }) {
  const words = JSON.parse(byId("words").textContent ?? "");
  let away = document.hidden;

  const isOldestFirst = () => byId("blog").dataset.order === "oldest";
  /** Negative when `a` stands above `b` on this page. @type {(a: Shown, b: Shown) => number} */
  const compare = (a, b) => (isOldestFirst() ? byPublication(a, b) : byPublication(b, a));

  /**
   * The first and the last place that belong to this page, if other pages lie beyond. They are those of the load: when
   * the last post is deleted, the page still reaches as far as it did.
   */
  const bounds = () => {
    const all = articles();
    const [first, last] = ["prev", "next"].map((rel, end) => {
      const article = find(`#blog [rel=${rel}]`) && all.at(-end);
      return article ? shown(article) : null;
    });
    return { first, last };
  };
  let { first, last } = bounds();

  /** Whether a post is shown here: within the bounds, and let through by the filter. @param {HTMLElement} article */
  const belongs = (article) => {
    const post = shown(article);
    if ((first && compare(post, first) < 0) || (last && compare(post, last) > 0)) return false;
    const { filter } = byId("blog").dataset;
    if (filter === "key") return article.dataset.key !== undefined;
    return !filter || [...article.querySelectorAll(".tags a")].some((tag) => `tag:${tag.textContent}` === filter);
  };

  /** @param {Element} list @param {HTMLElement} element */
  const insert = (list, element) => {
    const others = /** @type {HTMLElement[]} */ ([...list.children]);
    const isAbove = (/** @type {HTMLElement} */ other) => compare(shown(element), shown(other)) < 0;
    // Older posts come by the page: whether they go to the end is asked first.
    const last = others.at(-1);
    list.insertBefore(element, (last && isAbove(last) && others.find(isAbove)) || null);
  };

  /** Marks what came while the reader was away until they leave again; the rest for as long as it is highlighted. */
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

  /** A post's line in the summary and its copy on top, where this page has them. @param {Post} post */
  const summarise = (post) => {
    for (const [name, html] of /** @type {[string, string | undefined][]} */ ([
      ["keys", post.key_html],
      ["pinned", post.pinned_html],
    ])) {
      byId(`${name}-${post.id}`)?.remove();
      if (html && byId(name)) insert(byId(name), parse(html));
      // As many as a fresh load has at most: web/pages.py.
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
    summarise,

    /** Puts a post in its place, over the one with its id. Done twice, it changes nothing. @param {Post} post */
    place: (post, kind = "new") => {
      const article = parse(post.html ?? "");
      byId(article.id)?.remove();
      if (belongs(article)) insert(byId("posts"), article);
      summarise(post);
      highlight(article, kind);
    },

    /** Numbers the articles, for `role=feed`. */
    number: () => {
      const all = articles();
      // A feed without articles is one that is being filled.
      byId("posts").ariaBusy = all.length ? null : "true";
      for (const [i, article] of all.entries()) {
        article.setAttribute("aria-posinset", `${i + 1}`);
        article.setAttribute("aria-setsize", `${all.length}`);
      }
    },

    /** What the page holds, for the socket and the feed to go on from. */
    state: () => {
      const { cursor = "", socket = "" } = byId("blog").dataset;
      return { cursor, socket, status: byId("head").dataset.status, posts: articles().map(shown) };
    },

    /** Whether every post reads otherwise now: in another language or time zone. @param {Blog} blog */
    isOutdatedBy: ({ language, timezone }) => language !== lang() || timezone !== byId("blog").dataset.timezone,

    /** Says whether what is shown is up to date, or offers to find out. @param {Phase} phase @param {number} [heard] */
    say: (phase, heard = Date.now()) => {
      const status = byId("connection");
      if (phase === "reconnecting") away = true;
      else if (phase === "live")
        setTimeout(() => {
          away = document.hidden;
        }, CATCHING_UP);
      if (status.dataset.phase === phase) return;
      status.dataset.phase = phase;
      const time = new Date(heard + behind).toLocaleTimeString(lang(), {
        timeStyle: "short",
        timeZone: byId("blog").dataset.timezone,
      });
      const again = document.createElement("a");
      again.href = url;
      again.textContent = words.reload;
      status.replaceChildren(words[phase]?.replace("%s", time) ?? again);
    },

    /** Begins anew after the content was swapped. */
    refound: () => {
      ({ first, last } = bounds());
    },

    /** Takes in posts of the next page, behind the last. @param {Iterable<HTMLElement>} more @param {Element | null} next */
    extend: (more, next) => {
      for (const article of more) if (!byId(article.id)) insert(byId("posts"), article);
      find("#blog [rel=next]")?.replaceWith(next ?? "");
      ({ last } = bounds());
    },
  };
}

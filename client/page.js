/**
 * The one place that writes to the DOM: changes in, the page as a fresh load would show it out.
 *
 * The page comes complete from the server, and what arrives later is the server's markup as well: there is nothing to
 * build here, only to put in its place. The page itself is the memory: each article says its id, revision and time.
 * New posts come in at once where they are looked for, at the live end of the page; elsewhere they wait (waiting.js).
 */

/** @import { Blog, Change, Phase, Post, Shown, Waiting } from "./types.js" */

import { byPublication } from "./feed.js";
import { GLIDE, isInView, still } from "./still.js";
import { byId, openWaiting } from "./waiting.js";

/** Milliseconds for which a new or changed post is highlighted; style.css fades it in that time. */
const HIGHLIGHT = 3_000;
/** Milliseconds after coming back in which what arrives counts as come while away. */
const CATCHING_UP = 2_000;

const children = (/** @type {Element} */ list) => /** @type {HTMLElement[]} */ ([...list.children]);
const articles = () => children(byId("posts"));
/** @type {(article: HTMLElement) => Shown} */
const shown = ({ id, dataset }) => ({
  id: id.replace(/^[a-z]+-/, ""),
  revision: Number(dataset.revision),
  published_at: dataset.publishedAt ?? "",
});

/**
 * The one element that `html` is. It is trusted as the page itself is: our own server rendered it, over a socket of our
 * own origin, by the templates that made the page. They escape every text; bodies were sanitised on their way in.
 *
 * @param {string} html
 */
const parse = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  return /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
};

/** Puts markup over the element that has its id. @param {string | undefined} html */
const refresh = (html) => {
  if (!html) return;
  const element = parse(html);
  byId(element.id).replaceWith(element);
};

/** Whether something in it plays, or is selected. @param {Element} article */
const isInUse = (article) => {
  const selection = getSelection();
  return !!(
    article.querySelector("iframe") ||
    [...article.querySelectorAll("video")].some((video) => !video.paused) ||
    (selection && !selection.isCollapsed && selection.containsNode(article, true))
  );
};

export function openPage() {
  const words = JSON.parse(byId("words").textContent ?? "");
  let away = document.hidden;
  /** Milliseconds that the device's clock is behind the server's. */
  const [arrival] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  const server = arrival?.serverTiming?.find(({ name }) => name === "now")?.duration;
  const behind = server ? server - performance.timeOrigin - arrival.responseStart : 0;

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
      const article = byId("blog").querySelector(`[rel=${rel}]`) && all.at(-end);
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

  /** Whether a new post may come in now: in sight of where it does, with nothing in use there. */
  const isLookedFor = () => {
    const { top, bottom } = byId("posts").getBoundingClientRect();
    const atEnd = isOldestFirst() ? bottom <= innerHeight + 1 : top >= 0;
    return !document.hidden && atEnd && !articles().some((article) => isInUse(article) && isInView(article));
  };

  /** @param {Element} list @param {HTMLElement} element */
  const insert = (list, element) =>
    list.insertBefore(element, children(list).find((other) => compare(shown(element), shown(other)) < 0) ?? null);

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
    for (const [name, html] of [
      ["keys", post.key_html],
      ["pinned", post.pinned_html],
    ]) {
      byId(`${name}-${post.id}`)?.remove();
      if (html && byId(name)) insert(byId(name), parse(html));
    }
  };

  /** Puts a post in its place, over the one with its id. Done twice, it changes nothing. @param {Post} post */
  const place = (post, kind = "new") => {
    const article = parse(post.html ?? "");
    const old = byId(article.id);
    const stays = old && belongs(article) && !compare(shown(old), shown(article));
    if (stays) old.replaceWith(article);
    else {
      old?.remove();
      if (belongs(article)) insert(byId("posts"), article);
    }
    summarise(post);
    highlight(article, kind);
  };

  /** Numbers the articles, for `role=feed`. */
  const number = () => {
    const all = articles();
    // A feed without articles is one that is being filled.
    byId("posts").ariaBusy = all.length ? null : "true";
    for (const [i, article] of all.entries()) {
      article.setAttribute("aria-posinset", `${i + 1}`);
      article.setAttribute("aria-setsize", `${all.length}`);
    }
  };

  /** Makes a change under the reader's eyes. @param {() => void} change */
  const make = (change, slide = isLookedFor()) =>
    still(
      () => {
        change();
        number();
      },
      slide && !isOldestFirst() ? byId("posts") : null,
    );

  const release = () => {
    if (!waiting.all.size) return;
    make(() => {
      for (const [id, { post, kind }] of waiting.all) {
        const article = byId(`post-${id}`);
        if (post && !(article && isInUse(article))) place(post, kind);
        else if (article) highlight(article, kind);
      }
    }, true);
    waiting.all.clear();
    waiting.count();
  };

  const waiting = openWaiting(words, (all) => {
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
    if (!old && !belongs(article)) {
      waiting.drop(id);
      summarise(post);
    } else if (old ? isInUse(old) : !looked) waiting.add(id, one);
    else {
      place(post, kind);
      if (old && kind === "corrected" && (document.hidden || !seen.has(old)))
        waiting.add(id, { ...one, post: undefined });
      else if (!waiting.drop(id)) waiting.announce([one]);
    }
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
          summarise({ id, revision: 0, published_at: "" });
        }
        if (change.kind === "counts") refresh(change.counts.html);
        // A hello tells the blog without markup: the messages that follow bring it.
        if (change.kind === "blog" && change.html) {
          const { title, description } = change.blog;
          refresh(change.html);
          waiting.entitle(title);
          document.querySelector("meta[name=description]")?.setAttribute("content", description || title);
        }
      }
    }, looked);
    byId("blog").dataset.cursor = cursor;
    settled = Date.now() + (looked && changes.length > 1 ? GLIDE + 100 : 0);
  };

  /** What waits comes in by itself once the reader is where it is looked for. */
  const look = () => {
    for (const [id, { post }] of waiting.all) {
      const article = byId(`post-${id}`);
      if (!post && article && !document.hidden && isInView(article)) {
        highlight(article, "corrected");
        waiting.drop(id);
      }
    }
    if (isLookedFor()) release();
  };
  addEventListener("scroll", look, { passive: true });
  document.addEventListener("selectionchange", look);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return look();
    away = true;
    for (const article of articles()) article.removeAttribute("data-mark");
  });

  return {
    /** What the page holds, for the socket and the feed to go on from. */
    state: () => {
      const { cursor = "", socket = "" } = byId("blog").dataset;
      return { cursor, socket, status: byId("head").dataset.status, posts: articles().map(shown) };
    },

    /**
     * Makes changes as soon as the page is at rest, and keeps the cursor in the page as a fresh load has it; a reset is not for
     * here: for that a page has to be loaded and swapped in.
     *
     * @param {Change[]} changes @param {string} at
     */
    apply: (changes, at) => {
      cursor = at;
      if (!queue.length) setTimeout(flush, settled - Date.now());
      queue.push(...changes, { kind: "end" });
    },

    /** Whether every post reads otherwise now: in another language or time zone. @param {Blog} blog */
    isOutdatedBy: ({ language, timezone }) =>
      language !== document.documentElement.lang || timezone !== byId("blog").dataset.timezone,

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
      const time = new Date(heard + behind).toLocaleTimeString(document.documentElement.lang, {
        timeStyle: "short",
        timeZone: byId("blog").dataset.timezone,
      });
      const again = document.createElement("a");
      again.href = "";
      again.textContent = words.reload;
      status.replaceChildren(words[phase]?.replace("%s", time) ?? again);
    },

    /** Begins anew after the content was swapped for a page loaded afresh. */
    refound: () => {
      queue = [];
      ({ first, last } = bounds());
      waiting.all.clear();
      waiting.entitle(document.title);
    },

    /** Takes in posts of the next page, behind the last. @param {Iterable<HTMLElement>} more @param {Element | null} next */
    extend: (more, next) => {
      make(() => {
        for (const article of more) if (!byId(article.id)) insert(byId("posts"), article);
        const link = byId("blog").querySelector("[rel=next]");
        if (next) link?.replaceWith(next);
        else link?.remove();
      }, false);
      ({ last } = bounds());
    },
  };
}

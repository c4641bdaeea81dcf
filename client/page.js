/**
 * The one place that writes to the DOM: changes in, the page as a fresh load would show it out.
 *
 * The page comes complete from the server, and what arrives later is the server's markup as well: there is nothing to
 * build here, only to put in its place. The page itself is the memory: each article says its id, revision and time.
 */

/** @import { Blog, Change, Phase, Shown } from "./types.js" */

import { byPublication } from "./feed.js";

/** Milliseconds for which a new or changed post is highlighted; style.css fades it in that time. */
const HIGHLIGHT = 3_000;

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const articles = () => /** @type {HTMLElement[]} */ ([...byId("posts").children]);

/** @type {(article: HTMLElement) => Shown} */
const shown = ({ id, dataset }) => ({
  id: id.slice("post-".length),
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

export function openPage() {
  /** Negative when `a` stands above `b` on this page. @type {(a: Shown, b: Shown) => number} */
  const compare = (a, b) => (byId("blog").dataset.order === "oldest" ? byPublication(a, b) : byPublication(b, a));

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

  /**
   * Puts a post where it belongs: over the one with its id if the time is the same, otherwise before the first one that
   * comes after it; and nowhere if its place is on another page. Done twice, it changes nothing.
   *
   * @param {string} html
   */
  const place = (html) => {
    const article = parse(html);
    const post = shown(article);
    const old = byId(article.id);
    const stays = old && !compare(shown(old), post);
    if (!stays) old?.remove();
    if ((first && compare(post, first) < 0) || (last && compare(post, last) > 0)) return;
    if (stays) old.replaceWith(article);
    else byId("posts").insertBefore(article, articles().find((other) => compare(post, shown(other)) < 0) ?? null);
    // Afterwards the class is gone, and the article is what a fresh load has.
    const mark = old ? "is-changed" : "is-new";
    article.classList.add(mark);
    setTimeout(() => article.classList.remove(mark), HIGHLIGHT);
  };

  return {
    /** What the page holds, for the socket and the feed to go on from. */
    state: () => {
      const { cursor = "", socket = "" } = byId("blog").dataset;
      return { cursor, socket, status: byId("head").dataset.status, posts: articles().map(shown) };
    },

    /** Makes a change; all but a reset, for which a page has to be loaded and given to `swap`. @param {Change} change */
    apply: (change) => {
      if (change.kind === "place" || change.kind === "replace") place(change.post.html ?? "");
      if (change.kind === "remove") byId(`post-${change.id}`)?.remove();
      if (change.kind === "counts") refresh(change.counts.html);
      // A hello tells the blog without markup: the messages that follow bring it.
      if (change.kind === "blog" && change.html) {
        const { title, description } = change.blog;
        refresh(change.html);
        document.title = title;
        document.querySelector("meta[name=description]")?.setAttribute("content", description || title);
      }
    },

    /** Keeps the cursor in the page, as a fresh load has it. @param {string} cursor */
    stand: (cursor) => {
      byId("blog").dataset.cursor = cursor;
    },

    /** Whether every post reads otherwise now: in another language or time zone. @param {Blog} blog */
    isOutdatedBy: ({ language, timezone }) =>
      language !== document.documentElement.lang || timezone !== byId("blog").dataset.timezone,

    /** Says whether what is shown is up to date, or offers to find out. @param {Phase} phase */
    say: (phase) => {
      const status = byId("connection");
      if (status.dataset.phase === phase) return;
      status.dataset.phase = phase;
      const { [phase]: words, reload = "" } = status.dataset;
      const again = document.createElement("a");
      again.href = "";
      again.textContent = reload;
      status.replaceChildren(words ?? again);
    },

    /** Puts a page loaded afresh over this one; the post being read stays where it is. @param {string} html */
    swap: (html) => {
      const fresh = new DOMParser().parseFromString(html, "text/html");
      const read = articles().find((article) => article.getBoundingClientRect().bottom > 0);
      const top = read?.getBoundingClientRect().top ?? 0;
      const { lang, dir } = fresh.documentElement;
      Object.assign(document.documentElement, { lang, dir });
      for (const part of ["title", "meta[name=description]", "link[rel=canonical]", "#blog"]) {
        const element = fresh.querySelector(part);
        if (!element) throw new Error(`expected a page with ${part}`);
        document.querySelector(part)?.replaceWith(document.importNode(element, true));
      }
      ({ first, last } = bounds());
      const again = read && byId(read.id);
      if (again && scrollY) scrollBy({ top: again.getBoundingClientRect().top - top, behavior: "instant" });
    },
  };
}

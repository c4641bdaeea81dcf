/**
 * What the messages change. No DOM and no socket: messages in, changes out, for a page, an app or a test.
 *
 * One rule makes it safe to hear a change twice, late or out of order: a revision that is not newer than the one known
 * changes nothing. A deleted post is remembered by the revision of its deletion, so an older edit that comes after it
 * does not bring the post back, and a newer one does.
 */

/** @import { Blog, BlogMarkupMessage, Message, PostMessage } from "./messages.js" */
/** @import { Change, Entry, Place, Post, Shown } from "./types.js" */

/** Whether a message moves the cursor: these name the end of the history, or where we stand already. @param {Message} message */
export const moves = ({ type }) => !["hello", "heartbeat", "bye"].includes(type);

/** @param {{ cursor: string, posts?: Iterable<Shown> }} start where we stand, and the posts already shown */
export function createFeed({ cursor, posts = [] }) {
  /** @type {Map<string, Entry>} */
  const entries = new Map();
  let over = false;
  for (const { id, revision, published_at } of posts) entries.set(id, { revision, removed: false, published_at });

  /** @param {Message} message @returns {Change[]} */
  const changes = (message) => {
    switch (message.type) {
      case "post":
      case "remove": {
        // In the json form the post is an object of its own; in the html form its id, revision … are the message's.
        const post = /** @type {Post} */ (/** @type {PostMessage} */ (message).post ?? message);
        const { id, revision, published_at } = post;
        const known = entries.get(id);
        if (known && known.revision >= revision) return [];
        const removed = message.type === "remove";
        entries.set(id, { revision, removed, published_at: published_at ?? "" });
        /** @type {Change} */
        const change = removed
          ? { kind: "remove", id }
          : { kind: known && !known.removed ? "replace" : "place", id, post };
        return message.blog ? [change, { kind: "counts", counts: message.blog }] : [change];
      }
      case "hello":
      case "blog":
        // Polling, as it greets, has nothing to tell of the blog.
        if (!message.blog) return [];
        over = isOver(message.blog);
        return [{ kind: "blog", blog: message.blog, html: /** @type {BlogMarkupMessage} */ (message).html }];
      case "reset":
        entries.clear();
        return [{ kind: "reset", reason: message.reason }];
      default:
        return [];
    }
  };

  return {
    /** What a message changes: nothing, if it is not new. @param {Message} message */
    receive: (message) => {
      if (!cursor || moves(message)) cursor = message.cursor;
      return changes(message);
    },
    /**
     * Takes in posts that come by another way than messages, such as a page of older ones; those that are outdated by
     * what we were told meanwhile are left out.
     *
     * @param {HTMLElement[]} articles
     */
    learn: (articles) =>
      articles.filter(({ id, dataset }) => {
        const post = { id: id.slice("post-".length), revision: Number(dataset.revision) };
        const known = entries.get(post.id);
        if (known && (known.removed || known.revision > post.revision)) return false;
        entries.set(post.id, { ...post, removed: false, published_at: dataset.publishedAt ?? "" });
        return true;
      }),
    /** Where we stand once all that was received is made. */
    cursor: () => cursor,
    /** Whether nothing more will come. */
    over: () => over,
    /** Everything known, by id, with what was removed. @returns {ReadonlyMap<string, Entry>} */
    entries: () => entries,
  };
}

/** Whether a blog of this status is over. @param {{ status?: string } | Blog} blog */
export const isOver = ({ status }) => status === "ended" || status === "archived";

/**
 * The order of posts: by first publication, then by id; the oldest first. Times are compared as numbers, since RFC 3339
 * can write one in several ways.
 *
 * @param {Place} a
 * @param {Place} b
 */
export const byPublication = (a, b) =>
  Date.parse(a.published_at) - Date.parse(b.published_at) || (a.id < b.id ? -1 : Number(a.id > b.id));

/**
 * The state of a blog as messages change it: the cursor, and the latest revision of every post. It uses no DOM and no
 * socket. Messages go in and changes come out, so a page, an app and a test can all use it.
 *
 * One rule makes it safe to receive a change twice, late or out of order: a message changes nothing unless its revision
 * is newer than the one known. A deleted post keeps the revision of its deletion, so an older edit that arrives later
 * does not bring the post back, but a newer one does.
 */

/** @import { Blog, BlogMarkupMessage, Message, PostMessage } from "./messages.js" */
/** @import { Change, KnownPost, Post, PostPosition, ShownPost } from "./types.js" */

/** Whether a message moves the cursor. A `hello`, `heartbeat` or `bye` carries no change. @param {Message} message */
export const movesCursor = ({ type }) => !["hello", "heartbeat", "bye"].includes(type);

/** @param {{ cursor: string, posts?: Iterable<ShownPost> }} start the cursor, and the posts already on the page */
export function createBlogState({ cursor, posts = [] }) {
  /** @type {Map<string, KnownPost>} */
  const knownPosts = new Map();
  let ended = false;
  for (const { id, revision, published_at } of posts) knownPosts.set(id, { revision, removed: false, published_at });

  /** @param {Message} message @returns {Change[]} */
  const changes = (message) => {
    switch (message.type) {
      case "post":
      case "remove": {
        // The json form nests the post in the message; the html form puts its fields into the message itself.
        const post = /** @type {Post} */ (/** @type {PostMessage} */ (message).post ?? message);
        const { id, revision, published_at } = post;
        const known = knownPosts.get(id);
        if (known && known.revision >= revision) return [];
        const removed = message.type === "remove";
        knownPosts.set(id, { revision, removed, published_at: published_at ?? "" });
        /** @type {Change} */
        const change = removed
          ? { kind: "remove", id }
          : { kind: known && !known.removed ? "replace" : "place", id, post };
        return message.blog ? [change, { kind: "counts", counts: message.blog }] : [change];
      }
      case "hello":
      case "blog":
        // When polling, the client makes up the hello, without a blog.
        if (!message.blog) return [];
        ended = hasEnded(message.blog);
        return [{ kind: "blog", blog: message.blog, html: /** @type {BlogMarkupMessage} */ (message).html }];
      case "reset":
        knownPosts.clear();
        return [{ kind: "reset", reason: message.reason }];
      default:
        return [];
    }
  };

  return {
    /**
     * Applies a message and returns the changes: none, unless it is newer than what is known.
     *
     * @param {Message} message
     */
    receive: (message) => {
      if (!cursor || movesCursor(message)) cursor = message.cursor;
      return changes(message);
    },
    /**
     * Adds posts that were fetched rather than received, such as those of the next page. Returns the ones to show: not
     * those that a message has deleted or updated in the meantime.
     *
     * @param {HTMLElement[]} articles
     */
    mergeFetched: (articles) =>
      articles.filter(({ id, dataset }) => {
        const post = { id: id.slice("post-".length), revision: Number(dataset.revision) };
        const known = knownPosts.get(post.id);
        if (known && (known.removed || known.revision > post.revision)) return false;
        knownPosts.set(post.id, { ...post, removed: false, published_at: dataset.publishedAt ?? "" });
        return true;
      }),
    /** The cursor after the last message received. */
    cursor: () => cursor,
    /** Whether the blog has ended, so that no more messages will come. */
    ended: () => ended,
    /** Every known post by id, deleted posts included. @returns {ReadonlyMap<string, KnownPost>} */
    knownPosts: () => knownPosts,
  };
}

/** Whether a blog with this status gets no more posts. @param {{ status?: string } | Blog} blog */
export const hasEnded = ({ status }) => status === "ended" || status === "archived";

/**
 * Compares two posts for sorting, oldest first: by first publication, then by id. Compares times as numbers, because
 * RFC 3339 can write the same time in several ways.
 *
 * @param {PostPosition} a
 * @param {PostPosition} b
 */
export const byPublication = (a, b) =>
  Date.parse(a.published_at) - Date.parse(b.published_at) || (a.id < b.id ? -1 : Number(a.id > b.id));

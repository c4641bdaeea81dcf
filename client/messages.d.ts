/** The messages of the protocol. Made by scripts/messages.py from server/stoppress/wire/messages.py. */

/** A person who wrote or reported. */
export interface Author {
  name: string;
  role: string | null;
  url: string | null;
  image: string | null;
}

/** A blog's public state. `posts` is the number of published posts. */
export interface Blog {
  /** The id. It never changes. */
  id: string;
  /** The revision's number. It begins at 1. */
  revision: number;
  title: string;
  /** The standfirst: a short text under the headline. */
  description: string | null;
  /** The byline as printed, such as `By A, B and C`. */
  byline: string | null;
  authors: Author[];
  /** The time zone in which times are shown: an IANA name. */
  timezone: string;
  /** A BCP 47 tag. It sets the page's language, text direction and date format. */
  language: string;
  status: "scheduled" | "live" | "paused" | "ended" | "archived";
  /**
   * Who may read the blog. A `private` one does not exist for anybody without a token that has the scope `read`. A blog
   * created as `scheduled` is private by default, and becomes public when it goes live.
   */
  visibility: "public" | "private";
  /** The time at which the blog was created. */
  created_at: string;
  /** The time of the last update, as readers see it. */
  updated_at: string | null;
  /** The number of published posts. */
  posts: number;
}

/** `blog` in the html form. */
export interface BlogMarkupMessage {
  type: "blog";
  /** The client's position once it has applied the message. Opaque. */
  cursor: string;
  /** The blog, as the API answers it. */
  blog: Blog;
  /** The page's header: status, headline, standfirst, byline, dateline. */
  html: string;
}

/**
 * The blog itself changed. Replace what you show of it: headline, status, counts. If `blog.status` is `ended` or
 * `archived`, apply the messages that still come until the server closes the connection, and don't reconnect.
 */
export interface BlogMessage {
  type: "blog";
  /** The client's position once it has applied the message. Opaque. */
  cursor: string;
  /** The blog, as the API answers it. */
  blog: Blog;
}

/** This server is about to close the connection. Reconnect after `retry_after_ms`, to any server. */
export interface ByeMessage {
  type: "bye";
  /** The client's position. It does not move. */
  cursor: string;
  /** How long to wait, in milliseconds. */
  retry_after_ms: number;
  /**
   * `restarting`: this server stops. `rebalancing`: other servers have more room. `draining`: an operator empties this
   * server. This version sends `restarting`. Treat all alike, unknown ones too.
   */
  reason: "restarting" | "rebalancing" | "draining";
}

/** The blog's counts after a change. */
export interface Counts {
  /** How many posts are published. */
  posts: number;
  /** The last change that readers should notice. */
  updated_at: string | null;
}

/** Content hosted elsewhere. It is shown as a card, and loaded only when the reader asks for it. */
export interface Embed {
  type: "embed";
  url: string;
  provider: string | null;
  title: string | null;
  thumbnail: string | null;
}

/**
 * The connection is alive. If `cursor` differs from the client's own for some seconds, a message was lost: reconnect
 * with the client's own cursor.
 */
export interface HeartbeatMessage {
  type: "heartbeat";
  /** The end of the blog's history. Opaque. Not the client's position. */
  cursor: string;
  /** The approximate number of readers of the blog. */
  readers?: number;
}

/**
 * The first message of a connection. `cursor` is the one that the client sent, or the end of the history if it sent
 * none. The changes that the client lacks follow, or a `reset`.
 */
export interface HelloMessage {
  type: "hello";
  /** The client's position before the messages that follow. Opaque. */
  cursor: string;
  /** The blog, as the API answers it. */
  blog: Blog;
  /** Seconds between two heartbeats. */
  heartbeat: number;
  /** Whether the connection resumes from the cursor that the client sent. */
  resumed: boolean;
}

/** A picture. `width` and `height`, in pixels, reserve its space on the page before it has loaded. */
export interface Image {
  type: "image";
  url: string;
  alt: string;
  decorative: boolean;
  caption: string | null;
  credit: string | null;
  width: number | null;
  height: number | null;
  srcset: string | null;
}

/** `post` with `too_large` in the html form. */
export interface LargePostMarkupMessage {
  type: "post";
  /** The client's position once it has applied the message. Opaque. */
  cursor: string;
  /** What happened to the post. Treat an unknown value as `edited`. */
  change: "published" | "edited" | "corrected" | "moved" | "pinned" | "unpinned" | "restored";
  /** The post's id. */
  id: string;
  /** The revision after this change. One that is not newer changes nothing. */
  revision: number;
  /** The first publication, which orders posts. */
  published_at: string | null;
  /** Whether the post is pinned. */
  pinned: boolean;
  /** Whether the post is a key event. */
  key: boolean;
  /** Always true. A `post` with its content has no such field. */
  too_large: true;
  /** The blog's counts after this change. */
  blog: MarkupCounts;
}

/**
 * A post was published or changed, and the message with its content would be larger than the `max_message` that the
 * client asked for. Fetch the post from the API, unless the revision is not newer; then do the same as for any `post`.
 */
export interface LargePostMessage {
  type: "post";
  /** The client's position once it has applied the message. Opaque. */
  cursor: string;
  /** What happened to the post. Treat an unknown value as `edited`. */
  change: "published" | "edited" | "corrected" | "moved" | "pinned" | "unpinned" | "restored";
  /** The post's id. */
  id: string;
  /** The revision after this change. One that is not newer changes nothing. */
  revision: number;
  /** The first publication, which orders posts. */
  published_at: string | null;
  /** Whether the post is pinned. */
  pinned: boolean;
  /** Whether the post is a key event. */
  key: boolean;
  /** Always true. A `post` with its content has no such field. */
  too_large: true;
  /** The blog's counts after this change. */
  blog: Counts;
}

/** A link to further reading. */
export interface Link {
  url: string;
  title: string;
}

/** The blog's counts after a change, and the markup that shows them. */
export interface MarkupCounts {
  /** How many posts are published. */
  posts: number;
  /** The last change that readers should notice. */
  updated_at: string | null;
  /** The page's dateline: when the blog was updated, and how many posts it has. */
  html: string;
}

/** One post in one revision. A draft has no `published_at` unless its editor set one. */
export interface Post {
  /** The id. It never changes. */
  id: string;
  /** The revision's number. It begins at 1. */
  revision: number;
  /** The id of the post's blog. */
  blog: string;
  status: "draft" | "scheduled" | "published" | "deleted";
  /** The time at which the post was created. */
  created_at: string;
  /** The time of first publication. Posts are in the order of this time. */
  published_at: string | null;
  /** The time that readers see: that of the last edit that was not `silent`. */
  updated_at: string | null;
  /** The time at which a scheduled post is published. */
  publish_at: string | null;
  /** The headline. A short post may do without one. */
  title: string | null;
  /** The text: HTML or Markdown in requests, sanitised HTML in responses. Elements may be nested at most 500 deep. */
  body: string;
  /** The byline as printed. */
  byline: string | null;
  authors: Author[];
  /** Whether the post is also shown at the top of the page. */
  pinned: boolean;
  /** Whether the post is a key event, which the summary lists. */
  key: boolean;
  /** A short title for the summary of key events. */
  key_title: string | null;
  media: (Image | Embed)[];
  links: Link[];
  /** Notes below the post, such as who contributed. */
  notes: string | null;
  /** The text of a correction, shown with the post. */
  correction: string | null;
  tags: string[];
  body_format: "html";
}

/** `post` in the html form. */
export interface PostMarkupMessage {
  /** Only for a key event: its line in the summary of key events. */
  key_html?: string;
  /** Only for a pinned post: its copy on top of the page. */
  pinned_html?: string;
  type: "post";
  /** The client's position once it has applied the message. Opaque. */
  cursor: string;
  /** What happened to the post. Treat an unknown value as `edited`. */
  change: "published" | "edited" | "corrected" | "moved" | "pinned" | "unpinned" | "restored";
  /** The post's id. */
  id: string;
  /** The revision after this change. One that is not newer changes nothing. */
  revision: number;
  /** The first publication, which orders posts. */
  published_at: string | null;
  /** Whether the post is pinned. */
  pinned: boolean;
  /** Whether the post is a key event. */
  key: boolean;
  /** The post's `<article>`, as the page holds it. */
  html: string;
  /** The blog's counts after this change. */
  blog: MarkupCounts;
}

/**
 * A post was published or changed. Put the post in its place, by (`published_at`, `id`). If you have a post with this
 * id, replace it, unless the message's revision is not newer.
 */
export interface PostMessage {
  type: "post";
  /** The client's position once it has applied the message. Opaque. */
  cursor: string;
  /** What happened to the post. Treat an unknown value as `edited`. */
  change: "published" | "edited" | "corrected" | "moved" | "pinned" | "unpinned" | "restored";
  /** The post, as the API answers it. */
  post: Post;
  /** The blog's counts after this change. */
  blog: Counts;
}

/** `remove` in the html form. */
export interface RemoveMarkupMessage {
  type: "remove";
  /** The client's position once it has applied the message. Opaque. */
  cursor: string;
  /** The post's id. */
  id: string;
  /** The revision after this change. One that is not newer changes nothing. */
  revision: number;
  /** The blog's counts after this change. */
  blog: MarkupCounts;
}

/**
 * A post was deleted. Remove the post, and remember the revision: an older revision that arrives later changes nothing.
 */
export interface RemoveMessage {
  type: "remove";
  /** The client's position once it has applied the message. Opaque. */
  cursor: string;
  /** The post's id. */
  id: string;
  /** The revision after this change. One that is not newer changes nothing. */
  revision: number;
  /** The blog's counts after this change. */
  blog: Counts;
}

/**
 * The client's cursor can't be resumed from. Forget all posts and deletions, load the page or the posts afresh, and go
 * on from the cursor that comes with them.
 */
export interface ResetMessage {
  type: "reset";
  /** The end of the blog's history. Opaque. The cursor of what the client loads replaces it. */
  cursor: string;
  /**
   * `epoch`: the blog was deleted and made again. `ahead`: the cursor is ahead of the history, which was set back to an
   * older backup. `history`: the cursor belongs to another history with the same epoch. `too_far_behind`: to catch up
   * costs more than to load afresh (html form only). This version sends `epoch`, `ahead` and `too_far_behind`. Treat
   * all alike, unknown ones too.
   */
  reason: "epoch" | "ahead" | "history" | "too_far_behind";
}

/** What comes by `stoppress.v1.json`. */
export type DataMessage =
  | HelloMessage
  | PostMessage
  | LargePostMessage
  | RemoveMessage
  | BlogMessage
  | HeartbeatMessage
  | ResetMessage
  | ByeMessage;

/** What comes by `stoppress.v1.html`. */
export type MarkupMessage =
  | HelloMessage
  | PostMarkupMessage
  | LargePostMarkupMessage
  | RemoveMarkupMessage
  | BlogMarkupMessage
  | HeartbeatMessage
  | ResetMessage
  | ByeMessage;

/**
 * A message of a type that a later version added. Its `type` can be any other string. TypeScript tells the
 * members of a union apart by literals only, so a literal that is never sent stands for all of them.
 */
export interface UnknownMessage {
  type: "(unknown)";
  /** The client's position once it has applied the message. */
  cursor: string;
}

/** What the server says. Unknown types and fields may come at any time. */
export type Message = DataMessage | MarkupMessage | UnknownMessage;

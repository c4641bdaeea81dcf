/** The types that several modules share. Only the type checker reads this file; no page loads it. */

import type { Blog, Counts, Message } from "./messages.js";

/**
 * The state of a connection. `connecting`: for the first time. `live`: connected. `reconnecting`: lost, and retrying.
 * The others are final: `ended` (the blog has ended), `refused` (the server refuses this client), `gone` (there is no
 * such blog), `closed` (by the client).
 */
export type Phase = "connecting" | "live" | "reconnecting" | "ended" | "refused" | "gone" | "closed";

/** A WebSocket, or an object with the part of its interface that connection.js uses. */
export interface Connection {
  // biome-ignore lint/suspicious/noExplicitAny: `data` is used here, `code` below; the events of a WebSocket have more.
  onmessage: ((event: any) => void) | null;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  onclose: ((event: any) => void) | null;
  close: () => void;
}

/** The class of a connection. Its constructor connects, like that of WebSocket. */
export type Transport = new (url: string, protocol: string) => Connection;

/** What connection.js and fallback.js need of their environment: the browser by default, a fake one in tests. */
export interface Environment {
  /** Connects with the given transport, by default with a WebSocket. */
  open: (url: string, protocol: string, transport?: Transport) => Connection;
  /**
   * All transports, the first of them `undefined` for the WebSocket; an empty list if `changes`, a plain HTTP
   * address, cannot be fetched either.
   */
  fallbackTransports: (changes: string) => Promise<(Transport | undefined)[]>;
  setTimeout: (act: () => void, ms: number) => unknown;
  clearTimeout: (timer: unknown) => void;
  /** A clock, in milliseconds. */
  now: () => number;
  /** A random number from 0 up to, but not including, 1. */
  random: () => number;
  window: EventTarget;
  document: EventTarget & { visibilityState: string };
}

/** What http_transports.js and websocket_probe.js need of their environment. */
export interface HttpEnvironment extends Pick<Environment, "setTimeout" | "clearTimeout" | "random"> {
  fetch: (url: string, options: { signal: AbortSignal }) => Promise<Response>;
  WebSocket: Transport;
}

/**
 * Receives messages over HTTP, in event_stream.js or polling.js. Resolves with the HTTP status that ended it: 204 if the
 * blog has ended, 404 if there is no such blog. After any other, or if it rejects, the connection is lost.
 */
export type ReceiveMessages = (options: {
  /** The cursor to resume from; empty to start from now. */
  cursor: string;
  /** Requests a route of the blog, such as `changes`. */
  request: (route: string, query: Record<string, string>) => Promise<Response>;
  /** Takes each message. */
  deliver: (message: object) => void;
  /** Waits for so many milliseconds, ± 50 % at random. */
  wait: (ms: number) => Promise<void>;
}) => Promise<number>;

/** A message between the tabs of a blog (tabs.js). From the leader, an empty one is a sign of life. */
export interface TabMessage {
  /** From a new follower: asks the leader for a sign of life. */
  join?: boolean;
  /** From the leader: a message of the server, as JSON. */
  data?: string;
  /** The leader's cursor before that message. */
  previous?: string;
  /** From the leader: the close code with which the connection was lost. */
  code?: number;
}

/** What follower_tab.js needs of the connection that the tabs share (tabs.js). */
export interface FollowerOptions {
  channel: BroadcastChannel;
  /** The address of `/changes` after this tab's cursor. */
  changesUrl: () => string;
  cursor: () => string;
  /** Takes a message of the server, as JSON. */
  deliver: (data: string) => void;
  /** Ends the connection with a close code. */
  fail: (code: number) => void;
  /** Requests to become the leader; with `steal`, in place of a leader that gives no sign of life. */
  requestLead: (options: LockOptions) => void;
  /** Whether this tab is still a follower. */
  isFollowing: () => boolean;
}

export interface ConnectOptions {
  /** `ws:` or `wss:`, without the cursor. */
  url: string;
  /** The cursor to resume from; empty to start from now. */
  cursor: string;
  /** The form of the posts: the page's markup, by default, or JSON. */
  protocol?: "stoppress.v1.html" | "stoppress.v1.json";
  /** Receives every message, in order. A `reset` closes the connection first. */
  receive: (message: Message) => void;
  /** Receives each change of phase. */
  phase?: (phase: Phase) => void;
}

/** The position of a post among the others. `published_at` is RFC 3339. */
export interface PostPosition {
  id: string;
  published_at: string;
}

/** A post on the page, as its article describes it. */
export interface ShownPost extends PostPosition {
  revision: number;
}

/** A post that blog_state.js knows. `revision` is that of the deletion if it was removed. */
export interface KnownPost {
  revision: number;
  removed: boolean;
  published_at: string;
}

/** Where a blog is shown, and how to find the elements there (view.js). */
export interface View {
  root: Document | ShadowRoot;
  /** The address of the blog's page, as shown and without a fragment. */
  url: string;
  /** By how many milliseconds the device's clock is behind the server's. */
  behind: number;
  /** Aborts when the blog is no longer shown. */
  signal?: AbortSignal;
  /** Imports an element from another document. */
  adopt: (element: HTMLElement) => HTMLElement;
  /** The first element that matches a selector. The type says never null: check where there may be none. */
  find: (selector: string) => HTMLElement;
  byId: (id: string) => HTMLElement;
  /** The blog's language. */
  lang: () => string;
  /** The posts shown, from top to bottom. */
  articles: () => HTMLElement[];
  /** The element that some markup of the server describes. */
  parse: (html: string) => HTMLElement;
}

/** A post that the reader has not seen. Without `post`, it is in the page already, but off the screen. */
export interface UnreadPost {
  kind: "new" | "corrected" | "changed";
  /** Whether it is a key event. */
  key: boolean;
  post?: Post;
}

/** A post in one of the forms: all of its fields (json), or its position and markup (html). */
export interface Post {
  id: string;
  revision: number;
  published_at?: string | null;
  html?: string;
  key_html?: string;
  pinned_html?: string;
}

/**
 * A change to the page. `place`: insert a post; `replace`: replace one, perhaps in another position; `remove`: delete
 * one; `counts`: the number of posts and the last update have changed; `blog`: the blog itself has changed, with its
 * header as `html` in the html form, except after a hello; `reset`: discard everything and reload; `end`: the end of
 * the changes of one message, which may have changed only the cursor.
 */
export type Change =
  | { kind: "place" | "replace"; id: string; post: Post }
  | { kind: "remove"; id: string }
  | { kind: "counts"; counts: Counts & { html?: string } }
  | { kind: "blog"; blog: Blog; html?: string }
  | { kind: "reset"; reason: string }
  | { kind: "end" };

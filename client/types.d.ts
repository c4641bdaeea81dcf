/** The shapes that the modules share. Read by the type checker alone; no page loads this file. */

import type { Blog, Counts, Message } from "./messages.js";

/**
 * How a connection stands. `connecting`: for the first time. `live`: what comes is shown as it comes. `reconnecting`:
 * not now, but it is being tried. The others are final: `ended` (the blog is over), `refused` (we are not let in),
 * `gone` (there is no such blog), `closed` (by ourselves).
 */
export type Phase = "connecting" | "live" | "reconnecting" | "ended" | "refused" | "gone" | "closed";

/** What carries messages: a WebSocket, or what looks like one to socket.js. */
export interface Line {
  // biome-ignore lint/suspicious/noExplicitAny: of an event, `data` counts here and `code` there; a WebSocket's have more.
  onmessage: ((event: any) => void) | null;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  onclose: ((event: any) => void) | null;
  close: () => void;
}

/** Opens a line of its kind. */
export type Way = new (url: string, protocol: string) => Line;

/** What a connection needs of its surroundings. The browser's by default; tests give their own. */
export interface World {
  /** Opens a line by the way given, or by a socket. */
  open: (url: string, protocol: string, way?: Way) => Line;
  /** The ways there are besides sockets (`undefined`, the first), if plain HTTP gets through to the address given. */
  fallback: (changes: string) => Promise<(Way | undefined)[]>;
  setTimeout: (act: () => void, ms: number) => unknown;
  clearTimeout: (timer: unknown) => void;
  /** Milliseconds, from any start. */
  now: () => number;
  /** From 0 up to 1. */
  random: () => number;
  window: EventTarget;
  document: EventTarget & { visibilityState: string };
}

/** What the ways besides sockets need of theirs. */
export interface PlainWorld extends Pick<World, "setTimeout" | "clearTimeout" | "random"> {
  fetch: (url: string, options: { signal: AbortSignal }) => Promise<Response>;
  WebSocket: Way;
}

/** What a tab that holds the connection says to the others, or one that has none asks. */
export interface Told {
  /** Somebody is new, and wants a sign of life. */
  asks?: boolean;
  /** A message, as it came, and where the one who tells it stood before. */
  data?: string;
  from?: string;
  /** The line is lost, for all. */
  code?: number;
}

/** A tab's end of a shared line, as the part that only listens needs it (follower.js). */
export interface Listener {
  channel: BroadcastChannel;
  /** The address of `/changes`, with the cursor. */
  changes: () => string;
  cursor: () => string;
  hear: (data: string) => void;
  fail: (code: number) => void;
  /** Waits to take the lead, or takes it by force from one who gives no sign of life. */
  lead: (options: LockOptions) => void;
  /** Whether it listens still. */
  listens: () => boolean;
}

export interface ConnectOptions {
  /** `ws:` or `wss:`, without the cursor. */
  url: string;
  /** Where we stand; empty for "from now on". */
  cursor: string;
  /** The form in which posts come; by default as the page's markup. */
  protocol?: "stoppress.v1.html" | "stoppress.v1.json";
  /** Gets every message, in order. A `reset` closes the connection first. */
  receive: (message: Message) => void;
  /** Hears of each change of phase. */
  phase?: (phase: Phase) => void;
}

/** A post's place in the order of posts. `published_at` is RFC 3339. */
export interface Place {
  id: string;
  published_at: string;
}

/** What a page says of a post that it shows. */
export interface Shown extends Place {
  revision: number;
}

/** What the feed knows of a post; of a removed one, the revision of its removal. */
export interface Entry {
  revision: number;
  removed: boolean;
  published_at: string;
}

/** Where a blog is shown, and what every part needs of it (view.js). */
export interface View {
  root: Document | ShadowRoot;
  /** The address of the blog's page, as shown and without a fragment. */
  url: string;
  /** Milliseconds that the device's clock is behind the server's. */
  behind: number;
  /** Tells that it is shown no more. */
  signal?: AbortSignal;
  adopt: (element: HTMLElement) => HTMLElement;
  /** The first that a selector finds; where there need be none, ask. */
  find: (selector: string) => HTMLElement;
  byId: (id: string) => HTMLElement;
  lang: () => string;
  /** The posts shown, from top to bottom. */
  articles: () => HTMLElement[];
  /** The one element that the server's markup is. */
  parse: (html: string) => HTMLElement;
}

/** What waits to be seen; without `post`, it is shown already, out of sight. */
export interface Waiting {
  kind: "new" | "corrected" | "changed";
  /** Whether it is a key event. */
  key: boolean;
  post?: Post;
}

/** A post in either form: its data, or its place and its markup. */
export interface Post {
  id: string;
  revision: number;
  published_at?: string | null;
  html?: string;
  key_html?: string;
  pinned_html?: string;
}

/**
 * What to do, in order. `place`: a post that is not shown; `replace`: one that is, perhaps at another time now; `remove`:
 * take it out; `counts`: the number of posts and the last update; `blog`: the blog itself, with its header in `html`
 * (html form; not after a hello); `reset`: forget everything and load afresh; `end`: of what one message
 * changes, perhaps nothing but the cursor.
 */
export type Change =
  | { kind: "place" | "replace"; id: string; post: Post }
  | { kind: "remove"; id: string }
  | { kind: "counts"; counts: Counts & { html?: string } }
  | { kind: "blog"; blog: Blog; html?: string }
  | { kind: "reset"; reason: string }
  | { kind: "end" };

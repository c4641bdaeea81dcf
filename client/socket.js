/**
 * One connection to one blog that is always coming back. No DOM: messages go to `receive`, its state to `phase`.
 *
 * The cursor is the whole memory. Every message carries the place in the blog's history where we stand once it is
 * applied, and the next connection asks for what came after. So a connection can be dropped at any time, and one that
 * looks doubtful is:
 *
 *   - nothing at all was heard for two heartbeats;
 *   - a heartbeat names another cursor than ours, and no change comes in the seconds after it;
 *   - the device went offline or online: an open socket may belong to a network that is gone;
 *   - the page became visible, and the last sign of life is older than a heartbeat.
 *
 * Between tries we wait with full jitter: a random time up to min(30 s, 0.5 s × 2ⁿ), so that readers whom a restart
 * threw out don't return in step. n starts anew once a connection stood for a heartbeat, so a server that accepts and
 * drops is not hammered. A `bye` names the wait itself.
 *
 * Where sockets don't get through, but plain HTTP does, the next try is by another way (fallback.js), which looks like a
 * socket and goes by the same cursor. It closes itself once a socket gets through again.
 */

/** @import { Message } from "./messages.js" */
/** @import { ConnectOptions, Line, Phase, Way, World } from "./types.js" */

import { openLine } from "./tabs.js";

/** Close codes after which we stay away. After any other: try again. @type {Record<number, Phase>} */
const FINAL = { 1000: "ended", 1008: "refused", 4404: "gone" };
/** The code by which another way makes room for a socket. */
export const SOCKETS_AGAIN = 4000;
/** Tries without a hello after which another way is looked for; a try that was met by silence counts as so many. */
const MUTE_MAX = 2;

// All in milliseconds.
const BACKOFF_FIRST = 500;
const BACKOFF_MAX = 30_000;
/** How long an opening socket may take to say hello. */
export const HELLO_WITHIN = 10_000;
/** How long we may stand behind a heartbeat's cursor. */
const BEHIND_MAX = 5_000;
/** How long the server may take to close when the blog is over. */
const ENDING_MAX = 10_000;

/** How many milliseconds to wait before try `n` (0, 1, 2 …). @type {(n: number, random: () => number) => number} */
export const backoff = (n, random) => random() * Math.min(BACKOFF_MAX, BACKOFF_FIRST * 2 ** n);

/** @returns {World} */
const browser = () => ({
  open: openLine,
  fallback: async (changes) => ((await fetch(changes)).ok ? (await import("./fallback.js")).ways() : []),
  setTimeout: (act, ms) => setTimeout(act, ms),
  clearTimeout: (timer) => clearTimeout(/** @type {number} */ (timer)),
  now: Date.now,
  random: Math.random,
  window,
  document,
});

/** Connects, and goes on until a final close. @param {ConnectOptions} options */
export function connect({ url, cursor, protocol = "stoppress.v1.html", receive, phase = () => {} }, world = browser()) {
  /** @type {Phase} */
  let current = "connecting";
  /** @type {Line | null} */
  let socket = null;
  /** @type {(Way | undefined)[]} */
  let ways = [];
  let way = 0;
  let mute = 0;
  let attempts = 0;
  let opened = 0;
  let heard = 0;
  let heartbeat = 0;
  let ending = false;
  /** @type {Record<string, unknown>} */
  const timers = {};

  /** @type {(name: "retry" | "watchdog" | "behind", ms?: number, act?: () => void) => void} */
  const timer = (name, ms, act) => {
    world.clearTimeout(timers[name]);
    timers[name] =
      act &&
      world.setTimeout(() => {
        timers[name] = undefined;
        act();
      }, ms ?? 0);
  };

  /** @param {Phase} next */
  const become = (next) => {
    if (next === current) return;
    current = next;
    phase(next);
  };

  /** Lets the socket go. What it may still say is not heard: its cursor would not be ours. */
  const drop = () => {
    timer("watchdog");
    timer("behind");
    const old = socket;
    socket = null;
    old?.close();
    // By the clock, not a timer: timers stand still while a device sleeps.
    if (opened && world.now() - opened >= heartbeat) attempts = 0;
    opened = 0;
  };

  const open = () => {
    drop();
    timer("retry");
    const address = new URL(url);
    if (cursor) address.searchParams.set("cursor", cursor);
    const mine = world.open(address.href, protocol, ways[way]);
    socket = mine;
    mine.onmessage = ({ data }) => mine === socket && hear(JSON.parse(data));
    mine.onclose = ({ code }) => mine === socket && lost(code);
    timer("watchdog", HELLO_WITHIN, lost);
  };

  const lost = (code = 0) => {
    mute = opened ? 0 : mute + (code ? 1 : MUTE_MAX);
    drop();
    if (code === SOCKETS_AGAIN) {
      way = 0;
      return open();
    }
    if (ending || FINAL[code]) return stop(ending ? "ended" : FINAL[code]);
    become("reconnecting");
    // If a bye has set the time already, that stands.
    if (!timers.retry) timer("retry", backoff(attempts++, world.random), open);
    if (mute >= MUTE_MAX) fall();
  };

  /** Takes the next way, round and round, if plain HTTP gets through; once, however many tries fail meanwhile. */
  const fall = async () => {
    mute = NaN;
    ways = await world.fallback(url.replace("ws", "http").replace(/socket$/, "changes")).catch(() => []);
    mute = 0;
    way = ways.length && (way + 1) % ways.length;
    if (way && !opened && listeners.length) open();
  };

  /** @param {Phase} last */
  const stop = (last) => {
    drop();
    timer("retry");
    for (const [target, type, listener] of listeners) target.removeEventListener(type, listener);
    listeners.length = 0;
    become(last);
  };

  /** @param {Message} message */
  const hear = (message) => {
    heard = world.now();
    switch (message.type) {
      case "hello":
        opened = heard;
        heartbeat = message.heartbeat * 1000;
        // Where we stand already; news only to those who came without a cursor.
        cursor ||= message.cursor;
        // Of a bye that was meant for the line before this one.
        timer("retry");
        become("live");
        break;
      case "heartbeat":
        // It names the end of the history. Cursors are opaque: they can be told apart, not ordered.
        if (message.cursor === cursor) timer("behind");
        else if (!timers.behind) timer("behind", BEHIND_MAX, lost);
        break;
      case "bye":
        // Until it closes, this server goes on telling us what comes.
        if (!ending) timer("retry", message.retry_after_ms, open);
        break;
      case "reset":
        stop("closed");
        break;
      default:
        // Types that we don't know move the cursor as well: that is how the protocol grows.
        cursor = message.cursor;
        timer("behind");
    }
    if (socket && !ending) timer("watchdog", 2 * heartbeat || HELLO_WITHIN, lost);
    receive(message);
  };

  const look = () => {
    if (ending || world.document.visibilityState !== "visible") return;
    if (!socket || (heartbeat && world.now() - heard > heartbeat)) open();
  };
  // An open socket may keep a page out of the back/forward cache, and a frozen tab hears nothing.
  const leave = () => {
    drop();
    timer("retry");
    if (!ending) become("reconnecting");
  };
  /** @type {[EventTarget, string, () => void][]} */
  const listeners = [
    [
      world.window,
      "online",
      () => {
        // Another network may let sockets through.
        way = 0;
        if (!ending) open();
      },
    ],
    [world.window, "offline", () => socket && lost()],
    [world.window, "pagehide", leave],
    [world.document, "freeze", leave],
    [world.document, "resume", look],
    [world.window, "pageshow", look],
    [world.document, "visibilitychange", look],
  ];
  for (const [target, type, listener] of listeners) target.addEventListener(type, listener);
  open();

  return {
    /** Where we stand. */
    cursor: () => cursor,
    /** The blog is over: take what still comes, and stay away when the server closes. */
    finish: () => {
      if (!socket || ending) return;
      ending = true;
      timer("retry");
      timer("watchdog", ENDING_MAX, lost);
    },
    /** Stop for good. */
    close: () => {
      if (listeners.length) stop("closed");
    },
  };
}

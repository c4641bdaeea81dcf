/**
 * A connection to one blog that reconnects until the blog has ended. It uses no DOM: it passes each message to
 * `receive` and each change of its phase to `phase`.
 *
 * The cursor is its only memory. Every message that changes something carries the cursor after that change, and the
 * next connection asks for what follows. So the client can drop a connection at any time, and it drops one that may
 * be dead:
 *
 *   - no message arrived for two heartbeats;
 *   - a heartbeat has another cursor than the client, and no change arrives within a few seconds;
 *   - the device went offline or online: an open socket may belong to a network that is gone;
 *   - the page became visible, and the last message is older than a heartbeat.
 *
 * Before retry n (0, 1, 2 …) it waits a random time up to min(30 s, 0.5 s × 2ⁿ): back-off with full jitter, so
 * readers who lost a server together do not return together. n restarts at 0 once a connection has lasted for a
 * heartbeat, so a server that accepts connections and drops them is not flooded. A `bye` sets the wait itself.
 *
 * It connects by WebSocket or, where WebSockets fail, by the transport that fallback.js chooses, which looks like one.
 */

/** @import { Message } from "./messages.js" */
/** @import { Connection, ConnectOptions, Environment, Phase } from "./types.js" */

import { backoff, HELLO_TIMEOUT, WEBSOCKET_WORKS } from "./backoff.js";
import { createFallback, fallbackTransports } from "./fallback.js";
import { openSharedConnection } from "./tabs.js";

/** Close codes that are final. After any other the client reconnects. @type {Record<number, Phase>} */
const FINAL = { 1000: "ended", 1008: "refused", 4404: "gone" };

// All in milliseconds.
/** How long the client's cursor may differ from a heartbeat's. */
const BEHIND_MAX = 5_000;
/** How long the server may take to close the connection after the blog has ended. */
const ENDING_MAX = 10_000;

/** The environment in a browser. @returns {Environment} */
const browser = () => ({
  open: openSharedConnection,
  fallbackTransports,
  setTimeout: (act, ms) => setTimeout(act, ms),
  clearTimeout: (timer) => clearTimeout(/** @type {number} */ (timer)),
  now: Date.now,
  random: Math.random,
  window,
  document,
});

/** Connects, and reconnects until a close that is final. @param {ConnectOptions} options */
export function connect(
  { url, cursor, protocol = "stoppress.v1.html", receive, phase = () => {} },
  environment = browser(),
) {
  /** @type {Phase} */
  let current = "connecting";
  /** @type {Connection | null} */
  let connection = null;
  let attempts = 0;
  let openedAt = 0;
  let heardAt = 0;
  let heartbeat = 0;
  let ending = false;
  /** @type {Record<string, unknown>} */
  const timers = {};

  /**
   * Starts a timer in place of the one with its name, or only stops that.
   *
   * @type {(name: "retry" | "watchdog" | "behind", ms?: number, act?: () => void) => void}
   */
  const timer = (name, ms, act) => {
    environment.clearTimeout(timers[name]);
    timers[name] =
      act &&
      environment.setTimeout(() => {
        timers[name] = undefined;
        act();
      }, ms ?? 0);
  };

  /** @param {Phase} next */
  const setPhase = (next) => {
    if (next === current) return;
    current = next;
    phase(next);
  };

  /** Drops the connection and ignores what it still delivers, since the next one starts from the current cursor. */
  const drop = () => {
    timer("watchdog");
    timer("behind");
    const old = connection;
    connection = null;
    old?.close();
    // Measured by the clock, because timers stop while a device sleeps.
    if (openedAt && environment.now() - openedAt >= heartbeat) attempts = 0;
    openedAt = 0;
  };

  const open = () => {
    drop();
    timer("retry");
    const address = new URL(url);
    if (cursor) address.searchParams.set("cursor", cursor);
    const own = environment.open(address.href, protocol, fallback.transport());
    connection = own;
    own.onmessage = ({ data }) => own === connection && onMessage(JSON.parse(data));
    own.onclose = ({ code }) => own === connection && onLost(code);
    timer("watchdog", HELLO_TIMEOUT, onLost);
  };

  /** The connection was closed with this code; 0: it is given up as dead. */
  const onLost = (code = 0) => {
    // While the blog ends, a WebSocket that works again still brings what is missing.
    const last = ending ? "ended" : FINAL[code];
    if (last && code !== WEBSOCKET_WORKS) return stop(last);
    fallback.onLost(code, openedAt);
    if (code === WEBSOCKET_WORKS) return open();
    drop();
    setPhase("reconnecting");
    // After a bye, keep the wait that it set.
    if (!timers.retry) timer("retry", backoff(attempts++, environment.random), open);
  };

  const fallback = createFallback(url, environment, () => !openedAt && listeners.length && open());

  /** Disconnects for good. @param {Phase} last */
  const stop = (last) => {
    drop();
    timer("retry");
    for (const [target, type, listener] of listeners) target.removeEventListener(type, listener);
    listeners.length = 0;
    setPhase(last);
  };

  /** @param {Message} message */
  const onMessage = (message) => {
    heardAt = environment.now();
    switch (message.type) {
      case "hello":
        openedAt = heardAt;
        heartbeat = message.heartbeat * 1000;
        // It is the cursor that the client sent, or a new one if the client sent none.
        cursor ||= message.cursor;
        // A bye of the connection before this one may have set it.
        timer("retry");
        setPhase("live");
        break;
      case "heartbeat":
        // It has the cursor of the newest change. Cursors are opaque: compare them for equality only.
        if (message.cursor === cursor) timer("behind");
        else if (!timers.behind) timer("behind", BEHIND_MAX, onLost);
        break;
      case "bye":
        // The server goes on sending changes until it closes.
        if (!ending) timer("retry", message.retry_after_ms, open);
        break;
      case "reset":
        stop("closed");
        break;
      default:
        // Unknown types move the cursor too, so that the protocol can grow.
        cursor = message.cursor;
        timer("behind");
    }
    if (connection && !ending) timer("watchdog", 2 * heartbeat || HELLO_TIMEOUT, onLost);
    receive(message);
  };

  /** On return to the page: reconnects unless the connection is known to be alive. */
  const reconnectIfStale = () => {
    if (ending || environment.document.visibilityState !== "visible") return;
    if (!connection || (heartbeat && environment.now() - heardAt > heartbeat)) open();
  };
  // An open socket may keep a page out of the back/forward cache, and a frozen tab receives nothing.
  const suspend = () => {
    drop();
    timer("retry");
    if (!ending) setPhase("reconnecting");
  };
  /** @type {[EventTarget, string, () => void][]} */
  const listeners = [
    [
      environment.window,
      "online",
      () => {
        // WebSockets may work on the new network.
        fallback.useWebSocket();
        if (!ending) open();
      },
    ],
    [environment.window, "offline", () => connection && onLost()],
    [environment.window, "pagehide", suspend],
    [environment.document, "freeze", suspend],
    [environment.document, "resume", reconnectIfStale],
    [environment.window, "pageshow", reconnectIfStale],
    [environment.document, "visibilitychange", reconnectIfStale],
  ];
  for (const [target, type, listener] of listeners) target.addEventListener(type, listener);
  open();

  return {
    /** The cursor after the last change received. */
    cursor: () => cursor,
    /** The blog has ended: receives what still arrives, and does not reconnect when the server closes. */
    finish: () => {
      if (!connection || ending) return;
      ending = true;
      timer("retry");
      timer("watchdog", ENDING_MAX, onLost);
    },
    /** Disconnects for good. */
    close: () => {
      if (listeners.length) stop("closed");
    },
  };
}

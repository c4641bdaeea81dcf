/**
 * The transports for networks that block WebSockets: Server-Sent Events, and polling. Imported only there.
 *
 * They deliver the same messages and look like a WebSocket to connection.js. The cursor is in the address, so nothing is
 * missed when the transport changes. While one runs, it tries a WebSocket, first after a few seconds and then about
 * every minute. When that receives a hello, the transport closes itself and connection.js goes back to WebSockets.
 */

/** @import { Connection, FallbackEnvironment, Transport } from "./types.js" */

import { HELLO_TIMEOUT, WEBSOCKET_WORKS } from "./backoff.js";
import { hasEnded } from "./blog_state.js";

// All in milliseconds, ± 50 % at random.
/** Between two polls. */
const POLL_INTERVAL = 5_000;
/** Before the first try of a WebSocket. It is short: the network may have been down for a moment only. */
const FIRST_TRY = 3_000;
/** Between two later tries. */
const NEXT_TRY = 60_000;
/** The heartbeat that polling reports, in seconds; a response comes much sooner. */
const HEARTBEAT = 25;
/** The close code when the blog has ended. */
const ENDED = 1000;
/** Close codes by HTTP status: the blog has ended; there is no such blog. @type {Record<number, number>} */
const CODES = { 204: ENDED, 404: 4404 };

/**
 * Gets messages, passes each to `deliver`, and resolves with a close code.
 *
 * @typedef {(environment: FallbackEnvironment, url: string, deliver: (message: object) => void, signal: AbortSignal) => Promise<number>} Run
 */

/** The environment in a browser. @returns {FallbackEnvironment} */
const browser = () => ({
  fetch: (url, options) => fetch(url, options),
  WebSocket,
  setTimeout: (act, ms) => setTimeout(act, ms),
  clearTimeout: (timer) => clearTimeout(/** @type {number} */ (timer)),
  random: Math.random,
});

/**
 * All transports in the order in which to try them; `undefined` is the WebSocket.
 *
 * @returns {(Transport | undefined)[]}
 */
export const transports = (environment = browser()) => [
  undefined,
  transport(environment, streaming),
  transport(environment, polling),
];

/**
 * The address of another route of the same blog.
 *
 * @param {string} url the socket's
 * @param {string} route
 * @param {Record<string, string>} query
 */
function routeUrl(url, route, query) {
  const address = new URL(url.replace("ws", "http"));
  address.pathname = address.pathname.replace(/socket$/, route);
  address.search = `${new URLSearchParams({ ...query, form: "html" })}`;
  return address.href;
}

/**
 * A class that looks like WebSocket. `run` does the work.
 *
 * @param {FallbackEnvironment} environment
 * @param {Run} run
 * @returns {Transport}
 */
const transport = (environment, run) =>
  class {
    /** @type {Connection["onmessage"]} */
    onmessage = null;
    /** @type {Connection["onclose"]} */
    onclose = null;
    #done = new AbortController();

    /** @param {string} url @param {string} protocol */
    constructor(url, protocol) {
      const { signal } = this.#done;
      const end = (/** @type {number} */ code) => {
        if (signal.aborted) return;
        this.close();
        this.onclose?.({ code });
      };
      const deliver = (/** @type {object} */ message) =>
        signal.aborted || this.onmessage?.({ data: JSON.stringify(message) });
      run(environment, url, deliver, signal).then(end, () => end(1006));
      probe(environment, url.replace(/\?.*/, ""), protocol, signal, () => end(WEBSOCKET_WORKS));
    }

    close() {
      this.#done.abort();
    }
  };

/**
 * Tries a WebSocket again and again. Calls `onHello` when one receives a hello.
 *
 * @type {(environment: FallbackEnvironment, url: string, protocol: string, signal: AbortSignal, onHello: () => void) => void}
 */
function probe(environment, url, protocol, signal, onHello) {
  /** @type {Connection | undefined} */
  let socket;
  /** @type {unknown} */
  let timer;
  let pause = FIRST_TRY;
  const stop = () => {
    environment.clearTimeout(timer);
    if (socket) socket.onmessage = socket.onclose = null;
    socket?.close();
    socket = undefined;
  };
  const wait = () => {
    stop();
    timer = environment.setTimeout(
      () => {
        socket = new environment.WebSocket(url, protocol);
        socket.onmessage = onHello;
        socket.onclose = wait;
        timer = environment.setTimeout(wait, HELLO_TIMEOUT);
      },
      pause * (0.5 + environment.random()),
    );
    pause = NEXT_TRY;
  };
  signal.addEventListener("abort", stop);
  wait();
}

/**
 * Reads Server-Sent Events from a stream. An EventSource would reconnect by itself, and receive known types only.
 *
 * @type {Run}
 */
async function streaming(environment, url, deliver, signal) {
  const cursor = new URL(url).searchParams.get("cursor");
  const response = await environment.fetch(routeUrl(url, "events", cursor ? { cursor } : {}), { signal });
  if (response.status !== 200 || !response.body) return CODES[response.status] ?? 1006;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) return 1006;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("data:")) deliver(JSON.parse(line.slice("data:".length)));
  }
}

/**
 * Asks for changes, waits, and asks again, until the blog has ended and all of it was received.
 *
 * @type {Run}
 */
async function polling(environment, url, deliver, signal) {
  let after = new URL(url).searchParams.get("cursor") ?? "";
  for (let greeted = false; ; greeted = true) {
    const response = await environment.fetch(routeUrl(url, "changes", after ? { after } : {}), { signal });
    if (!response.ok) return CODES[response.status] ?? 1006;
    const { cursor, messages, more, blog_status: status } = await response.json();
    if (!greeted) deliver({ type: "hello", cursor: after || cursor, heartbeat: HEARTBEAT });
    for (const message of messages) deliver(message);
    deliver({ type: "heartbeat", cursor });
    after = cursor;
    if (more) continue;
    if (hasEnded({ status })) return ENDED;
    await new Promise((go) => environment.setTimeout(() => go(0), POLL_INTERVAL * (0.5 + environment.random())));
  }
}

/**
 * The transports for networks that block WebSockets: Server-Sent Events (event_stream.js) and polling (polling.js).
 * Imported only there.
 *
 * They deliver the same messages as a WebSocket, and look like one to connection.js. The cursor is in the address, so
 * nothing is missed when the transport changes. While one runs, websocket_probe.js tries WebSockets. Once one of these
 * receives a hello, the transport closes itself, and fallback.js goes back to WebSockets.
 */

/** @import { Connection, HttpEnvironment, ReceiveMessages, Transport } from "./types.js" */

import { WEBSOCKET_WORKS } from "./backoff.js";
import { readEventStream } from "./event_stream.js";
import { poll } from "./polling.js";
import { probeWebSocket } from "./websocket_probe.js";

/** Close codes by HTTP status: the blog has ended; there is no such blog. @type {Record<number, number>} */
const CODES = { 204: 1000, 404: 4404 };

/** The environment in a browser. @returns {HttpEnvironment} */
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
  createTransport(environment, readEventStream),
  createTransport(environment, poll),
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
 * A class that looks like WebSocket. `receiveMessages` does the work.
 *
 * @param {HttpEnvironment} environment
 * @param {ReceiveMessages} receiveMessages
 * @returns {Transport}
 */
const createTransport = (environment, receiveMessages) =>
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
      receiveMessages({
        cursor: new URL(url).searchParams.get("cursor") ?? "",
        request: (route, query) => environment.fetch(routeUrl(url, route, query), { signal }),
        deliver: (message) => signal.aborted || this.onmessage?.({ data: JSON.stringify(message) }),
        wait: (ms) => new Promise((go) => environment.setTimeout(() => go(), ms * (0.5 + environment.random()))),
      }).then(
        (status) => end(CODES[status] ?? 1006),
        () => end(1006),
      );
      probeWebSocket(environment, url.replace(/\?.*/, ""), protocol, signal, () => end(WEBSOCKET_WORKS));
    }

    close() {
      this.#done.abort();
    }
  };

/**
 * Which transport a connection uses, and when it falls back: from WebSocket to Server-Sent Events to polling.
 *
 * Where WebSockets fail but plain HTTP works, the next try uses the next transport and the same cursor; after polling
 * comes the WebSocket again. If plain HTTP fails as well, the server is away, and the connection keeps to WebSockets. It
 * goes back to them once one works again (websocket_probe.js) and when the network has changed.
 */

/** @import { Environment, Transport } from "./types.js" */

import { WEBSOCKET_WORKS } from "./backoff.js";

/**
 * After this many tries in a row without a hello, the client switches the transport. One try without any answer is
 * enough as well.
 */
const FAILED_TRIES_MAX = 2;

/** Loads the transports in a browser. @type {Environment["fallbackTransports"]} */
export const fallbackTransports = async (changes) =>
  (await fetch(changes)).ok ? (await import("./http_transports.js")).transports() : [];

/**
 * Creates the choice of the transport for one connection. It begins with a WebSocket.
 *
 * @param {string} url the socket's, without the cursor
 * @param {Environment} environment
 * @param {() => void} connect runs when the transport is another than a WebSocket from now on
 */
export function createFallback(url, environment, connect) {
  /** @type {(Transport | undefined)[]} */
  let transports = [];
  let transport = 0;
  let failedTries = 0;

  /**
   * Switches to the next transport, in a circle, if plain HTTP works. One switch at a time: NaN compares as no
   * failure.
   */
  const switchTransport = async () => {
    failedTries = NaN;
    transports = await environment
      .fallbackTransports(url.replace("ws", "http").replace(/socket$/, "changes"))
      .catch(() => []);
    failedTries = 0;
    transport = transports.length && (transport + 1) % transports.length;
    if (transport) connect();
  };

  return {
    /** The transport for the next try; `undefined` for a WebSocket. */
    transport: () => transports[transport],
    /** Goes back to WebSockets, from the next try on. */
    useWebSocket: () => {
      transport = 0;
    },
    /**
     * Counts a connection that was lost, and switches the transport if it has to.
     *
     * @param {number} code the close code; 0 if it was given up as dead
     * @param {number} openedAt when it received a hello; 0 if it did not
     */
    onLost: (code, openedAt) => {
      failedTries = openedAt ? 0 : failedTries + (code ? 1 : FAILED_TRIES_MAX);
      if (code === WEBSOCKET_WORKS) transport = 0;
      else if (failedTries >= FAILED_TRIES_MAX) switchTransport();
    },
  };
}

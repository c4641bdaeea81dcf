/**
 * When to retry a connection, and what the WebSocket and the transports that replace it have to agree on.
 * It imports nothing, so that connection.js and all modules of its transports can share it.
 */

// All in milliseconds.
const BACKOFF_FIRST = 500;
const BACKOFF_MAX = 30_000;
/** How long a new WebSocket may take to send its `hello`. */
export const HELLO_TIMEOUT = 10_000;

/** The close code with which another transport reports that a WebSocket gets through again. */
export const WEBSOCKET_WORKS = 4000;

/**
 * How many milliseconds to wait before retry `n` (0, 1, 2 …), with full jitter.
 *
 * @type {(n: number, random: () => number) => number}
 */
export const backoff = (n, random) => random() * Math.min(BACKOFF_MAX, BACKOFF_FIRST * 2 ** n);

/**
 * Tries WebSockets while another transport runs, first after a few seconds and then about every minute. Imported only
 * where WebSockets fail.
 */

/** @import { Connection, HttpEnvironment } from "./types.js" */

import { HELLO_TIMEOUT } from "./backoff.js";

// All in milliseconds, ± 50 % at random.
/** Before the first try. It is short: the network may have been down for a moment only. */
const FIRST_TRY = 3_000;
/** Between two later tries. */
const NEXT_TRY = 60_000;

/**
 * Tries a WebSocket again and again. Calls `onHello` when one receives a hello.
 *
 * @type {(environment: HttpEnvironment, url: string, protocol: string, signal: AbortSignal, onHello: () => void) => void}
 */
export function probeWebSocket(environment, url, protocol, signal, onHello) {
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

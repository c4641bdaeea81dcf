/**
 * Where sockets don't get through: the same messages as Server-Sent Events, or asked for again and again. Fetched only
 * then. Each way looks like a socket to socket.js; the cursor is in the address, and so nothing is missed on the way
 * from one to the other. Soon, and then from time to time, a socket is tried beside it; when that says hello, this way
 * closes itself.
 */

/** @import { Line, PlainWorld, Way } from "./types.js" */

import { HELLO_WITHIN, SOCKETS_AGAIN } from "./backoff.js";

// All in milliseconds, give or take half.
/** Between two questions for changes. */
const POLL = 5_000;
/** Until a socket is tried for the first time: the network may only have come back between two looks at it. */
const SOON = 3_000;
/** Until a socket is tried again. */
const AGAIN = 60_000;
/** What polling calls a heartbeat, in seconds: an answer comes much sooner. */
const HEARTBEAT = 25;
/** Close codes for what HTTP says: nothing more will come; there is no such blog. @type {Record<number, number>} */
const CODES = { 204: 1000, 404: 4404 };

/** @typedef {(message: object) => void} Hear */

/** @returns {PlainWorld} */
const browser = () => ({
  fetch: (url, options) => fetch(url, options),
  WebSocket,
  setTimeout: (act, ms) => setTimeout(act, ms),
  clearTimeout: (timer) => clearTimeout(/** @type {number} */ (timer)),
  random: Math.random,
});

/** The ways, by the order in which they are tried. @returns {(Way | undefined)[]} */
export const ways = (world = browser()) => [undefined, way(world, streaming), way(world, polling)];

/** The address of a route beside the socket's. @param {string} url @param {string} route @param {Record<string, string>} query */
function beside(url, route, query) {
  const address = new URL(url.replace("ws", "http"));
  address.pathname = address.pathname.replace(/socket$/, route);
  address.search = `${new URLSearchParams({ ...query, form: "html" })}`;
  return address.href;
}

/**
 * A way of getting messages as something that looks like a socket. `run` ends with the code of its close.
 *
 * @param {PlainWorld} world
 * @param {(world: PlainWorld, url: string, hear: Hear, signal: AbortSignal) => Promise<number>} run
 * @returns {Way}
 */
const way = (world, run) =>
  class {
    /** @type {Line["onmessage"]} */
    onmessage = null;
    /** @type {Line["onclose"]} */
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
      const hear = (/** @type {object} */ message) =>
        signal.aborted || this.onmessage?.({ data: JSON.stringify(message) });
      run(world, url, hear, signal).then(end, () => end(1006));
      probe(world, url.replace(/\?.*/, ""), protocol, signal, () => end(SOCKETS_AGAIN));
    }

    close() {
      this.#done.abort();
    }
  };

/** Tries a socket again and again, until one says hello. @type {(world: PlainWorld, url: string, protocol: string, signal: AbortSignal, through: () => void) => void} */
function probe(world, url, protocol, signal, through) {
  /** @type {Line | undefined} */
  let socket;
  /** @type {unknown} */
  let timer;
  let pause = SOON;
  const leave = () => {
    world.clearTimeout(timer);
    if (socket) socket.onmessage = socket.onclose = null;
    socket?.close();
    socket = undefined;
  };
  const wait = () => {
    leave();
    timer = world.setTimeout(
      () => {
        socket = new world.WebSocket(url, protocol);
        socket.onmessage = through;
        socket.onclose = wait;
        timer = world.setTimeout(wait, HELLO_WITHIN);
      },
      pause * (0.5 + world.random()),
    );
    pause = AGAIN;
  };
  signal.addEventListener("abort", leave);
  wait();
}

/**
 * Server-Sent Events, read off a stream: an EventSource would come back by itself, and hear only types that it knows.
 *
 * @param {PlainWorld} world @param {string} url @param {Hear} hear @param {AbortSignal} signal
 */
async function streaming(world, url, hear, signal) {
  const cursor = new URL(url).searchParams.get("cursor");
  const answer = await world.fetch(beside(url, "events", cursor ? { cursor } : {}), { signal });
  if (answer.status !== 200 || !answer.body) return CODES[answer.status] ?? 1006;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) return 1006;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("data:")) hear(JSON.parse(line.slice("data:".length)));
  }
}

/** Asks, waits, and asks again. @param {PlainWorld} world @param {string} url @param {Hear} hear @param {AbortSignal} signal */
async function polling(world, url, hear, signal) {
  let after = new URL(url).searchParams.get("cursor") ?? "";
  for (let greeted = false; ; greeted = true) {
    const answer = await world.fetch(beside(url, "changes", after ? { after } : {}), { signal });
    if (!answer.ok) return CODES[answer.status] ?? 1006;
    const { cursor, messages, more } = await answer.json();
    if (!greeted) hear({ type: "hello", cursor: after || cursor, heartbeat: HEARTBEAT });
    for (const message of messages) hear(message);
    hear({ type: "heartbeat", cursor });
    after = cursor;
    if (!more) await new Promise((go) => world.setTimeout(() => go(0), POLL * (0.5 + world.random())));
  }
}

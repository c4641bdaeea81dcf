/**
 * One connection for all tabs of a blog: the one that holds a lock (Web Locks) has it, and tells the others what it
 * hears (BroadcastChannel). To socket.js it is a line like any other.
 *
 * The lock goes to the next tab when its holder is closed, crashes, is frozen or enters the back/forward cache; who
 * holds it and gives no sign of life loses it (follower.js). Every tab keeps its own cursor, and what is told names the
 * cursor before it: so a gap is seen, and filled by `/changes`. Without locks each tab has a connection of its own.
 */

/** @import { HelloMessage } from "./messages.js" */
/** @import { Line, Told, Way } from "./types.js" */

import { moves } from "./feed.js";

/** @param {string} url with the cursor @param {string} protocol @param {Way} [Way] @returns {Line} */
export function openLine(url, protocol, Way = WebSocket) {
  const address = new URL(url);
  const { searchParams: query } = address;
  // Pages of another version of this file may speak otherwise.
  const name = import.meta.url + address.pathname;
  const here = () => query.get("cursor") ?? "";
  const { locks } = navigator;
  const channel = locks && new BroadcastChannel(name);
  const done = new AbortController();
  /** @type {Line | undefined} */
  let held;

  /** @param {string} data */
  const hear = (data) => {
    const message = JSON.parse(data);
    if (moves(message) || !here()) query.set("cursor", message.cursor);
    line.onmessage?.({ data });
    return message;
  };
  const fail = (/** @type {number} */ code) => line.onclose?.({ code });
  const tell = (/** @type {Told} */ told) => done.signal.aborted || channel?.postMessage(told);

  /** Opens a line for all tabs, and holds it until this one is closed. */
  const lead = () =>
    new Promise((release) => {
      if (done.signal.aborted) return release(0);
      done.signal.addEventListener("abort", release);
      /** @type {HelloMessage | undefined} What those who come later are told first. */
      let hello;
      held = new Way(address.href, protocol);
      held.onmessage = ({ data }) => {
        const from = here();
        const message = hear(data);
        tell({ data, from });
        if (message.type === "hello") hello = message;
        else if (hello && message.type === "blog") hello.blog = message.blog;
      };
      held.onclose = ({ code }) => {
        tell({ code });
        fail(code);
      };
      if (channel)
        channel.onmessage = ({ data: { asks } }) => {
          if (asks) tell(hello ? { data: JSON.stringify(hello), from: here() } : {});
        };
    });

  /** Takes the lead when it may; whoever loses it by force has to begin anew. @param {LockOptions} options */
  const request = (options) =>
    locks
      .request(name, options, async (lock) => {
        if (lock) return lead();
        const { follow } = await import("./follower.js");
        if (done.signal.aborted) return;
        follow({
          channel,
          changes: () => address.href.replace("ws", "http").replace("/socket?cursor", "/changes?form=html&after"),
          cursor: here,
          hear,
          fail,
          lead: request,
          listens: () => !held && !done.signal.aborted,
        });
        request({ signal: done.signal });
      })
      .catch(() => done.signal.aborted || fail(1006));

  /** @type {Line} */
  const line = {
    onmessage: null,
    onclose: null,
    close: () => {
      done.abort();
      held?.close();
      channel?.close();
    },
  };
  if (locks) request({ ifAvailable: true });
  else lead();
  return line;
}

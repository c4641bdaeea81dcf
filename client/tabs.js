/**
 * One connection for all tabs of a blog. The tab that holds a lock (Web Locks) is the leader: it has the connection
 * and sends what it receives to the other tabs, its followers (BroadcastChannel). To connection.js the shared
 * connection is like any other.
 *
 * When the leader is closed, crashes, is frozen or enters the back/forward cache, the next tab gets the lock. A
 * leader that gives no sign of life loses it (follower_tab.js). Each tab has a cursor of its own, and each message
 * from the leader names the cursor before it, so a follower notices a gap and fills it from `/changes`. Without Web
 * Locks, each tab has its own connection.
 */

/** @import { HelloMessage } from "./messages.js" */
/** @import { Connection, TabMessage, Transport } from "./types.js" */

import { movesCursor } from "./blog_state.js";

/**
 * Opens this tab's end of the connection, as the leader or as a follower.
 *
 * @param {string} url the socket's, with the cursor
 * @param {string} protocol
 * @param {Transport} [Transport]
 * @returns {Connection}
 */
export function openSharedConnection(url, protocol, Transport = WebSocket) {
  const address = new URL(url);
  const { searchParams: query } = address;
  // The name contains the version of this file, since pages of another version may send other messages.
  const name = import.meta.url + address.pathname;
  const cursor = () => query.get("cursor") ?? "";
  const { locks } = navigator;
  const channel = locks && new BroadcastChannel(name);
  const done = new AbortController();
  /** @type {Connection | undefined} */
  let connection;

  /** Delivers a message to this tab and moves its cursor. @param {string} data */
  const deliver = (data) => {
    const message = JSON.parse(data);
    if (movesCursor(message) || !cursor()) query.set("cursor", message.cursor);
    shared.onmessage?.({ data });
    return message;
  };
  const fail = (/** @type {number} */ code) => shared.onclose?.({ code });
  const post = (/** @type {TabMessage} */ message) => done.signal.aborted || channel?.postMessage(message);

  /** As the leader: connects for all tabs. The promise, and so the lock, lasts until this tab disconnects. */
  const lead = () =>
    new Promise((release) => {
      if (done.signal.aborted) return release(0);
      done.signal.addEventListener("abort", release);
      /** @type {HelloMessage | undefined} What a new follower receives first. */
      let hello;
      connection = new Transport(address.href, protocol);
      connection.onmessage = ({ data }) => {
        const previous = cursor();
        const message = deliver(data);
        post({ data, previous });
        if (message.type === "hello") hello = message;
        else if (hello && message.type === "blog") hello.blog = message.blog;
      };
      connection.onclose = ({ code }) => {
        post({ code });
        fail(code);
      };
      if (channel)
        channel.onmessage = ({ data: { join } }) => {
          if (join) post(hello ? { data: JSON.stringify(hello), previous: cursor() } : {});
        };
    });

  /**
   * Becomes the leader once it has the lock, and until then follows. A stolen lock fails the connection.
   *
   * @param {LockOptions} options
   */
  const requestLead = (options) =>
    locks
      .request(name, options, async (lock) => {
        if (lock) return lead();
        const { followLeader } = await import("./follower_tab.js");
        if (done.signal.aborted) return;
        followLeader({
          channel,
          changesUrl: () => address.href.replace("ws", "http").replace("/socket?cursor", "/changes?form=html&after"),
          cursor,
          deliver,
          fail,
          requestLead,
          isFollowing: () => !connection && !done.signal.aborted,
        });
        requestLead({ signal: done.signal });
      })
      .catch(() => done.signal.aborted || fail(1006));

  /** @type {Connection} */
  const shared = {
    onmessage: null,
    onclose: null,
    close: () => {
      done.abort();
      connection?.close();
      channel?.close();
    },
  };
  if (locks) requestLead({ ifAvailable: true });
  else lead();
  return shared;
}

/** Receives messages by polling `/changes`. Imported only where WebSockets fail (http_transports.js). */

/** @import { ReceiveMessages } from "./types.js" */

import { hasEnded } from "./blog_state.js";

/** Milliseconds between two polls, ± 50 % at random. */
const POLL_INTERVAL = 5_000;
/** The heartbeat that polling reports, in seconds; a response comes much sooner. */
const HEARTBEAT = 25;

/**
 * Asks for changes, waits, and asks again, until the blog has ended and all of it was received.
 *
 * @type {ReceiveMessages}
 */
export async function poll({ cursor: start, request, deliver, wait }) {
  let after = start;
  for (let greeted = false; ; greeted = true) {
    const response = await request("changes", after ? { after } : {});
    if (!response.ok) return response.status;
    const { cursor, messages, more, blog_status: status } = await response.json();
    if (!greeted) deliver({ type: "hello", cursor: after || cursor, heartbeat: HEARTBEAT });
    for (const message of messages) deliver(message);
    deliver({ type: "heartbeat", cursor });
    after = cursor;
    if (more) continue;
    if (hasEnded({ status })) return 204;
    await wait(POLL_INTERVAL);
  }
}

/**
 * A tab that receives the messages of the leader, the tab that has the connection (tabs.js). Imported by the second tab
 * of a blog.
 *
 * A message of the leader fits if the cursor before it is this tab's cursor. If it is not, this tab has a gap or the
 * leader is behind: then it fetches `/changes` until the next message of the leader fits.
 */

/** @import { FollowerOptions, TabMessage } from "./types.js" */

import { backoff } from "./backoff.js";
import { movesCursor } from "./blog_state.js";

/** Milliseconds, times 1 to 2 at random, within which the leader has to give a sign of life. */
const SIGN_OF_LIFE_TIMEOUT = 1_500;
/** Milliseconds, times 1 to 3 at random, by which a follower reconnects later than the leader after a bye. */
const FOLLOWER_DELAY = 1_000;

/** Follows the leader until this tab becomes the leader or closes. @param {FollowerOptions} options */
export function followLeader({ channel, changesUrl, cursor, deliver, fail, requestLead, isFollowing }) {
  let isAlive = false;
  let isFilling = false;
  let tries = 0;
  /** The leader's cursor after its latest message. */
  let leaderCursor = "";

  const fillGap = async () => {
    if (isFilling || !isFollowing()) return;
    isFilling = true;
    for (let more = true; more; ) {
      const response = await fetch(changesUrl());
      if (!response.ok) throw new Error(`expected the changes, but got status ${response.status}`);
      const page = await response.json();
      if (!isFollowing()) return;
      for (const message of page.messages) deliver(JSON.stringify(message));
      more = page.more && isFollowing();
    }
    isFilling = false;
    if (leaderCursor !== cursor()) setTimeout(fillOrFail, backoff(tries++, Math.random));
  };
  const fillOrFail = () => fillGap().catch(() => isFollowing() && fail(1006));

  channel.onmessage = ({ data: tabMessage }) => {
    isAlive = true;
    const { data, previous, code } = /** @type {TabMessage} */ (tabMessage);
    if (code) return fail(code);
    if (!data) return;
    const message = JSON.parse(data);
    leaderCursor = (movesCursor(message) ? message.cursor : previous) ?? "";
    // The leader reconnects first, and the followers then find it connected.
    if (message.type === "bye") message.retry_after_ms += FOLLOWER_DELAY * (1 + 2 * Math.random());
    if (!movesCursor(message)) deliver(JSON.stringify(message));
    else if (previous === cursor() && !isFilling) {
      tries = 0;
      return deliver(data);
    }
    if (leaderCursor !== cursor()) fillOrFail();
  };
  channel.postMessage({ join: true });
  setTimeout(
    () => isAlive || !isFollowing() || requestLead({ steal: true }),
    SIGN_OF_LIFE_TIMEOUT * (1 + Math.random()),
  );
}

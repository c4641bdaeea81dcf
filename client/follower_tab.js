/**
 * A tab that listens to the one which holds the connection (tabs.js). Fetched by the second tab of a blog.
 *
 * What it is told goes on if it begins where this tab stands. If not, there is a gap, or the other lags behind: then
 * `/changes` says what is lacking, and the two meet at the next message that fits.
 */

/** @import { Listener, Told } from "./types.js" */

import { backoff } from "./backoff.js";
import { movesCursor } from "./blog_state.js";

/** Milliseconds, up to twice as many, in which the one who holds the connection has to give a sign of life. */
const SIGN_WITHIN = 1_500;
/** Milliseconds by which a tab comes back later than the one that held the connection, and up to thrice as many. */
const LATER = 1_000;

/** @param {Listener} listener */
export function follow({ channel, changes, cursor, hear, fail, lead, listens }) {
  let alive = false;
  let filling = false;
  let tries = 0;
  /** Where the other stands. */
  let there = "";

  const fill = async () => {
    if (filling || !listens()) return;
    filling = true;
    for (let more = true; more; ) {
      const answer = await fetch(changes());
      if (!answer.ok) throw new Error(`expected the changes, but got ${answer.status}`);
      const page = await answer.json();
      if (!listens()) return;
      for (const message of page.messages) hear(JSON.stringify(message));
      more = page.more && listens();
    }
    filling = false;
    if (there !== cursor()) setTimeout(mend, backoff(tries++, Math.random));
  };
  const mend = () => fill().catch(() => listens() && fail(1006));

  channel.onmessage = ({ data: told }) => {
    alive = true;
    const { data, from, code } = /** @type {Told} */ (told);
    if (code) return fail(code);
    if (!data) return;
    const message = JSON.parse(data);
    there = (movesCursor(message) ? message.cursor : from) ?? "";
    // The one that held the connection comes back first, and the others to it.
    if (message.type === "bye") message.retry_after_ms += LATER * (1 + 2 * Math.random());
    if (!movesCursor(message)) hear(JSON.stringify(message));
    else if (from === cursor() && !filling) {
      tries = 0;
      return hear(data);
    }
    if (there !== cursor()) mend();
  };
  channel.postMessage({ asks: true });
  setTimeout(() => alive || !listens() || lead({ steal: true }), SIGN_WITHIN * (1 + Math.random()));
}

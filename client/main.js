/**
 * What the page loads: puts the connection, the feed and the page together.
 *
 * When the page can't be brought up to date by changes (a reset; another language or time zone), it is loaded afresh,
 * its content swapped in, and the connection goes on from the cursor that came with it.
 */

import { createFeed, isOver } from "./feed.js";
import { openPage } from "./page.js";
import { backoff, connect } from "./socket.js";

const page = openPage();
/** Loads since the last heartbeat: a cache that keeps giving us an outdated page is not asked in a loop. */
let loads = 0;

function follow() {
  const state = page.state();
  if (isOver(state)) return page.say("ended");
  const feed = createFeed(state);
  const line = connect({
    url: new URL(state.socket, location.href).href.replace("http", "ws"),
    cursor: state.cursor,
    phase: (phase) => phase !== "closed" && page.say(phase),
    receive: (message) => {
      if (message.type === "heartbeat") loads = 0;
      for (const change of feed.receive(message)) {
        if (change.kind === "reset" || (change.kind === "blog" && page.isOutdatedBy(change.blog))) {
          line.close();
          page.say("reconnecting");
          return reload();
        }
        page.apply(change);
        if (change.kind === "blog" && change.html && isOver(change.blog)) {
          page.say("ended");
          line.finish();
        }
      }
      page.stand(feed.cursor());
    },
  });
}

/** Loads the page afresh and follows it; after a random while, since everybody may have to at once. */
function reload() {
  setTimeout(
    async () => {
      try {
        const answer = await fetch(location.href, { cache: "no-cache" });
        // The page is no more. What is shown stays.
        if (answer.status === 404 || answer.status === 410) return page.say("gone");
        if (!answer.ok) throw new Error(`expected the page, but got ${answer.status}`);
        page.swap(await answer.text());
      } catch {
        return reload();
      }
      follow();
    },
    backoff(loads++, Math.random),
  );
}

follow();

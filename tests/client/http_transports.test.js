/** The page's transports without sockets run the scripts of tests/wire/polling and tests/wire/events. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { byPublication, createBlogState } from "../../client/blog_state.js";
import { transports } from "../../client/http_transports.js";
import { createFakeEnvironment, FakeSocket } from "./fake_environment.js";

const settle = async () => {
  for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
};

/** The scripts of a folder: each file's name and content. */
function scripts(kind) {
  const folder = new URL(`../wire/${kind}/`, import.meta.url);
  return readdirSync(folder).map((file) => [file, JSON.parse(readFileSync(new URL(file, folder), "utf8"))]);
}

/** A client as `start` says, whose requests are noted and answered one by one. */
function createClient(Transport, start) {
  const environment = createFakeEnvironment({ random: () => 0.5 });
  const blogState = createBlogState({
    cursor: start.cursor,
    posts: Object.entries(start.posts).map(([id, post]) => ({ id, ...post })),
  });
  const asked = [];
  const answers = [];
  const codes = [];
  const plain = {
    ...environment,
    fetch: async (url) => {
      asked.push(new URL(url).searchParams);
      return answers.shift();
    },
    WebSocket: FakeSocket,
  };
  const connect = () => {
    const [, Streaming, Polling] = transports(plain);
    const url = `wss://live.example/v1/blogs/harbour-bridge/socket?cursor=${blogState.cursor()}`;
    const connection = new { Streaming, Polling }[Transport](url, "stoppress.v1.html");
    connection.onmessage = ({ data }) => blogState.receive(JSON.parse(data));
    connection.onclose = ({ code }) => codes.push(code);
  };
  return { environment, blogState, asked, answers, codes, connect };
}

/** Checks the state of a client at the end of a script. */
function assertIs(blogState, then) {
  const known = [...blogState.knownPosts()];
  const shown = known.filter(([, { removed }]) => !removed).map(([id, entry]) => ({ id, ...entry }));
  assert.equal(blogState.cursor(), then.cursor);
  assert.deepEqual(
    Object.fromEntries(known.map(([id, { revision, removed }]) => [id, removed ? { removed: revision } : revision])),
    then.posts,
  );
  assert.deepEqual(
    shown.sort((a, b) => byPublication(b, a)).map(({ id }) => id),
    then.order,
  );
}

describe("the conformance scripts for polling", () => {
  for (const [file, { name, start, polls, then }] of scripts("polling")) {
    it(`${name} (${file})`, async () => {
      const { environment, blogState, asked, answers, codes, connect } = createClient("Polling", start);
      answers.push(...polls.map(({ answer, status }) => Response.json(answer, { status })));
      connect();
      await settle();
      for (let turn = 1; turn < polls.length; turn++) {
        environment.pass(5_000);
        await settle();
      }
      assert.deepEqual(
        asked.map((query) => query.get("after")),
        polls.map(({ after }) => after),
      );
      assertIs(blogState, then);
      assert.deepEqual(codes, then.phase === "ended" ? [1000] : []);
      assert.equal(environment.waiting === 0, then.phase === "ended");
    });
  }
});

describe("the conformance scripts for event streams", () => {
  for (const [file, { name, start, requests, then }] of scripts("events")) {
    it(`${name} (${file})`, async () => {
      const { blogState, asked, answers, codes, connect } = createClient("Streaming", start);
      for (const { status, events } of requests) {
        const text = events.map((event) => {
          const lines = Object.entries(event).map(
            ([field, value]) => `${field}: ${field === "data" ? JSON.stringify(value) : value}\n`,
          );
          return `${lines.join("")}\n`;
        });
        answers.push(new Response(status === 204 ? null : text.join(""), { status }));
        connect();
        await settle();
      }
      // The page puts its cursor into the address, where an EventSource sends Last-Event-ID.
      assert.deepEqual(
        asked.map((query) => query.get("cursor")),
        requests.map(({ cursor, last_event_id }) => last_event_id ?? cursor),
      );
      assertIs(blogState, then);
      assert.deepEqual(
        codes,
        requests.map(({ status }) => (status === 204 ? 1000 : 1006)),
      );
      assert.equal(blogState.ended(), then.phase === "ended");
    });
  }
});

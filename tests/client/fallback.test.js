import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { transports } from "../../client/fallback.js";
import { createFakeEnvironment, FakeSocket } from "./fake_environment.js";

const URL_ = "wss://live.example/v1/blogs/bridge/socket?cursor=e.4";
const settle = () => new Promise((done) => setImmediate(done));

/** A connection of one kind in an environment whose answers are given one by one; what it asked, heard and was closed with. */
function start(kind) {
  const environment = createFakeEnvironment({ random: () => 0.5 });
  const asked = [];
  const answers = [];
  const probes = [];
  const plain = {
    ...environment,
    fetch: (url, { signal }) => {
      asked.push(new URL(url));
      return new Promise((answer, fail) => {
        answers.push({ answer, fail });
        signal.addEventListener("abort", () => fail(signal.reason));
      });
    },
    WebSocket: class extends FakeSocket {
      constructor(url, protocol) {
        super(url, protocol);
        probes.push(this);
      }
    },
  };
  const [socket, Streaming, Polling] = transports(plain);
  assert.equal(socket, undefined);
  const connection = new { Streaming, Polling }[kind](URL_, "stoppress.v1.html");
  const heard = [];
  const codes = [];
  connection.onmessage = ({ data }) => heard.push(JSON.parse(data));
  connection.onclose = ({ code }) => codes.push(code);
  const answer = async (response) => {
    answers.shift().answer(response);
    await settle();
    await settle();
  };
  return { environment, connection, asked, answers, answer, heard, codes, probes };
}

const page = (cursor, messages = [], more = false) => Response.json({ cursor, messages, more });
const post = (cursor) => ({ type: "post", cursor });

describe("polling", () => {
  it("asks for what came after its cursor, as markup", async () => {
    const { asked } = start("Polling");
    assert.equal(asked[0].href, "https://live.example/v1/blogs/bridge/changes?after=e.4&form=html");
  });

  it("greets, hands on what came, says where the end is, and goes on from there after a while", async () => {
    const { environment, answer, heard, asked } = start("Polling");
    await answer(page("e.6", [post("e.5"), post("e.6")]));
    assert.deepEqual(heard, [
      { type: "hello", cursor: "e.4", heartbeat: 25 },
      post("e.5"),
      post("e.6"),
      { type: "heartbeat", cursor: "e.6" },
    ]);
    environment.pass(4_999);
    assert.equal(asked.length, 1);
    environment.pass(1);
    await settle();
    assert.equal(asked[1].searchParams.get("after"), "e.6");
    await answer(page("e.6"));
    assert.deepEqual(heard.slice(4), [{ type: "heartbeat", cursor: "e.6" }]);
  });

  it("asks at once when there is more", async () => {
    const { answer, asked } = start("Polling");
    await answer(page("e.5", [post("e.5")], true));
    assert.equal(asked[1].searchParams.get("after"), "e.5");
  });

  for (const status of ["ended", "archived"]) {
    it(`ends once it has all of a blog that is ${status}`, async () => {
      const { answer, heard, codes, asked, environment } = start("Polling");
      await answer(Response.json({ cursor: "e.5", messages: [post("e.5")], more: true, blog_status: status }));
      assert.deepEqual(codes, []);
      await answer(Response.json({ cursor: "e.6", messages: [post("e.6")], more: false, blog_status: status }));
      assert.deepEqual(heard.at(-2), post("e.6"));
      assert.deepEqual(codes, [1000]);
      assert.equal(asked.length, 2);
      assert.equal(environment.waiting, 0);
    });
  }

  it("goes on while the blog is paused", async () => {
    const { answer, codes, environment } = start("Polling");
    await answer(Response.json({ cursor: "e.5", messages: [], more: false, blog_status: "paused" }));
    assert.deepEqual(codes, []);
    assert.ok(environment.waiting);
  });

  for (const [status, code] of [
    [404, 4404],
    [503, 1006],
  ]) {
    it(`closes with ${code} after ${status}`, async () => {
      const { answer, codes } = start("Polling");
      await answer(new Response("{}", { status }));
      assert.deepEqual(codes, [code]);
    });
  }

  it("closes with 1006 when the network fails, or an answer is none", async () => {
    const broken = start("Polling");
    broken.answers[0].fail(new TypeError("network"));
    await settle();
    assert.deepEqual(broken.codes, [1006]);
    const portal = start("Polling");
    await portal.answer(new Response("<h1>Welcome to our café</h1>"));
    assert.deepEqual(portal.codes, [1006]);
  });

  it("says nothing once it is closed", async () => {
    const { connection, heard, codes, environment } = start("Polling");
    connection.close();
    await settle();
    assert.deepEqual([heard, codes, environment.waiting], [[], [], 0]);
  });
});

describe("server-sent events", () => {
  const stream = () => {
    let control;
    const body = new ReadableStream({
      start: (controller) => {
        control = controller;
      },
    });
    return {
      response: new Response(body),
      send: async (text) => {
        control.enqueue(new TextEncoder().encode(text));
        await settle();
        await settle();
      },
      end: async () => {
        control.close();
        await settle();
        await settle();
      },
    };
  };

  it("are asked for from its cursor, as markup", () => {
    const { asked } = start("Streaming");
    assert.equal(asked[0].href, "https://live.example/v1/blogs/bridge/events?cursor=e.4&form=html");
  });

  it("are heard wherever the network cuts them, whatever their type", async () => {
    const { answer, heard } = start("Streaming");
    const { response, send } = stream();
    await answer(response);
    await send('retry: 2000\nid: e.4\nevent: hello\ndata: {"type":"hello","cursor":"e.4"}\n\nid: e.5\nda');
    await send('ta: {"type":"applause",');
    await send('"cursor":"e.5"}\n\n');
    assert.deepEqual(heard, [
      { type: "hello", cursor: "e.4" },
      { type: "applause", cursor: "e.5" },
    ]);
  });

  it("that end are lost", async () => {
    const { answer, codes } = start("Streaming");
    const { response, end } = stream();
    await answer(response);
    await end();
    assert.deepEqual(codes, [1006]);
  });

  for (const [status, code] of [
    [204, 1000],
    [404, 4404],
    [403, 1006],
    [503, 1006],
  ]) {
    it(`close with ${code} after ${status}`, async () => {
      const { answer, codes } = start("Streaming");
      await answer(new Response(null, { status }));
      assert.deepEqual(codes, [code]);
    });
  }
});

describe("the way back to a WebSocket", () => {
  it("is tried soon, then from time to time, without a cursor, and taken once one says hello", () => {
    const { environment, probes, codes } = start("Polling");
    environment.pass(2_999);
    assert.equal(probes.length, 0);
    environment.pass(1);
    assert.equal(probes[0].url.href, "wss://live.example/v1/blogs/bridge/socket");
    probes[0].drop();
    assert.deepEqual(codes, []);
    environment.pass(59_999);
    assert.equal(probes.length, 1);
    environment.pass(1);
    assert.equal(probes.length, 2);
    probes[1].say({ type: "hello", cursor: "e.9" });
    assert.deepEqual(codes, [4000]);
    assert.ok(probes[1].closed);
  });

  it("is not found through a socket that opens and stays silent", () => {
    const { environment, probes, codes } = start("Polling");
    environment.pass(13_000);
    assert.ok(probes[0].closed);
    environment.pass(60_000);
    assert.equal(probes.length, 2);
    assert.deepEqual(codes, []);
  });

  it("is left alone once the connection is closed", () => {
    const { environment, connection, probes } = start("Polling");
    environment.pass(3_000);
    connection.close();
    assert.ok(probes[0].closed);
    environment.pass(600_000);
    assert.equal(probes.length, 1);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backoff } from "../../client/backoff.js";
import { connect } from "../../client/connection.js";
import { createFakeEnvironment, FakeSocket } from "./fake_environment.js";

const HEARTBEAT = 25_000;

/** A connection in an environment of its own, with what it received and the phases it went through. */
function start({ cursor = "e.4", random, plain } = {}) {
  const environment = createFakeEnvironment({ random, plain });
  const received = [];
  const phases = [];
  const connection = connect(
    {
      url: "wss://live.example/v1/blogs/bridge/socket",
      cursor,
      receive: (message) => received.push(message.type),
      phase: (phase) => phases.push(phase),
    },
    environment,
  );
  return { environment, connection, received, phases };
}

const hello = (cursor = "e.4") => ({ type: "hello", cursor, heartbeat: HEARTBEAT / 1000, resumed: true, blog: {} });
const post = (cursor) => ({ type: "post", cursor });
const heartbeat = (cursor) => ({ type: "heartbeat", cursor });

/** Fails `times` in a row, each try as soon as it is made. */
function fail(environment, times) {
  for (let n = 0; n < times; n++) {
    const before = environment.sockets.length;
    environment.socket.drop();
    while (environment.sockets.length === before) environment.pass(500);
  }
}

describe("connecting", () => {
  it("asks for what comes after its cursor, in the form of the page", () => {
    const { environment } = start();
    assert.equal(environment.socket.url.href, "wss://live.example/v1/blogs/bridge/socket?cursor=e.4");
    assert.equal(environment.socket.protocol, "stoppress.v1.html");
  });

  it("without a cursor, takes the one of the hello", () => {
    const { environment, connection } = start({ cursor: "" });
    assert.equal(environment.socket.url.search, "");
    environment.socket.say(hello("e.9"));
    assert.equal(connection.cursor(), "e.9");
  });

  it("is live from the hello on, and hands on every message in order", () => {
    const { environment, received, phases } = start();
    assert.deepEqual(phases, []);
    environment.socket.say(hello());
    environment.socket.say(post("e.5"));
    environment.socket.say({ type: "applause", cursor: "e.6" });
    assert.deepEqual(received, ["hello", "post", "applause"]);
    assert.deepEqual(phases, ["live"]);
  });

  it("gives up a socket that does not say hello in ten seconds", () => {
    const { environment, phases } = start();
    environment.pass(10_000);
    assert.ok(environment.socket.closed);
    assert.deepEqual(phases, ["reconnecting"]);
    environment.pass(500);
    assert.equal(environment.sockets.length, 2);
  });
});

describe("coming back", () => {
  it("asks for what came after the last message, known or not", () => {
    const { environment } = start();
    environment.socket.say(hello());
    environment.socket.say(post("e.7"));
    environment.socket.say({ type: "applause", cursor: "e.8" });
    environment.socket.drop();
    environment.pass(500);
    assert.equal(environment.socket.url.searchParams.get("cursor"), "e.8");
  });

  it("does not hear a socket that it let go", () => {
    const { environment, connection, received } = start();
    const old = environment.socket;
    environment.pass(10_500);
    old.say(post("e.9"));
    old.drop(1000);
    assert.deepEqual(received, []);
    assert.equal(connection.cursor(), "e.4");
    assert.equal(environment.sockets.length, 2);
  });

  it("waits a random time up to 0.5 s × 2ⁿ, and never over 30 s", () => {
    const most = [0, 1, 2, 3, 4, 5, 6, 7, 60].map((n) => backoff(n, () => 1));
    assert.deepEqual(most, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    assert.equal(
      backoff(3, () => 0),
      0,
    );
    assert.equal(
      backoff(3, () => 0.25),
      1_000,
    );
  });

  it("doubles the wait with each failure", () => {
    const { environment } = start();
    for (const wait of [500, 1_000, 2_000, 4_000]) {
      const before = environment.sockets.length;
      environment.socket.drop();
      environment.pass(wait - 1);
      assert.equal(environment.sockets.length, before);
      environment.pass(1);
      assert.equal(environment.sockets.length, before + 1);
    }
  });

  it("starts from the first wait again once a connection stood for a heartbeat", () => {
    const { environment } = start();
    fail(environment, 6);
    environment.socket.say(hello());
    environment.pass(HEARTBEAT);
    environment.socket.drop();
    environment.pass(500);
    assert.equal(environment.sockets.length, 8);
  });

  it("does not start again for a server that accepts and drops", () => {
    const { environment } = start();
    fail(environment, 6);
    environment.socket.say(hello());
    environment.pass(HEARTBEAT - 1);
    environment.socket.drop();
    environment.pass(29_999);
    assert.equal(environment.sockets.length, 7);
  });

  for (const code of [1001, 1006, 1011, 1012, 1013]) {
    it(`comes back after ${code}`, () => {
      const { environment, phases } = start();
      environment.socket.say(hello());
      environment.socket.drop(code);
      environment.pass(500);
      assert.equal(environment.sockets.length, 2);
      environment.socket.say(hello());
      assert.deepEqual(phases, ["live", "reconnecting", "live"]);
    });
  }

  for (const [code, phase] of [
    [1000, "ended"],
    [1008, "refused"],
    [4404, "gone"],
  ]) {
    it(`stays away after ${code}`, () => {
      const { environment, phases } = start();
      environment.socket.say(hello());
      environment.socket.drop(code);
      environment.fire("online");
      environment.fire("pageshow");
      environment.show("visible");
      environment.pass(600_000);
      assert.equal(environment.sockets.length, 1);
      assert.deepEqual(phases, ["live", phase]);
      assert.equal(environment.waiting, 0);
    });
  }
});

describe("the watchdog", () => {
  it("reconnects when nothing came for two heartbeats", () => {
    const { environment, phases } = start();
    environment.socket.say(hello());
    environment.pass(2 * HEARTBEAT - 1);
    assert.deepEqual(phases, ["live"]);
    environment.pass(1);
    assert.deepEqual(phases, ["live", "reconnecting"]);
    assert.ok(environment.sockets[0].closed);
  });

  it("is content with any message", () => {
    const { environment } = start();
    environment.socket.say(hello());
    for (let n = 0; n < 10; n++) {
      environment.pass(HEARTBEAT);
      environment.socket.say(heartbeat("e.4"));
    }
    assert.equal(environment.sockets.length, 1);
  });

  it("reconnects when a heartbeat's cursor is not ours for five seconds", () => {
    const { environment, connection } = start();
    environment.socket.say(hello());
    environment.socket.say(heartbeat("e.6"));
    assert.equal(connection.cursor(), "e.4");
    environment.pass(5_500);
    assert.equal(environment.socket.url.searchParams.get("cursor"), "e.4");
    assert.equal(environment.sockets.length, 2);
  });

  it("stays when a change comes in that time", () => {
    const { environment } = start();
    environment.socket.say(hello());
    environment.socket.say(heartbeat("e.6"));
    environment.pass(4_000);
    environment.socket.say(post("e.5"));
    environment.pass(20_000);
    assert.equal(environment.sockets.length, 1);
  });
});

describe("a bye", () => {
  it("names the wait, whenever the server then closes", () => {
    const { environment } = start();
    environment.socket.say(hello());
    environment.socket.say({ type: "bye", cursor: "e.4", retry_after_ms: 7_000, reason: "restart" });
    environment.pass(1_000);
    environment.socket.drop(1012);
    environment.pass(5_999);
    assert.equal(environment.sockets.length, 1);
    environment.pass(1);
    assert.equal(environment.sockets.length, 2);
  });

  it("counts no more once somebody said hello: another tab came back first", () => {
    const { environment } = start();
    environment.socket.say(hello());
    environment.socket.say({ type: "bye", cursor: "e.4", retry_after_ms: 7_000, reason: "restart" });
    environment.socket.say(hello());
    environment.pass(7_000);
    assert.equal(environment.sockets.length, 1);
  });

  it("lets what still comes be heard, and goes even if the server stays", () => {
    const { environment, connection } = start();
    environment.socket.say(hello());
    environment.socket.say({ type: "bye", cursor: "e.4", retry_after_ms: 7_000, reason: "restart" });
    environment.socket.say(post("e.5"));
    environment.pass(7_000);
    assert.ok(environment.sockets[0].closed);
    assert.equal(connection.cursor(), "e.5");
    assert.equal(environment.sockets.length, 2);
  });
});

describe("trying at once", () => {
  for (const [when, happens] of [
    ["the device comes online", (environment) => environment.fire("online")],
    ["the page becomes visible", (environment) => environment.show("visible")],
    ["the page comes out of the back/forward cache", (environment) => environment.fire("pageshow")],
  ]) {
    it(`when ${when} during a wait`, () => {
      const { environment } = start();
      fail(environment, 5);
      environment.socket.drop();
      happens(environment);
      assert.equal(environment.sockets.length, 7);
      environment.pass(9_999);
      assert.equal(environment.sockets.length, 7);
    });
  }

  it("not when the page is hidden", () => {
    const { environment } = start();
    fail(environment, 5);
    environment.socket.drop();
    environment.show("hidden");
    assert.equal(environment.sockets.length, 6);
  });

  it("when a woken device finds the last sign of life older than a heartbeat", () => {
    const { environment } = start();
    environment.socket.say(hello());
    environment.show("hidden");
    environment.sleep(HEARTBEAT + 1);
    environment.show("visible");
    assert.equal(environment.sockets.length, 2);
  });

  it("not when the connection is alive", () => {
    const { environment } = start();
    environment.socket.say(hello());
    environment.pass(HEARTBEAT);
    environment.show("visible");
    environment.fire("pageshow");
    assert.equal(environment.sockets.length, 1);
  });

  it("leaves an open socket behind when the network changed", () => {
    const { environment, phases } = start();
    environment.socket.say(hello());
    environment.fire("offline");
    assert.deepEqual(phases, ["live", "reconnecting"]);
    environment.fire("online");
    assert.equal(environment.sockets.length, 2);
  });
});

describe("a frozen tab", () => {
  it("lets its connection go, and takes it up again when it is resumed", () => {
    const { environment } = start();
    environment.socket.say(hello());
    environment.socket.say(post("e.5"));
    environment.document.dispatchEvent(new Event("freeze"));
    assert.ok(environment.socket.closed);
    assert.equal(environment.waiting, 0);
    environment.document.dispatchEvent(new Event("resume"));
    assert.equal(environment.socket.url.searchParams.get("cursor"), "e.5");
  });
});

describe("the back/forward cache", () => {
  it("is entered without a socket or timers, and left with the cursor kept", () => {
    const { environment } = start();
    environment.socket.say(hello());
    environment.socket.say(post("e.5"));
    environment.fire("pagehide");
    assert.ok(environment.socket.closed);
    assert.equal(environment.waiting, 0);
    environment.fire("pageshow");
    assert.equal(environment.socket.url.searchParams.get("cursor"), "e.5");
  });
});

describe("the end", () => {
  it("takes what still comes until the server closes, then stays away", () => {
    const { environment, connection, received, phases } = start();
    environment.socket.say(hello());
    environment.socket.say({ type: "blog", cursor: "e.5" });
    connection.finish();
    environment.socket.say(post("e.6"));
    environment.socket.drop(1006);
    environment.pass(600_000);
    assert.deepEqual(received, ["hello", "blog", "post"]);
    assert.deepEqual(phases, ["live", "ended"]);
    assert.equal(environment.sockets.length, 1);
  });

  it("comes after ten seconds if the server does not close", () => {
    const { environment, connection, phases } = start();
    environment.socket.say(hello());
    environment.socket.say({ type: "bye", cursor: "e.4", retry_after_ms: 3_000, reason: "restart" });
    connection.finish();
    environment.pass(10_000);
    assert.ok(environment.socket.closed);
    assert.deepEqual(phases, ["live", "ended"]);
    assert.equal(environment.sockets.length, 1);
  });

  it("of a connection comes with a reset, which is handed on", () => {
    const { environment, connection, received, phases } = start();
    environment.socket.say({ type: "reset", cursor: "z.1", reason: "epoch" });
    assert.deepEqual(received, ["reset"]);
    assert.deepEqual(phases, ["closed"]);
    connection.close();
    environment.fire("online");
    environment.pass(600_000);
    assert.equal(environment.sockets.length, 1);
    assert.equal(environment.waiting, 0);
  });
});

describe("where sockets don't get through", () => {
  class Streaming extends FakeSocket {}
  class Polling extends FakeSocket {}
  const settle = () => new Promise((done) => setImmediate(done));

  /** A network that passes plain HTTP, with what was asked by it. */
  function startPlain(through = () => true) {
    const asked = [];
    const plain = async (changes) => {
      asked.push(changes);
      return through() ? [undefined, Streaming, Polling] : [];
    };
    return { ...start({ plain }), asked };
  }

  it("the next transport is taken after two refusals, from the same cursor", async () => {
    const { environment, asked } = startPlain();
    environment.socket.drop();
    await settle();
    assert.deepEqual(asked, []);
    environment.pass(500);
    environment.socket.drop();
    await settle();
    assert.deepEqual(asked, ["https://live.example/v1/blogs/bridge/changes"]);
    assert.ok(environment.socket instanceof Streaming);
    assert.equal(environment.socket.url.searchParams.get("cursor"), "e.4");
  });

  it("it is taken after one try that is met by silence", async () => {
    const { environment, received, phases } = startPlain();
    environment.pass(10_000);
    await settle();
    assert.ok(environment.socket instanceof Streaming);
    environment.socket.say(hello());
    environment.socket.say(post("e.5"));
    assert.deepEqual(received, ["hello", "post"]);
    assert.deepEqual(phases, ["reconnecting", "live"]);
  });

  it("it is taken once, however many tries fail before plain HTTP answers", async () => {
    const { environment, asked } = startPlain();
    fail(environment, 7);
    await settle();
    assert.equal(asked.length, 1);
    assert.ok(environment.socket instanceof Streaming);
  });

  it("a transport that fails too gives way to the next, and the last to sockets", async () => {
    const { environment } = startPlain();
    environment.pass(8_000);
    for (const expected of [Streaming, Polling, FakeSocket]) {
      environment.pass(2_000);
      await settle();
      environment.pass(8_000);
      assert.equal(environment.socket.constructor, expected);
    }
  });

  it("sockets are kept to where plain HTTP fails as well: the server is away", async () => {
    const { environment, asked } = startPlain(() => false);
    fail(environment, 4);
    await settle();
    fail(environment, 4);
    await settle();
    assert.ok(asked.length >= 2);
    assert.ok(environment.sockets.every((socket) => socket.constructor === FakeSocket));
  });

  it("and where a socket said hello before it was lost", async () => {
    const { environment, asked } = startPlain();
    for (let n = 0; n < 4; n++) {
      environment.socket.say(hello());
      fail(environment, 1);
    }
    await settle();
    assert.deepEqual(asked, []);
  });

  it("a socket takes over without a pause when the transport closes itself for it", async () => {
    const { environment, phases } = startPlain();
    environment.pass(10_000);
    await settle();
    environment.socket.say(hello());
    environment.socket.say(post("e.9"));
    environment.socket.drop(4000);
    assert.equal(environment.socket.constructor, FakeSocket);
    assert.equal(environment.socket.url.searchParams.get("cursor"), "e.9");
    assert.deepEqual(phases, ["reconnecting", "live"]);
  });

  it("another network is tried by a socket first", async () => {
    const { environment } = startPlain();
    environment.pass(10_000);
    await settle();
    environment.fire("online");
    assert.equal(environment.socket.constructor, FakeSocket);
  });

  it("nothing is opened any more when the answer comes after the close", async () => {
    const { environment, connection } = startPlain();
    environment.pass(10_000);
    connection.close();
    await settle();
    assert.equal(environment.sockets.length, 1);
  });
});

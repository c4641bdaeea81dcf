import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backoff } from "../../client/backoff.js";
import { connect } from "../../client/socket.js";
import { createWorld, FakeSocket } from "./fake_environment.js";

const HEARTBEAT = 25_000;

/** A connection in a world of its own, with what it received and the phases it went through. */
function start({ cursor = "e.4", random, plain } = {}) {
  const world = createWorld({ random, plain });
  const received = [];
  const phases = [];
  const line = connect(
    {
      url: "wss://live.example/v1/blogs/bridge/socket",
      cursor,
      receive: (message) => received.push(message.type),
      phase: (phase) => phases.push(phase),
    },
    world,
  );
  return { world, line, received, phases };
}

const hello = (cursor = "e.4") => ({ type: "hello", cursor, heartbeat: HEARTBEAT / 1000, resumed: true, blog: {} });
const post = (cursor) => ({ type: "post", cursor });
const heartbeat = (cursor) => ({ type: "heartbeat", cursor });

/** Fails `times` in a row, each try as soon as it is made. */
function fail(world, times) {
  for (let n = 0; n < times; n++) {
    const before = world.sockets.length;
    world.socket.drop();
    while (world.sockets.length === before) world.pass(500);
  }
}

describe("connecting", () => {
  it("asks for what comes after its cursor, in the form of the page", () => {
    const { world } = start();
    assert.equal(world.socket.url.href, "wss://live.example/v1/blogs/bridge/socket?cursor=e.4");
    assert.equal(world.socket.protocol, "stoppress.v1.html");
  });

  it("without a cursor, takes the one of the hello", () => {
    const { world, line } = start({ cursor: "" });
    assert.equal(world.socket.url.search, "");
    world.socket.say(hello("e.9"));
    assert.equal(line.cursor(), "e.9");
  });

  it("is live from the hello on, and hands on every message in order", () => {
    const { world, received, phases } = start();
    assert.deepEqual(phases, []);
    world.socket.say(hello());
    world.socket.say(post("e.5"));
    world.socket.say({ type: "applause", cursor: "e.6" });
    assert.deepEqual(received, ["hello", "post", "applause"]);
    assert.deepEqual(phases, ["live"]);
  });

  it("gives up a socket that does not say hello in ten seconds", () => {
    const { world, phases } = start();
    world.pass(10_000);
    assert.ok(world.socket.closed);
    assert.deepEqual(phases, ["reconnecting"]);
    world.pass(500);
    assert.equal(world.sockets.length, 2);
  });
});

describe("coming back", () => {
  it("asks for what came after the last message, known or not", () => {
    const { world } = start();
    world.socket.say(hello());
    world.socket.say(post("e.7"));
    world.socket.say({ type: "applause", cursor: "e.8" });
    world.socket.drop();
    world.pass(500);
    assert.equal(world.socket.url.searchParams.get("cursor"), "e.8");
  });

  it("does not hear a socket that it let go", () => {
    const { world, line, received } = start();
    const old = world.socket;
    world.pass(10_500);
    old.say(post("e.9"));
    old.drop(1000);
    assert.deepEqual(received, []);
    assert.equal(line.cursor(), "e.4");
    assert.equal(world.sockets.length, 2);
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
    const { world } = start();
    for (const wait of [500, 1_000, 2_000, 4_000]) {
      const before = world.sockets.length;
      world.socket.drop();
      world.pass(wait - 1);
      assert.equal(world.sockets.length, before);
      world.pass(1);
      assert.equal(world.sockets.length, before + 1);
    }
  });

  it("starts from the first wait again once a connection stood for a heartbeat", () => {
    const { world } = start();
    fail(world, 6);
    world.socket.say(hello());
    world.pass(HEARTBEAT);
    world.socket.drop();
    world.pass(500);
    assert.equal(world.sockets.length, 8);
  });

  it("does not start again for a server that accepts and drops", () => {
    const { world } = start();
    fail(world, 6);
    world.socket.say(hello());
    world.pass(HEARTBEAT - 1);
    world.socket.drop();
    world.pass(29_999);
    assert.equal(world.sockets.length, 7);
  });

  for (const code of [1001, 1006, 1011, 1012, 1013]) {
    it(`comes back after ${code}`, () => {
      const { world, phases } = start();
      world.socket.say(hello());
      world.socket.drop(code);
      world.pass(500);
      assert.equal(world.sockets.length, 2);
      world.socket.say(hello());
      assert.deepEqual(phases, ["live", "reconnecting", "live"]);
    });
  }

  for (const [code, phase] of [
    [1000, "ended"],
    [1008, "refused"],
    [4404, "gone"],
  ]) {
    it(`stays away after ${code}`, () => {
      const { world, phases } = start();
      world.socket.say(hello());
      world.socket.drop(code);
      world.fire("online");
      world.fire("pageshow");
      world.show("visible");
      world.pass(600_000);
      assert.equal(world.sockets.length, 1);
      assert.deepEqual(phases, ["live", phase]);
      assert.equal(world.waiting, 0);
    });
  }
});

describe("the watchdog", () => {
  it("reconnects when nothing came for two heartbeats", () => {
    const { world, phases } = start();
    world.socket.say(hello());
    world.pass(2 * HEARTBEAT - 1);
    assert.deepEqual(phases, ["live"]);
    world.pass(1);
    assert.deepEqual(phases, ["live", "reconnecting"]);
    assert.ok(world.sockets[0].closed);
  });

  it("is content with any message", () => {
    const { world } = start();
    world.socket.say(hello());
    for (let n = 0; n < 10; n++) {
      world.pass(HEARTBEAT);
      world.socket.say(heartbeat("e.4"));
    }
    assert.equal(world.sockets.length, 1);
  });

  it("reconnects when a heartbeat's cursor is not ours for five seconds", () => {
    const { world, line } = start();
    world.socket.say(hello());
    world.socket.say(heartbeat("e.6"));
    assert.equal(line.cursor(), "e.4");
    world.pass(5_500);
    assert.equal(world.socket.url.searchParams.get("cursor"), "e.4");
    assert.equal(world.sockets.length, 2);
  });

  it("stays when a change comes in that time", () => {
    const { world } = start();
    world.socket.say(hello());
    world.socket.say(heartbeat("e.6"));
    world.pass(4_000);
    world.socket.say(post("e.5"));
    world.pass(20_000);
    assert.equal(world.sockets.length, 1);
  });
});

describe("a bye", () => {
  it("names the wait, whenever the server then closes", () => {
    const { world } = start();
    world.socket.say(hello());
    world.socket.say({ type: "bye", cursor: "e.4", retry_after_ms: 7_000, reason: "restart" });
    world.pass(1_000);
    world.socket.drop(1012);
    world.pass(5_999);
    assert.equal(world.sockets.length, 1);
    world.pass(1);
    assert.equal(world.sockets.length, 2);
  });

  it("counts no more once somebody said hello: another tab came back first", () => {
    const { world } = start();
    world.socket.say(hello());
    world.socket.say({ type: "bye", cursor: "e.4", retry_after_ms: 7_000, reason: "restart" });
    world.socket.say(hello());
    world.pass(7_000);
    assert.equal(world.sockets.length, 1);
  });

  it("lets what still comes be heard, and goes even if the server stays", () => {
    const { world, line } = start();
    world.socket.say(hello());
    world.socket.say({ type: "bye", cursor: "e.4", retry_after_ms: 7_000, reason: "restart" });
    world.socket.say(post("e.5"));
    world.pass(7_000);
    assert.ok(world.sockets[0].closed);
    assert.equal(line.cursor(), "e.5");
    assert.equal(world.sockets.length, 2);
  });
});

describe("trying at once", () => {
  for (const [when, happens] of [
    ["the device comes online", (world) => world.fire("online")],
    ["the page becomes visible", (world) => world.show("visible")],
    ["the page comes out of the back/forward cache", (world) => world.fire("pageshow")],
  ]) {
    it(`when ${when} during a wait`, () => {
      const { world } = start();
      fail(world, 5);
      world.socket.drop();
      happens(world);
      assert.equal(world.sockets.length, 7);
      world.pass(9_999);
      assert.equal(world.sockets.length, 7);
    });
  }

  it("not when the page is hidden", () => {
    const { world } = start();
    fail(world, 5);
    world.socket.drop();
    world.show("hidden");
    assert.equal(world.sockets.length, 6);
  });

  it("when a woken device finds the last sign of life older than a heartbeat", () => {
    const { world } = start();
    world.socket.say(hello());
    world.show("hidden");
    world.sleep(HEARTBEAT + 1);
    world.show("visible");
    assert.equal(world.sockets.length, 2);
  });

  it("not when the connection is alive", () => {
    const { world } = start();
    world.socket.say(hello());
    world.pass(HEARTBEAT);
    world.show("visible");
    world.fire("pageshow");
    assert.equal(world.sockets.length, 1);
  });

  it("leaves an open socket behind when the network changed", () => {
    const { world, phases } = start();
    world.socket.say(hello());
    world.fire("offline");
    assert.deepEqual(phases, ["live", "reconnecting"]);
    world.fire("online");
    assert.equal(world.sockets.length, 2);
  });
});

describe("a frozen tab", () => {
  it("lets its connection go, and takes it up again when it is resumed", () => {
    const { world } = start();
    world.socket.say(hello());
    world.socket.say(post("e.5"));
    world.document.dispatchEvent(new Event("freeze"));
    assert.ok(world.socket.closed);
    assert.equal(world.waiting, 0);
    world.document.dispatchEvent(new Event("resume"));
    assert.equal(world.socket.url.searchParams.get("cursor"), "e.5");
  });
});

describe("the back/forward cache", () => {
  it("is entered without a socket or timers, and left with the cursor kept", () => {
    const { world } = start();
    world.socket.say(hello());
    world.socket.say(post("e.5"));
    world.fire("pagehide");
    assert.ok(world.socket.closed);
    assert.equal(world.waiting, 0);
    world.fire("pageshow");
    assert.equal(world.socket.url.searchParams.get("cursor"), "e.5");
  });
});

describe("the end", () => {
  it("takes what still comes until the server closes, then stays away", () => {
    const { world, line, received, phases } = start();
    world.socket.say(hello());
    world.socket.say({ type: "blog", cursor: "e.5" });
    line.finish();
    world.socket.say(post("e.6"));
    world.socket.drop(1006);
    world.pass(600_000);
    assert.deepEqual(received, ["hello", "blog", "post"]);
    assert.deepEqual(phases, ["live", "ended"]);
    assert.equal(world.sockets.length, 1);
  });

  it("comes after ten seconds if the server does not close", () => {
    const { world, line, phases } = start();
    world.socket.say(hello());
    world.socket.say({ type: "bye", cursor: "e.4", retry_after_ms: 3_000, reason: "restart" });
    line.finish();
    world.pass(10_000);
    assert.ok(world.socket.closed);
    assert.deepEqual(phases, ["live", "ended"]);
    assert.equal(world.sockets.length, 1);
  });

  it("of a connection comes with a reset, which is handed on", () => {
    const { world, line, received, phases } = start();
    world.socket.say({ type: "reset", cursor: "z.1", reason: "epoch" });
    assert.deepEqual(received, ["reset"]);
    assert.deepEqual(phases, ["closed"]);
    line.close();
    world.fire("online");
    world.pass(600_000);
    assert.equal(world.sockets.length, 1);
    assert.equal(world.waiting, 0);
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

  it("the next way is taken after two refusals, from the same cursor", async () => {
    const { world, asked } = startPlain();
    world.socket.drop();
    await settle();
    assert.deepEqual(asked, []);
    world.pass(500);
    world.socket.drop();
    await settle();
    assert.deepEqual(asked, ["https://live.example/v1/blogs/bridge/changes"]);
    assert.ok(world.socket instanceof Streaming);
    assert.equal(world.socket.url.searchParams.get("cursor"), "e.4");
  });

  it("it is taken after one try that is met by silence", async () => {
    const { world, received, phases } = startPlain();
    world.pass(10_000);
    await settle();
    assert.ok(world.socket instanceof Streaming);
    world.socket.say(hello());
    world.socket.say(post("e.5"));
    assert.deepEqual(received, ["hello", "post"]);
    assert.deepEqual(phases, ["reconnecting", "live"]);
  });

  it("it is taken once, however many tries fail before plain HTTP answers", async () => {
    const { world, asked } = startPlain();
    fail(world, 7);
    await settle();
    assert.equal(asked.length, 1);
    assert.ok(world.socket instanceof Streaming);
  });

  it("a way that fails too gives way to the next, and the last to sockets", async () => {
    const { world } = startPlain();
    world.pass(8_000);
    for (const expected of [Streaming, Polling, FakeSocket]) {
      world.pass(2_000);
      await settle();
      world.pass(8_000);
      assert.equal(world.socket.constructor, expected);
    }
  });

  it("sockets are kept to where plain HTTP fails as well: the server is away", async () => {
    const { world, asked } = startPlain(() => false);
    fail(world, 4);
    await settle();
    fail(world, 4);
    await settle();
    assert.ok(asked.length >= 2);
    assert.ok(world.sockets.every((socket) => socket.constructor === FakeSocket));
  });

  it("and where a socket said hello before it was lost", async () => {
    const { world, asked } = startPlain();
    for (let n = 0; n < 4; n++) {
      world.socket.say(hello());
      fail(world, 1);
    }
    await settle();
    assert.deepEqual(asked, []);
  });

  it("a socket takes over without a pause when the way closes itself for it", async () => {
    const { world, phases } = startPlain();
    world.pass(10_000);
    await settle();
    world.socket.say(hello());
    world.socket.say(post("e.9"));
    world.socket.drop(4000);
    assert.equal(world.socket.constructor, FakeSocket);
    assert.equal(world.socket.url.searchParams.get("cursor"), "e.9");
    assert.deepEqual(phases, ["reconnecting", "live"]);
  });

  it("another network is tried by a socket first", async () => {
    const { world } = startPlain();
    world.pass(10_000);
    await settle();
    world.fire("online");
    assert.equal(world.socket.constructor, FakeSocket);
  });

  it("nothing is opened any more when the answer comes after the close", async () => {
    const { world, line } = startPlain();
    world.pass(10_000);
    line.close();
    await settle();
    assert.equal(world.sockets.length, 1);
  });
});

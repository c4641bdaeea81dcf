import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backoff } from "../../client/backoff.js";
import { fail, HEARTBEAT, heartbeat, hello, post, startConnection } from "./start_connection.js";

describe("connecting", () => {
  it("asks for what comes after its cursor, in the form of the page", () => {
    const { environment } = startConnection();
    assert.equal(environment.socket.url.href, "wss://live.example/v1/blogs/bridge/socket?cursor=e.4");
    assert.equal(environment.socket.protocol, "stoppress.v1.html");
  });

  it("without a cursor, takes the one of the hello", () => {
    const { environment, connection } = startConnection({ cursor: "" });
    assert.equal(environment.socket.url.search, "");
    environment.socket.say(hello("e.9"));
    assert.equal(connection.cursor(), "e.9");
  });

  it("is live from the hello on, and hands on every message in order", () => {
    const { environment, received, phases } = startConnection();
    assert.deepEqual(phases, []);
    environment.socket.say(hello());
    environment.socket.say(post("e.5"));
    environment.socket.say({ type: "applause", cursor: "e.6" });
    assert.deepEqual(received, ["hello", "post", "applause"]);
    assert.deepEqual(phases, ["live"]);
  });

  it("gives up a socket that does not say hello in ten seconds", () => {
    const { environment, phases } = startConnection();
    environment.pass(10_000);
    assert.ok(environment.socket.closed);
    assert.deepEqual(phases, ["reconnecting"]);
    environment.pass(500);
    assert.equal(environment.sockets.length, 2);
  });
});

describe("coming back", () => {
  it("asks for what came after the last message, known or not", () => {
    const { environment } = startConnection();
    environment.socket.say(hello());
    environment.socket.say(post("e.7"));
    environment.socket.say({ type: "applause", cursor: "e.8" });
    environment.socket.drop();
    environment.pass(500);
    assert.equal(environment.socket.url.searchParams.get("cursor"), "e.8");
  });

  it("does not hear a socket that it let go", () => {
    const { environment, connection, received } = startConnection();
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
    const { environment } = startConnection();
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
    const { environment } = startConnection();
    fail(environment, 6);
    environment.socket.say(hello());
    environment.pass(HEARTBEAT);
    environment.socket.drop();
    environment.pass(500);
    assert.equal(environment.sockets.length, 8);
  });

  it("does not start again for a server that accepts and drops", () => {
    const { environment } = startConnection();
    fail(environment, 6);
    environment.socket.say(hello());
    environment.pass(HEARTBEAT - 1);
    environment.socket.drop();
    environment.pass(29_999);
    assert.equal(environment.sockets.length, 7);
  });

  for (const code of [1001, 1006, 1011, 1012, 1013]) {
    it(`comes back after ${code}`, () => {
      const { environment, phases } = startConnection();
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
      const { environment, phases } = startConnection();
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
    const { environment, phases } = startConnection();
    environment.socket.say(hello());
    environment.pass(2 * HEARTBEAT - 1);
    assert.deepEqual(phases, ["live"]);
    environment.pass(1);
    assert.deepEqual(phases, ["live", "reconnecting"]);
    assert.ok(environment.sockets[0].closed);
  });

  it("is content with any message", () => {
    const { environment } = startConnection();
    environment.socket.say(hello());
    for (let n = 0; n < 10; n++) {
      environment.pass(HEARTBEAT);
      environment.socket.say(heartbeat("e.4"));
    }
    assert.equal(environment.sockets.length, 1);
  });

  it("reconnects when a heartbeat's cursor is not ours for five seconds", () => {
    const { environment, connection } = startConnection();
    environment.socket.say(hello());
    environment.socket.say(heartbeat("e.6"));
    assert.equal(connection.cursor(), "e.4");
    environment.pass(5_500);
    assert.equal(environment.socket.url.searchParams.get("cursor"), "e.4");
    assert.equal(environment.sockets.length, 2);
  });

  it("stays when a change comes in that time", () => {
    const { environment } = startConnection();
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
    const { environment } = startConnection();
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
    const { environment } = startConnection();
    environment.socket.say(hello());
    environment.socket.say({ type: "bye", cursor: "e.4", retry_after_ms: 7_000, reason: "restart" });
    environment.socket.say(hello());
    environment.pass(7_000);
    assert.equal(environment.sockets.length, 1);
  });

  it("lets what still comes be heard, and goes even if the server stays", () => {
    const { environment, connection } = startConnection();
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
      const { environment } = startConnection();
      fail(environment, 5);
      environment.socket.drop();
      happens(environment);
      assert.equal(environment.sockets.length, 7);
      environment.pass(9_999);
      assert.equal(environment.sockets.length, 7);
    });
  }

  it("not when the page is hidden", () => {
    const { environment } = startConnection();
    fail(environment, 5);
    environment.socket.drop();
    environment.show("hidden");
    assert.equal(environment.sockets.length, 6);
  });

  it("when a woken device finds the last sign of life older than a heartbeat", () => {
    const { environment } = startConnection();
    environment.socket.say(hello());
    environment.show("hidden");
    environment.sleep(HEARTBEAT + 1);
    environment.show("visible");
    assert.equal(environment.sockets.length, 2);
  });

  it("not when the connection is alive", () => {
    const { environment } = startConnection();
    environment.socket.say(hello());
    environment.pass(HEARTBEAT);
    environment.show("visible");
    environment.fire("pageshow");
    assert.equal(environment.sockets.length, 1);
  });

  it("leaves an open socket behind when the network changed", () => {
    const { environment, phases } = startConnection();
    environment.socket.say(hello());
    environment.fire("offline");
    assert.deepEqual(phases, ["live", "reconnecting"]);
    environment.fire("online");
    assert.equal(environment.sockets.length, 2);
  });
});

describe("a frozen tab", () => {
  it("lets its connection go, and takes it up again when it is resumed", () => {
    const { environment } = startConnection();
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
    const { environment } = startConnection();
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
    const { environment, connection, received, phases } = startConnection();
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
    const { environment, connection, phases } = startConnection();
    environment.socket.say(hello());
    environment.socket.say({ type: "bye", cursor: "e.4", retry_after_ms: 3_000, reason: "restart" });
    connection.finish();
    environment.pass(10_000);
    assert.ok(environment.socket.closed);
    assert.deepEqual(phases, ["live", "ended"]);
    assert.equal(environment.sockets.length, 1);
  });

  it("of a connection comes with a reset, which is handed on", () => {
    const { environment, connection, received, phases } = startConnection();
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

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeSocket } from "./fake_environment.js";
import { fail, hello, post, startConnection } from "./start_connection.js";

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
    return { ...startConnection({ plain }), asked };
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

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startTransport } from "./start_transport.js";

describe("the way back to a WebSocket", () => {
  it("is tried soon, then from time to time, without a cursor, and taken once one says hello", () => {
    const { environment, probes, codes } = startTransport("Polling");
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
    const { environment, probes, codes } = startTransport("Polling");
    environment.pass(13_000);
    assert.ok(probes[0].closed);
    environment.pass(60_000);
    assert.equal(probes.length, 2);
    assert.deepEqual(codes, []);
  });

  it("is left alone once the connection is closed", () => {
    const { environment, connection, probes } = startTransport("Polling");
    environment.pass(3_000);
    connection.close();
    assert.ok(probes[0].closed);
    environment.pass(600_000);
    assert.equal(probes.length, 1);
  });
});

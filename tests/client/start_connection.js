/** Starts a connection for a test, and makes the messages that the server sends it. */

import { connect } from "../../client/connection.js";
import { createFakeEnvironment } from "./fake_environment.js";

export const HEARTBEAT = 25_000;

/** A connection in an environment of its own, with what it received and the phases it went through. */
export function startConnection({ cursor = "e.4", random, plain } = {}) {
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

export const hello = (cursor = "e.4") => ({
  type: "hello",
  cursor,
  heartbeat: HEARTBEAT / 1000,
  resumed: true,
  blog: {},
});
export const post = (cursor) => ({ type: "post", cursor });
export const heartbeat = (cursor) => ({ type: "heartbeat", cursor });

/** Fails `times` in a row, each try as soon as it is made. */
export function fail(environment, times) {
  for (let n = 0; n < times; n++) {
    const before = environment.sockets.length;
    environment.socket.drop();
    while (environment.sockets.length === before) environment.pass(500);
  }
}

/** Starts a transport over HTTP for a test, which gives each answer of the server. */

import assert from "node:assert/strict";
import { transports } from "../../client/http_transports.js";
import { createFakeEnvironment, FakeSocket } from "./fake_environment.js";

const URL_ = "wss://live.example/v1/blogs/bridge/socket?cursor=e.4";
export const settle = () => new Promise((done) => setImmediate(done));

/** A connection of one kind in an environment whose answers are given one by one; what it asked, heard and was closed with. */
export function startTransport(kind) {
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

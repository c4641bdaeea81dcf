/** Receives messages as Server-Sent Events. Imported only where WebSockets fail (http_transports.js). */

/** @import { ReceiveMessages } from "./types.js" */

/**
 * Reads Server-Sent Events from a stream. An EventSource would reconnect by itself, and receive known types only.
 *
 * @type {ReceiveMessages}
 */
export async function readEventStream({ cursor, request, deliver }) {
  const { status, body } = await request("events", cursor ? { cursor } : {});
  if (status !== 200 || !body) return status;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) return status;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("data:")) deliver(JSON.parse(line.slice("data:".length)));
  }
}

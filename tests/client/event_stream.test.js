import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settle, startTransport } from "./start_transport.js";

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
    const { asked } = startTransport("Streaming");
    assert.equal(asked[0].href, "https://live.example/v1/blogs/bridge/events?cursor=e.4&form=html");
  });

  it("are heard wherever the network cuts them, whatever their type", async () => {
    const { answer, heard } = startTransport("Streaming");
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
    const { answer, codes } = startTransport("Streaming");
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
      const { answer, codes } = startTransport("Streaming");
      await answer(new Response(null, { status }));
      assert.deepEqual(codes, [code]);
    });
  }
});

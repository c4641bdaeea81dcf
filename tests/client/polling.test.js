import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settle, startTransport } from "./start_transport.js";

const page = (cursor, messages = [], more = false) => Response.json({ cursor, messages, more });
const post = (cursor) => ({ type: "post", cursor });

describe("polling", () => {
  it("asks for what came after its cursor, as markup", async () => {
    const { asked } = startTransport("Polling");
    assert.equal(asked[0].href, "https://live.example/v1/blogs/bridge/changes?after=e.4&form=html");
  });

  it("greets, hands on what came, says where the end is, and goes on from there after a while", async () => {
    const { environment, answer, heard, asked } = startTransport("Polling");
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
    const { answer, asked } = startTransport("Polling");
    await answer(page("e.5", [post("e.5")], true));
    assert.equal(asked[1].searchParams.get("after"), "e.5");
  });

  for (const status of ["ended", "archived"]) {
    it(`ends once it has all of a blog that is ${status}`, async () => {
      const { answer, heard, codes, asked, environment } = startTransport("Polling");
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
    const { answer, codes, environment } = startTransport("Polling");
    await answer(Response.json({ cursor: "e.5", messages: [], more: false, blog_status: "paused" }));
    assert.deepEqual(codes, []);
    assert.ok(environment.waiting);
  });

  for (const [status, code] of [
    [404, 4404],
    [503, 1006],
  ]) {
    it(`closes with ${code} after ${status}`, async () => {
      const { answer, codes } = startTransport("Polling");
      await answer(new Response("{}", { status }));
      assert.deepEqual(codes, [code]);
    });
  }

  it("closes with 1006 when the network fails, or an answer is none", async () => {
    const broken = startTransport("Polling");
    broken.answers[0].fail(new TypeError("network"));
    await settle();
    assert.deepEqual(broken.codes, [1006]);
    const portal = startTransport("Polling");
    await portal.answer(new Response("<h1>Welcome to our café</h1>"));
    assert.deepEqual(portal.codes, [1006]);
  });

  it("says nothing once it is closed", async () => {
    const { connection, heard, codes, environment } = startTransport("Polling");
    connection.close();
    await settle();
    assert.deepEqual([heard, codes, environment.waiting], [[], [], 0]);
  });
});

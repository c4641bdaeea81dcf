import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { byPublication, createBlogState } from "../../client/blog_state.js";

const scripts = new URL("../wire/", import.meta.url);

describe("the conformance scripts", () => {
  for (const file of readdirSync(scripts).filter((name) => name.endsWith(".json"))) {
    const { name, start, messages, then } = JSON.parse(readFileSync(new URL(file, scripts), "utf8"));
    it(`${name} (${file})`, () => {
      const blogState = createBlogState({
        cursor: start.cursor,
        posts: Object.entries(start.posts).map(([id, post]) => ({ id, ...post })),
      });
      const changes = messages.flatMap((message) => blogState.receive(message));
      const known = [...blogState.knownPosts()].map(([id, { revision, removed }]) => [
        id,
        removed ? { removed: revision } : revision,
      ]);
      const shown = [...blogState.knownPosts()]
        .filter(([, entry]) => !entry.removed)
        .map(([id, entry]) => ({ id, ...entry }));
      assert.equal(blogState.cursor(), then.cursor);
      assert.deepEqual(Object.fromEntries(known), then.posts);
      assert.deepEqual(
        shown.sort((a, b) => byPublication(b, a)).map(({ id }) => id),
        then.order,
      );
      const reset = changes.some(({ kind }) => kind === "reset");
      assert.equal(reset ? "reset" : blogState.ended() ? "ended" : "live", then.phase);
    });
  }
});

describe("what a message changes", () => {
  const at = (minute) => `2031-04-12T13:0${minute}:00Z`;
  const blog = { posts: 1, updated_at: at(5), html: "<p></p>" };
  const post = (revision, minute = 1) => ({
    type: "post",
    cursor: `e.${revision}`,
    id: "a",
    revision,
    published_at: at(minute),
    html: "<article></article>",
    blog,
  });
  const remove = (revision) => ({ type: "remove", cursor: `e.${revision}`, id: "a", revision, blog });
  const kinds = (blogState, message) => blogState.receive(message).map(({ kind }) => kind);

  it("is placed when new, replaced when known, with the counts of that moment", () => {
    const blogState = createBlogState({ cursor: "e.0" });
    assert.deepEqual(blogState.receive(post(1)), [
      { kind: "place", id: "a", post: post(1) },
      { kind: "counts", counts: blog },
    ]);
    assert.deepEqual(kinds(blogState, post(2, 4)), ["replace", "counts"]);
  });

  it("is placed again when it had been removed", () => {
    const blogState = createBlogState({ cursor: "e.1", posts: [{ id: "a", revision: 1, published_at: at(1) }] });
    assert.deepEqual(kinds(blogState, remove(2)), ["remove", "counts"]);
    assert.deepEqual(kinds(blogState, post(3)), ["place", "counts"]);
  });

  it("is nothing when it is not newer, counts included", () => {
    const blogState = createBlogState({ cursor: "e.5", posts: [{ id: "a", revision: 5, published_at: at(1) }] });
    assert.deepEqual(kinds(blogState, post(5)), []);
    assert.deepEqual(kinds(blogState, remove(4)), []);
  });

  it("carries a blog's header in the html form", () => {
    const blogState = createBlogState({ cursor: "e.1" });
    const message = { type: "blog", cursor: "e.2", blog: { status: "archived" }, html: "<header></header>" };
    assert.deepEqual(blogState.receive(message), [{ kind: "blog", blog: message.blog, html: message.html }]);
    assert.ok(blogState.ended());
  });
});

describe("the order of posts", () => {
  it("is by time as a number, not as text", () => {
    const whole = { id: "a", published_at: "2031-04-12T13:01:00Z" };
    const later = { id: "a", published_at: "2031-04-12T13:01:00.500Z" };
    assert.ok(byPublication(whole, later) < 0);
  });

  it("is by id at the same time, capitals first, as the store has it", () => {
    const at = "2031-04-12T13:01:00Z";
    const ids = ["b", "a", "B", "1"].map((id) => ({ id, published_at: at }));
    assert.deepEqual(
      ids.sort(byPublication).map(({ id }) => id),
      ["1", "B", "a", "b"],
    );
  });
});

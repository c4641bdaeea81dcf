import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { it } from "node:test";

const folder = new URL("../../client/", import.meta.url);
/** The modules that pages load by a script element: the blog's own page, and a newsroom's page. */
const ENTRIES = ["main.js", "embed.js"];

/** The modules that a source imports, statically or by `import()`. Types imported in comments don't count. */
function importedBy(source) {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  assert.doesNotMatch(code, /\bimport\((?!"\.\/)/, 'expected import("./name.js"), so that this test can follow it');
  return [...code.matchAll(/\b(?:from|import)\b\s*\(?"\.\/([^"]+)"/g)].map(([, name]) => name);
}

/** For each module, by name, the modules that it imports. */
const imports = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith(".js"))
    .map((name) => [name, importedBy(readFileSync(new URL(name, folder), "utf8"))]),
);

/** All modules that these import, directly or through others, and these themselves. */
function closure(names, reached = new Set()) {
  for (const name of names) {
    if (reached.has(name)) continue;
    reached.add(name);
    closure(imports.get(name) ?? [], reached);
  }
  return reached;
}

it("no module imports itself through others, statically or dynamically", () => {
  const cyclic = [...imports].filter(([name, direct]) => closure(direct).has(name));
  assert.deepEqual(Object.fromEntries(cyclic), {}, "expected no cycle, but these modules and their imports form one");
});

it("every module is reachable from the page's script or the embed script, and every import exists", () => {
  assert.deepEqual([...closure(ENTRIES)].sort(), [...imports.keys()].sort());
});

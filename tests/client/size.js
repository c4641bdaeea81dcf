/** Holds what a page loads, gzipped as served, to its limits. Run by `npm run size`. */

import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMITS = { ".js": 8_000, ".css": 6_000 };
const client = new URL("../../client/", import.meta.url);

for (const [suffix, limit] of Object.entries(LIMITS)) {
  const sizes = readdirSync(client)
    .filter((name) => name.endsWith(suffix))
    .map((name) => [name, gzipSync(readFileSync(new URL(name, client)), { level: 6 }).length]);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  for (const [name, size] of sizes) console.info(`${String(size).padStart(6)}  ${name}`);
  console.info(`${String(total).padStart(6)}  of ${limit} bytes for ${suffix}\n`);
  if (total > limit) process.exitCode = 1;
}

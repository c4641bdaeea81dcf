// Prints each diagnostic that AsyncAPI's own parser has for a document, and exits with 1 if there is one.
//
//     node scripts/lint-asyncapi.js FILE

import { readFile } from "node:fs/promises";
import { Parser } from "@asyncapi/parser";

const [file] = process.argv.slice(2);
const diagnostics = await new Parser().validate(await readFile(file, "utf8"));
for (const { code, message, path } of diagnostics) console.error(`${code} at ${path.join(".")}: ${message}`);
process.exitCode = diagnostics.length ? 1 : 0;

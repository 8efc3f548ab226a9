// SPDX-License-Identifier: Apache-2.0
// Beside each file a browser loads, its compressed twin, which whitenoise serves. Same bytes for the same input.
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const folder = new URL("../src/einlass/static/", import.meta.url);
for (const name of ["einlass.css", "htmx.min.js"]) {
  const compressed = gzipSync(readFileSync(new URL(name, folder)), { level: 9 });
  compressed[9] = 255; // which system compressed it is nobody's business
  writeFileSync(new URL(`${name}.gz`, folder), compressed);
}

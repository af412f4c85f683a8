// The end-to-end tests: `node run.mjs [host] [browser]`, both without an argument. One line for each test; ends with 1 where
// one failed, with 2 where they could not be run.
//   NOCTULE_COMMAND=program   the noctule that the extension starts, else the project's own
//   NOCTULE_PICTURES=folder   where the pictures of the browser suite go, else build/pictures
//   NOCTULE_KEEP=1            leave the run's folder, with the logs of the editor

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { browserSuite } from "./browser/suite.mjs";
import { runInHost } from "./extension-host.mjs";
import { NOCTULE, PROJECT, makeScratch } from "./place.mjs";
import { learn, make } from "./repositories.mjs";
import { Run, line } from "./runner.cjs";
import { Server } from "./server.mjs";
import { startBrowser } from "./window.mjs";

const VSIX = join(PROJECT, "vscode-extension/dist/noctule.vsix");
const MOST_HEAP_MB = 30;

const wanted = process.argv.slice(2);
const layers = wanted.length ? wanted : ["host", "browser"];
const unknown = layers.filter((layer) => !["host", "browser"].includes(layer));
if (unknown.length || !existsSync(VSIX)) {
  console.error(unknown.length ? `There is no suite ${unknown[0]}: host, browser.` : `${VSIX} is missing: make vsix`);
  process.exit(2);
}

const pictures = process.env.NOCTULE_PICTURES || join(PROJECT, "build/pictures");
mkdirSync(pictures, { recursive: true });
const run = new Run((result) => console.log(line(result)));
const { root, remove } = makeScratch();
const server = new Server(root, process.env.NOCTULE_COMMAND || NOCTULE);
let browser;

/** The suite inside the extension host, after a window without the extension that tells what the heap is without it. */
async function hostSuite(shop) {
  const heap = {};
  const told = (when) => (word, what) => {
    if (word === "noctule-heap") heap[when] = what / 1e6;
    else if (word === "noctule-test") run.add(what);
  };
  await runInHost({ browser, server, path: shop, file: "baseline.cjs", told: told("without") });
  server.install(VSIX);
  console.log("== inside the extension host");
  const code = await runInHost({ browser, server, path: shop, file: "index.cjs", told: told("with") });
  await run.test(`the heap grows by at most ${MOST_HEAP_MB} MB`, async () => {
    const grown = heap.with - heap.without;
    if (!(grown <= MOST_HEAP_MB)) throw new Error(`it grew by ${grown} MB`);
    return `${grown.toFixed(1)} MB`;
  });
  if (code !== 0 && run.failed === 0) throw new Error(`the extension host ended with ${code} although no test failed`);
}

let ended = 0;
const began = Date.now();
try {
  const shop = make(root, "shop");
  learn(root, shop);
  browser = await startBrowser();
  await server.start();
  if (layers.includes("host")) await hostSuite(shop);
  else server.install(VSIX);
  if (layers.includes("browser")) {
    console.log("== in the browser");
    await browserSuite({ run, browser, server, root, shop, pictures });
  }
  ended = run.failed ? 1 : 0;
} catch (error) {
  console.error(error);
  ended = 2;
} finally {
  await browser?.close();
  server.stop();
  if (process.env.NOCTULE_KEEP) console.log(`kept ${root}`);
  else remove();
}
console.log(`${run.passed} passed, ${run.failed} failed in ${Math.round((Date.now() - began) / 1000)} s${ended === 2 ? "; not all were run" : ""}`);
process.exit(ended);

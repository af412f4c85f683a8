// The end-to-end tests: `node run.mjs [host] [browser]`, both without an argument. One line for each test; ends with 1 where
// one failed, with 2 where they could not be run.
//   NOCTULE_COMMAND=program   the noctule that the extension starts, else the project's own
//   NOCTULE_PICTURES=folder   where the pictures of the browser suite go, else build/pictures
//   NOCTULE_KEEP=1            leave the run's folder, with the logs of the editor

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { browserSuite } from "./browser/suite.mjs";
import { whileReading } from "./browser/wide.mjs";
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
const server = new Server(root, NOCTULE);
let browser;

const told = (heap) => (word, what) => {
  if (word === "noctule-test") run.add(what);
  if (word === "noctule-heap") heap.mb = what / 1e6;
};

/** The suites inside the extension host; at last a window without the extension tells what the heap is without it. */
async function hostSuite(shop) {
  console.log("== inside the extension host");
  const [heap, without] = [{}, {}];
  server.writeSettings();
  await runInHost({ browser, server, path: shop, file: "shop.cjs", told: told(heap) });
  const beside = (page) => whileReading(run, page, pictures);
  await runInHost({ browser, server, path: make(root, "wide"), file: "wide.cjs", told: told({}), beside });
  server.uninstall("noctule.noctule");
  await runInHost({ browser, server, path: shop, file: "baseline.cjs", told: told(without) });
  await run.test(`the heap of the extension host grows by at most ${MOST_HEAP_MB} MB`, async () => {
    const grown = heap.mb - without.mb;
    if (!(grown <= MOST_HEAP_MB)) throw new Error(`it grew by ${grown} MB`);
    return `${grown.toFixed(1)} MB`;
  });
}

/** A shop for one suite, so that none sees what another changed. */
function learned(suite) {
  const shop = make(root, "shop", join(suite, "shop"));
  learn(root, shop);
  return shop;
}

let ended = 0;
const began = Date.now();
try {
  browser = await startBrowser();
  run.onFailure = async (name) => {
    const pages = browser.contexts().flatMap((context) => context.pages());
    for (const page of pages) await page.screenshot({ path: join(pictures, `FAILED ${name.replaceAll(/\W+/g, " ").slice(0, 80)}.png`) });
  };
  await server.start();
  server.install(VSIX);
  if (layers.includes("browser")) {
    console.log("== in the browser");
    await browserSuite({ run, browser, server, root, shop: learned("browser"), pictures });
  }
  if (layers.includes("host")) await hostSuite(learned("host"));
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

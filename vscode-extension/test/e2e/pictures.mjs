// Makes the pictures of the documents: `node pictures.mjs REPOSITORY FOLDER FILE LINE WORD TASK`, after `make vsix`.
// WORD is hovered over in LINE of FILE; TASK is asked for. The repository is only read.

import { join } from "node:path";
import { NOCTULE, PROJECT, makeScratch } from "./place.mjs";
import { learn } from "./repositories.mjs";
import { Server } from "./server.mjs";
import { Window, startBrowser } from "./window.mjs";

const [repository, folder, file, lineNumber, word, task] = process.argv.slice(2);
const { root, remove } = makeScratch();
const server = new Server(root, NOCTULE);
const browser = await startBrowser();
try {
  learn(root, repository);
  server.install(join(PROJECT, "vscode-extension/dist/noctule.vsix"));
  await server.start();
  const window = await Window.open(browser, server.address(repository), folder, { width: 1180, height: 640 });
  const { page } = window;
  await window.statusReads(/ready|working|idle/);
  await window.showNoctule();
  // A wider side bar, so that reasons can be read.
  const bar = await page.locator(".part.sidebar").boundingBox();
  await page.mouse.move(bar.x + bar.width + 2, 300);
  await page.mouse.down();
  await page.mouse.move(bar.x + bar.width + 92, 300, { steps: 5 });
  await page.mouse.up();
  await window.openFile(file, Number(lineNumber));
  await window.waitForRow("Notes", word);
  await page.waitForTimeout(1000);
  await window.hover(word, /Noctule|noctule/);
  await window.picture("vscode-view");
  await page.locator(".monaco-hover:visible a", { hasText: "show all" }).first().click();
  await window.webview().locator("h1").waitFor();
  await page.waitForTimeout(500);
  await window.picture("vscode-note");
  await window.answer("Noctule: Context for a Task", task);
  await window.webview().locator("h2").first().waitFor();
  await page.waitForTimeout(500);
  await window.picture("vscode-context");
  await window.run("Noctule: Show Usage");
  await window.webview().locator("svg").first().waitFor();
  await page.waitForTimeout(500);
  await window.picture("vscode-ledger");
} finally {
  await browser.close();
  server.stop();
  remove();
}

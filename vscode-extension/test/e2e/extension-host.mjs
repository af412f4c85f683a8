// Runs a file of host/ inside the extension host of a window, with the whole vscode API.

import { join } from "node:path";
import { HERE } from "./place.mjs";
import { OPENING_MS } from "./window.mjs";

/**
 * Open a window on `path` that runs `file` instead of waiting for somebody; throws where it does not end well. What the
 * file logs with a word that starts with `noctule-` in front is handed to `told`; the rest is the editor's own.
 */
export async function runInHost({ browser, server, path, file, told, beside = async () => undefined, longest_ms = 600_000 }) {
  const remote = (path) => `vscode-remote://127.0.0.1:${server.port}${path}`;
  const payload = [
    ["extensionDevelopmentPath", remote(join(HERE, "host"))],
    ["extensionTestsPath", remote(join(HERE, "host", file))],
  ];
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  let timer;
  try {
    const page = await context.newPage();
    await page.exposeFunction("codeAutomationLog", (_, [word, ...rest]) => {
      if (String(word).startsWith("noctule-")) told(word, ...rest);
    });
    const ended = new Promise((resolve) => page.exposeFunction("codeAutomationExit", resolve));
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${file} did not end within ${longest_ms / 1000} s`)), longest_ms);
    });
    await page.goto(server.address(path, payload), { timeout: OPENING_MS });
    const watching = beside(page);
    const code = await Promise.race([ended, late]);
    if (code !== 0) throw new Error(`the extension host that ran ${file} ended with ${code}`);
    return await watching;
  } finally {
    clearTimeout(timer);
    await context.close();
  }
}

// A window on 2,000 files while they are read for the first time: can one work in it?

import { OPENING_MS, Window } from "../window.mjs";

export async function whileReading(run, page, pictures) {
  const window = new Window(page, pictures);
  await page.waitForSelector(".monaco-workbench .part.statusbar", { timeout: OPENING_MS });

  await run.test("while 2,000 files are read, the status item in the window tells how far", async () => {
    await page.evaluate(() => {
      let before = performance.now();
      globalThis.longestStillMs = 0;
      const frame = (at) => {
        globalThis.longestStillMs = Math.max(globalThis.longestStillMs, at - before);
        before = at;
        if (!globalThis.isMeasured) requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
    const label = await window.statusReads(/\d+ ?%/);
    await window.picture("reading");
    return label;
  });
  await run.test("while 2,000 files are read, a file opens and takes what is typed", async () => {
    await window.openFile("package_3/module_3.py");
    await page.locator(".editor-group-container.active .view-line").first().click();
    await page.keyboard.type("typed ");
    await page.locator(".view-line", { hasText: "typed" }).waitFor();
    const longest = await page.evaluate(() => {
      globalThis.isMeasured = true; // to draw frames that nobody looks at takes much of a core
      return globalThis.longestStillMs;
    });
    return `no frame came for at most ${longest.toFixed(0)} ms`; // printed, not judged: a busy machine is not a failure
  });
}

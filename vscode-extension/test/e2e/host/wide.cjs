// Inside the extension host of a window on 2,000 files that nobody has read yet: is it held up, and is progress told?

const assert = require("node:assert/strict");
const { monitorEventLoopDelay } = require("node:perf_hooks");
const vscode = require("vscode");
const { Run, until } = require("../runner.cjs");

// An extension host that reads or waits in the foreground is held up for seconds; a busy machine for some tenths of one.
const LONGEST_HELD_UP_MS = 1_000;
const LONGEST_READ_MS = 300_000;

exports.run = async () => {
  const run = new Run((result) => console.log("noctule-test", result));
  const [folder] = vscode.workspace.workspaceFolders;
  const shown = new Set();
  const delay = monitorEventLoopDelay({ resolution: 10 });

  await run.test("the status item tells how far reading 2,000 files is, in per cent", async () => {
    const api = await vscode.extensions.getExtension("noctule.noctule").activate();
    delay.enable();
    // Nothing is asked meanwhile: each request holds reading up.
    await until("an end of reading", async () => {
      shown.add(api.status().text);
      return [...shown].some((text) => /\d+%/.test(text)) && api.status().state === "awake";
    }, LONGEST_READ_MS);
    delay.disable();
    await until("a forecast", async () => (await api.request("noctule/predict", { uri: folder.uri.toString(), aside: true })).known !== false);
    const parts = [...shown].flatMap((text) => /\d+(?=%)/.exec(text) ?? []).map(Number);
    assert.ok(parts.length >= 2, [...shown].join(" | "));
    assert.deepEqual(parts, parts.toSorted((one, other) => one - other));
    return `${parts.join("% ")}%`;
  }, LONGEST_READ_MS);
  await run.test(`the extension host is never held up for longer than ${LONGEST_HELD_UP_MS} ms meanwhile`, async () => {
    const [longest, p99] = [delay.max / 1e6, delay.percentile(99) / 1e6];
    assert.ok(longest <= LONGEST_HELD_UP_MS, `${longest} ms`);
    return `at most ${longest.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`;
  });
};

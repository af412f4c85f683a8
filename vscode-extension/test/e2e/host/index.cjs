// The suite inside the extension host. The window shows the shop, which was learned before.

const assert = require("node:assert/strict");
const vscode = require("vscode");
const { Run, until } = require("../runner.cjs");
const { heapBytes } = require("./heap.cjs");

const MOST_HEAP_MB = 30;

exports.run = async () => {
  const run = new Run((result) => console.log("noctule-test", result));
  const extension = vscode.extensions.getExtension("noctule.noctule");
  const manifest = extension.packageJSON.contributes;
  const folder = vscode.workspace.workspaceFolders[0].uri;
  const cart = vscode.Uri.joinPath(folder, "shop/cart.py");
  let api;

  await run.test("the extension activates and starts the server", async () => {
    api = await extension.activate();
    await until("a running server", () => api.server.is === "running");
    assert.ok(api.pid > 0);
    return `activate() returned after ${api.activationMs.toFixed(0)} ms`;
  });

  await run.test("every command of the manifest is registered", async () => {
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = manifest.commands.map((c) => c.command).filter((name) => !registered.has(name));
    assert.deepEqual(missing, []);
  });

  await run.test("the heap grows by at most 30 MB", async () => {
    const grown = ((await heapBytes()) - Number(process.env.NOCTULE_HEAP_BYTES ?? 0)) / 1e6;
    console.log("noctule-heap", await heapBytes());
  });

  if (run.failed) throw new Error(`${run.failed} failed`);
};

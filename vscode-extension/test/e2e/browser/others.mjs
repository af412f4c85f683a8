// Windows on other things than one trusted repository with everything in place.

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { learn, make } from "../repositories.mjs";
import { servers } from "../processes.mjs";
import { until } from "../runner.cjs";
import { Window } from "../window.mjs";

/** Two repositories in one window. */
export async function inTwoFolders({ run, browser, server, root, shop, pictures }) {
  const tools = make(root, "tools");
  learn(root, tools);
  const workspace = join(root, "both.code-workspace");
  writeFileSync(workspace, JSON.stringify({ folders: [{ path: shop }, { path: tools }] }));
  server.writeSettings();
  const window = await Window.open(browser, server.address(workspace), pictures);

  await run.test("with two folders, one server answers for both", async () => {
    await window.hasFolder("tools");
    await window.statusReads(/ready|working|idle/);
    await window.openFile("shop/cart.py");
    await window.hover("total_price", /test_cart\.py/);
    await window.openFile("tools/saw.py");
    await window.hover("saw", /shelf\.py/);
    assert.equal(servers(root).length, 1);
  });
  await run.test("with two folders, the view shows the change points of both", async () => {
    await window.showNoctule();
    await window.waitForRow("Likely Changes", "shop");
    await window.waitForRow("Likely Changes", "tools");
    await window.picture("two-folders");
  });
  await run.test("with two folders, the context for a task is that of both, and leads to its lines", async () => {
    await window.answer("Noctule: Context for a Task", "saw in saw.py halves the plank wrongly");
    const place = window.webview().locator("h2 a", { hasText: "tools/saw.py" }).first();
    await place.waitFor();
    await window.picture("two-folders-context");
    await place.click();
    await window.tabReads(/^saw\.py/);
  });
  await window.close();
}

/** A folder that nobody said is trusted. */
export async function untrusted({ run, browser, server, root, shop, pictures }) {
  server.writeSettings({ "security.workspace.trust.enabled": true, "security.workspace.trust.startupPrompt": "never" });
  const window = await Window.open(browser, server.address(shop), pictures);

  await run.test("a folder that is not trusted is shown what is known, read-only", async () => {
    await window.page.locator(".statusbar-item", { hasText: "Restricted Mode" }).waitFor();
    await window.showNoctule();
    await window.waitForRow("Likely Changes", /\.py/);
    await window.picture("untrusted");
    return window.statusReads(/Noctule/);
  });
  await window.close();
}

/** A machine without the noctule command. */
export async function withoutTheCommand({ run, browser, server, root, shop, pictures }) {
  server.writeSettings({}, { "noctule.path": join(root, "nothing/noctule") });
  const window = await Window.open(browser, server.address(shop), pictures);

  await run.test("without the command, the status item and the view say so and offer to install it", async () => {
    await window.statusReads(/not installed/i);
    await window.showNoctule();
    await window.pane("Likely Changes").locator(".welcome-view a.monaco-button, .welcome-view .monaco-button", { hasText: /install/i }).first().waitFor();
    await window.picture("not-installed");
    assert.deepEqual(servers(root), []);
  });
  await window.close();
  server.writeSettings();
}

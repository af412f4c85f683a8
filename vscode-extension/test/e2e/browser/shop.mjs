// A window on a repository with a history that was learned before: everything that is seen every day.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { processes, servers } from "../processes.mjs";
import { until } from "../runner.cjs";
import { Window } from "../window.mjs";

const CHANGE_POINTS = "Likely Changes";
const NOTES = "Notes";
const MOST_ACTIVATION_MS = 150;
const THEMES = { light: "Light Modern", dark: "Dark Modern", "high-contrast": "Dark High Contrast", "high-contrast-light": "Light High Contrast" };
const CLASSES = { light: "vs", dark: "vs-dark", "high-contrast": "hc-black", "high-contrast-light": "hc-light" };

export async function inTheShop({ run, browser, server, root, shop, pictures }) {
  const window = await Window.open(browser, server.address(shop), pictures);
  const { page } = window;

  await run.test("the status item says how the server stands", () => window.statusReads(/ready|working|idle/));
  if (run.failed) throw new Error("without a server, all else would wait in vain");
  // How long it takes is printed: on a busy machine it says more about the machine. docs/vscode.md names the bound.
  await run.test("VS Code tells how long activation took", async () => {
    await window.run("Developer: Show Running Extensions");
    const list = page.locator(".runtime-extensions-editor");
    await list.hover();
    const took = await until("an activation time", async () => {
      const row = /Noctule[^]*?Activation: (\d+)ms/.exec(await list.innerText());
      await page.mouse.wheel(0, 200);
      return row?.[1];
    });
    await page.keyboard.press("Escape");
    return `${took} ms, to be at most ${MOST_ACTIVATION_MS}`;
  });

  // Looked at before the side bar's views are switched: lenses that are painted while that happens may stay away.
  await run.test("a code lens appears as soon as the setting allows it", async () => {
    await window.openFile("shop/cart.py");
    await window.tick("noctule.codeLens");
    const lens = page.locator(".codelens-decoration a").first();
    await lens.waitFor();
    const text = await lens.innerText();
    await window.picture("code-lens");
    await window.tick("noctule.codeLens");
    await lens.waitFor({ state: "detached" });
    return text;
  });
  await run.test("hovering over a function shows its note", async () => {
    await window.hover("total_price", /test_cart\.py/);
    await window.picture("hover");
  });
  await run.test("the link in a hover opens the whole note, and the note leads to its evidence", async () => {
    await window.hover("total_price", /test_cart\.py/);
    await page.locator(".monaco-hover:visible a", { hasText: "show all" }).first().click();
    await window.tabReads(/^Note:.*total_price/);
    const evidence = window.webview().locator("a", { hasText: "test_cart.py" }).first();
    await evidence.waitFor();
    await window.picture("note");
    await evidence.click();
    await window.tabReads(/^test_cart\.py/);
  });

  await run.test("a click on a likely change point opens its lines", async () => {
    await window.showNoctule();
    const file = await window.waitForRow(CHANGE_POINTS, /\bcart\.py/);
    await window.picture("view");
    await window.openFile("README.md");
    await file.locator(".monaco-tl-twistie").click();
    const symbol = await window.waitForRow(CHANGE_POINTS, "total_price");
    await symbol.click();
    await window.tabReads(/^cart\.py/);
    await window.cursorAt(16);
    return (await symbol.innerText()).replaceAll("\n", " ");
  });
  await run.test("the notes follow the cursor", async () => {
    await window.waitForRow(NOTES, "total_price");
    await window.picture("notes-of-a-symbol");
    await window.openFile("shop/mail.py");
    await window.waitForRow(NOTES, "mail.py");
    await window.goTo(4);
    await window.waitForRow(NOTES, "send_invoice");
  });
  await run.test("the evidence of a claim is one click away", async () => {
    await window.openFile("shop/cart.py", 16);
    const claim = await window.waitForRow(NOTES, /test_total_price/);
    await claim.click();
    await window.tabReads(/^test_cart\.py/);
    await window.picture("evidence");
  });
  await run.test("recipes and the queue have something to show or say why not", async () => {
    const said = {};
    for (const title of ["Co-Change Patterns", "Job Queue"]) {
      await window.openPane(title);
      said[title] = await until(`something in ${title}`, () => window.pane(title).locator(".pane-body").innerText());
    }
    await window.picture("recipes-and-queue");
    return Object.entries(said).map(([title, text]) => `${title}: ${text.replaceAll("\n", " ").slice(0, 60)}`).join("; ");
  });
  await run.test("everything in the view is reached with the keyboard", async () => {
    await window.run("Noctule: Focus on Likely Changes View");
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    const label = await page.locator(".sidebar .monaco-list.focused .monaco-list-row.focused, .sidebar .monaco-list:focus-within .monaco-list-row.focused").first().getAttribute("aria-label");
    await page.keyboard.press("Enter");
    assert.match(label, /per cent|%/);
    return label;
  });

  await run.test("Context for a Task asks for the task and shows the pack with its tokens", async () => {
    await window.answer("Noctule: Context for a Task", "total_price takes the discount off twice");
    await window.webview().locator("p", { hasText: /\d+ tokens of \d+/ }).first().waitFor();
    await window.picture("context");
  });

  await run.test("the status item's menu pauses, and resumes", async () => {
    await window.status().click();
    await window.entry("Pause").waitFor();
    await window.picture("menu");
    await window.pick("Pause");
    await window.pick("Until I resume it");
    await window.statusReads(/paused/i);
    await window.picture("paused");
    await window.status().click();
    await window.pick("Resume");
    await window.statusReads(/ready|working|idle/);
  });
  await run.test("a key for the model lies in no file and in no process's arguments or environment", async () => {
    const key = "sk-e2e-0123456789abcdef";
    await window.answer("Noctule: Set Model API Key", key);
    await window.run("Notifications: Show Notifications");
    await page.locator(".notifications-center", { hasText: "the key is stored" }).waitFor({ timeout: 8000 });
    await window.picture("key");
    await window.run("Notifications: Clear All Notifications");
    // grep ends with 1 where it finds nothing.
    assert.throws(() => execFileSync("grep", ["-rlF", key, root]), { status: 1 });
    const told = processes(root).filter(({ args, environment }) => [...args, ...environment].some((text) => text.includes(key)));
    assert.deepEqual(told, []);
  });
  await run.test("the ledger's page shows what sleep cost and what it served, as charts", async () => {
    await window.run("Noctule: Show Usage");
    await window.webview().locator("svg").first().waitFor();
    await window.picture("ledger");
    return (await window.webview().locator("body").innerText()).split("\n")[0];
  });

  await run.test("a server that is killed is told of, and comes back by itself", async () => {
    const before = servers(root);
    assert.equal(before.length, 1);
    process.kill(before[0], "SIGKILL");
    await until("another server", () => servers(root).length === 1 && servers(root)[0] !== before[0]);
    await window.statusReads(/ready|working|idle/);
    await window.openFile("shop/cart.py");
    await window.hover("total_price", /test_cart\.py/);
  });

  for (const [name, theme] of Object.entries(THEMES)) {
    await run.test(`the view and a hover in the theme ${theme}`, async () => {
      await window.chooseTheme(theme);
      await page.locator(`.monaco-workbench.${CLASSES[name]}`).waitFor();
      await window.openFile("shop/cart.py", 16);
      await window.hover("total_price", /test_cart\.py/);
      await window.picture(`theme-${name}`);
    });
  }
  await window.close();
}

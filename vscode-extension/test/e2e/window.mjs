// A window of VS Code in a browser, and what a person does with it.

import { join } from "node:path";
import { chromium, chromiumPath } from "./place.mjs";
import { WAIT_MS, until } from "./runner.cjs";

// The first is for containers and root; the others keep the browser from asking for hosts that nobody needs.
const FLAGS = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
];

/** How long a window may take to open: a busy machine is no failure. */
export const OPENING_MS = 120_000;

export const startBrowser = () => chromium.launch({ executablePath: chromiumPath(), args: FLAGS });

export class Window {
  /** @param {import("playwright-core").Page} page */
  constructor(page, pictures) {
    this.page = page;
    this.pictures = pictures;
  }

  /** Open an address in a browser context of its own: nothing of another window is remembered. */
  static async open(browser, address, pictures, viewport = { width: 1280, height: 800 }) {
    const context = await browser.newContext({ viewport, reducedMotion: "reduce" });
    const window = new Window(await context.newPage(), pictures);
    window.page.setDefaultTimeout(WAIT_MS);
    await window.page.goto(address, { timeout: OPENING_MS });
    await window.page.waitForSelector(".monaco-workbench .part.statusbar", { timeout: OPENING_MS });
    return window;
  }

  async close() {
    await this.page.context().close();
  }

  /** Wait until the explorer shows a folder. This editor loads a workspace file as an empty one now and then: load it again. */
  async hasFolder(name) {
    const row = this.page.locator(".explorer-folders-view .monaco-list-row", { hasText: name });
    await until(`a folder ${name}`, async () => {
      try {
        await row.first().waitFor({ timeout: 8000 });
        return true;
      } catch (error) {
        await this.page.reload();
        throw error;
      }
    }, OPENING_MS);
  }

  async picture(name, clip) {
    await this.page.screenshot({ path: join(this.pictures, `${name}.png`), ...(clip ? { clip } : {}) });
  }

  // The status item

  status() {
    return this.page.locator('[id="noctule.noctule.noctule.status"]');
  }

  /** Wait until the status item reads so. */
  async statusReads(pattern, longest_ms = WAIT_MS) {
    const link = this.status().locator("a");
    return until(`a status item that reads ${pattern}`, async () => {
      const label = `${await link.innerText({ timeout: 1000 })} | ${await link.getAttribute("aria-label", { timeout: 1000 })}`;
      return pattern.test(label) ? label : Promise.reject(new Error(label));
    }, longest_ms);
  }

  // Commands, files, editors

  /** Open the quick input with a key and type into it, until the entry is in front; then take it. */
  async quickly(key, text, entry) {
    await until(`an entry ${entry}`, async () => {
      await this.page.keyboard.press("Escape");
      await this.page.keyboard.press(key);
      await this.fill(text);
      return this.take((label) => label === entry || label === `${entry}...`);
    });
  }

  /**
   * Set the text of the open quick input. Set in one step and not typed: an input that closes meanwhile would leave the
   * keys to the editor below it, which saves them.
   */
  async fill(text) {
    const input = this.page.locator(".quick-input-widget:not([style*='display: none']) .quick-input-box input");
    const set = (element, text) => {
      element.value = text;
      element.dispatchEvent(new Event("input", { bubbles: true }));
    };
    await input.evaluate(set, text, { timeout: 3000 });
  }

  /** Take the entry of an open quick input whose label is meant, with the keyboard: rows move while they are filtered. */
  async take(isMeant) {
    const label = this.page.locator(".quick-input-list .monaco-list-row.focused .label-name").first();
    for (let row = 0; row < 15; row += 1) {
      if (isMeant((await label.innerText({ timeout: 3000 })).trim())) {
        await this.page.keyboard.press("Enter");
        return true;
      }
      await this.page.keyboard.press("ArrowDown");
    }
    return false;
  }

  async run(title) {
    await this.quickly("F1", `>${title}`, title);
  }

  /** Open a file through the quick open box, at a line if one is given. */
  async openFile(path, line) {
    const name = path.split("/").at(-1);
    await until(`an editor on ${path}`, async () => {
      await this.quickly("Control+p", path, name);
      return this.tabReads(new RegExp(`^${name.replaceAll(".", "\\.")}\\b`), 4000);
    });
    if (line) await this.goTo(line);
  }

  async goTo(line) {
    await until(`line ${line}`, async () => {
      await this.page.keyboard.press("Escape");
      await this.page.keyboard.press("Control+g");
      await this.fill(`:${line}`);
      await this.page.keyboard.press("Enter");
      return this.cursorAt(line, 4000);
    });
  }

  /** Wait until the cursor stands in a line, as the status bar says it. */
  async cursorAt(line, longest_ms = WAIT_MS) {
    await this.page.locator("#status\\.editor\\.selection", { hasText: `Ln ${line},` }).waitFor({ timeout: longest_ms });
    return true;
  }

  /** Wait until the tab in front reads so. */
  async tabReads(pattern, longest_ms) {
    const tab = this.page.locator(".editor-group-container.active .tab.active");
    await until(`a tab that reads ${pattern}`, async () => {
      const name = await tab.getAttribute("aria-label", { timeout: 2000 });
      return pattern.test(name) || Promise.reject(new Error(name));
    }, longest_ms);
    return true;
  }

  editorText() {
    return this.page.locator(".editor-group-container.active .view-lines").innerText();
  }

  /** Hover over a word of the editor until a hover with this text is shown; return its text. */
  async hover(word, text) {
    const shown = this.page.locator(".monaco-hover:visible", { hasText: text });
    return until(`a hover over ${word} that says ${text}`, async () => {
      const target = this.page.locator(".editor-group-container.active .view-line span span", { hasText: word }).first();
      const box = await target.boundingBox({ timeout: 2000 });
      await this.page.mouse.move(box.x + box.width + 200, box.y + 120);
      // The first move enters, the second rests.
      await this.page.mouse.move(box.x + box.width / 2 - 2, box.y + box.height / 2);
      await this.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      const said = await shown.first().innerText({ timeout: 4000 });
      await this.page.waitForTimeout(300); // it fades in
      return said;
    });
  }

  /** Tick or untick a setting in the settings editor. */
  async tick(setting) {
    await this.run("Preferences: Open User Settings");
    await this.page.locator(".settings-editor .suggest-input-container .view-line").first().click();
    await this.page.keyboard.press("Control+a");
    await this.page.keyboard.type(`@id:${setting}`);
    await this.page.locator(`.settings-editor [data-key="${setting}"] .setting-value-checkbox`).click();
    await this.closeEditor();
  }

  async chooseTheme(name) {
    await this.run("Preferences: Color Theme");
    await this.fill(name);
    await this.page.locator(".quick-input-list .monaco-list-row.focused", { hasText: name }).waitFor();
    await this.page.keyboard.press("Enter");
  }

  async closeEditor() {
    await this.run("View: Close Editor");
  }

  /** Run a command that asks for a text, and answer it. */
  async answer(title, text) {
    const message = this.page.locator(".quick-input-widget .quick-input-message");
    await until(`a question of ${title}`, async () => {
      await this.run(title);
      await message.waitFor({ timeout: 4000 });
      return true;
    });
    await this.fill(text);
    await this.page.keyboard.press("Enter");
  }

  /** The document in the web view in front. */
  webview() {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
  }

  entry(text) {
    return this.page.locator(".quick-input-list .monaco-list-row", { hasText: text }).first();
  }

  /** Choose an entry of a quick pick that is open, by what its label begins with. */
  async pick(text) {
    await this.entry(text).waitFor();
    if (!(await this.take((label) => label.startsWith(text)))) throw new Error(`there is no ${text} to choose`);
  }

  // The side bar

  async showNoctule() {
    await this.page.locator(".activitybar .action-item a[aria-label^='Noctule']").click();
    await this.page.locator(".sidebar .composite.title", { hasText: /noctule/i }).waitFor();
  }

  pane(title) {
    return this.page.locator(".sidebar .pane").filter({ has: this.page.locator(".pane-header .title", { hasText: title }) });
  }

  rows(title) {
    return this.pane(title).locator(".monaco-list-row");
  }

  /** Unfold a pane that is folded. */
  async openPane(title) {
    const header = this.pane(title).locator(".pane-header");
    if ((await header.getAttribute("aria-expanded")) === "false") await header.click();
  }

  async waitForRow(title, text, longest_ms = WAIT_MS) {
    const row = this.rows(title).filter({ hasText: text }).first();
    await row.waitFor({ timeout: longest_ms });
    return row;
  }
}

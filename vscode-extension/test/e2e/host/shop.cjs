// The suite inside the extension host of a window on the shop, which was learned before.

const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const { existsSync, mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const vscode = require("vscode");
const { Run, until } = require("../runner.cjs");
const { heapBytes } = require("./heap.cjs");

const [folder] = vscode.workspace.workspaceFolders ?? [];
const CART = folder && vscode.Uri.joinPath(folder.uri, "shop/cart.py");
const settings = () => vscode.workspace.getConfiguration("noctule", CART);
const set = (name, value) => settings().update(name, value, vscode.ConfigurationTarget.Global);
const run = new Run((result) => console.log("noctule-test", result));
let api;

exports.run = async () => {
  await aboutStarting();
  if (run.failed) throw new Error("without a server, all else would wait in vain");
  await aboutTheEditor();
  await aboutChanges();
  await aboutDocuments();
  await aboutAgents();
  await aboutSettings();
  await aboutTheServer();
  console.log("noctule-heap", await heapBytes());
};

async function aboutStarting() {
  const extension = vscode.extensions.getExtension("noctule.noctule");
  const { contributes } = extension.packageJSON;

  await run.test("the extension activates and starts the server", async () => {
    api = await extension.activate();
    await until("a running server", () => api.server.is === "running");
    assert.ok(api.pid > 0);
    return `activate() returned after ${api.activationMs.toFixed(0)} ms`;
  });
  await run.test("every command of the manifest is registered, under one category", async () => {
    const registered = new Set(await vscode.commands.getCommands(true));

    assert.deepEqual(contributes.commands.filter((c) => !registered.has(c.command) || c.category !== "Noctule"), []);
  });
}

/** The text of all hovers at the first place of a word. */
async function hoverAt(uri, word) {
  const document = await vscode.workspace.openTextDocument(uri);
  const position = document.positionAt(document.getText().indexOf(word) + 1);
  const hovers = await vscode.commands.executeCommand("vscode.executeHoverProvider", uri, position);
  return hovers.flatMap((hover) => hover.contents.map((content) => content.value ?? content)).join("\n");
}

const lenses = async () =>
  (await vscode.commands.executeCommand("vscode.executeCodeLensProvider", CART, 20)).map((lens) => lens.command?.title ?? "");

async function aboutTheEditor() {
  await run.test("a hover comes from the server", async () => {
    assert.match(await hoverAt(CART, "total_price"), /test_cart\.py/);
  });
  await run.test("the setting noctule.hover counts at once", async () => {
    await set("hover", false);
    await until("no hover", async () => (await hoverAt(CART, "total_price")) === "");
    await set("hover", undefined);
    await until("a hover", async () => (await hoverAt(CART, "total_price")) !== "");
  });
  await run.test("code lenses are off, and noctule.codeLens brings them at once", async () => {
    assert.deepEqual(await lenses(), []);
    await set("codeLens", true);
    const [first] = await until("a code lens", async () => (await lenses()).length > 0 && lenses());
    await set("codeLens", undefined);
    await until("no code lens", async () => (await lenses()).length === 0);
    return first;
  });
  await run.test("hints are off, and noctule.diagnostics brings the one about a file that usually changes too", async () => {
    const document = await vscode.workspace.openTextDocument(CART);
    const hints = () => vscode.languages.getDiagnostics(CART).filter((hint) => hint.source === "noctule");
    const edit = async (text) => {
      const change = new vscode.WorkspaceEdit();
      change.insert(CART, new vscode.Position(document.lineCount - 1, 0), text);
      await vscode.workspace.applyEdit(change);
      await document.save();
    };
    await edit("\n# one more word\n");
    assert.deepEqual(hints(), []);
    await set("diagnostics", true);
    // A save is the moment at which it is looked, and the setting takes one to arrive.
    const [hint] = await until("a hint", async () => {
      await edit("# and one\n");
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return hints().length > 0 && hints();
    });
    assert.match(hint.message, /tests\/test_cart\.py/);
    assert.equal(hint.severity, vscode.DiagnosticSeverity.Hint);
    await set("diagnostics", undefined);
    await until("no hint", () => hints().length === 0);
    return hint.message;
  });
}

/** The cart differs from the latest commit since the hint was asked for. */
async function aboutChanges() {
  let own, anyway;
  await run.test("likely changes begin with what goes with the files that are changed", async () => {
    [own, anyway] = await until("a section for the change at hand", async () => {
      const rows = await api.rows("changePoints");
      return /^With your changes/.test(rows[0]?.label) ? rows : Promise.reject(new Error(rows.map((row) => row.label).join("; ")));
    });
    assert.equal(own.label, "With your changes (1 file)");
    // The shop has too few commits of two or more files to test what goes with a change: that is said.
    const shown = [own.tooltip, ...own.children.map((row) => row.tooltip)].join("; ");
    assert.match(own.children[0].label, /^No forecast: needs 50 recent commits of two or more files/, shown);
    assert.deepEqual([anyway.label, anyway.folded], ["Likely anyway", true]);
    return own.children[0].tooltip.replaceAll("\n", " ");
  });
  if (own === undefined) return;
  await run.test("behind the latest edit stands what usually changes with the file, where such hints were right", async () => {
    const { document } = await vscode.window.showTextDocument(CART);
    const change = new vscode.WorkspaceEdit();
    change.insert(CART, new vscode.Position(2, 0), "# another word\n");
    await vscode.workspace.applyEdit(change);
    await document.save();
    const [hint] = await until("a hint", () => api.editHints().length > 0 && api.editHints());
    assert.deepEqual([hint.path, hint.line], ["shop/cart.py", 3]);
    assert.match(hint.text, /^tests\/test_cart\.py changed in \d+ of the last \d+ commits to this file/);
    await set("editHints", false);
    await document.save();
    await until("no hint", () => api.editHints().length === 0);
    await set("editHints", undefined);
    return hint.text;
  });
  await run.test("the tests for the change are listed, and run by the user's own command", async () => {
    const ran = mkdtempSync(join(tmpdir(), "noctule-tests-"));
    await set("testCommand", `cp -t ${ran}`);
    await vscode.commands.executeCommand("noctule.runTests");
    assert.deepEqual(api.tests().map((id) => id.split("\n")[1]), ["tests/test_cart.py"]);
    assert.ok(existsSync(join(ran, "test_cart.py")));
    await set("testCommand", undefined);
    rmSync(ran, { recursive: true });
  });
  await run.test("beside source control nothing stands without a forecast", async () => {
    assert.deepEqual(await api.rows("companions"), []);
  });
  await run.test("the likely next edit is one command away", async () => {
    await vscode.window.showTextDocument(CART);
    await vscode.commands.executeCommand("noctule.nextEdit");
    const opened = vscode.workspace.asRelativePath(vscode.window.activeTextEditor.document.uri);
    assert.equal(opened, anyway.children[0].path);
  });
  await run.test("a hidden file is in no forecast until hidden files are shown", async () => {
    const likely = async () => (await api.rows("changePoints"))[1].children.map((row) => row.path);
    const [row] = anyway.children;
    await vscode.commands.executeCommand("noctule.hide", { row, repository: { root: folder.uri.fsPath } });
    assert.ok(!(await likely()).includes(row.path));
    await vscode.commands.executeCommand("noctule.showHidden");
    assert.ok((await likely()).includes(row.path));
  });
  await run.test("a commit opens as its changes", async () => {
    const commit = execFileSync("git", ["-C", folder.uri.fsPath, "rev-parse", "HEAD"], { encoding: "utf8" }).trim();
    const row = { id: "c", label: "", spoken: "", kind: "commit", target: { open: "commit", commit } };
    await vscode.commands.executeCommand("noctule.openEvidence", { row, repository: { root: folder.uri.fsPath } });
    await until("a tab for the commit", () => tabs().some((tab) => tab.label.startsWith(commit.slice(0, 10))));
  });
  await run.test("the note at the cursor opens", async () => {
    const editor = await vscode.window.showTextDocument(CART);
    const at = editor.document.positionAt(editor.document.getText().indexOf("total_price") + 1);
    editor.selection = new vscode.Selection(at, at);
    await vscode.commands.executeCommand("noctule.notesHere");
    assert.match(await until("a note", () => api.page("note")), /<h1>shop\/cart\.py:Cart\.total_price<\/h1>/);
  });
}

const tabs = () => vscode.window.tabGroups.all.flatMap((group) => group.tabs);

async function aboutDocuments() {
  await run.test("a note opens as a page that leads to its evidence, and is a document too", async () => {
    await vscode.commands.executeCommand("noctule.showNote", folder.uri.fsPath, "shop/cart.py");
    const page = await until("a note", () => api.page("note"));
    assert.match(page, /<h1>shop\/cart\.py<\/h1>/);
    assert.match(page, /href="command:noctule\.openEvidence/);
    const query = `root=${encodeURIComponent(folder.uri.fsPath)}&subject=${encodeURIComponent("shop/cart.py")}`;
    const document = await vscode.workspace.openTextDocument(vscode.Uri.from({ scheme: "noctule", path: "/shop/cart.py.md", query }));
    const links = await until("links", async () => {
      const found = await vscode.commands.executeCommand("vscode.executeLinkProvider", document.uri, 50);
      return found.some((link) => link.target) && found;
    });
    return `${links.length} links`;
  });
  await run.test("the context for a task opens as a page with links, and as text", async () => {
    await vscode.commands.executeCommand("noctule.contextForTask", "total_price takes the discount off twice");
    assert.match(await until("a page", () => api.page("context")), /<h2><a href="command:noctule\.openEvidence[^"]*"><code>shop\/cart\.py:/);
    await vscode.commands.executeCommand("noctule.contextText");
    const { document } = await until("a pack", () => visible("noctule-context"));
    assert.match(document.getText(), /shop\/cart\.py/);
    assert.match(document.getText(), /\d+ tokens of \d+/);
    return document.getText().split("\n")[2];
  });
  await run.test("the context is copied", async () => {
    await vscode.env.clipboard.writeText("");
    await vscode.commands.executeCommand("noctule.copyContext");
    assert.match(await until("a text on the clipboard", () => vscode.env.clipboard.readText()), /shop\/cart\.py/);
  });
  await run.test("the ledger opens as a page", async () => {
    await vscode.commands.executeCommand("noctule.showLedger");
    await until("a page", () => tabs().some((tab) => tab.input instanceof vscode.TabInputWebview));
  });
}

const visible = (scheme) => vscode.window.visibleTextEditors.find((editor) => editor.document.uri.scheme === scheme);

async function aboutAgents() {
  await run.test("agents find the tools, and a tool answers", async () => {
    const tools = vscode.lm.tools.filter((tool) => tool.name.startsWith("noctule"));
    assert.notEqual(tools.length, 0);
    const context = tools.find((tool) => /context/.test(tool.name));
    const result = await vscode.lm.invokeTool(context.name, { input: { task: "total_price takes the discount off twice" }, toolInvocationToken: undefined });
    assert.match(result.content.map((part) => part.value).join("\n"), /shop\/cart\.py/);
    return tools.map((tool) => tool.name).join(", ");
  });
}

async function aboutSettings() {
  await run.test("no folder of a workspace sets a model, an address, a budget or the command", async () => {
    const names = Object.keys(vscode.extensions.getExtension("noctule.noctule").packageJSON.contributes.configuration.properties ?? {})
      .map((name) => name.replace(/^noctule\./, ""))
      .filter((name) => name === "path" || name.startsWith("model."));
    const evil = Object.fromEntries(names.map((name) => [`noctule.${name}`, name === "path" ? "/tmp/other" : "https://example.org"]));
    const before = names.map((name) => settings().get(name));
    const file = vscode.Uri.joinPath(folder.uri, ".vscode/settings.json");
    await vscode.workspace.fs.writeFile(file, Buffer.from(JSON.stringify({ ...evil, "noctule.hover": false })));
    // The one setting that a folder may choose tells that the file was read.
    await until("settings of the folder", () => settings().get("hover") === false);
    assert.deepEqual(names.map((name) => settings().get(name)), before);
    await vscode.workspace.fs.delete(vscode.Uri.joinPath(folder.uri, ".vscode"), { recursive: true });
    await until("settings without the folder", () => settings().get("hover") === true);
    assert.ok(names.length > 1, names.join());
  });
}

async function aboutTheServer() {
  await run.test("pause and resume reach the server and the status item", async () => {
    await vscode.commands.executeCommand("noctule.pause", 3600);
    const said = () => api.status().text;
    await until("a paused item", () => /paused/.test(said()) || Promise.reject(new Error(JSON.stringify(api.status()))));
    await vscode.commands.executeCommand("noctule.resume");
    await until("an item that is not paused", () => !/paused/.test(said()) || Promise.reject(new Error(said())));
  });
  await run.test("a server that is killed comes back, and answers", async () => {
    const killed = api.pid;
    process.kill(killed, "SIGKILL");
    await until("another server", () => api.server.is === "running" && api.pid !== killed);
    await until("a hover", async () => (await hoverAt(CART, "total_price")) !== "");
  });
  await run.test("noctule.restart ends the server and starts another", async () => {
    const before = api.pid;
    await vscode.commands.executeCommand("noctule.restart");
    await until("another server", () => api.server.is === "running" && api.pid !== before);
    await until("an end of the first", () => gone(before));
  });
}

function gone(pid) {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

/** Wires the extension together, and holds no decision of its own. */

import * as vscode from "vscode";
import { Agents } from "./agents";
import type { Api } from "./api";
import { Changes } from "./changes";
import { type Commands, commands } from "./commands";
import { Contexts } from "./context";
import { preferences } from "./decide/settings";
import { EditHints } from "./edit-hints";
import { chosenPath, find } from "./find";
import { Git } from "./git";
import { Hidden } from "./hidden";
import { install } from "./install";
import { Model } from "./model";
import { NextEdit } from "./next-edit";
import { Pages } from "./pages";
import { onDidChangePython } from "./python";
import { noteOf } from "./places";
import { References } from "./references";
import { Repositories } from "./repositories";
import { Server } from "./server";
import { StatusItem } from "./status-item";
import { TestRuns } from "./test-runs";
import { chances } from "./views/chances";
import { RowsView, type Source } from "./views/rows-view";
import { changePointsSource, companionsSource, notesSource, queueSource, recipesSource } from "./views/sources";

const FOLLOW_MS = 250;
const ASK_NOT = "noctule.doNotOfferToInstall";

let running: Server | undefined;

export function activate(context: vscode.ExtensionContext): Api {
  const began = performance.now();
  const log = vscode.window.createOutputChannel("Noctule", { log: true });
  const server = (running = new Server({ find: () => find(context), preferences: chosen, showNote: shown, log }));
  const model = new Model(context.secrets, server, log);
  const repositories = new Repositories(server);
  const status = new StatusItem(server, repositories);
  const pages = new Pages(server, repositories);
  const contexts = new Contexts(server, repositories, pages);
  const git = new Git();
  const changes = new Changes(git, repositories);
  const hidden = new Hidden(context.workspaceState);
  const editHints = new EditHints(server, repositories, hidden);
  const testRuns = new TestRuns(server, repositories);
  const ground = { server, repositories, changes, hidden };
  const view = (source: Source) => new RowsView(source, server, repositories, git);
  const views = {
    changePoints: view(changePointsSource(ground)),
    companions: view(companionsSource(ground)),
    notes: view(notesSource(server)),
    recipes: view(recipesSource(server)),
    queue: view(queueSource(server)),
  };
  const agents = new Agents(server, repositories, (context.extension.packageJSON as { version: string }).version);
  const parts: Commands = { server, status, repositories, contexts, pages, model, git, hidden, nextEdit: new NextEdit(server, repositories, changes, hidden), testRuns, views: Object.values(views), log, install: () => installed(context, server, log) };
  context.subscriptions.push(log, model, repositories, git, changes, hidden, editHints, testRuns, chances(), status, contexts, pages, ...Object.values(views), agents, new References(server, repositories), ...commands(parts));
  follow(context, server, views.notes, status);
  offer(context, server);
  void server.follow();
  void git.open();
  const activationMs = performance.now() - began;
  log.debug(`activated in ${activationMs.toFixed(1)} ms`);
  return {
    get server() {
      return server.state;
    },
    get command() {
      return server.command;
    },
    get pid() {
      return server.pid;
    },
    status: () => status.shown(),
    rows: (view) => views[view].rows(),
    page: (kind) => pages.htmlOf(kind),
    editHints: () => editHints.hints(),
    tests: () => testRuns.items().map(({ id }) => id),
    agents: agents.offered,
    activationMs,
    request: (method, params) => server.request(method, params),
  };
}

export async function deactivate(): Promise<void> {
  await running?.dispose();
  running = undefined;
}

/** Show the note that the server wants shown. */
async function shown(uri: vscode.Uri): Promise<void> {
  await vscode.commands.executeCommand("noctule.showNote", noteOf(uri));
}

function chosen(): object {
  const settings = vscode.workspace.getConfiguration("noctule");
  return preferences((name) => settings.inspect(name), vscode.workspace.isTrusted);
}

/** Follow what changes in the window: the cursor, the folders, trust, the setting of the command, the Python environment. */
function follow(context: vscode.ExtensionContext, server: Server, notes: RowsView, status: StatusItem): void {
  const { window, workspace } = vscode;
  const later = () => notes.refresh(FOLLOW_MS);
  let heard = false;
  let path = chosenPath();
  context.subscriptions.push(
    window.onDidChangeActiveTextEditor(later),
    window.onDidChangeTextEditorSelection(later),
    workspace.onDidGrantWorkspaceTrust(() => void server.start()),
    workspace.onDidChangeWorkspaceFolders(() => void server.follow()),
    workspace.onDidChangeConfiguration((change) => {
      // A folder's own settings may name the command too: that changes nothing, and is told as a change.
      if (change.affectsConfiguration("noctule.path") && chosenPath() !== path) {
        path = chosenPath();
        void server.start();
      } else if (change.affectsConfiguration("noctule.sleep")) status.ask();
    }),
    server.onDidChange(({ is }) => {
      void vscode.commands.executeCommand("setContext", "noctule.server", is);
      void vscode.commands.executeCommand("setContext", "noctule.running", is === "running");
    }),
    server.onDidChange(({ is }) => {
      if (heard || (is !== "running" && is !== "missing")) return;
      heard = true;
      // Only a server that was, or would have been, found there is looked for again.
      void onDidChangePython(() => {
        if (server.state.is === "missing" || server.from === "python") void server.start();
      }).then((subscription) => subscription && context.subscriptions.push(subscription));
    }),
  );
}

/** Offer to install where the server was found nowhere: once for each window, and never again where that is wished. */
function offer(context: vscode.ExtensionContext, server: Server): void {
  let offered = false;
  const subscription = server.onDidChange(async (state) => {
    if (state.is !== "missing" || offered || !vscode.workspace.isTrusted || context.globalState.get(ASK_NOT) === true) return;
    offered = true;
    const answer = await vscode.window.showInformationMessage(`Noctule: ${state.why}.`, "Install...", "Set Path...", "Do Not Ask Again");
    if (answer === "Install...") await vscode.commands.executeCommand("noctule.install");
    else if (answer === "Set Path...") await vscode.commands.executeCommand("workbench.action.openSettings", "noctule.path");
    else if (answer !== undefined) await context.globalState.update(ASK_NOT, true);
  });
  context.subscriptions.push(subscription);
}

async function installed(context: vscode.ExtensionContext, server: Server, log: vscode.LogOutputChannel): Promise<void> {
  if (await install(context, log)) await server.start();
}

/** Wires the extension together, and holds no decision of its own. */

import * as vscode from "vscode";
import type { Api } from "./api";
import { find } from "./find";
import { Server } from "./server";
import { StatusItem } from "./status-item";
import { ChangePoints } from "./views/change-points";

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): Api {
  const began = performance.now();
  const log = vscode.window.createOutputChannel("Noctule", { log: true });
  const running = (server = new Server({
    find: () => find(context),
    options: () => Promise.resolve(preferences()),
    preferences,
    log,
  }));
  const item = new StatusItem(running);
  const changePoints = new ChangePoints(running);
  context.subscriptions.push(
    log,
    item,
    changePoints,
    vscode.window.registerTreeDataProvider("noctule.changePoints", changePoints),
    vscode.commands.registerCommand("noctule.menu", () => vscode.commands.executeCommand("noctule.changePoints.focus")),
    vscode.commands.registerCommand("noctule.restart", () => running.start()),
    vscode.commands.registerCommand("noctule.refresh", () => changePoints.refresh()),
    vscode.commands.registerCommand("noctule.showLog", () => log.show()),
  );
  if (vscode.workspace.workspaceFolders?.length) void running.start();
  const activationMs = performance.now() - began;
  return {
    get server() {
      return running.state;
    },
    get command() {
      return running.command;
    },
    get pid() {
      return running.pid;
    },
    status: () => item.shown(),
    activationMs,
    request: (method, params) => running.request(method, params),
  };
}

export async function deactivate(): Promise<void> {
  await server?.dispose();
  server = undefined;
}

function preferences(): object {
  return { links: "command", sleep: vscode.workspace.isTrusted };
}

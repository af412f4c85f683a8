/** Looks for the server's command where `decide/places` says. */

import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { type Candidate, isAbsolute, places } from "./decide/places";
import { activePython } from "./python";
import type { Found } from "./server";

/** The folder of the environment that this extension makes for itself: one for each version, so that both fit. */
export function ownEnvironment(context: vscode.ExtensionContext): string {
  const { version } = context.extension.packageJSON as { version: string };
  return join(context.globalStorageUri.fsPath, `server-${version}`);
}

/** Return the command that the user has set; empty where they have not. */
export function chosenPath(): string {
  return vscode.workspace.getConfiguration("noctule").inspect<string>("path")?.globalValue ?? "";
}

/** Return the first command that is there. */
export async function find(context: vscode.ExtensionContext): Promise<Found> {
  const setting = chosenPath();
  const trusted = vscode.workspace.isTrusted;
  if (setting.trim() && !isAbsolute(setting.trim(), process.platform)) {
    return { candidate: undefined, why: `the setting noctule.path must be an absolute path, and is ${setting.trim()}` };
  }
  const candidates = places({
    setting,
    trusted,
    platform: process.platform,
    folders: (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file").map((folder) => folder.uri.fsPath),
    python: setting.trim() ? undefined : await activePython(),
    virtualEnv: process.env["VIRTUAL_ENV"],
    path: process.env["PATH"],
    own: ownEnvironment(context),
  });
  for (const candidate of candidates) if (await isCommand(candidate)) return { candidate, why: "" };
  const why = setting.trim() ? `the setting noctule.path names ${setting.trim()}, which cannot be run` : "the noctule command was not found";
  return { candidate: undefined, why };
}

async function isCommand(candidate: Candidate): Promise<boolean> {
  try {
    await access(candidate.command, constants.X_OK);
    return (await stat(candidate.command)).isFile();
  } catch {
    return false;
  }
}

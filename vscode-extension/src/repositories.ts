/** The repositories of the workspace, and which of them somebody works in. The server says where their tops are. */

import { join, relative, sep } from "node:path";
import * as vscode from "vscode";
import type { SleepState } from "./decide/contract";
import type { Server } from "./server";

export interface Repository {
  /** The folder of the workspace by which the server is asked. */
  uri: string;
  name: string;
  /** The top of its work tree. */
  root: string;
}

export class Repositories implements vscode.Disposable {
  private known: Promise<Repository[]> | undefined;
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly server: Server) {
    this.subscriptions = [
      vscode.workspace.onDidChangeWorkspaceFolders(() => (this.known = undefined)),
      server.onDidChange(() => (this.known = undefined)),
    ];
  }

  dispose(): void {
    for (const one of this.subscriptions) one.dispose();
  }

  /** Return the repositories, in the order of their folders; two folders of one repository count once. */
  all(): Promise<Repository[]> {
    return (this.known ??= this.look());
  }

  private async look(): Promise<Repository[]> {
    const found = new Map<string, Repository>();
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      if (folder.uri.scheme !== "file") continue;
      const uri = folder.uri.toString();
      try {
        const { root } = await this.server.request<SleepState>("noctule/sleep", { uri });
        if (!found.has(root)) found.set(root, { uri, name: folder.name, root });
      } catch {
        continue; // the folder is not there any more, or the server is not: the next look sees
      }
    }
    if (!found.size) this.known = undefined;
    return [...found.values()];
  }

  /** Return the repository of the active editor, else the first. */
  async active(): Promise<Repository | undefined> {
    const all = await this.all();
    return this.of(vscode.window.activeTextEditor?.document.uri, all) ?? all[0];
  }

  /** Return the repository that a file lies in, the innermost one. */
  of(uri: vscode.Uri | undefined, all: readonly Repository[]): Repository | undefined {
    if (uri?.scheme !== "file") return undefined;
    const path = uri.fsPath + sep;
    return all.filter(({ root }) => path.startsWith(join(root, sep))).sort((one, other) => other.root.length - one.root.length)[0];
  }

  /** Return the repository that a file below a folder lies in, and its path there. */
  async place(folder: string, path: string): Promise<{ root: string; path: string } | undefined> {
    const uri = vscode.Uri.file(join(folder, path));
    const root = this.of(uri, await this.all())?.root;
    return root === undefined ? undefined : { root, path: relative(root, uri.fsPath).split(sep).join("/") };
  }

  /** Return the repository of the active editor, or ask which one is meant where that is not clear. */
  async chosen(): Promise<Repository | undefined> {
    await this.server.settled();
    const all = await this.all();
    const active = this.of(vscode.window.activeTextEditor?.document.uri, all);
    if (active !== undefined || all.length < 2) return active ?? all[0];
    const picked = await vscode.window.showQuickPick(
      all.map((repository) => ({ label: repository.name, description: repository.root, repository })),
      { title: "Noctule", placeHolder: "Which repository?" },
    );
    return picked?.repository;
  }
}

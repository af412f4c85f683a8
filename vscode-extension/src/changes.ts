/** Which files of a repository somebody is changing now: unsaved ones, and those that differ from the latest commit. */

import { relative, sep } from "node:path";
import * as vscode from "vscode";
import type { Git } from "./git";
import type { Repositories, Repository } from "./repositories";

const SETTLE_MS = 500;
/** A forecast for more files than this says no more than one for these. */
const MOST = 50;

export class Changes implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly subscriptions: vscode.Disposable[];
  private readonly unsaved = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly git: Git,
    private readonly repositories: Repositories,
  ) {
    this.subscriptions = [
      this.changed,
      git.onDidChange(() => this.tell()),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        // Each key comes by here: only whether a file has unsaved text counts.
        const name = document.uri.toString();
        if (document.uri.scheme !== "file" || this.unsaved.has(name) === document.isDirty) return;
        if (document.isDirty) this.unsaved.add(name);
        else this.unsaved.delete(name);
        this.tell();
      }),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        if (this.unsaved.delete(uri.toString())) this.tell();
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (this.unsaved.delete(uri.toString())) this.tell();
      }),
    ];
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const one of this.subscriptions) one.dispose();
  }

  /** Return the changed files, below the top of the repository, in the order of their names. */
  of(repository: Repository, all: readonly Repository[]): string[] {
    const dirty = vscode.workspace.textDocuments.filter(({ isDirty, uri }) => isDirty && uri.scheme === "file").map(({ uri }) => uri);
    const own = [...dirty, ...this.git.changedFiles(repository.root)].filter((uri) => this.repositories.of(uri, all)?.root === repository.root);
    return [...new Set(own.map((uri) => pathIn(repository, uri)))].sort().slice(0, MOST);
  }

  private tell(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.changed.fire(), SETTLE_MS);
  }
}

/** Return a file's path below the top of its repository, as git writes it. */
export function pathIn({ root }: Repository, uri: vscode.Uri): string {
  return relative(root, uri.fsPath).split(sep).join("/");
}

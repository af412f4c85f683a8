/** What the editor's own git extension knows: which files are changed, and what a commit says. Everything works without it. */

import * as vscode from "vscode";
import type { CommitFacts } from "./decide/rows";

interface Change {
  uri: vscode.Uri;
  originalUri: vscode.Uri;
}

interface GitRepository {
  rootUri: vscode.Uri;
  state: { workingTreeChanges: Change[]; indexChanges: Change[]; untrackedChanges?: Change[]; onDidChange: vscode.Event<void> };
  getCommit(ref: string): Promise<{ message: string; authorName?: string; authorDate?: Date; parents: string[] }>;
  diffBetween(ref1: string, ref2: string): Promise<Change[]>;
}

interface GitApi {
  repositories: GitRepository[];
  getRepository(uri: vscode.Uri): GitRepository | null;
  toGitUri(uri: vscode.Uri, ref: string): vscode.Uri;
  onDidOpenRepository: vscode.Event<GitRepository>;
}

/** The tree that git compares a first commit with. */
const NO_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

export class Git implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** The changed files of some repository may be others now. */
  readonly onDidChange = this.changed.event;
  private readonly subscriptions: vscode.Disposable[] = [this.changed];
  private readonly heard = new WeakSet<GitRepository>();
  private api: GitApi | undefined;

  /** Begin to listen, where the git extension is there; it may come up later than this one. */
  async open(): Promise<void> {
    const extension = vscode.extensions.getExtension<{ getAPI(version: 1): GitApi }>("vscode.git");
    try {
      this.api = (await extension?.activate())?.getAPI(1);
    } catch {
      return; // git is switched off in this editor
    }
    for (const repository of this.api?.repositories ?? []) this.hear(repository);
    if (this.api !== undefined) this.subscriptions.push(this.api.onDidOpenRepository((repository) => this.hear(repository)));
  }

  dispose(): void {
    for (const one of this.subscriptions) one.dispose();
  }

  private hear(repository: GitRepository): void {
    if (this.heard.has(repository)) return;
    this.heard.add(repository);
    this.subscriptions.push(repository.state.onDidChange(() => this.changed.fire()));
    this.changed.fire();
  }

  /** Return the files below a top folder that differ from the latest commit; empty where git is not known. */
  changedFiles(root: string): vscode.Uri[] {
    const { workingTreeChanges = [], indexChanges = [], untrackedChanges = [] } = this.of(root)?.state ?? {};
    return [...indexChanges, ...workingTreeChanges, ...untrackedChanges].map(({ uri }) => uri);
  }

  /** Return what a commit says of itself; undefined where it cannot be read. */
  async read(root: string, commit: string): Promise<CommitFacts | undefined> {
    try {
      const found = await this.of(root)?.getCommit(commit);
      if (found === undefined) return undefined;
      return { subject: found.message.split("\n", 1)[0] ?? "", author: found.authorName ?? "", date: found.authorDate?.toISOString().slice(0, 10) ?? "" };
    } catch {
      return undefined;
    }
  }

  /** Open a commit's changes side by side; false where that cannot be done. */
  async show(root: string, commit: string): Promise<boolean> {
    const repository = this.of(root);
    if (this.api === undefined || repository === undefined) return false;
    try {
      const { message, parents } = await repository.getCommit(commit);
      const before = parents[0] ?? NO_TREE;
      const changes = await repository.diffBetween(before, commit);
      const pairs = changes.map(({ uri, originalUri }) => [uri, this.api?.toGitUri(originalUri, before), this.api?.toGitUri(uri, commit)]);
      await vscode.commands.executeCommand("vscode.changes", `${commit.slice(0, 10)} ${message.split("\n", 1)[0] ?? ""}`, pairs);
      return true;
    } catch {
      return false;
    }
  }

  private of(root: string): GitRepository | undefined {
    return this.api?.getRepository(vscode.Uri.file(root)) ?? undefined;
  }
}

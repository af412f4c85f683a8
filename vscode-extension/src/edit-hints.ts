/** After a save, a line of text behind the latest edit: what usually changes with this file, and has not yet. */

import * as vscode from "vscode";
import { pathIn } from "./changes";
import { type Finding, isUnknown, type NotKnown, type Review } from "./decide/contract";
import { commandLink } from "./decide/links";
import { forgotten, hintText } from "./decide/review";
import type { Hidden } from "./hidden";
import type { Repositories, Repository } from "./repositories";
import type { Server } from "./server";

/** Hints are shown where at least this share of them was right on past changes of the repository. */
const PRECISION = 0.8;
const SETTLE_MS = 300;

export interface EditHint {
  path: string;
  /** The line that it stands behind, from one. */
  line: number;
  text: string;
}

export class EditHints implements vscode.Disposable {
  private readonly kind = vscode.window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor("editorCodeLens.foreground"), fontStyle: "italic", margin: "0 0 0 3em" },
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedOpen,
  });
  /** Where each document was edited last: its line. */
  private readonly edited = new Map<string, number>();
  private shown: EditHint[] = [];
  private asked = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly server: Server,
    private readonly repositories: Repositories,
    private readonly hidden: Hidden,
  ) {
    const { workspace } = vscode;
    this.subscriptions = [
      this.kind,
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const last = contentChanges.at(-1);
        if (document.uri.scheme === "file" && last !== undefined) this.edited.set(document.uri.toString(), last.range.start.line);
      }),
      workspace.onDidCloseTextDocument(({ uri }) => this.edited.delete(uri.toString())),
      workspace.onDidSaveTextDocument(({ uri }) => this.later(uri)),
      hidden.onDidChange(() => this.later(vscode.window.activeTextEditor?.document.uri)),
    ];
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const one of this.subscriptions) one.dispose();
  }

  /** What is shown at this moment. */
  hints(): readonly EditHint[] {
    return this.shown;
  }

  private later(uri: vscode.Uri | undefined): void {
    clearTimeout(this.timer);
    if (uri?.scheme !== "file" || this.server.state.is !== "running") return;
    this.timer = setTimeout(() => void this.look(uri), SETTLE_MS);
  }

  private async look(uri: vscode.Uri): Promise<void> {
    const number = ++this.asked;
    const isWanted = vscode.workspace.isTrusted && vscode.workspace.getConfiguration("noctule").get("editHints", true);
    const repository = this.repositories.of(uri, await this.repositories.all());
    let review: Review | undefined;
    try {
      const answer = isWanted && repository !== undefined ? await this.server.request<Review | NotKnown>("noctule/review", { uri: repository.uri, precision: PRECISION }) : undefined;
      review = answer === undefined || isUnknown(answer) ? undefined : answer;
    } catch {
      review = undefined; // a plain folder has no changes, and nobody asked
    }
    if (number !== this.asked) return;
    this.shown = [];
    for (const editor of vscode.window.visibleTextEditors) this.show(editor, repository, review);
  }

  private show(editor: vscode.TextEditor, repository: Repository | undefined, review: Review | undefined): void {
    const { document } = editor;
    const path = repository !== undefined && document.uri.scheme === "file" ? pathIn(repository, document.uri) : undefined;
    const found = review === undefined || repository === undefined || path === undefined ? [] : forgotten(review, path, this.hidden.of(repository.root));
    const line = this.edited.get(document.uri.toString());
    if (repository === undefined || path === undefined || line === undefined || !found.length || line >= document.lineCount) {
      editor.setDecorations(this.kind, []);
      return;
    }
    const contentText = hintText(found);
    this.shown.push({ path, line: line + 1, text: contentText });
    editor.setDecorations(this.kind, [{ range: document.lineAt(line).range, hoverMessage: hover(repository, found), renderOptions: { after: { contentText } } }]);
  }
}

/** Return what a hint tells of itself: each file with links that open it, and that hide it for good. */
function hover({ root }: Repository, found: readonly Finding[]): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.isTrusted = { enabledCommands: ["noctule.openEvidence", "noctule.hide"] };
  const link = (name: string, path: string) => commandLink(name, { path, target: { open: "file", path } }, root);
  for (const { path, message } of found) {
    text.appendText(`${path} ${message}. `);
    text.appendMarkdown(`[Open](${link("openEvidence", path)}) · [Do not show again](${link("hide", path)})\n\n`);
  }
  return text;
}

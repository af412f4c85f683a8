/** Has language servers of the editor confirm or withdraw what the server resolved, one definition at a time, while idle. */

import { join } from "node:path";
import * as vscode from "vscode";
import type { ReferenceQuestion } from "./decide/contract";
import { AGAIN_MS, column, DEADLINE_MS, type Found, IDLE_MS, settle, waitMs } from "./decide/references";
import type { Repositories } from "./repositories";
import type { Server } from "./server";

export class References implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable[];
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  private active = Date.now();
  private answer: { subject: string; uses: string[] } | undefined;

  constructor(
    private readonly server: Server,
    private readonly repositories: Repositories,
  ) {
    const stir = () => void (this.active = Date.now());
    this.subscriptions = [
      vscode.workspace.onDidChangeTextDocument(stir),
      vscode.window.onDidChangeTextEditorSelection(stir),
      vscode.window.onDidChangeActiveTextEditor(stir),
    ];
    this.wait();
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private wait(): void {
    this.timer = setTimeout(() => void this.step().finally(() => this.wait()), waitMs(this.failures, Date.now() - this.active));
    this.timer.unref();
  }

  /** Ask once, if nobody works here. */
  private async step(): Promise<void> {
    const wanted = vscode.workspace.getConfiguration("noctule").get<boolean>("references", true);
    if (!wanted || !vscode.workspace.isTrusted || this.server.state.is !== "running") return;
    if (Date.now() - this.active < IDLE_MS) return;
    try {
      const { uri, root } = (await this.repositories.active()) ?? {};
      if (!uri || !root) return;
      const question = await this.server.request<ReferenceQuestion>("noctule/references", { uri, aside: true, ...this.answer });
      this.answer = undefined;
      const uses = question.subject ? await this.lookUp(root, question) : undefined;
      if (uses) this.answer = { subject: question.subject, uses };
      this.failures = uses ? 0 : this.failures + 1;
    } catch {
      this.failures += 1; // the server, or a language server, has no answer now
    }
  }

  private async lookUp(root: string, question: ReferenceQuestion): Promise<string[] | undefined> {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(join(root, question.path)));
    if (document.isDirty || question.line > document.lineCount) return undefined;
    const at = column(document.lineAt(question.line - 1).text, question.name);
    if (at < 0) return undefined;
    const position = new vscode.Position(question.line - 1, at);
    const first = await ask(document.uri, position);
    if (!first?.length) return undefined;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    return settle(first, await ask(document.uri, position));
  }
}

/** Ask all language servers that know the document; undefined where they take too long. */
async function ask(uri: vscode.Uri, position: vscode.Position): Promise<Found[] | undefined> {
  const asked = vscode.commands.executeCommand<vscode.Location[] | undefined>("vscode.executeReferenceProvider", uri, position);
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), DEADLINE_MS).unref());
  const found = await Promise.race([asked, late]);
  return found?.map((location) => ({ uri: location.uri.toString(), line: location.range.start.line }));
}

/** Packs for tasks: asked for, shown as a page or as a document that nobody can save by mistake, copied, handed to a chat. */

import * as vscode from "vscode";
import { isUnknown, type NotKnown } from "./decide/contract";
import { type AnyPack, document, forChat, notYet, title } from "./decide/pack";
import type { Pages } from "./pages";
import type { Repositories } from "./repositories";
import type { Server } from "./server";

const SCHEME = "noctule-context";
const LONGEST_SELECTION = 2000;
const CHAT = "workbench.action.chat.open";

interface Kept {
  task: string;
  pack: AnyPack;
}

export class Contexts implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly kept = new Map<string, Kept>();
  private readonly subscriptions: vscode.Disposable[];
  /** What the page shows. */
  private latest: Kept | undefined;
  private number = 0;

  constructor(
    private readonly server: Server,
    private readonly repositories: Repositories,
    private readonly pages: Pages,
  ) {
    this.subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.kept.delete(uri.toString())),
    ];
  }

  dispose(): void {
    for (const one of this.subscriptions) one.dispose();
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const kept = this.kept.get(uri.toString());
    return kept === undefined ? "This context is no longer available. Run *Noctule: Context for a Task...* again." : document(kept.task, kept.pack);
  }

  /** Ask for a task, where none is given, and show its pack as a page. */
  async show(given?: string): Promise<void> {
    const task = given ?? (await asked());
    if (!task?.trim()) return;
    await this.server.settled();
    const all = await this.repositories.all();
    const [repository] = all;
    if (repository === undefined) {
      void vscode.window.showInformationMessage("Noctule: open a folder, and wait until the server has started.");
      return;
    }
    const answer = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: "Noctule" }, () =>
      // A task may lead into any of them: several are asked as one.
      this.server.request<AnyPack | NotKnown>("noctule/context", all.length > 1 ? { task } : { uri: repository.uri, task }),
    );
    if (isUnknown(answer)) {
      void vscode.window.showInformationMessage(`Noctule: ${notYet(answer)}`);
      return;
    }
    this.latest = { task, pack: answer };
    this.pages.showContext(repository, task, answer);
  }

  /** Show the pack of the page as text, as an agent reads it. */
  async asText(): Promise<void> {
    if (this.latest === undefined) {
      askFirst();
      return;
    }
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${title(this.latest.task)}.md`, query: String(++this.number) });
    this.kept.set(uri.toString(), this.latest);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }

  /** Copy the pack of a document, or of the one in view. */
  async copy(uri?: vscode.Uri): Promise<void> {
    const kept = this.of(uri);
    if (kept === undefined) return;
    await vscode.env.clipboard.writeText(kept.pack.text);
    vscode.window.setStatusBarMessage(`Noctule: ${kept.pack.tokens.toLocaleString("en")} tokens copied`, 4000);
  }

  /** Hand the task with its pack to the chat, as a question that the user has yet to send. */
  async toChat(uri?: vscode.Uri): Promise<void> {
    const kept = this.of(uri);
    if (kept === undefined) return;
    const query = forChat(kept.task, kept.pack);
    if ((await vscode.commands.getCommands(true)).includes(CHAT)) {
      await vscode.commands.executeCommand(CHAT, { query, isPartialQuery: true });
      return;
    }
    await vscode.env.clipboard.writeText(query);
    void vscode.window.showInformationMessage("Noctule: this editor has no chat; the task and its context were copied to the clipboard instead.");
  }

  private of(uri?: vscode.Uri): Kept | undefined {
    const meant = uri ?? vscode.window.activeTextEditor?.document.uri;
    const kept = (meant === undefined ? undefined : this.kept.get(meant.toString())) ?? this.latest;
    if (kept === undefined) askFirst();
    return kept;
  }
}

function askFirst(): void {
  void vscode.window.showInformationMessage("Noctule: run 'Noctule: Context for a Task...' first.");
}

function asked(): Thenable<string | undefined> {
  const editor = vscode.window.activeTextEditor;
  const selected = editor?.document.getText(editor.selection) ?? "";
  return vscode.window.showInputBox({
    title: "Noctule: Context for a Task",
    prompt: "Describe the task: the text of an issue, a commit message or a question.",
    placeHolder: "The discount is taken off twice when a voucher is used",
    value: selected.length <= LONGEST_SELECTION ? selected : "",
    ignoreFocusOut: true,
  });
}

/** Pages in a tab: usage with its charts, the check of the set-up, full notes. They run no script. */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { type Checkup, type Forecast, isUnknown, type LedgerReport, type Note, type NotKnown } from "./decide/contract";
import { contextPage } from "./decide/context-page";
import { commandLink } from "./decide/links";
import { doctorPage, type Frame, ledgerPage, notePage } from "./decide/pages";
import { type AnyPack, notYet, title } from "./decide/pack";
import type { Target } from "./decide/rows";
import type { Repositories, Repository } from "./repositories";
import type { Server } from "./server";

export type Kind = "ledger" | "doctor" | "note" | "context";
/** What the links of a page may run. */
const LINKS: Partial<Record<Kind, string[]>> = {
  note: ["noctule.openEvidence"],
  context: ["noctule.openEvidence", "noctule.copyContext", "noctule.contextToChat", "noctule.contextText"],
};
const SETTLE_MS = 2000;
/** So many of the likeliest change points are asked for to find a note's own. */
const LIKELIEST = 100;

interface Shown {
  panel: vscode.WebviewPanel;
  repository: Repository;
  html: string;
}

export class Pages implements vscode.Disposable {
  private readonly shown = new Map<Kind, Shown>();
  private readonly subscription: vscode.Disposable;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly server: Server,
    private readonly repositories: Repositories,
  ) {
    this.subscription = server.onDidTell(({ event }) => {
      if (event !== "job" && event !== "renewed") return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.renew(), SETTLE_MS);
    });
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscription.dispose();
    for (const { panel } of this.shown.values()) panel.dispose();
  }

  /** Show a page of a repository, in the tab that it already has, if it has one. */
  async show(kind: "ledger" | "doctor"): Promise<void> {
    const repository = await this.repositories.chosen();
    if (repository === undefined) {
      void vscode.window.showInformationMessage("Noctule: open a folder, and wait until the server has started.");
      return;
    }
    this.put(kind, `${kind === "ledger" ? "Usage" : "Set-up"}: ${repository.name}`, repository, await this.html(kind, repository));
  }

  /** Show the whole note of a subject. */
  async showNote(repository: Repository, subject: string): Promise<void> {
    const { uri, root } = repository;
    const [note, forecast] = await Promise.all([
      this.server.request<Note | NotKnown>("noctule/notes", { uri, subject }),
      this.server.request<Forecast | NotKnown>("noctule/predict", { uri, k: LIKELIEST, aside: true }),
    ]);
    if (isUnknown(note)) {
      void vscode.window.showInformationMessage(`Noctule: ${notYet(note)}`);
      return;
    }
    const html = notePage(note, isUnknown(forecast) ? undefined : forecast, Date.now() / 1000, linkIn(root), frame());
    this.put("note", `Note: ${note.subject || repository.name}`, repository, html);
  }

  /** Show what to read for a task. */
  showContext(repository: Repository, task: string, pack: AnyPack): void {
    const links = { target: linkIn("folder" in pack ? pack.folder : repository.root), copy: "command:noctule.copyContext", chat: "command:noctule.contextToChat", text: "command:noctule.contextText" };
    this.put("context", `Context: ${title(task)}`, repository, contextPage(task, pack, links, frame()));
  }

  private put(kind: Kind, title: string, repository: Repository, html: string): void {
    const panel = this.shown.get(kind)?.panel ?? this.panel(kind);
    panel.title = title;
    panel.webview.html = html;
    this.shown.set(kind, { panel, repository, html });
    panel.reveal();
  }

  /** What a page shows at this moment, for those who test it. */
  htmlOf(kind: Kind): string | undefined {
    return this.shown.get(kind)?.html;
  }

  private panel(kind: Kind): vscode.WebviewPanel {
    const options = { enableScripts: false, enableForms: false, enableCommandUris: LINKS[kind] ?? false, localResourceRoots: [] };
    const panel = vscode.window.createWebviewPanel(`noctule.${kind}`, "Noctule", vscode.ViewColumn.Active, options);
    panel.onDidDispose(() => this.shown.delete(kind));
    return panel;
  }

  private async renew(): Promise<void> {
    const shown = this.shown.get("ledger");
    if (shown?.panel.visible !== true || this.server.state.is !== "running") return;
    try {
      shown.html = await this.html("ledger", shown.repository);
    } catch {
      return; // the server ended meanwhile: the page stays as it is until it is asked for again
    }
    if (this.shown.get("ledger") === shown) shown.panel.webview.html = shown.html;
  }

  private async html(kind: "ledger" | "doctor", { uri, name }: Repository): Promise<string> {
    if (kind === "doctor") return doctorPage(await this.server.request<Checkup>("noctule/doctor", { uri }), name, frame());
    const [ledger, forecast] = await Promise.all([
      this.server.request<LedgerReport>("noctule/ledger", { uri }),
      this.server.request<Forecast | NotKnown>("noctule/predict", { uri, k: 1, aside: true }),
    ]);
    return ledgerPage(ledger, isUnknown(forecast) ? undefined : forecast, name, frame());
  }
}

/** Return the link that opens a target in a repository. */
function linkIn(root: string): (target: Target) => string {
  return (target) => commandLink("openEvidence", { target }, root);
}

function frame(): Frame {
  return { nonce: randomBytes(16).toString("base64url"), language: vscode.env.language };
}

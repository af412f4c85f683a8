/** The status-bar item, and what it is told: how sleep stands on the repository that somebody works in. */

import * as vscode from "vscode";
import type { StatusItem as Told } from "./api";
import type { SleepState, StatusChange } from "./decide/contract";
import { type Shown, shown } from "./decide/standing";
import type { Repositories, Repository } from "./repositories";
import type { Server } from "./server";

/** Events come in bursts; the server is asked once for all of them. */
const SETTLE_MS = 300;

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("noctule.status", vscode.StatusBarAlignment.Right, 50);
  private readonly subscriptions: vscode.Disposable[];
  private readonly progress = new Map<string, { done: number; total: number }>();
  private repository: Repository | undefined;
  private several = false;
  private sleep: SleepState | undefined;
  private timer: NodeJS.Timeout | undefined;
  private looks = 0;
  private now: Shown;

  constructor(
    private readonly server: Server,
    private readonly repositories: Repositories,
  ) {
    this.item.name = "Noctule";
    this.item.command = "noctule.menu";
    this.now = this.draw();
    this.item.show();
    this.subscriptions = [
      server.onDidChange(() => {
        this.sleep = undefined;
        this.progress.clear();
        this.now = this.draw();
        this.ask(0);
      }),
      server.onDidTell((change) => this.hear(change)),
      vscode.window.onDidChangeActiveTextEditor(() => this.ask()),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.ask()),
    ];
  }

  /** What is shown at this moment. */
  shown(): Told {
    return { text: this.now.text, tooltip: this.now.tooltip, state: this.now.state };
  }

  get state(): Shown["state"] {
    return this.now.state;
  }

  /** Ask the server how sleep stands, soon. */
  ask(afterMs = SETTLE_MS): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), afterMs);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.item.dispose();
    for (const one of this.subscriptions) one.dispose();
  }

  private hear(change: StatusChange): void {
    if (change.event === "progress" && change.total !== null && change.done !== null) this.progress.set(change.uri, { done: change.done, total: change.total });
    else if (change.event === "fresh" || change.event === "renewed") this.progress.delete(change.uri);
    if (change.event === "progress" && this.sleep?.state === "reading") this.now = this.draw();
    else this.ask();
  }

  private async look(): Promise<void> {
    if (this.server.state.is !== "running") return;
    const look = ++this.looks;
    try {
      const [repository, all] = [await this.repositories.active(), await this.repositories.all()];
      const sleep = repository && (await this.server.request<SleepState>("noctule/sleep", { uri: repository.uri }));
      if (look !== this.looks) return; // answers may overtake each other: the one that was asked for last counts
      [this.repository, this.several, this.sleep] = [repository, all.length > 1, sleep];
    } catch {
      return; // the server ended meanwhile: its state says so
    }
    this.now = this.draw();
  }

  private draw(): Shown {
    const uri = this.repository && vscode.Uri.file(this.repository.root).toString();
    const next = shown({
      server: this.server.state,
      trusted: vscode.workspace.isTrusted,
      sleeps: vscode.workspace.getConfiguration("noctule").get<boolean>("sleep") ?? true,
      sleep: this.sleep,
      progress: [...this.progress].find(([of]) => of === uri || this.progress.size === 1)?.[1],
      name: this.several ? this.repository?.name : undefined,
      now: Date.now() / 1000,
    });
    this.item.text = next.text;
    this.item.tooltip = next.tooltip;
    this.item.accessibilityInformation = { label: next.label, role: "button" };
    this.item.backgroundColor = next.warns ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    return next;
  }
}

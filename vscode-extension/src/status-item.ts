/** The status-bar item. */

import * as vscode from "vscode";
import type { StatusItem as Shown } from "./api";
import type { Server } from "./server";

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("noctule.status", vscode.StatusBarAlignment.Right, 50);
  private readonly subscriptions: vscode.Disposable[];
  private state = "starting";

  constructor(private readonly server: Server) {
    this.item.name = "Noctule";
    this.item.command = "noctule.menu";
    this.subscriptions = [server.onDidChange(() => this.update()), server.onDidTell((change) => this.show(change.state, change.text))];
    this.update();
    this.item.show();
  }

  shown(): Shown {
    return { text: this.item.text, tooltip: typeof this.item.tooltip === "string" ? this.item.tooltip : "", state: this.state };
  }

  dispose(): void {
    this.item.dispose();
    for (const one of this.subscriptions) one.dispose();
  }

  private update(): void {
    const state = this.server.state;
    this.show(state.is, "why" in state ? state.why : state.is);
  }

  private show(state: string, text: string): void {
    this.state = state;
    this.item.text = "$(circle-outline) Noctule";
    this.item.tooltip = text;
    this.item.accessibilityInformation = { label: `Noctule: ${text}` };
  }
}

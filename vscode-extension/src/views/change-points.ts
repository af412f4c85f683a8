/** The view of what the next change is likely to touch. */

import * as vscode from "vscode";
import { type Forecast, isUnknown, type LikelyChange, type NotKnown } from "../decide/contract";
import type { Server } from "../server";

export class ChangePoints implements vscode.TreeDataProvider<LikelyChange>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly server: Server) {
    this.subscriptions = [server.onDidChange(() => this.refresh()), server.onDidTell((change) => change.event === "renewed" && this.refresh())];
  }

  refresh(): void {
    this.changed.fire(undefined);
  }

  dispose(): void {
    this.changed.dispose();
    for (const one of this.subscriptions) one.dispose();
  }

  getTreeItem(change: LikelyChange): vscode.TreeItem {
    const item = new vscode.TreeItem(change.symbol ?? change.path);
    item.description = `${Math.round(100 * change.probability)}%`;
    return item;
  }

  async getChildren(change?: LikelyChange): Promise<LikelyChange[]> {
    const folder = vscode.workspace.workspaceFolders?.[0];
    if (change !== undefined || folder === undefined || this.server.state.is !== "running") return [];
    const answer = await this.server.request<Forecast | NotKnown>("noctule/predict", { uri: folder.uri.toString(), k: 20 });
    return isUnknown(answer) ? [] : answer.change_points;
  }
}

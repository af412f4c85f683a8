/** The files that somebody does not want to see in forecasts, kept with the workspace. */

import * as vscode from "vscode";

const KEY = "noctule.hidden";

export class Hidden implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly memory: vscode.Memento) {
    this.mark();
  }

  dispose(): void {
    this.changed.dispose();
  }

  of(root: string): string[] {
    return this.all()[root] ?? [];
  }

  async hide(root: string, path: string): Promise<void> {
    await this.keep({ ...this.all(), [root]: [...new Set([...this.of(root), path])] });
  }

  async showAll(): Promise<void> {
    await this.keep({});
  }

  private all(): Record<string, string[]> {
    return this.memory.get<Record<string, string[]>>(KEY, {});
  }

  private async keep(all: Record<string, string[]>): Promise<void> {
    await this.memory.update(KEY, all);
    this.mark();
    this.changed.fire();
  }

  private mark(): void {
    void vscode.commands.executeCommand("setContext", "noctule.hides", Object.values(this.all()).some((paths) => paths.length > 0));
  }
}

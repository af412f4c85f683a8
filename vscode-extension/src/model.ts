/** Settings on models and the key: the user's own, told to the server in a message and never on a disk or a command line. */

import * as vscode from "vscode";
import { MODEL, user, type User } from "./decide/settings";
import type { Server } from "./server";

const SECRET = "noctule.model.key";

export class Model implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly server: Server,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.subscriptions = [
      secrets.onDidChange(({ key }) => {
        if (key === SECRET) void this.tell();
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (Object.keys(MODEL).some((name) => change.affectsConfiguration(`noctule.${name}`))) void this.tell();
      }),
      server.onDidChange((state) => {
        if (state.is === "running") void this.tell();
      }),
    ];
  }

  dispose(): void {
    for (const one of this.subscriptions) one.dispose();
  }

  /** Return what the user has chosen. */
  async chosen(): Promise<User> {
    const settings = vscode.workspace.getConfiguration("noctule");
    const trusted = vscode.workspace.isTrusted;
    return user((name) => settings.inspect(name), trusted ? await this.secrets.get(SECRET) : undefined, trusted);
  }

  /** Tell the server, where it is one that can be told. */
  async tell(): Promise<void> {
    if (this.server.state.is !== "running" || !this.server.takesUser) return;
    try {
      await this.server.request("noctule/user", await this.chosen());
    } catch (error) {
      this.log.warn(`the server did not accept the model settings: ${String(error)}`);
    }
  }

  /** Ask for the key and keep it where the system keeps secrets. */
  async setKey(): Promise<void> {
    const key = await vscode.window.showInputBox({
      title: "Noctule: Model API Key",
      prompt: "Stored in this editor's secret storage. The server gets it in memory only.",
      password: true,
      ignoreFocusOut: true,
    });
    if (!key?.trim()) return;
    await this.secrets.store(SECRET, key.trim());
    void vscode.window.showInformationMessage("Noctule: the key is stored. It is used if noctule.model.think, or your own config.toml, names a model.");
  }

  async forgetKey(): Promise<void> {
    await this.secrets.delete(SECRET);
    void vscode.window.showInformationMessage("Noctule: the key is deleted.");
  }
}

/** What agents inside of the editor get: tools, an MCP server, a chat participant; each where this version has it. */

import { join } from "node:path";
import * as vscode from "vscode";
import { answered, type Asked } from "./decide/agents";
import { type Forecast, isUnknown, type Note, type NotKnown, type Pack } from "./decide/contract";
import { notYet } from "./decide/pack";
import { type Later, later, type ToolResult } from "./later";
import type { Repositories, Repository } from "./repositories";
import type { Server } from "./server";

interface Input {
  task?: string;
  budget?: number;
  subject?: string;
  files?: string[];
}

export interface Offered {
  tools: string[];
  mcp: boolean;
  participant: boolean;
}

export class Agents implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable[] = [];
  private readonly changed = new vscode.EventEmitter<void>();
  readonly offered: Offered = { tools: [], mcp: false, participant: false };

  constructor(
    private readonly server: Server,
    private readonly repositories: Repositories,
    private readonly version: string,
  ) {
    const has = later();
    this.tools(has);
    this.mcp(has);
    this.participant(has);
    this.subscriptions.push(
      this.changed,
      server.onDidChange(() => this.changed.fire()),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.changed.fire()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("noctule.agents")) this.changed.fire();
      }),
    );
  }

  dispose(): void {
    for (const one of this.subscriptions) one.dispose();
  }

  private tools({ registerTool, toolResult }: Later): void {
    if (registerTool === undefined || toolResult === undefined) return;
    const tools: Record<string, { says: string; ask: (input: Input) => Promise<string> }> = {
      noctule_context: { says: "Getting the context for the task", ask: (input) => this.context(input.task ?? "", input.budget) },
      noctule_notes: { says: "Looking up notes", ask: (input) => this.notes(input.subject ?? "") },
      noctule_predict: { says: "Looking up what else changes", ask: (input) => this.predict(input.files ?? [], input.task ?? "") },
    };
    for (const [name, { says, ask }] of Object.entries(tools)) {
      const invoke = async ({ input }: { input: Input }): Promise<ToolResult> => toolResult(await ask(input));
      this.subscriptions.push(registerTool(name, { prepareInvocation: () => ({ invocationMessage: says }), invoke }));
      this.offered.tools.push(name);
    }
  }

  private mcp({ registerMcpServers, mcpServer }: Later): void {
    if (registerMcpServers === undefined || mcpServer === undefined) return;
    this.subscriptions.push(
      registerMcpServers("noctule.mcp", {
        onDidChangeMcpServerDefinitions: this.changed.event,
        provideMcpServerDefinitions: async () => {
          const command = this.server.command;
          const chosen = vscode.workspace.getConfiguration("noctule").get<string>("agents");
          if (command === undefined || !vscode.workspace.isTrusted || chosen === "tools" || chosen === "none") return [];
          const all = await this.repositories.all();
          // The language server sleeps on the same repositories: one of them that learns is enough.
          return all.map(({ root, name }) => mcpServer(all.length > 1 ? `Noctule: ${name}` : "Noctule", command, ["mcp", "--repo", root, "--no-sleep"], this.version));
        },
      }),
    );
    this.offered.mcp = true;
  }

  private participant({ createChatParticipant }: Later): void {
    if (createChatParticipant === undefined) return;
    const participant = createChatParticipant("noctule.chat", async (request, _context, stream, token) => {
      const repository = await this.repository();
      const asked: Asked = { command: request.command, prompt: request.prompt };
      const said = answered(asked, await this.answer(asked, repository, token));
      stream.markdown(said.markdown);
      for (const path of said.files) stream.reference(vscode.Uri.file(join(repository.root, path)));
    });
    participant.iconPath = new vscode.ThemeIcon("eye-closed");
    this.subscriptions.push(participant);
    this.offered.participant = true;
  }

  private async answer({ command, prompt }: Asked, { uri }: Repository, token: vscode.CancellationToken): Promise<Pack | Note | Forecast | NotKnown> {
    switch (command) {
      case "notes":
        return this.server.request("noctule/notes", { uri, subject: prompt.trim() }, token);
      case "next":
        return this.server.request("noctule/predict", { uri, task: prompt }, token);
      default:
        return this.server.request("noctule/context", { uri, task: prompt }, token);
    }
  }

  private async context(task: string, budget: number | undefined): Promise<string> {
    const { uri } = await this.repository();
    const answer = await this.server.request<Pack | NotKnown>("noctule/context", { uri, task, ...(budget === undefined ? {} : { budgetTokens: budget }) });
    return isUnknown(answer) ? notYet(answer) : answer.text;
  }

  private async notes(subject: string): Promise<string> {
    const { uri } = await this.repository();
    const answer = await this.server.request<Note | NotKnown>("noctule/notes", { uri, subject });
    return answered({ command: "notes", prompt: subject }, answer).text;
  }

  private async predict(given: string[], task: string): Promise<string> {
    const { uri } = await this.repository();
    const answer = await this.server.request<Forecast | NotKnown>("noctule/predict", { uri, given, task });
    return answered({ command: "next", prompt: task }, answer).text;
  }

  private async repository(): Promise<Repository> {
    const repository = await this.repositories.active();
    if (repository === undefined) throw new Error("Noctule has not found a repository in this window yet");
    return repository;
  }
}

/** What later versions of VS Code have, as far as it is used here, where it is there. Types alone, and one look. */

import * as vscode from "vscode";

export interface ToolResult {
  content: unknown[];
}

export interface ToolOptions<T> {
  input: T;
}

export interface Tool<T> {
  prepareInvocation?(options: ToolOptions<T>): { invocationMessage?: string };
  invoke(options: ToolOptions<T>, token: vscode.CancellationToken): Promise<ToolResult>;
}

export interface McpProvider {
  onDidChangeMcpServerDefinitions?: vscode.Event<void>;
  provideMcpServerDefinitions(token: vscode.CancellationToken): unknown[] | Promise<unknown[]>;
}

export interface Later {
  /** Since 1.95. */
  registerTool: ((name: string, tool: Tool<never>) => vscode.Disposable) | undefined;
  toolResult: ((text: string) => ToolResult) | undefined;
  /** Since 1.101. */
  registerMcpServers: ((id: string, provider: McpProvider) => vscode.Disposable) | undefined;
  mcpServer: ((label: string, command: string, args: string[], version: string) => unknown) | undefined;
  /** Since 1.90, but not in every editor that is made of VS Code. */
  createChatParticipant: typeof vscode.chat.createChatParticipant | undefined;
}

interface Unknown {
  lm?: { registerTool?: Later["registerTool"]; registerMcpServerDefinitionProvider?: Later["registerMcpServers"] };
  chat?: { createChatParticipant?: Later["createChatParticipant"] };
  LanguageModelToolResult?: new (content: unknown[]) => ToolResult;
  LanguageModelTextPart?: new (text: string) => unknown;
  McpStdioServerDefinition?: new (label: string, command: string, args: string[], env: Record<string, string>, version: string) => unknown;
}

/** Look at what the running version has. */
export function later(): Later {
  const api = vscode as unknown as Unknown;
  const { LanguageModelToolResult: Result, LanguageModelTextPart: Text, McpStdioServerDefinition: Stdio } = api;
  return {
    registerTool: Result && Text ? api.lm?.registerTool?.bind(api.lm) : undefined,
    toolResult: Result && Text ? (text) => new Result([new Text(text)]) : undefined,
    registerMcpServers: Stdio ? api.lm?.registerMcpServerDefinitionProvider?.bind(api.lm) : undefined,
    mcpServer: Stdio ? (label, command, args, version) => new Stdio(label, command, args, {}, version) : undefined,
    createChatParticipant: api.chat?.createChatParticipant?.bind(api.chat),
  };
}

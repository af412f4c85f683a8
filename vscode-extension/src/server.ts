/** The server's process and the client that talks to it: found, started, started again when it ends, ended. */

import { type ChildProcess, spawn } from "node:child_process";
import { homedir } from "node:os";
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { afterEnd } from "./decide/backoff";
import type { StatusChange } from "./decide/contract";
import type { Candidate } from "./decide/places";

export type State =
  | { is: "idle" }
  | { is: "looking" }
  | { is: "missing"; why: string }
  | { is: "starting" }
  | { is: "running" }
  | { is: "waiting"; why: string; seconds: number }
  | { is: "failed"; why: string };

export interface Found {
  candidate: Candidate | undefined;
  /** Why there is none. */
  why: string;
}

export interface Wiring {
  find(): Promise<Found>;
  /** What the server is told when it asks for settings. */
  preferences: () => object;
  showNote: (uri: vscode.Uri) => Promise<void>;
  log: vscode.LogOutputChannel;
}

const LAST_WORDS = 400;
const LONGEST_START_MS = 30_000;
const LONGEST_WAIT_MS = 10_000;

export class Server implements vscode.Disposable {
  private standing: State = { is: "idle" };
  private client: LanguageClient | undefined;
  private process: ChildProcess | undefined;
  private candidate: Candidate | undefined;
  private failures = 0;
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();
  private ended = false;
  private readonly changed = new vscode.EventEmitter<State>();
  private readonly told = new vscode.EventEmitter<StatusChange>();
  readonly onDidChange = this.changed.event;
  /** What the server tells of its sleep. */
  readonly onDidTell = this.told.event;

  constructor(private readonly wiring: Wiring) {}

  get state(): State {
    return this.standing;
  }

  get command(): string | undefined {
    return this.candidate?.command;
  }

  get pid(): number | undefined {
    return this.process?.exitCode === null ? this.process.pid : undefined;
  }

  /** Where the command was found. */
  get from(): Candidate["from"] | undefined {
    return this.candidate?.from;
  }

  /** Whether the server says that it takes what the user has chosen on models. */
  get takesUser(): boolean {
    const experimental: unknown = this.client?.initializeResult?.capabilities.experimental;
    return (experimental as { noctule?: { user?: boolean } } | undefined)?.noctule?.user === true;
  }

  /** Wait while the server is being looked for or started; not longer than somebody who clicked would. */
  async settled(): Promise<void> {
    const isUnderWay = () => this.standing.is === "looking" || this.standing.is === "starting";
    if (!isUnderWay()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LONGEST_WAIT_MS);
      const subscription = this.changed.event(() => {
        if (isUnderWay()) return;
        clearTimeout(timer);
        subscription.dispose();
        resolve();
      });
    });
  }

  /** Run where there is a folder to serve, and only there. */
  async follow(): Promise<void> {
    // Looked at when its turn comes: while a workspace is loaded, folders may go and come faster than a server does.
    await this.inTurn(async () => {
      if (hasFolders() && this.standing.is === "idle") await this.begin();
      else if (!hasFolders() && this.standing.is !== "idle") await this.rest();
    });
  }

  /** Find the command and start it; what runs ends before. */
  async start(): Promise<void> {
    this.failures = 0;
    await this.inTurn(() => (hasFolders() ? this.begin() : this.rest()));
  }

  private async rest(): Promise<void> {
    await this.end();
    this.failures = 0;
    this.stand({ is: "idle" });
  }

  async dispose(): Promise<void> {
    this.ended = true;
    clearTimeout(this.timer);
    await this.inTurn(() => this.end());
    this.changed.dispose();
    this.told.dispose();
  }

  /** Ask the server. What it refuses is thrown as it words it. */
  async request<T>(method: string, params: object = {}, token?: vscode.CancellationToken): Promise<T> {
    const client = this.client;
    if (client === undefined || this.standing.is !== "running") throw new Error("the Noctule server is not running");
    return token === undefined ? client.sendRequest<T>(method, params) : client.sendRequest<T>(method, params, token);
  }

  /** Have one thing done after the other: a client that starts while another one ends trips over its commands. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(work, work);
    return this.turn;
  }

  private stand(state: State): void {
    this.standing = state;
    if (!this.ended || state.is === "idle") this.changed.fire(state);
  }

  private async begin(): Promise<void> {
    clearTimeout(this.timer);
    await this.end();
    if (this.ended) return;
    this.stand({ is: "looking" });
    const { candidate, why } = await this.found();
    this.candidate = candidate;
    if (candidate === undefined) {
      this.stand({ is: "missing", why });
      return;
    }
    this.stand({ is: "starting" });
    const startedAt = Date.now();
    let said = () => "";
    try {
      const child = await spawned(candidate.command);
      this.wiring.log.info(`started ${candidate.command} (${candidate.from}), process ${String(child.pid)}`);
      this.process = child;
      const heard = (said = lastWords(child, this.wiring.log));
      child.once("exit", (code, signal) => this.exited(child, `${ended(code, signal)}${heard()}`, startedAt));
      this.client = await this.connected(child);
      this.stand({ is: "running" });
    } catch (error) {
      const failed = this.process;
      this.process = undefined;
      failed?.kill();
      this.later(`${error instanceof Error ? error.message : String(error)}${said()}`, startedAt);
    }
  }

  private async found(): Promise<Found> {
    try {
      const found = await this.wiring.find();
      return this.ended ? { candidate: undefined, why: "the window is closing" } : found;
    } catch (error) {
      return { candidate: undefined, why: `the search for the server failed: ${String(error)}` };
    }
  }

  private async connected(child: ChildProcess): Promise<LanguageClient> {
    const { connect } = await import("./client");
    const client = await answered(child, connect(child, this.wiring));
    client.onNotification("noctule/didChangeStatus", (change: StatusChange) => this.told.fire(change));
    return client;
  }

  private exited(child: ChildProcess, why: string, startedAt: number): void {
    if (this.process !== child) return; // it was told to end
    this.process = undefined;
    this.wiring.log.warn(why);
    if (this.standing.is === "running") this.later(why, startedAt);
  }

  /** Start again when it is time, unless that has been tried too often. */
  private later(why: string, startedAt: number): void {
    if (this.ended) return;
    const next = afterEnd(this.failures, Date.now() - startedAt);
    this.failures = next.failures;
    if (next.waitMs === undefined) {
      this.stand({ is: "failed", why });
      return;
    }
    this.stand({ is: "waiting", why, seconds: next.waitMs / 1000 });
    this.timer = setTimeout(() => void this.inTurn(() => this.begin()), next.waitMs);
  }

  private async end(): Promise<void> {
    clearTimeout(this.timer);
    const [client, child] = [this.client, this.process];
    this.client = this.process = undefined;
    try {
      await client?.dispose(3000);
    } catch (error) {
      this.wiring.log.debug(`the client ended badly: ${String(error)}`);
    }
    if (child?.exitCode === null) child.kill();
  }
}

function hasFolders(): boolean {
  return Boolean(vscode.workspace.workspaceFolders?.length);
}

/** Start the command; rejects where the system cannot. It stands in the user's home: no folder of a workspace has a say. */
function spawned(command: string): Promise<ChildProcess> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VSCODE_|ELECTRON_|npm_)/.test(name)));
  return new Promise((resolve, reject) => {
    const child = spawn(command, ["lsp"], { cwd: homedir(), env, stdio: "pipe", windowsHide: true });
    child.once("error", (error) => reject(new Error(`${command} cannot be started: ${error.message}`)));
    child.once("spawn", () => resolve(child));
  });
}

/** Say how a process ended. */
function ended(code: number | null, signal: string | null): string {
  return signal === null ? `the server stopped with exit code ${String(code)}` : `the server was stopped by ${signal}`;
}

/** Wait for a client; rejects where its process ends before, or answers nothing: not every program is a server. */
async function answered(child: ChildProcess, client: Promise<LanguageClient>): Promise<LanguageClient> {
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the server did not answer within ${LONGEST_START_MS / 1000} s`)), LONGEST_START_MS);
    child.once("exit", (code, signal) => reject(new Error(`${ended(code, signal)} before it answered`)));
  });
  // A process that ends breaks its pipes first: its end says more than they do.
  const patient = client.catch(async (error: unknown) => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    throw error;
  });
  try {
    return await Promise.race([patient, never]);
  } finally {
    clearTimeout(timer);
    for (const late of [patient, never]) late.catch(() => undefined); // one of them is told, and that is enough
  }
}

/** Log what a process says on standard error, and return what it said last. */
function lastWords(child: ChildProcess, log: vscode.LogOutputChannel): () => string {
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-LAST_WORDS);
    for (const line of text.split("\n")) if (line.trim()) log.warn(line);
  });
  return () => (said.trim() ? `: ${said.trim().split("\n").at(-1) ?? ""}` : "");
}

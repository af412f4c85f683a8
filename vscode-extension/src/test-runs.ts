/** The tests that the change at hand can break, in the editor's own view of tests: listed, and run one file after the other. */

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import * as vscode from "vscode";
import { type AffectedTest, isUnknown, type NotKnown, type Review } from "./decide/contract";
import { commandFor, words } from "./decide/review";
import { activePython } from "./python";
import type { Repositories, Repository } from "./repositories";
import type { Server } from "./server";

/** So much of what a failing test printed is shown with it. */
const TOLD = 4000;
/** What pytest ends with where it found no test in a file. */
const NO_TESTS = 5;

export class TestRuns implements vscode.Disposable {
  private readonly controller = vscode.tests.createTestController("noctule.tests", "Tests for This Change (Noctule)");
  private readonly known = new WeakMap<vscode.TestItem, { repository: Repository; test: AffectedTest }>();

  constructor(
    private readonly server: Server,
    private readonly repositories: Repositories,
  ) {
    this.controller.refreshHandler = () => this.refresh();
    this.controller.resolveHandler = (item) => (item === undefined ? this.refresh() : undefined);
    this.controller.createRunProfile("Run", vscode.TestRunProfileKind.Run, (request, token) => this.run(request, token), true);
  }

  dispose(): void {
    this.controller.dispose();
  }

  /** Find the tests of the change at hand anew, and run them. */
  async runAll(): Promise<void> {
    await this.refresh();
    const items = this.items();
    if (!items.length) {
      void vscode.window.showInformationMessage("Noctule: no test uses what is changed.");
      return;
    }
    await vscode.commands.executeCommand("workbench.view.testing.focus");
    await this.run(new vscode.TestRunRequest(items), new vscode.CancellationTokenSource().token);
  }

  /** Return the tests that are listed, the likeliest to fail first. */
  items(): vscode.TestItem[] {
    const found: vscode.TestItem[] = [];
    this.controller.items.forEach((item) => found.push(item));
    return found.sort((one, other) => (one.sortText ?? "").localeCompare(other.sortText ?? ""));
  }

  private async refresh(): Promise<void> {
    if (this.server.state.is !== "running") return;
    const found: vscode.TestItem[] = [];
    for (const repository of await this.repositories.all()) {
      const answer = await this.server.request<Review | NotKnown>("noctule/review", { uri: repository.uri }).catch(() => undefined);
      if (answer === undefined || isUnknown(answer)) continue;
      for (const test of answer.tests) found.push(this.item(repository, test, found.length));
    }
    this.controller.items.replace(found);
  }

  private item(repository: Repository, test: AffectedTest, rank: number): vscode.TestItem {
    const item = this.controller.createTestItem(`${repository.root}\n${test.path}`, basename(test.path), vscode.Uri.file(join(repository.root, test.path)));
    item.description = [dirname(test.path), test.reasons[0]].filter((part) => part && part !== ".").join(" · ");
    item.sortText = String(rank).padStart(6, "0");
    this.known.set(item, { repository, test });
    return item;
  }

  private async run(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    const wanted = (request.include ?? this.items()).filter((item) => !request.exclude?.includes(item));
    const run = this.controller.createTestRun(request);
    for (const item of wanted) run.enqueued(item);
    for (const item of wanted) {
      if (token.isCancellationRequested || run.token.isCancellationRequested) run.skipped(item);
      else await this.runOne(run, item, token);
    }
    run.end();
  }

  private async runOne(run: vscode.TestRun, item: vscode.TestItem, token: vscode.CancellationToken): Promise<void> {
    const found = this.known.get(item);
    if (found === undefined) {
      run.skipped(item);
      return;
    }
    const { root } = found.repository;
    const own = words(vscode.workspace.getConfiguration("noctule").inspect<string>("testCommand")?.globalValue ?? "");
    const manifest = await readFile(join(root, "package.json"), "utf8").catch(() => undefined);
    const command = commandFor(found.test, own, manifest, (await activePython()) ?? "python3");
    if (command === undefined) {
      run.errored(item, new vscode.TestMessage("Noctule does not know how to run this test. Set noctule.testCommand in your user settings, for example: npx vitest run"));
      return;
    }
    run.started(item);
    run.appendOutput(`> ${command.join(" ")}\r\n`, undefined, item);
    const began = performance.now();
    const { code, output } = await execute(command, root, token, run.token, (text) => run.appendOutput(text.replaceAll(/\r?\n/g, "\r\n"), undefined, item));
    const took = performance.now() - began;
    if (code === 0) run.passed(item, took);
    else if (code === NO_TESTS && command.includes("pytest")) run.skipped(item);
    else if (code === null) run.errored(item, new vscode.TestMessage(output.slice(-TOLD) || "stopped"), took);
    else run.failed(item, new vscode.TestMessage(output.slice(-TOLD)), took);
  }
}

/** Run a command; the code is null where it could not be started or was stopped. */
function execute([name = "", ...args]: string[], cwd: string, token: vscode.CancellationToken, other: vscode.CancellationToken, hear: (text: string) => void): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(name, args, { cwd });
    const stops = [token, other].map((one) => one.onCancellationRequested(() => child.kill()));
    const heard = (data: Buffer) => {
      output = (output + data.toString()).slice(-16 * TOLD);
      hear(data.toString());
    };
    const end = (code: number | null, said = "") => {
      for (const stop of stops) stop.dispose();
      resolve({ code, output: output + said });
    };
    child.stdout.on("data", heard);
    child.stderr.on("data", heard);
    child.on("error", (error) => end(null, error.message));
    child.on("close", (code) => end(code));
  });
}

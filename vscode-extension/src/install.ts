/** Installs the server into an environment of this extension's own, with the user's consent and in plain sight. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { ASKED, consent, fits, pythons, reason, type Step, steps } from "./decide/install";
import { ownEnvironment } from "./find";
import { activePython } from "./python";

const LONGEST_LOOK_MS = 10_000;
const LONGEST_OUTPUT = 20_000;

/** Install after asking; whether the server is there then. */
export async function install(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<boolean> {
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showWarningMessage("Noctule: trust the folder before you install the server.");
    return false;
  }
  const folder = ownEnvironment(context);
  const wheel = await packaged(context);
  if (wheel === undefined) {
    void vscode.window.showErrorMessage("Noctule: this build of the extension does not include the server; install noctule yourself and set noctule.path.");
    return false;
  }
  const { message, detail } = consent(folder, version(context));
  if ((await vscode.window.showInformationMessage(message, { modal: true, detail }, "Install")) !== "Install") return false;
  try {
    await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: "Noctule", cancellable: true },
      (progress, token) => all(folder, wheel, log, progress, token),
    );
    return true;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (error instanceof vscode.CancellationError) return false;
    const said = error instanceof Error ? error.message : String(error);
    log.error(`the installation failed: ${said}`);
    void vscode.window.showErrorMessage(`Noctule: the server could not be installed: ${said}`, "Show Log").then((chosen) => chosen && log.show());
    return false;
  }
}

async function all(folder: string, wheel: string, log: vscode.LogOutputChannel, progress: vscode.Progress<{ message: string }>, token: vscode.CancellationToken): Promise<void> {
  progress.report({ message: "looking for Python 3.11 or later" });
  const python = await found();
  if (python === undefined) throw new Error("Python 3.11 or later with the modules venv and ensurepip was not found; install it, or install noctule and set noctule.path");
  await mkdir(folder, { recursive: true });
  const wanted = vscode.workspace.getConfiguration("noctule").inspect<string>("model.think")?.globalValue ? "models" : "";
  for (const step of steps(python, folder, wheel, process.platform, wanted)) {
    progress.report({ message: step.says });
    log.info(`${step.command} ${step.args.join(" ")}`);
    await run(step, log, token);
  }
}

/** Return the first Python that will do. */
async function found(): Promise<string | undefined> {
  for (const python of pythons(process.platform, await activePython())) {
    const printed = await output(python, ASKED).catch(() => "");
    if (fits(printed)) return python;
  }
  return undefined;
}

function run(step: Step, log: vscode.LogOutputChannel, token: vscode.CancellationToken): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = started(step.command, step.args);
    let said = "";
    const cancelled = token.onCancellationRequested(() => {
      child.kill();
      reject(new vscode.CancellationError());
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-LONGEST_OUTPUT);
        for (const line of text.split("\n")) if (line.trim()) log.debug(line);
      });
    }
    child.once("error", (error) => reject(new Error(`${step.command} cannot be started: ${error.message}`)));
    child.once("close", (code) => {
      cancelled.dispose();
      if (code === 0) resolve();
      else reject(new Error(`${step.says} failed: ${reason(said)}`));
    });
  });
}

function output(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = started(command, args);
    const timer = setTimeout(() => child.kill(), LONGEST_LOOK_MS);
    let said = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (said += text));
    child.once("error", reject);
    child.once("close", () => {
      clearTimeout(timer);
      resolve(said);
    });
  });
}

function started(command: string, args: string[]): ChildProcess {
  return spawn(command, args, { cwd: homedir(), stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
}

/** Return the package of the server that came with the extension. */
async function packaged(context: vscode.ExtensionContext): Promise<string | undefined> {
  const folder = join(context.extensionPath, "dist");
  const wheel = (await readdir(folder).catch((): string[] => [])).find((name) => /^noctule-.*\.whl$/.test(name));
  return wheel === undefined ? undefined : join(folder, wheel);
}

function version(context: vscode.ExtensionContext): string {
  return (context.extension.packageJSON as { version: string }).version;
}

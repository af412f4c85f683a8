/** The commands, each of which asks the server or shows something. */

import { join } from "node:path";
import * as vscode from "vscode";
import { pathIn } from "./changes";
import type { Contexts } from "./context";
import { isUnknown, type Note, type NotKnown, type SleepState } from "./decide/contract";
import { entries, PAUSES } from "./decide/menu";
import type { Git } from "./git";
import type { Hidden } from "./hidden";
import type { Model } from "./model";
import type { NextEdit } from "./next-edit";
import type { Pages } from "./pages";
import { openLines, openSpot } from "./places";
import type { Repositories, Repository } from "./repositories";
import type { Server } from "./server";
import type { StatusItem } from "./status-item";
import type { TestRuns } from "./test-runs";
import type { Item, RowsView } from "./views/rows-view";

export interface Commands {
  server: Server;
  status: StatusItem;
  repositories: Repositories;
  contexts: Contexts;
  pages: Pages;
  model: Model;
  git: Git;
  hidden: Hidden;
  nextEdit: NextEdit;
  testRuns: TestRuns;
  views: readonly RowsView[];
  log: vscode.LogOutputChannel;
  install: () => Promise<void>;
}

type Run = (...args: never[]) => unknown;

/** Register all commands. */
export function commands(parts: Commands): vscode.Disposable[] {
  const { server, contexts, pages, model, views, log } = parts;
  const all: Record<string, Run> = {
    contextForTask: (task?: string) => contexts.show(task),
    copyContext: (uri?: vscode.Uri) => contexts.copy(uri),
    contextToChat: (uri?: vscode.Uri) => contexts.toChat(uri),
    contextText: () => contexts.asText(),
    menu: () => menu(parts),
    pause: (seconds?: number) => pause(parts, seconds),
    resume: () => resume(parts),
    sleepNow: () => sleepNow(parts),
    showQueue: () => vscode.commands.executeCommand("noctule.queue.focus"),
    showLedger: () => pages.show("ledger"),
    showDoctor: () => pages.show("doctor"),
    showLog: () => log.show(),
    showNote: (root: unknown, subject?: string) => showNote(parts, root, subject),
    openEvidence: (item: Item) => open(parts, item),
    openBeside: (item: Item) => vscode.commands.executeCommand("vscode.open", fileOf(item), { viewColumn: vscode.ViewColumn.Beside }),
    reveal: (item: Item) => vscode.commands.executeCommand("revealInExplorer", fileOf(item)),
    copyPath: (item: Item) => vscode.env.clipboard.writeText(item.row.path ?? ""),
    copyCommit: (item: Item) => (item.row.target?.open === "commit" ? copied(item.row.target.commit) : undefined),
    why: (item: Item) => vscode.window.showInformationMessage(item.row.tooltip?.split("\n", 1)[0] ?? item.row.label, { modal: true, detail: item.row.tooltip?.split("\n").slice(1).join("\n") ?? "" }),
    hide: (item: Item) => parts.hidden.hide(item.repository.root, item.row.path ?? ""),
    showHidden: () => parts.hidden.showAll(),
    nextEdit: () => parts.nextEdit.go(),
    runTests: () => parts.testRuns.runAll(),
    notesHere: () => notesHere(parts),
    refresh: () => {
      for (const view of views) view.refresh(0);
      parts.status.ask(0);
    },
    restart: () => server.start(),
    install: () => parts.install(),
    setKey: () => model.setKey(),
    forgetKey: () => model.forgetKey(),
  };
  return Object.entries(all).map(([name, run]) =>
    vscode.commands.registerCommand(`noctule.${name}`, async (...args: never[]) => {
      try {
        return await run(...args);
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        log.error(`${name}: ${said}`);
        void vscode.window.showErrorMessage(`Noctule: ${said}`);
        return undefined;
      }
    }),
  );
}

async function menu({ status }: Commands): Promise<void> {
  const { state, tooltip } = status.shown();
  const picked = await vscode.window.showQuickPick(entries(status.state, vscode.workspace.isTrusted), {
    title: "Noctule",
    placeHolder: tooltip.split("\n")[0] ?? state,
    matchOnDetail: true,
  });
  if (picked !== undefined) await vscode.commands.executeCommand(picked.command, ...(picked.args ?? []));
}

/** Have something done on the repository that is meant, and shown at once. */
async function on<T>({ repositories, status }: Commands, work: (repository: Repository) => Promise<T>): Promise<T | undefined> {
  const repository = await repositories.chosen();
  if (repository === undefined) {
    void vscode.window.showInformationMessage("Noctule: open a folder, and wait until the server has started.");
    return undefined;
  }
  const answer = await work(repository);
  status.ask(0);
  return answer;
}

async function pause(parts: Commands, given?: number): Promise<void> {
  let seconds = given;
  if (typeof given !== "number") {
    const picked = await vscode.window.showQuickPick(PAUSES, { title: "Noctule: Pause Background Work", placeHolder: "For how long?" });
    if (picked === undefined) return;
    seconds = picked.seconds;
  }
  await on(parts, ({ uri }) => parts.server.request("noctule/pause", seconds === undefined ? { uri } : { uri, seconds }));
}

async function resume(parts: Commands): Promise<void> {
  await on(parts, ({ uri }) => parts.server.request("noctule/resume", { uri }));
}

async function sleepNow(parts: Commands): Promise<void> {
  await on(parts, async ({ uri }) => {
    const { paused } = await parts.server.request<SleepState>("noctule/sleep", { uri });
    if (paused) await parts.server.request("noctule/resume", { uri });
    await parts.server.request("noctule/sleepNow", { uri });
  });
}

/** Open a note: of a link in a hover, with its arguments in one object, of a row, or by name. */
async function showNote({ repositories, pages }: Commands, given: unknown, subject?: string): Promise<void> {
  if (typeof given === "object" && given !== null && "row" in given) {
    const { row, repository } = given as Item;
    return pages.showNote(repository, row.id);
  }
  const { root, subject: named } = typeof given === "object" && given !== null ? (given as { root?: unknown; subject?: unknown }) : { root: given, subject };
  // Whoever makes a link may name any folder: only those of this workspace are asked about.
  const repository = (await repositories.all()).find((one) => one.root === root) ?? (root === undefined ? await repositories.active() : undefined);
  if (repository === undefined || (named !== undefined && typeof named !== "string")) return;
  await pages.showNote(repository, named ?? "");
}

async function open({ server, repositories, pages, git }: Commands, item: Item | undefined): Promise<void> {
  const target = item?.row.target;
  // A page's link names the repository too: only those of this workspace are meant.
  const repository = (await repositories.all()).find(({ root }) => root === item?.repository.root);
  if (target === undefined) return;
  if (repository === undefined) {
    // The page of several repositories names files from the folder that holds them all.
    const place = "path" in target && typeof item?.repository.root === "string" ? await repositories.place(item.repository.root, target.path) : undefined;
    if (place !== undefined) await (target.open === "lines" ? openLines(place.root, place.path, target.start, target.end) : openLines(place.root, place.path, null, null));
    return;
  }
  const { root, uri } = repository;
  switch (target.open) {
    case "spot":
      return openSpot(server, uri, root, target.subject);
    case "lines":
      return openLines(root, target.path, target.start, target.end);
    case "file":
      return openLines(root, target.path, null, null);
    case "note":
      return pages.showNote(repository, target.subject);
    case "commit":
      if (!(await git.show(root, target.commit))) await copied(target.commit);
  }
}

async function copied(commit: string): Promise<void> {
  await vscode.env.clipboard.writeText(commit);
  vscode.window.setStatusBarMessage(`Noctule: commit ${commit.slice(0, 10)} copied`, 4000);
}

function fileOf({ row, repository }: Item): vscode.Uri {
  return vscode.Uri.file(join(repository.root, row.path ?? ""));
}

/** Open the note of the definition around the cursor, else of its file. */
async function notesHere({ server, repositories, pages }: Commands): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const repository = repositories.of(editor?.document.uri, await repositories.all());
  if (editor === undefined || repository === undefined) {
    void vscode.window.showInformationMessage("Noctule: open a file of a repository first.");
    return;
  }
  const { line, character } = editor.selection.active;
  const asked = { uri: editor.document.uri.toString(), position: { line, character }, enclosing: true };
  const note = await server.request<Note | NotKnown>("noctule/notes", asked).catch(() => undefined);
  await pages.showNote(repository, note === undefined || isUnknown(note) ? pathIn(repository, editor.document.uri) : note.subject);
}

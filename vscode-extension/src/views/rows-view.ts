/** A view of rows: asks for them when it is seen, and renews them when more is known. */

import { join } from "node:path";
import * as vscode from "vscode";
import { commitSaid, type Row, type Rows } from "../decide/rows";
import type { Git } from "../git";
import type { Repositories, Repository } from "../repositories";
import type { Server } from "../server";
import { withChance } from "./chances";

const SETTLE_MS = 400;

/** A row, with the repository that it belongs to. */
export interface Item {
  row: Row;
  repository: Repository;
}

export interface Source {
  id: string;
  /** Which events of the server are a reason to ask again. */
  events: readonly string[];
  /** Ask for the rows of one repository; undefined where nothing is known yet. */
  load(repository: Repository): Promise<Rows | undefined>;
  /** Return the repositories that are shown. */
  of(repositories: Repositories): Promise<Repository[]>;
  /** What else is a reason to ask again. */
  changes?: readonly vscode.Event<void>[];
}

export class RowsView implements vscode.TreeDataProvider<Item>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<Item>;
  private readonly subscriptions: vscode.Disposable[];
  private timer: NodeJS.Timeout | undefined;
  private again: NodeJS.Timeout | undefined;
  private stale = false;

  constructor(
    private readonly source: Source,
    private readonly server: Server,
    private readonly repositories: Repositories,
    private readonly git: Git,
  ) {
    this.view = vscode.window.createTreeView(source.id, { treeDataProvider: this, showCollapseAll: true });
    this.subscriptions = [
      this.view,
      server.onDidChange(() => this.refresh(0)),
      server.onDidTell((change) => {
        if (source.events.includes(change.event)) this.refresh();
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.refresh()),
      ...(source.changes ?? []).map((event) => event(() => this.refresh(0))),
      this.view.onDidChangeVisibility(({ visible }) => {
        if (visible && this.stale) this.refresh(0);
      }),
    ];
  }

  /** Ask anew, soon; a view that nobody sees waits until somebody does. */
  refresh(afterMs = SETTLE_MS): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.stale = !this.view.visible;
      if (this.view.visible) this.changed.fire(undefined);
    }, afterMs);
  }

  dispose(): void {
    clearTimeout(this.timer);
    clearTimeout(this.again);
    for (const one of this.subscriptions) one.dispose();
    this.changed.dispose();
  }

  /** Ask for the rows, whether somebody sees them or not. */
  async rows(): Promise<Row[]> {
    return (await this.getChildren()).map(({ row }) => row);
  }

  getTreeItem({ row, repository }: Item): vscode.TreeItem {
    const state = row.children?.length ? (row.folded ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.Expanded) : vscode.TreeItemCollapsibleState.None;
    const item = new vscode.TreeItem(row.label, state);
    item.id = `${repository.root}\n${row.id}`;
    item.contextValue = row.kind;
    item.accessibilityInformation = { label: row.spoken };
    if (row.description !== undefined) item.description = row.description;
    item.tooltip = row.tooltip ?? row.label;
    if (row.path !== undefined) {
      item.resourceUri = withChance(vscode.Uri.file(join(repository.root, row.path)), row.chance);
      item.iconPath = vscode.ThemeIcon.File;
    } else if (row.icon !== undefined) item.iconPath = new vscode.ThemeIcon(row.icon);
    if (row.target !== undefined) item.command = { command: "noctule.openEvidence", title: "Open", arguments: [{ row, repository }] };
    return item;
  }

  async getChildren(item?: Item): Promise<Item[]> {
    if (item !== undefined) return this.below(item);
    clearTimeout(this.again);
    if (this.server.state.is !== "running") {
      this.say(undefined);
      return [];
    }
    const repositories = await this.source.of(this.repositories);
    const found: Item[] = [];
    const messages: (string | undefined)[] = [];
    for (const repository of repositories) {
      const rows = await this.rowsOf(repository);
      messages.push(rows.message);
      const items = rows.rows.map((row) => ({ row, repository }));
      if (repositories.length === 1) found.push(...items);
      else if (items.length || rows.message !== undefined) found.push(under(repository, rows));
    }
    this.say(repositories.length === 1 ? messages[0] : undefined);
    return found;
  }

  /** Return the rows below one; commits with what they say of themselves, where the editor's git can tell. */
  private async below({ row, repository }: Item): Promise<Item[]> {
    return Promise.all(
      (row.children ?? []).map(async (child) => {
        const facts = child.target?.open === "commit" ? await this.git.read(repository.root, child.target.commit) : undefined;
        return { row: facts === undefined ? child : commitSaid(child, facts), repository };
      }),
    );
  }

  private async rowsOf(repository: Repository): Promise<Rows> {
    try {
      const rows = await this.source.load(repository);
      if (rows !== undefined) return rows;
      this.again = setTimeout(() => this.refresh(0), 5000);
      return { rows: [], message: "Not indexed yet: indexing is running." };
    } catch (error) {
      return { rows: [], message: error instanceof Error ? error.message : String(error) };
    }
  }

  private say(message: string | undefined): void {
    // An empty view shows its welcome, and a message would stand in its place.
    this.view.message = message ?? "";
  }
}

function under(repository: Repository, rows: Rows): Item {
  const { message } = rows;
  const said: Row[] = message === undefined || rows.rows.length ? [] : [{ id: "said", label: message, tooltip: message, spoken: message, icon: "info", kind: "nothing" }];
  const tooltip = [repository.root, message].filter(Boolean).join("\n");
  const row: Row = { id: "", label: repository.name, tooltip, spoken: `repository ${repository.name}${message === undefined ? "" : `: ${message}`}`, icon: "repo", kind: "repository", children: [...rows.rows, ...said] };
  return { row, repository };
}

/** The command that goes to the place which the change at hand most likely touches next. */

import * as vscode from "vscode";
import { type Changes, pathIn } from "./changes";
import { type Forecast, isUnknown, type NotKnown } from "./decide/contract";
import { nextPlace, placeSaid } from "./decide/next-edit";
import type { Hidden } from "./hidden";
import { openSpot } from "./places";
import type { Repositories } from "./repositories";
import type { Server } from "./server";

const LOOKED_AT = 20;

export class NextEdit {
  /** For which changes of which repository places were shown already, and which. */
  private asked: { root: string; files: string[] } = { root: "", files: [] };
  private readonly shown = new Set<string>();

  constructor(
    private readonly server: Server,
    private readonly repositories: Repositories,
    private readonly changes: Changes,
    private readonly hidden: Hidden,
  ) {}

  /** Open the likeliest place that was not shown yet; each further call opens the next. */
  async go(): Promise<void> {
    const repository = await this.repositories.chosen();
    if (repository === undefined) return;
    const { uri, root } = repository;
    const changed = this.changes.of(repository, await this.repositories.all());
    const current = vscode.window.activeTextEditor?.document.uri;
    const here = current?.scheme === "file" ? pathIn(repository, current) : "";
    const isAsked = this.shown.has(here);
    const given = changed.length || isAsked || !here || here.startsWith("..") ? changed : [here];
    const isSame = this.asked.root === root && this.asked.files.join("\n") === given.join("\n");
    if (!isSame && !isAsked) {
      this.asked = { root, files: given };
      this.shown.clear();
    }
    const from = this.asked.files;
    const ask = (files: string[]) => this.server.request<Forecast | NotKnown>("noctule/predict", { uri, given: files, k: LOOKED_AT });
    let answer = await ask(from);
    // A history that is too short to test what goes with a change may do for what changes often.
    const isBeside = !isUnknown(answer) && answer.withheld === null;
    if (!isBeside && from.length) answer = await ask([]);
    if (isUnknown(answer)) throw new Error(`${root} is not indexed yet`);
    if (answer.withheld !== null) throw new Error(`no forecast: ${answer.withheld}`);
    const without = new Set([...from, ...this.hidden.of(root), ...this.shown, here]);
    const place = nextPlace(answer, without);
    if (place === undefined) {
      this.shown.clear();
      vscode.window.setStatusBarMessage("Noctule: no further place is likely enough. The next call starts again.", 6000);
      return;
    }
    this.shown.add(place.path);
    await openSpot(this.server, uri, root, place.subject);
    vscode.window.setStatusBarMessage(`Noctule: ${placeSaid(place, isBeside ? from : [])}`, 8000);
  }
}

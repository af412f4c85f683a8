/** What each view asks the server for. */

import * as vscode from "vscode";
import type { Changes } from "../changes";
import { type Forecast, isUnknown, type Note, type NotKnown, type QueueReport, type RecipeBook } from "../decide/contract";
import { changePoints, companions, notes, NOTHING_CHANGED, type OwnChange, queue, recipes } from "../decide/rows";
import type { Hidden } from "../hidden";
import type { Repositories, Repository } from "../repositories";
import type { Server } from "../server";
import type { Source } from "./rows-view";

const SHOWN = 20;

function everywhere(repositories: Repositories): Promise<Repository[]> {
  return repositories.all();
}

/** What the views of likely changes ask about. */
export interface Ground {
  server: Server;
  repositories: Repositories;
  changes: Changes;
  hidden: Hidden;
}

export function changePointsSource(ground: Ground): Source {
  return {
    id: "noctule.changePoints",
    events: ["renewed"],
    changes: [ground.changes.onDidChange, ground.hidden.onDidChange],
    of: everywhere,
    async load(repository) {
      const anyway = await forecast(ground, repository, []);
      const own = await ownChange(ground, repository);
      return anyway === undefined || own === undefined ? undefined : changePoints(anyway, own, ground.hidden.of(repository.root));
    },
  };
}

/** What usually goes into the commit that is being made, beside the views of source control. */
export function companionsSource(ground: Ground): Source {
  return {
    id: "noctule.companions",
    events: ["renewed"],
    changes: [ground.changes.onDidChange, ground.hidden.onDidChange],
    of: everywhere,
    async load(repository) {
      const own = await ownChange(ground, repository);
      return own === undefined ? undefined : companions(own, ground.hidden.of(repository.root));
    },
  };
}

/** Return the change at hand with its forecast; undefined where nothing is known yet. */
async function ownChange(ground: Ground, repository: Repository): Promise<OwnChange | undefined> {
  const files = ground.changes.of(repository, await ground.repositories.all());
  if (!files.length) return NOTHING_CHANGED;
  const found = await forecast(ground, repository, files);
  return found === undefined ? undefined : { files, forecast: found };
}

async function forecast({ server }: Ground, { uri }: Repository, given: readonly string[]): Promise<Forecast | undefined> {
  const answer = await server.request<Forecast | NotKnown>("noctule/predict", { uri, given, k: SHOWN, aside: true });
  return isUnknown(answer) ? undefined : answer;
}

export function recipesSource(server: Server): Source {
  return {
    id: "noctule.recipes",
    events: ["renewed"],
    of: everywhere,
    async load({ uri }) {
      const answer = await server.request<RecipeBook | NotKnown>("noctule/recipes", { uri });
      return isUnknown(answer) ? undefined : recipes(answer.recipes);
    },
  };
}

export function queueSource(server: Server): Source {
  return {
    id: "noctule.queue",
    events: ["renewed", "state", "job", "fresh"],
    of: everywhere,
    async load({ uri }) {
      return queue(await server.request<QueueReport>("noctule/queue", { uri }));
    },
  };
}

interface Place {
  uri: vscode.Uri;
  position: { line: number; character: number };
}

/** Where the cursor stands in a file; where it was last, while something else than a file is in view. */
function lastPlace(): () => Place | undefined {
  let last: Place | undefined;
  return () => {
    const editor = vscode.window.activeTextEditor;
    if (editor?.document.uri.scheme === "file") {
      const { line, character } = editor.selection.active;
      last = { uri: editor.document.uri, position: { line, character } };
    }
    return last;
  };
}

/** The notes of what the cursor stands on, and of its file. */
export function notesSource(server: Server): Source {
  const place = lastPlace();
  return {
    id: "noctule.notes",
    events: ["renewed", "fresh"],
    async of(repositories) {
      const repository = repositories.of(place()?.uri, await repositories.all());
      return repository === undefined ? [] : [repository];
    },
    async load() {
      const at = place();
      if (at === undefined) return { rows: [] };
      const uri = at.uri.toString();
      const [symbol, file] = await Promise.all([
        quiet(server.request<Note | NotKnown>("noctule/notes", { uri, position: at.position, enclosing: true, aside: true })),
        quiet(server.request<Note | NotKnown>("noctule/notes", { uri, aside: true })),
      ]);
      if (file !== undefined && isUnknown(file)) return undefined;
      const found = [symbol, file].filter((note): note is Note => note !== undefined && !isUnknown(note));
      const different = found.filter((note, index) => found.findIndex((other) => other.subject === note.subject) === index);
      return different.length ? notes(different, Date.now() / 1000) : { rows: [], message: "No notes about this file." };
    },
  };
}

/** Return an answer, or nothing where the server has none: a cursor stands on much that is no subject. */
async function quiet<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch {
    return undefined;
  }
}

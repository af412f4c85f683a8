/** What each view asks the server for. */

import * as vscode from "vscode";
import { type Forecast, isUnknown, type Note, type NotKnown, type QueueReport, type RecipeBook } from "../decide/contract";
import { changePoints, notes, queue, recipes } from "../decide/rows";
import type { Repositories, Repository } from "../repositories";
import type { Server } from "../server";
import type { Source } from "./rows-view";

const SHOWN = 20;

function everywhere(repositories: Repositories): Promise<Repository[]> {
  return repositories.all();
}

export function changePointsSource(server: Server): Source {
  return {
    id: "noctule.changePoints",
    events: ["renewed"],
    of: everywhere,
    async load({ uri }) {
      const answer = await server.request<Forecast | NotKnown>("noctule/predict", { uri, k: SHOWN, aside: true });
      return isUnknown(answer) ? undefined : changePoints(answer);
    },
  };
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

/** The badge of a row: how likely its file changes next, in percent. */

import * as vscode from "vscode";

const QUERY = /^noctule=(\d{1,2})$/;

/** Return the address of a row's file with its chance (0 to 1): the explorer's own rows have none, and so no badge. */
export function withChance(uri: vscode.Uri, chance: number | undefined): vscode.Uri {
  return chance === undefined ? uri : uri.with({ query: `noctule=${Math.min(99, Math.round(100 * chance))}` });
}

export function chances(): vscode.Disposable {
  return vscode.window.registerFileDecorationProvider({
    provideFileDecoration(uri) {
      const percent = QUERY.exec(uri.query)?.[1];
      return percent === undefined ? undefined : { badge: percent, tooltip: `${percent}% likely to change next`, propagate: false };
    },
  });
}

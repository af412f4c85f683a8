/** Opens what a row or a note leads to: a definition, lines of evidence, a file. */

import { join } from "node:path";
import * as vscode from "vscode";
import type { Spot } from "./decide/contract";
import type { Server } from "./server";

/** Open a definition or a file where it stands at this moment. */
export async function openSpot(server: Server, uri: string, root: string, subject: string): Promise<void> {
  const spot = await server.request<Spot>("noctule/spot", { uri, subject });
  await openLines(root, spot.path, spot.start_line, spot.end_line);
}

/** Open a file below a top folder, with lines (from one) in view. */
export async function openLines(root: string, path: string, start: number | null, end: number | null): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(join(root, path)));
  if (start === null) {
    await vscode.window.showTextDocument(document, { preview: true });
    return;
  }
  const first = document.validatePosition(new vscode.Position(start - 1, 0));
  const last = document.validateRange(new vscode.Range(first, new vscode.Position((end ?? start) - 1, Number.MAX_SAFE_INTEGER))).end;
  const editor = await vscode.window.showTextDocument(document, { preview: true, selection: new vscode.Range(first, first) });
  editor.revealRange(new vscode.Range(first, last), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** Return which note an address means, as the server makes them. */
export function noteOf(uri: vscode.Uri): { root: string; subject: string } | undefined {
  const given = new URLSearchParams(uri.query);
  const root = given.get("root");
  return root === null ? undefined : { root, subject: given.get("subject") ?? "" };
}

/** Opens what a row or a note leads to: a definition, lines of evidence, a file, a note. */

import { join } from "node:path";
import * as vscode from "vscode";
import type { Spot } from "./decide/contract";
import type { Server } from "./server";

/** The Markdown extension that comes with VS Code, and that a user may have switched off. */
const PREVIEWER = "vscode.markdown-language-features";
const PREVIEW = "vscode.markdown.preview.editor";

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

/** Open the whole note of a subject as a document. */
export async function openNote(root: string, subject: string): Promise<void> {
  const query = `root=${encodeURIComponent(root)}&subject=${encodeURIComponent(subject)}`;
  const uri = vscode.Uri.from({ scheme: "noctule", path: `/${subject || "repository"}.md`, query });
  await showNote(uri);
}

/** Show the document behind the address of a note, as it reads. */
export async function showNote(uri: vscode.Uri): Promise<void> {
  if (vscode.extensions.getExtension(PREVIEWER) !== undefined) {
    // As an editor of its own: what "markdown.showPreview" opens shows the next Markdown file that is looked at.
    await vscode.commands.executeCommand("vscode.openWith", uri, PREVIEW, { preview: true });
    return;
  }
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, { preview: true });
}

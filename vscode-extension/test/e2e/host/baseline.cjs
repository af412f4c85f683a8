// Tells the heap of an extension host without the extension, after the editor's own extensions have shown the same kinds of
// files: what those take is nobody's but theirs.

const vscode = require("vscode");
const { heapBytes } = require("./heap.cjs");

exports.run = async () => {
  const [folder] = vscode.workspace.workspaceFolders;
  for (const name of ["shop/cart.py", "README.md"]) {
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder.uri, name)));
  }
  await vscode.commands.executeCommand("markdown.showPreview");
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  console.log("noctule-heap", await heapBytes());
};

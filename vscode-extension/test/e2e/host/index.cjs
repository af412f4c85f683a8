const vscode = require("vscode");
exports.run = async () => {
  console.log("HELLO", vscode.extensions.all.filter(e=>/noctule/.test(e.id)).map((e) => e.id+e.isActive).join(), vscode.workspace.workspaceFolders.length);
  console.log("node", process.version, typeof vscode.lm.registerTool, process.env.HOME);
};

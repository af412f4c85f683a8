// Bundles the extension into dist/, and with --tests the unit tests into out/.
import { build } from "esbuild";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";

const LARGEST_BYTES = 400_000;

// What the server does not do, the client need not know: a quarter of its code. src/client.ts registers none of these.
const ABSENT = ["callHierarchy", "colorProvider", "completion", "declaration", "diagnostic", "documentHighlight", "documentSymbol",
  "fileOperations", "fileSystemWatcher", "foldingRange", "formatting", "implementation", "inlayHint", "inlineCompletion", "inlineValue",
  "linkedEditingRange", "notebook", "reference", "rename", "selectionRange", "semanticTokens", "signatureHelp", "typeDefinition",
  "typeHierarchy", "workspaceSymbol"];
const withoutAbsent = {
  name: "without absent features",
  setup(on) {
    const filter = new RegExp(`vscode-languageclient/lib/common/(${ABSENT.join("|")})\\.js$`);
    const contents = "class Absent {} module.exports = new Proxy({}, { get: (_, name) => (name === '__esModule' ? true : Absent) });";
    on.onLoad({ filter }, () => ({ contents, loader: "js" }));
    // `engines` in package.json keeps older editors away: nothing of semver is needed to ask again.
    on.onLoad({ filter: /semver\/functions\/(parse|satisfies)\.js$/ }, () => ({ contents: "module.exports = (version) => ({ version, prerelease: [] });", loader: "js" }));
  },
};
const shared = { bundle: true, platform: "node", format: "cjs", target: "node20", logLevel: "warning", metafile: true };

/** Return the licences of the packages that the bundle holds, as they ask for. */
function notices(inputs) {
  const folders = new Set(inputs.map((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]).filter(Boolean));
  return [...folders].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence`);
    return `${name} ${version}\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
  }).join(`\n${"-".repeat(80)}\n\n`);
}

if (process.argv.includes("--tests")) {
  const entryPoints = readdirSync("test/unit").filter((name) => name.endsWith(".test.ts")).map((name) => `test/unit/${name}`);
  await build({ ...shared, entryPoints, outdir: "out/test/unit", sourcemap: "inline", external: ["vscode"] });
} else {
  const outfile = "dist/extension.js";
  const { metafile } = await build({ ...shared, entryPoints: ["src/extension.ts"], outfile, minify: true, external: ["vscode"], legalComments: "none", plugins: [withoutAbsent] });
  writeFileSync("dist/NOTICES.txt", notices(Object.keys(metafile.inputs)));
  const { size } = statSync(outfile);
  console.log(`${outfile}: ${size.toLocaleString("en")} bytes`);
  if (size > LARGEST_BYTES) {
    console.error(`the bundle is larger than ${LARGEST_BYTES.toLocaleString("en")} bytes`);
    process.exitCode = 1;
  }
}

// Where things are: the tools that setup.sh installed, the project, and one temporary folder that holds everything a run writes.

import { mkdtempSync, mkdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const HERE = import.meta.dirname;
export const PROJECT = resolve(HERE, "../../..");
export const NOCTULE = process.env.NOCTULE_COMMAND || join(PROJECT, ".venv/bin/noctule");
const TOOLS = process.env.NOCTULE_VSCODE || join(PROJECT, "build/vscode");

export const NODE = join(TOOLS, "node");
export const CODE_SERVER = join(TOOLS, "node_modules/code-server/out/node/entry.js");
export const { chromium } = createRequire(join(TOOLS, "package.json"))("playwright-core");

/** The browser's own path: Debian's start script looks beside the name that it was called by. */
export const chromiumPath = () => readlinkSync(join(TOOLS, "chromium"));

/**
 * One folder for all that a run writes, with a home of its own, so that neither the user's editor nor the user's store is
 * touched. Its path is short: sockets lie in it.
 */
export function makeScratch() {
  const root = mkdtempSync(join(tmpdir(), "nv-"));
  for (const name of ["home", "repos", "u", "x"]) mkdirSync(join(root, name));
  writeFileSync(join(root, "home/.gitconfig"), "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n");
  return { root, remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }) };
}

/** The environment of everything that is started: nothing of an editor or of npm that runs this, and the scratch home. */
export function environment(root, more = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !/^(VSCODE_|npm_|ELECTRON_|NOCTULE_|XDG_|VIRTUAL_ENV|CONDA_)/i.test(name));
  const home = join(root, "home");
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    XDG_CACHE_HOME: join(home, ".cache"),
    XDG_CONFIG_HOME: join(home, ".config"),
    XDG_DATA_HOME: join(home, ".local/share"),
    LC_ALL: "C.UTF-8",
    ...more,
  };
}

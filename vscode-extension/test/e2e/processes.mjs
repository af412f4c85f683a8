// The processes of a run, told by the home that was made for it.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const read = (pid, name) => readFileSync(join("/proc", pid, name), "utf8").split("\0");

/** Every process of the run, with its arguments and its environment. */
export function processes(root) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [{ pid: Number(pid), args: read(pid, "cmdline"), environment: read(pid, "environ") }];
      } catch {
        return []; // it has ended meanwhile
      }
    })
    .filter((process) => process.environment.includes(`HOME=${join(root, "home")}`));
}

/** The process ids of the language servers that run. */
export const servers = (root) =>
  processes(root)
    .filter(({ args }) => args.includes("lsp") && args.some((arg) => /noctule/.test(arg)))
    .map(({ pid }) => pid);

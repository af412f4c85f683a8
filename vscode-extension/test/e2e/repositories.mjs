// Real git repositories, made by the same functions as for the tests of the command line.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { NOCTULE, PROJECT, environment } from "./place.mjs";

const PYTHON = join(PROJECT, ".venv/bin/python");
const MAKE = `
import sys
from pathlib import Path
from tests.e2e.repositories import import_history, make_shop, make_wide
kind, path = sys.argv[1], Path(sys.argv[2])
if kind == "shop":
    make_shop(path)
elif kind == "wide":
    make_wide(path, 2000)
elif kind == "tools":
    saw = "def saw(plank):\\n    return plank / 2\\n"
    shelf = "from tools.saw import saw\\n\\n\\ndef shelf(plank):\\n    return [saw(plank)]\\n"
    import_history(path, [(f"Sharpen the saw, {n}", {"tools/saw.py": saw + f"# {n}\\n", "tools/shelf.py": shelf + f"# {n}\\n"}) for n in range(240)])
`;

/** Make a repository: a `shop` with a history, a `wide` one of 2,000 files, or a few `tools`. Returns its folder. */
export function make(root, kind, name = kind) {
  const path = join(root, "repos", name);
  execFileSync(PYTHON, ["-c", MAKE, kind, path], { cwd: PROJECT, env: environment(root) });
  return path;
}

/** Have a repository learned. */
export function learn(root, path) {
  execFileSync(NOCTULE, ["sleep", path], { env: environment(root), stdio: "pipe" });
}

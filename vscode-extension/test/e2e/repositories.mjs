// Real git repositories, made by the same functions as for the tests of the command line.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { NOCTULE, PROJECT, environment } from "./place.mjs";

const PYTHON = join(PROJECT, ".venv/bin/python");
const MAKE = `
import sys
from pathlib import Path
from random import Random
from tests.e2e import repositories as r

def shop(path):
    texts = {"shop/cart.py": r.CART, "shop/money.py": r.MONEY, "shop/mail.py": r.MAIL, "tests/test_cart.py": r.TEST_CART, "server/server.go": r.SERVER, "README.md": r.README}
    changes = [
        ("Fix the discount of the cart", ("shop/cart.py", "tests/test_cart.py")),
        ("Listen on one more address", ("server/server.go",)),
        ("Word the invoice mail better", ("shop/mail.py",)),
        ("Round money half up", ("shop/money.py",)),
        ("Say more about the shop", ("README.md",)),
    ]
    dice = Random(7)
    history = [("Open the shop", {name: text.replace("{n}", "0") for name, text in texts.items()})]
    for number in range(1, 360):
        message, names = dice.choices(changes, weights=(4, 3, 3, 3, 2))[0]
        history.append((f"{message}, {number}", {name: texts[name].replace("{n}", str(number)) + (f"\\nStep {number}.\\n" if name == "README.md" else "") for name in names}))
    r.import_history(path, history)

def tools(path):
    saw = "def saw(plank):\\n    return plank / 2\\n"
    shelf = "from tools.saw import saw\\n\\n\\ndef shelf(plank):\\n    return [saw(plank)]\\n"
    r.import_history(path, [(f"Sharpen the saw, {n}", {"tools/saw.py": saw + f"# {n}\\n", "tools/shelf.py": shelf + f"# {n}\\n"}) for n in range(240)])

{"shop": shop, "tools": tools, "wide": lambda path: r.make_wide(path, 2000)}[sys.argv[1]](Path(sys.argv[2]))
`;

/**
 * Make a repository: a `shop` whose cart changes with its test, some `tools`, or a `wide` one of 2,000 files. It lies
 * in the folder `name`, which is returned.
 */
export function make(root, kind, name = kind) {
  const path = join(root, "repos", name);
  execFileSync(PYTHON, ["-c", MAKE, kind, path], { cwd: PROJECT, env: environment(root) });
  return path;
}

/** Have a repository learned. */
export function learn(root, path) {
  execFileSync(NOCTULE, ["sleep", path], { env: environment(root), stdio: "pipe" });
}

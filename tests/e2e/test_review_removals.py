"""Who still uses what a change removes: the same answer before the index reads the change, after it, and in CI."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.conftest import Noctule
from tests.repositories import Repository as Made

Files = dict[str, str | bytes]
BASE: Files = {
    "box.rb": "class Box\n  def weigh_it\n    1\n  end\n\n  def twice\n    weigh_it * 2\n  end\nend\n",
    "use.rb": "require_relative 'box'\n\ndef run\n  b = Box.new\n  b.weigh_it + 1\nend\n",
    "Jar.cs": "namespace N;\npublic class Jar {\n    public int OpenJar() { return 1; }\n}\n",
    "JarUser.cs": "namespace N;\npublic class JarUser {\n    public int Run(Jar j) { return j.OpenJar(); }\n}\n",
    "py/__init__.py": "from py.tool import hammer\n",
    "py/tool.py": "def hammer(x):\n    return x\n\n\ndef wield(y):\n    a = 1\n    return hammer(y) + a\n",
    "py/smith.py": "from py import hammer\n\n\ndef forge():\n    return hammer(1)\n",
    "py/cup.py": "class Cup:\n    def fill_cup(self):\n        return 1\n",
    "py/cook.py": "from py.cup import Cup\n\n\ndef cook():\n    c = Cup()\n    n = 1\n    return c.fill_cup() + n\n",
    "mug.ts": "export class Mug { sipMug() { return 1; } }\n",
    "drink.ts": 'import { Mug } from "./mug";\nexport function drink(m: Mug) { return m.sipMug(); }\n',
    "drink.test.ts": 'import { Mug } from "./mug";\ntest("it", () => {\n  const m = new Mug();\n  m.sipMug();\n});\n',
}
CHANGE: Files = {
    "box.rb": str(BASE["box.rb"]).replace("def weigh_it", "def weigh_all"),
    "Jar.cs": str(BASE["Jar.cs"]).replace("OpenJar", "OpenLid"),
    "py/__init__.py": "",
    "py/tool.py": str(BASE["py/tool.py"]).replace("def hammer", "def mallet"),
    "py/cup.py": str(BASE["py/cup.py"]).replace("fill_cup", "fill_up"),
    "py/cook.py": str(BASE["py/cook.py"]).replace("n = 1", "n = 2"),
    "mug.ts": str(BASE["mug.ts"]).replace("sipMug", "sip"),
}
USES = [
    *(("JarUser.cs", 3), ("box.rb", 7), ("drink.test.ts", 4), ("drink.ts", 2), ("py/cook.py", 7), ("py/smith.py", 1)),
    *(("py/smith.py", 5), ("py/tool.py", 7), ("use.rb", 5)),
]
KEPT: tuple[tuple[Files, Files], ...] = (
    (
        {
            "a/pull.py": "class A:\n    def grow(self):\n        return 1\n\n\n"
            "class B(A):\n    def grow(self):\n        return 2\n",
            "a/user.py": "from a.pull import B\n\n\ndef run(b: B, other):\n    return b.grow() + other.grow()\n",
        },
        {"a/pull.py": "class A:\n    def grow(self):\n        return 1\n\n\nclass B(A):\n    pass\n"},
    ),
    (
        {
            "b/lib.py": "def borrow(x):\n    return x\n\n\ndef lend(x):\n    return x\n\n\n"
            "def steal(x):\n    return x\n",
            "b/star.py": "def found(x):\n    return x\n",
            "b/user.py": "from b.lib import borrow, lend, steal\nfrom b.star import found\n\n\ndef run():\n"
            "    n = 1\n    return borrow(n) + lend(n) + steal(n) + found(n)\n",
        },
        {
            "b/lib.py": "from elsewhere import borrow, old\n\nlend = old(1)\n",
            "b/star.py": "from elsewhere import *\n",
            "b/user.py": "from b.lib import borrow, lend\nfrom b.star import found\nfrom elsewhere import steal\n\n\n"
            "def run():\n    n = 1\n    return borrow(n) + lend(n) + steal(n) + found(n)\n",
        },
    ),
    (
        {
            "c/alias.rb": "class Coin\n  def flip_it\n    1\n  end\n\n  def side_up\n    @side_up\n  end\nend\n",
            "c/user.rb": "require_relative 'alias'\n\ndef toss\n  c = Coin.new\n  c.flip_it + c.side_up\nend\n",
        },
        {
            "c/alias.rb": "class Coin\n  attr_reader :side_up\n\n"
            "  def turn\n    1\n  end\n  alias_method :flip_it, :turn\nend\n"
        },
    ),
    (
        {
            "d/A.java": "class A {\n  int sum(int a) { return 1; }\n  int sum(String a) { return 2; }\n}\n",
            "d/B.java": "class B {\n  int g(A a, Object o) { return a.sum(1) + a.sum(o); }\n}\n",
        },
        {"d/A.java": "class A {\n  int sum(int a) { return 1; }\n}\n"},
    ),
    (
        {
            "e/A.php": "<?php\nnamespace E;\nclass A {\n    public function callMe(): int { return 1; }\n}\n",
            "e/U.php": "<?php\nnamespace E;\nclass U {\n"
            "    public function run(A $a): int { return $a->callMe(); }\n}\n",
        },
        {"e/A.php": "<?php\nnamespace E;\nclass A {\n    public function __call($n, $a) { return 1; }\n}\n"},
    ),
    (
        {
            "f/crate.py": "class Crate:\n    def lid_size(self):\n        return 1\n",
            "f/user.py": "from f.crate import Crate\n\n\ndef run():\n    c = Crate()\n    return c.lid_size()\n",
        },
        {
            "f/crate.py": "class Crate:\n    pass\n",
            "f/user.py": "from f.crate import Crate\nfrom elsewhere import Chest\n\n\n"
            "def run():\n    c = Chest()\n    return c.lid_size()\n",
        },
    ),
)


def _removed(noctule: Noctule, made: Made, *change: str) -> list[tuple[str, int]]:
    found = json.loads(noctule.ok("review", str(made.root), *change, "--json").out)["findings"]
    return sorted((each["path"], each["line"]) for each in found if each["kind"] == "removed")


def test_uses_of_what_is_gone_do_not_hang_on_what_the_index_has_read(noctule: Noctule, tmp_path: Path) -> None:
    made = Made(tmp_path / "repo")
    made.commit("Start", dict(BASE))
    root = str(made.root)
    noctule.ok("sleep", root)
    for path, text in CHANGE.items():
        made.write(path, text)

    before, tests = _removed(noctule, made), noctule.ok("tests", root).out
    noctule.ok("sleep", root)
    after, tests_after = _removed(noctule, made), noctule.ok("tests", root).out
    made.commit("Rename")
    noctule.ok("forget", root, "--yes")
    committed = _removed(noctule, made, "HEAD~1...HEAD")

    assert before == USES
    assert after == USES
    assert committed == USES
    assert tests == tests_after == "drink.test.ts\n"


def test_what_something_else_is_meant_by_now_is_not_gone(noctule: Noctule, tmp_path: Path) -> None:
    made = Made(tmp_path / "repo")
    made.commit("Start", {path: text for files, _ in KEPT for path, text in files.items()})
    noctule.ok("sleep", str(made.root))
    for path, text in ((path, text) for _, files in KEPT for path, text in files.items()):
        made.write(path, text)

    before = _removed(noctule, made)
    noctule.ok("sleep", str(made.root))
    after = _removed(noctule, made)

    assert before == []
    assert after == []


def test_uses_that_are_not_shown_are_counted_and_programs_get_all(noctule: Noctule, tmp_path: Path) -> None:
    made = Made(tmp_path / "repo")
    calls = "".join(f"    alpha({n})\n" for n in range(14))
    files: Files = {
        "m.py": "def alpha(x):\n    return x\n\n\ndef beta(x):\n    return x\n",
        "a.py": f"from m import alpha\n\n\ndef f():\n{calls}",
        "z.py": "from m import beta\n\n\ndef g():\n    return beta(1)\n",
    }
    files |= {f"test_{n:02}.py": "from a import f\n\n\ndef test_f():\n    f()\n" for n in range(12)}
    made.commit("Start", dict(files))
    root = str(made.root)
    noctule.ok("sleep", root)
    made.write("m.py", str(files["m.py"]).replace("def alpha", "def alpha2").replace("def beta", "def beta2(y, "))

    said, markdown = noctule.ok("review", root).out, noctule.ok("review", root, "--markdown").out
    github = noctule.ok("review", root, "--github").out
    sarif = json.loads(noctule.ok("review", root, "--sarif").out)["runs"][0]["results"]
    found = json.loads(noctule.ok("review", root, "--json").out)["findings"]

    assert said.count("still uses alpha,") == 10
    assert "  and 5 more uses of alpha; `--json` lists all\n" in said
    assert said.count("still uses beta,") == 2
    assert said.count("uses a.py, which uses m.py") == 1
    assert "- and 5 more uses of alpha\n" in markdown
    assert "<summary>12 test files to run</summary>" in markdown
    assert "- and 2 more, which `noctule tests` lists\n" in markdown
    assert len(github.splitlines()) == len(sarif) == len(found) == 17


def test_help_promises_no_plain_folder_where_a_change_is_needed(noctule: Noctule) -> None:
    for command in ("review", "tests"):
        assert "plain folder" not in noctule.ok(command, "--help").out

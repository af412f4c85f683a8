"""Who uses what, in small repositories of each language: what is resolved is right, and what is not makes no edge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.parse.extract import read
from noctule.indexer.parse.facts.extract import RESOLVED, extract_facts
from noctule.indexer.parse.facts.model import Head
from noctule.indexer.parse.facts.packing import pack, unpack, unpack_uses
from noctule.indexer.parse.languages import by_name
from noctule.indexer.resolve.program import Program
from noctule.indexer.resolve.relations import FILE, Relations, resolve
from tests.indexer.resolve.repository import Repository

SHIP = "class Ship:\n    def sail(self):\n        return self\n"

CASES = {
    "a name that is imported under another": (
        {"a.py": "def go(): ...\n", "b.py": "from a import go as walk\n\nwalk()\n"},
        "a.py:go",
        {"b.py": [1, 3]},
    ),
    "a name through two packages, one of them by a star and a list of names": (
        {
            "p/__init__.py": "from p.inner import *\n",
            "p/inner/__init__.py": "from .core import run\n__all__ = ['run']\n",
            "p/inner/core.py": "def run(): ...\n",
            "use.py": "import p\n\np.run()\n",
        },
        "p/inner/core.py:run",
        {"p/inner/__init__.py": [1, 2], "use.py": [3]},
    ),
    "a package whose __init__ has a stub beside it": (
        {
            "p/__init__.py": "from ._core import run\n",
            "p/__init__.pyi": "def run() -> int: ...\n",
            "p/_core.py": "def run(): ...\n",
            "test_p.py": "from p import run\n\nrun()\n",
        },
        "p/_core.py:run",
        {"p/__init__.py": [1], "test_p.py": [1, 3]},
    ),
    "a parameter, a keyword and a variable hide a function of that name": (
        {
            "a.py": "def width(): ...\n",
            "b.py": "from a import other\n\n\ndef f(width):\n    return other(width=width)\n",
        },
        "a.py:width",
        {},
    ),
    "a receiver that is declared, made, returned, looped over, entered or inherited": (
        {
            "ship.py": SHIP,
            "yard.py": "from ship import Ship\n\n\ndef build():\n    return Ship()\n",
            "use.py": "from ship import Ship\nfrom yard import build\n\n\nclass Boat(Ship):\n    def row(self):\n"
            "        self.sail()\n\n\ndef f(a: Ship, fleet: list[Ship]):\n    a.sail()\n    build().sail()\n"
            "    for one in fleet:\n        one.sail()\n    b = Boat()\n    b.sail()\n",
        },
        "ship.py:Ship.sail",
        {"use.py": [7, 11, 12, 14, 16]},
    ),
    "a receiver of a library": (
        {
            "ship.py": SHIP,
            "use.py": "from ship import Ship\nimport sea\n\nsea.Ship().sail()\nsea.open().sail()\n[].sail()\n",
        },
        "ship.py:Ship.sail",
        {},
    ),
    "a name that one branch makes of one kind and the other of another": (
        {
            "ship.py": SHIP + "\n\nclass Cart:\n    def sail(self): ...\n",
            "use.py": "from ship import Cart, Ship\n\n\ndef f(wet):\n    it = Ship()\n    it.sail()\n    it = Cart()\n"
            "    it.sail()\n    if wet:\n        it = Ship()\n    it.sail()\n",
        },
        "ship.py:Ship.sail",
        {"use.py": [6, 11]},
    ),
    "TypeScript's paths and packages of a workspace": (
        {
            "tsconfig.json": '{ // settings\n "compilerOptions": {"paths": {"@lib/*": ["./lib/*/src"],}} }',
            "lib/core/src/index.ts": "export * from './tool'\n",
            "lib/core/src/tool.ts": "export class Tool { turn(): Tool { return this } }\n",
            "packages/box/package.json": '{"name": "box", "main": "dist/index.js"}',
            "packages/box/src/index.ts": "import { Tool } from '@lib/core'\nexport const tool = new Tool()\n",
            "app.ts": "import { tool as it } from 'box'\n\nit.turn().turn()\n",
        },
        "lib/core/src/tool.ts:Tool.turn",
        {"app.ts": [3]},
    ),
    "an object's key where its type is known": (
        {
            "types.ts": "export interface Options { depth: number }\n",
            "use.ts": "import type { Options } from './types'\n\nconst known: Options = { depth: 1 }\n"
            "const other = { depth: 2 }\nexport const { depth } = known\n",
        },
        "types.ts:Options.depth",
        {"use.ts": [3, 5]},
    ),
    "a CommonJS module": (
        {"a.js": "exports.go = function () {}\n", "b.js": "const { go } = require('./a')\n\ngo()\n"},
        "a.js:go",
        {"b.js": [1, 3]},
    ),
    "Go's fields, embedding and results of packages": (
        {
            "go.mod": "module example.org/m\n",
            "part/part.go": "package part\n\ntype Base struct{ Size int }\n\nfunc (b *Base) Grow() {}\n\n"
            "type Part struct{ Base }\n\nfunc New() (*Part, error) { return &Part{}, nil }\n",
            "main.go": 'package main\n\nimport p "example.org/m/part"\n\nfunc main() {\n\tone, err := p.New()\n'
            "\tone.Grow()\n\terr.Grow()\n\t_ = p.Base{Size: 1}\n}\n",
        },
        "part/part.go:Base.Grow",
        {"main.go": [7]},
    ),
    "Java's package in two folders, and a constructor": (
        {
            "src/main/a/Bolt.java": "package a;\npublic class Bolt {\n  public Bolt(int n) {}\n"
            "  public int size() { return 1; }\n}\n",
            "src/test/a/BoltTest.java": "package a;\nclass BoltTest {\n  Bolt bolt = new Bolt(1);\n"
            "  int f(String size) {\n"
            "    size.size();\n    return bolt.size();\n  }\n}\n",
        },
        "src/main/a/Bolt.java:Bolt.size",
        {"src/test/a/BoltTest.java": [6]},
    ),
    "C's declaration and definition are one, and a macro stands for its words": (
        {
            "h/ring.h": "struct ring;\nint push(struct ring *r);\n#define ADD(r) push(r)\n",
            "ring.c": '#include "h/ring.h"\nint push(struct ring *r) { return 0; }\n',
            "use.c": '#include "h/ring.h"\nint f(struct ring *r) { return push(r); }\n',
            "more.c": '#include "h/ring.h"\nint g(struct ring *r) { return ADD(r); }\n',
            "alone.c": "static int push(int n) { return n; }\nint h(void) { return push(1); }\n",
        },
        "ring.c:push",
        {"more.c": [2], "use.c": [2]},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_use_is_resolved_where_it_can_be(name: str) -> None:
    files, subject, users = CASES[name]

    assert Repository(files).users(subject) == users


def test_the_root_of_a_crate_is_not_used_by_each_path_that_begins_there() -> None:
    repository = Repository(
        {
            "Cargo.toml": '[package]\nname = "mill"\nversion = "0.1.0"\n',
            "src/lib.rs": "pub mod wheel;\npub fn stop() {}\n",
            "src/wheel.rs": "pub fn turn() { crate::stop() }\n",
            "src/main.rs": "fn main() { mill::wheel::turn(); }\n",
        }
    )
    root, wheel = (repository.paths.index(path) for path in ("src/lib.rs", "src/wheel.rs"))

    users = {repository.paths[user] for user in repository.relations.ways(root, FILE)}

    assert users == {"src/wheel.rs"}
    assert "src/main.rs" in {repository.paths[user] for user in repository.relations.ways(wheel, FILE)}


def test_facts_are_read_as_they_were_written() -> None:
    language = by_name("python")
    source = b"import a\n\nclass B(a.C):\n    x: int = 1\n\n    def f(self, y=2):\n        self.z = y\n"
    source += b"        return a.d(self.z)\n"
    symbols, tree = read(source, language)
    facts = extract_facts(tree, source, language, symbols.definitions)
    assert facts is not None

    packed = pack(facts)

    assert unpack(packed)._replace(uses=unpack_uses(packed)) == facts


@pytest.mark.parametrize("language", sorted(RESOLVED))
@given(
    text=st.text(alphabet="ab.:;,=(){}[]<>\"'`*&@#!?\\ \n_0def class func import return new this self", max_size=200)
)
def test_any_text_has_facts_and_edges(language: str, text: str) -> None:
    source = text.encode()
    symbols, tree = read(source, by_name(language))

    facts = extract_facts(tree, source, by_name(language), symbols.definitions)

    assert facts is not None
    packed = pack(facts)
    program = Program(["a/b"], [Head(facts.language, facts.package)], lambda _: packed)
    names = frozenset(name for _, _, name in facts.uses)
    Relations.of(resolve(program, names, [0]))
    assert program.failed == {}


def test_a_file_that_cannot_be_resolved_costs_its_own_uses_alone() -> None:
    files = {"a.py": "def go(): ...\n", "b.py": "from a import go\n", "c.py": "from a import go\n"}
    whole = Repository(files).program

    def load(file: int) -> bytes:
        if file == 1:
            raise LookupError(file)
        return whole.load(file)

    program = Program(whole.paths, whole.heads, load)
    relations = Relations.of(resolve(program, frozenset({"go"}), range(3)))

    assert {user: sorted(lines) for user, lines in relations.uses(0, 0).items()} == {2: [0]}
    assert program.failed == {1: "what it uses is unknown, LookupError; this is a bug in noctule"}

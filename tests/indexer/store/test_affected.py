"""What is resolved again when files change, come and go: the same as if everything were."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from noctule.indexer.arrays import unpack
from noctule.indexer.serve.repository import Repository
from noctule.indexer.store import view as views
from noctule.indexer.store.view import NOTHING, Earlier, ViewFiles
from tests.indexer.resolve.test_cases import CASES

PARTS = ("relations", "imports", "graph")


def slept(root: Path, cache: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Sleep; return the parts of the view, and the same where nothing was known before."""
    repository = Repository.open(root, cache=cache)
    repository.sleep()
    store = repository.open_store()
    try:
        view = store.view(repository.view_name)
        assert view is not None
        parts = store.parts(view.id, (*Earlier.PARTS, *PARTS))
        known = Earlier.of(parts)
        width = len(known.oids) // max(len(known.paths), 1)
        oids = [known.oids[n * width : (n + 1) * width].hex() for n in range(len(known.paths))]
        blobs = dict(zip(known.paths, zip(oids, known.rows, strict=True), strict=True))
        return parts, views.graph_part(store, ViewFiles.of(store, blobs), NOTHING)
    finally:
        store.close()


def are_alike(one: dict[str, bytes], other: dict[str, bytes]) -> bool:
    return all(
        np.array_equal(column, unpack(other[part])[name])
        for part in PARTS
        for name, column in unpack(one[part]).items()
    )


@pytest.mark.parametrize("name", list(CASES)[::7])
def test_files_that_come_and_go_leave_what_all_files_give(name: str, tmp_path: Path) -> None:
    files = CASES[name][0]
    root, cache = tmp_path / "repository", tmp_path / "cache"
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    slept(root, cache)

    for path, text in files.items():
        (root / path).unlink()
        assert are_alike(*slept(root, cache)), f"without {path}"
        (root / path).write_text(text)
        assert are_alike(*slept(root, cache)), f"with {path} again"


@pytest.mark.parametrize("name", list(CASES)[3::7])
def test_many_files_that_change_at_once_leave_what_all_files_give(name: str, tmp_path: Path) -> None:
    files, chance = CASES[name][0], random.Random(name)
    root, cache = tmp_path / "repository", tmp_path / "cache"
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    slept(root, cache)

    for _ in range(3):
        step = [(path, chance.choice(("removed", "whole", "cut", "doubled"))) for path in files]
        for path, what in step:
            lines = files[path].splitlines(keepends=True)
            at = chance.randrange(max(len(lines), 1))
            lines[at : at + 1] = [] if what == "cut" else lines[at : at + 1] * (2 if what == "doubled" else 1)
            (root / path).unlink(missing_ok=True)
            if what != "removed":
                (root / path).write_text("".join(lines))
        assert are_alike(*slept(root, cache)), step


def test_a_test_that_is_added_and_removed_leaves_what_all_files_give(tmp_path: Path) -> None:
    root, cache = tmp_path / "repository", tmp_path / "cache"
    root.mkdir()
    (root / "ship.py").write_text("class Ship:\n    def sail(self):\n        return self\n")
    (root / "yard.py").write_text("from ship import Ship\n\n\ndef build():\n    return Ship().sail()\n")
    slept(root, cache)
    test = root / "test_yard.py"
    test.write_text("from yard import build\n\n\ndef test_build():\n    assert build().sail()\n")

    added = slept(root, cache)
    test.unlink()
    removed = slept(root, cache)

    assert are_alike(*added)
    assert are_alike(*removed)
    assert len(unpack(added[0]["relations"])["users"]) > len(unpack(removed[0]["relations"])["users"])


Files = dict[str, str]
SWIFT = "struct Foo {}\nprotocol P {}\nextension P { func go() {} }\nfunc f(x: Foo) { x.go() }\n"
KOTLIN = "package p\nclass Foo\nfun f(x: Foo) { for (y in x) { y.going() } }\nclass Item { fun going() {} }\n"
ITERATOR = "package p\noperator fun Foo.iterator(): Iterator<Item> = listOf(Item()).iterator()\n"
LATER: dict[str, tuple[Files, Files]] = {
    "a file that CommonJS passes on by its name": (
        {
            "index.js": 'exports.Hook = require("./hook").Hook;\n',
            "u.js": 'const { Hook } = require("./index");\nnew Hook().tap();\n',
            "other.js": "class Hook {}\nexports.Hook = Hook;\n",
        },
        {"hook.js": "class Hook { tap() {} }\nexports.Hook = Hook;\n"},
    ),
    "the elements that the repository declares": (
        {
            "u.jsx": "export const a = <card id={1} />;\n",
            "b.ts": "export interface Own { card: Card; }\nexport interface Card { id: number; }\n",
        },
        {
            "jsx.ts": 'import { Own } from "./b";\nexport namespace JSX {\n'
            "  export interface IntrinsicElements extends Own {}\n}\n"
        },
    ),
    "a function of Kotlin that extends any type": (
        {
            "a.kt": "package p\nimport q.same\nfun f(x: Foo) { x.same().going() }\n",
            "b.kt": "package p\nclass Foo { fun going() {} }\n",
        },
        {"c.kt": "package q\nfun <T> T.same(): T = this\n"},
    ),
    "a function of C# that extends any type": (
        {
            "a.cs": "using Q;\nnamespace P { class A { void F(Foo x) { x.Same().Going(); } } }\n",
            "b.cs": "namespace P { public class Foo { public void Going() {} } }\n",
        },
        {"c.cs": "namespace Q { public static class Ext { public static T Same<T>(this T x) => x; } }\n"},
    ),
    "a function of Go that was called before": (
        {"go.mod": "module m\n", "a.go": "package m\nfunc f() { Going() }\n", "b.go": "package m\n"},
        {"b.go": "package m\nfunc Going() {}\n"},
    ),
    "a class of Java that was used before": (
        {
            "p/A.java": "package p; class A { void f() { new Thing().go(); } }\n",
            "p/B.java": "package p; class Bee {}\n",
        },
        {"p/B.java": "package p; class Bee {}\nclass Thing { void go() {} }\n"},
    ),
    "a class whose name is one letter": (
        {"p/A.java": "package p; class A { void f() { new B().go(); } }\n"},
        {"p/B.java": "package p; class B { void go() {} }\n"},
    ),
    "a method whose name is one letter": (
        {"p/A.java": "package p; class A { void f() { new B().g(); } }\n", "p/B.java": "package p; class B { }\n"},
        {"p/B.java": "package p; class B { void g() {} }\n"},
    ),
    "a module of TypeScript to whose interface another file adds": (
        {"aug.ts": "export {}\ndeclare module './model' {\n  interface Y { more: Y['a'] }\n}\n"},
        {"model.ts": "export interface Y { a: number }\n"},
    ),
    "an operator that no word stands for": ({"p/A.kt": KOTLIN}, {"p/B.kt": ITERATOR}),
    "an operator in a file that is there": (
        {"p/A.kt": KOTLIN, "p/B.kt": "package p\nclass B\n"},
        {"p/B.kt": ITERATOR},
    ),
    "an extension without members": (
        {"Sources/M/A.swift": SWIFT},
        {"Sources/M/B.swift": "extension Foo: P {}\n"},
    ),
    "a trait that a test implements": (
        {
            "Cargo.toml": "[package]\nname='k'\n",
            "src/lib.rs": "pub struct Bar;\npub trait T { fn baz(&self); }\npub fn f(b: Bar) { b.baz() }\n",
        },
        {"tests/it.rs": "use k::{Bar, T};\nimpl T for Bar { fn baz(&self) {} }\n"},
    ),
    "a module at a path of its own": (
        {
            "Cargo.toml": "[package]\nname='k'\n",
            "src/lib.rs": '#[path = "other.rs"]\nmod foo;\npub fn f() { foo::go() }\n',
        },
        {"src/other.rs": "pub fn go() {}\n"},
    ),
    "a module of a test at a path of its own": (
        {
            "Cargo.toml": "[package]\nname='k'\n",
            "src/lib.rs": "",
            "tests/a.rs": '#[path = "help/er.rs"]\nmod h;\nfn main() { h::going(); }\n',
        },
        {"tests/help/er.rs": "pub fn going() {}\n"},
    ),
    "a module that is declared no more": (
        {
            "Cargo.toml": "[package]\nname='k'\n",
            "src/lib.rs": "pub mod going;\npub mod user;\n",
            "src/going.rs": "pub fn going() {}\n",
            "src/user.rs": "use crate::going::going;\npub fn f() { going(); }\n",
        },
        {"src/lib.rs": "pub mod user;\n"},
    ),
    "a file that goes into another package": (
        {"lib/A.kt": "class Wire\n", "app/B.kt": "package app\nimport lib.*\nfun f() { Wire() }\n"},
        {"lib/A.kt": "package lib\nclass Wire\n"},
    ),
    "a file that a setting names": (
        {
            "tsconfig.json": '{"compilerOptions": {"baseUrl": ".", "paths": {"#lib": ["src/bee.ts"]}}}',
            "a.ts": "import { going } from '#lib';\nexport function f() { going(); }\n",
        },
        {"src/bee.ts": "export function going() {}\n"},
    ),
    "a file beside settings that cannot be read": (
        {"a.ts": "export function f() {}\n", "package.json": "\0", "tsconfig.json": " " * 300_000, "go.mod": ""},
        {"bee.ts": "export function going() {}\n"},
    ),
    "a declaration that holds everywhere": (
        {"a.ts": "export function f() { return fooBar(); }\n", "b.ts": "export const x = 1;\n"},
        {"types.d.ts": "declare function fooBar(): void;\n"},
    ),
    "a folder that hides another of its name": (
        {"a.py": "import foo.bar\n\n\ndef f():\n    foo.bar.go()\n", "src/foo/bar.py": "def go(): ...\n"},
        {"foo/zip.py": "x = 1\n"},
    ),
    "a file whose name begins with a dot": (
        {"a.js": "import { go } from './.hid';\nexport function f() { go(); }\n"},
        {".hid.js": "export function go() {}\n"},
    ),
}


@pytest.mark.parametrize("name", LATER)
def test_what_comes_later_and_goes_again_leaves_what_all_files_give(name: str, tmp_path: Path) -> None:
    before, later = LATER[name]
    root, cache = tmp_path / "repository", tmp_path / "cache"

    def write(files: Files) -> None:
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)

    write(before)
    first = slept(root, cache)[0]
    write(later)
    assert are_alike(*slept(root, cache))
    for path in later.keys() - before.keys():
        (root / path).unlink()
    write(before)
    again = slept(root, cache)
    assert are_alike(*again)
    assert are_alike(first, again[0])


YARD = "[package]\nname = 'yard'\n"
SHIP = {
    "ts": {
        "src/ship.ts": "export class Ship { sail() {} }\n",
        "src/boat.ts": "export class Ship { sail() {} }\n",
        "src/user.ts": "import { Ship } from './index';\nexport function f(v: Ship) { v.sail(); }\n",
    },
    "py": {
        "p/__init__.py": "",
        "p/ship.py": "class Ship:\n    def sail(self): ...\n",
        "user.py": "from p.top import Ship\n\n\ndef f(v: Ship):\n    v.sail()\n",
    },
    "rs": {
        "Cargo.toml": YARD,
        "src/ship.rs": "pub struct Ship;\nimpl Ship {\n    pub fn sail(&self) {}\n}\n",
        "src/user.rs": "use crate::Ship;\nfn f(v: Ship) { v.sail(); }\n",
        "tests/all.rs": "use yard::Ship;\nfn f(v: Ship) { v.sail(); }\n",
    },
    "rb": {"lib/app.rb": "def f\n  Ship.new.sail\nend\n"},
    "kt": {"a/A.kt": "package a\nimport p.both\nfun a() {\n    val (c, s) = both()\n    c.area()\n    s.area()\n}\n"},
}
SHAPES = "package p\nclass Circle {\n    fun area(): Int = 1\n}\nclass Square {\n    fun area(): Int = 2\n"
BOTH = "fun both(): Pair<Circle, Square> = Pair(Circle(), Square())\n"
MODS = "pub mod ship;\nmod user;\n"
RUBY_SHIP = "class Ship\n  def sail; end\nend\n"
MAKERS = {
    "one.py": "class One:\n    def sail(self): ...\n",
    "two.py": "class Two:\n    def sail(self): ...\n",
    "mid.py": "from make import make\n\n\ndef helper():\n    return make()\n",
    "user.py": "from mid import helper\n\n\ndef f():\n    helper().sail()\n",
}
YARD_CLASS = "\n\nclass Yard:\n    def n(self) -> One: ...\n"
MAKE = "from one import One\nfrom two import Two\n\n\ndef make() -> One: ...\n"
MADE = "from two import Two as Made\n\n\nclass Ship(Made): ...\n\n\ndef make():\n    made = Ship()\n    return made\n"
TURNS: dict[str, tuple[str, Files, str, str, str]] = {
    "a star of TypeScript behind a star": (
        *("ts", {"src/index.ts": "export * from './mid';\n"}, "src/mid.ts"),
        *("export * from './ship';\n", "export const zz = 1;\n"),
    ),
    "a star of TypeScript that goes elsewhere": (
        *("ts", {"src/index.ts": "export * from './mid';\n"}, "src/mid.ts"),
        *("export * from './ship';\n", "export * from './boat';\n"),
    ),
    "a star of TypeScript behind a name": (
        *("ts", {"src/index.ts": "export { Ship } from './mid';\n"}, "src/mid.ts"),
        *("export * from './ship';\n", "export const zz = 1;\n"),
    ),
    "a name of TypeScript behind a name": (
        *("ts", {"src/index.ts": "export { Ship } from './mid';\n"}, "src/mid.ts"),
        *("export { Ship } from './ship';\n", "export const zz = 1;\n"),
    ),
    "a name of TypeScript behind a star": (
        *("ts", {"src/index.ts": "export * from './mid';\n"}, "src/mid.ts"),
        *("export { Ship } from './ship';\n", "export const zz = 1;\n"),
    ),
    "a name of TypeScript that goes elsewhere": (
        *("ts", {"src/index.ts": "export * from './mid';\n"}, "src/mid.ts"),
        *("export { Ship } from './ship';\n", "export { Ship } from './boat';\n"),
    ),
    "a name of TypeScript that is imported and exported": (
        *("ts", {"src/index.ts": "export * from './mid';\n"}, "src/mid.ts"),
        *("import { Ship } from './ship';\nexport { Ship };\n", "import { Ship } from './boat';\nexport { Ship };\n"),
    ),
    "a star of Python behind a star": (
        *("py", {"p/top.py": "from .mid import *\n"}, "p/mid.py"),
        *("from .ship import *\n", "x1 = 1\n"),
    ),
    "a star of Python behind a name": (
        *("py", {"p/top.py": "from .mid import Ship\n"}, "p/mid.py"),
        *("from .ship import *\n", "x1 = 1\n"),
    ),
    "a name of Python behind a star": (
        *("py", {"p/top.py": "from .mid import *\n"}, "p/mid.py"),
        *("from .ship import Ship\n", "x1 = 1\n"),
    ),
    "a name of Python behind a name": (
        *("py", {"p/top.py": "from .mid import Ship\n"}, "p/mid.py"),
        *("from .ship import Ship\n", "x1 = 1\n"),
    ),
    "a list of what Python exports that has another name": (
        *("py", {"p/top.py": "from .mid import *\n"}, "p/mid.py"),
        *("from .ship import Ship\n__all__ = ['Ship']\n", "from .ship import Ship\n__all__ = ['Shop']\n"),
    ),
    "a list of what Python exports": (
        *("py", {"p/top.py": "from .mid import *\n"}, "p/mid.py"),
        *("from .ship import Ship\n", "from .ship import Ship\n__all__ = ['Shop']\n"),
    ),
    "a name that Rust passes on": ("rs", {}, "src/lib.rs", MODS + "pub use ship::Ship;\n", MODS),
    "a star that Rust passes on": ("rs", {}, "src/lib.rs", MODS + "pub use ship::*;\n", MODS),
    "a name that Rust passes on under another": (
        *("rs", {}, "src/lib.rs"),
        *(MODS + "pub use ship::Ship;\n", MODS + "pub use ship::Ship as Boat;\n"),
    ),
    "a class of Ruby that leaves its module": (
        *("rb", {}, "lib/road/ship.rb"),
        *("module Road\n" + RUBY_SHIP + "end\n", RUBY_SHIP),
    ),
    "a function of Kotlin that leaves its class": ("kt", {}, "p/S.kt", SHAPES + BOTH + "}\n", SHAPES + "}\n" + BOTH),
    "what a method of TypeScript gives": (
        "",
        {
            "one.ts": "export class One { sail() {} }\n",
            "two.ts": "export class Two { sail() {} }\n",
            "user.ts": "import { yard } from './yard';\nexport function f() { yard.build().sail(); }\n",
            "yard.ts": "import { Yard } from './make';\nexport const yard = new Yard();\n",
        },
        "make.ts",
        "import { One } from './one';\nimport { Two } from './two';\nexport class Yard { build(): One {} }\n",
        "import { One } from './one';\nimport { Two } from './two';\nexport class Yard { build(): Two {} }\n",
    ),
    "an import of TypeScript that a method gives": (
        "",
        {
            "one.ts": "export class One { sail() {} }\n",
            "two.ts": "export class One { sail() {} }\n",
            "user.ts": "import { yard } from './yard';\nexport function f() { yard.build().sail(); }\n",
            "yard.ts": "import { Yard } from './make';\nexport const yard = new Yard();\n",
        },
        "make.ts",
        "import { One } from './one';\nexport class Yard { build(): One {} }\n",
        "import { One } from './two';\nexport class Yard { build(): One {} }\n",
    ),
    "what a function gives that another one gives": (
        *("", MAKERS, "make.py"),
        *(MAKE, MAKE.replace("-> One", "-> Two")),
    ),
    "what a function gives that another one gives, with lines in another order": (
        *("", MAKERS, "make.py"),
        *(MAKE + "first = 1\nlast = 2\n", MAKE.replace("-> One", "-> Two") + "last = 2\nfirst = 1\n"),
    ),
    "what a method of one letter gives that a function gives": (
        *("", {**MAKERS, "mid.py": "from make import Yard\n\n\ndef helper():\n    return Yard().n()\n"}, "make.py"),
        *(MAKE + YARD_CLASS, MAKE + YARD_CLASS.replace("-> One", "-> Two")),
    ),
    "a list of what Python exports, behind a function": (
        *("", {**MAKERS, "mid.py": MAKERS["mid.py"].replace("import make", "import *")}, "make.py"),
        *(MAKE + "__all__ = ['make']\n", MAKE + "__all__ = ['other']\n"),
    ),
    "what a method of Java gives that another one gives, with members in another order": (
        "",
        {
            "One.java": "class One { void sail() {} }\n",
            "Two.java": "class Two { void sail() {} }\n",
            "Mid.java": "class Mid { Make make; }\n",
            "User.java": "class User { void f(Mid mid) { mid.make.build().sail(); } }\n",
        },
        "Make.java",
        "class Make {\n  int a1;\n  int b1;\n  One build() { return null; }\n}\n",
        "class Make {\n  int b1;\n  int a1;\n  Two build() { return null; }\n}\n",
    ),
    "what a function of Go gives that another one gives, with functions in another order": (
        "",
        {
            "go.mod": "module m\n",
            "one.go": "package m\ntype One struct{}\nfunc (o One) Sail() {}\n",
            "two.go": "package m\ntype Two struct{}\nfunc (t Two) Sail() {}\n",
            "mid.go": "package m\nvar made = build()\n",
            "user.go": "package m\nfunc f() { made.Sail() }\n",
        },
        "make.go",
        "package m\nfunc first() {}\nfunc last() {}\nfunc build() One { return One{} }\n",
        "package m\nfunc last() {}\nfunc first() {}\nfunc build() Two { return Two{} }\n",
    ),
    "what an object holds that a function makes": (
        "",
        {
            "one.ts": "export class One { sail(): void {} }\n",
            "two.ts": "export class Two { sail(): void {} }\n",
            "user.ts": "import { use } from './make';\nexport function f() { const { ship } = use(); ship.sail(); }\n",
        },
        "make.ts",
        "import { One } from './one';\nimport { Two } from './two';\n"
        "export function use() { const ship = new One(); return { ship }; }\n",
        "import { One } from './one';\nimport { Two } from './two';\n"
        "export function use() { const ship = new Two(); return { ship }; }\n",
    ),
    "what an object holds whose class stands in a function": (
        "",
        {
            "one.py": "class One:\n    def sail(self): ...\n",
            "two.py": "class Two:\n    def sail(self): ...\n",
            "user.py": "from make import use\n\n\ndef f():\n    use().ship.sail()\n",
        },
        "make.py",
        "from one import One\nfrom two import Two\n\n\ndef use():\n    class Kept:\n        ship = One()\n\n"
        "    return Kept()\n",
        "from one import One\nfrom two import Two\n\n\ndef use():\n    class Kept:\n        ship = Two()\n\n"
        "    return Kept()\n",
    ),
    "what a class inherits whose object a function gives": (
        *("", {**MAKERS, "two.py": "from one import One\n\n\nclass Two(One): ...\n"}, "make.py"),
        *(MADE, MADE.replace("class Ship(Made)", "class Ship")),
    ),
}


@pytest.mark.parametrize("name", TURNS)
def test_what_one_file_passes_on_or_moves_leaves_what_all_files_give(name: str, tmp_path: Path) -> None:
    language, others, path, one, other = TURNS[name]
    root, cache = tmp_path / "repository", tmp_path / "cache"
    for at, text in {**SHIP.get(language, {}), **others, path: one}.items():
        (root / at).parent.mkdir(parents=True, exist_ok=True)
        (root / at).write_text(text)
    first = slept(root, cache)[0]

    (root / path).write_text(other)
    turned = slept(root, cache)
    (root / path).write_text(one)
    again = slept(root, cache)

    assert not are_alike(first, turned[1])
    assert are_alike(*turned)
    assert are_alike(*again)

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

"""`noctule review` tells users of another signature only where the signature is another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from tests.e2e.conftest import Noctule
from tests.repositories import Repository as Made


class _Case(NamedTuple):
    """A definition with a user of it; forms of it with the same signature, and one with another."""

    path: str
    text: str
    user: str
    use: str
    same: tuple[str, ...]
    other: str


CASES = (
    _Case(
        "py/a.py",
        "def foo(a, b='x'): return a\n",
        "py/b.py",
        "from py.a import foo\n\n\ndef bar():\n    return foo(1)\n",
        (
            "def foo(a, b='x'): return b\n",
            'def foo(\n    a,  # first\n    b="x",\n):  # why\n    """Do it."""\n    return a\n',
        ),
        "def foo(a, c='x'): return a\n",
    ),
    _Case(
        "js/a.js",
        "export const foo = (a) => a + 1;\n",
        "js/b.js",
        'import { foo } from "./a.js";\nexport function bar() {\n  return foo(1);\n}\n',
        ("export const foo = (a) => a + 2;\n", "export const foo = a => { return a + 1 }\n"),
        "export const foo = async (a) => a + 1;\n",
    ),
    _Case(
        "ts/a.ts",
        "export function foo(a: number, b = 1) { return a; }\n",
        "ts/b.ts",
        'import { foo } from "./a";\nexport function bar() {\n  return foo(1);\n}\n',
        ("export function foo(\n  a: number, // it\n  b = 1, /* and\n it */\n) {\n  return b;\n}\n",),
        "export function foo(a: string, b = 1) { return a; }\n",
    ),
    _Case(
        "java/A.java",
        "class A { static int one(int a) { return 1; } }\n",
        "java/B.java",
        "class B {\n  int bar() {\n    return A.one(1);\n  }\n}\n",
        (
            "class A { static int one(int a) { return 2; } }\n",
            "class A {\n  /** It */\n  @Deprecated\n  static int one(\n      int a /* it */) { //\n return 1;\n }\n}\n",
        ),
        "class A { static int one(long a) { return 1; } }\n",
    ),
    _Case(
        "kt/a.kt",
        "/** one */\nclass Foo(\n    /** one */\n    val size: Int\n)\n\nfun foo(a: Int): Foo = Foo(a)\n",
        "kt/b.kt",
        "fun bar(): Foo {\n    return foo(3)\n}\n",
        (
            "/** two */\nclass Foo(\n    /** two */\n    val size: Int,\n)\n\nfun foo(a: Int): Foo = Foo(a + 1)\n",
            "class Foo(val size: Int) // two\n\nfun foo(a: Int): Foo { // it\n    return Foo(a)\n}\n",
        ),
        "class Foo(val size: Long)\n\nfun foo(a: Int): Foo = Foo(a)\n",
    ),
    _Case(
        "go/a.go",
        "package p\n\nfunc Foo(a int, b int) int { return a }\n",
        "go/b.go",
        "package p\n\nfunc Bar() int {\n\treturn Foo(1, 2)\n}\n",
        (
            "package p\n\nfunc Foo(a int, b int) int { return b }\n",
            "package p\n\nfunc Foo(\n\ta int, // one\n\tb int,\n) int { // two\n\treturn a\n}\n",
        ),
        "package p\n\nfunc Foo(a int, b int) string { return a }\n",
    ),
    _Case(
        "rust/src/a.rs",
        "pub fn foo(a: i32) -> i32 { a + 1 }\n",
        "rust/src/b.rs",
        "use crate::a::foo;\n\npub fn bar() -> i32 {\n    foo(1)\n}\n",
        ("#[inline]\npub fn foo(\n    a: i32, // it\n) -> i32 {\n    a + 2\n}\n",),
        "pub fn foo(a: i64) -> i32 { a + 1 }\n",
    ),
    _Case(
        "c/a.h",
        "int foo(\n    int a, /* one */\n    int b);\n",
        "c/b.c",
        '#include "a.h"\nint bar(void) {\n  return foo(1, 2);\n}\n',
        ("int foo(int a,\n        int b); /* two */\n",),
        "int foo(\n    int a, /* one */\n    long b);\n",
    ),
    _Case(
        "cs/A.cs",
        "class A {\n  public static int Foo(int a) => a + 1;\n}\n",
        "cs/B.cs",
        "class B {\n  int Bar() {\n    return A.Foo(1);\n  }\n}\n",
        ("class A {\n  [Obsolete]\n  public static int Foo(int a) // it\n  {\n    return a;\n  }\n}\n",),
        "class A {\n  public static int Foo(int a, int b = 0) => a + 1;\n}\n",
    ),
    _Case(
        "rb/a.rb",
        "def foo_of(a) = a + 1\n",
        "rb/b.rb",
        'require_relative "a"\ndef bar\n  foo_of(1)\nend\n',
        ("def foo_of(a) = a + 2\n", "def foo_of(\n  a # it\n) = a\n"),
        "def foo_of(a, b) = a + 1\n",
    ),
)


def _callers(noctule: Noctule, made: Made) -> set[str]:
    found = json.loads(noctule.ok("review", str(made.root), "--json").out)["findings"]
    return {each["path"] for each in found if each["kind"] == "caller"}


def test_only_another_signature_is_told_to_its_users(noctule: Noctule, tmp_path: Path) -> None:
    made = Made(tmp_path / "repo")
    crate = '[package]\nname = "it"\nversion = "0.1.0"\n'
    texts: dict[str, str | bytes] = {"rust/Cargo.toml": crate, "rust/src/lib.rs": "mod a;\nmod b;\n"}
    for case in CASES:
        texts |= {case.path: case.text, case.user: case.use}
    made.commit("Start", texts)
    said = []
    for n in range(2):
        for case in CASES:
            made.write(case.path, case.same[min(n, len(case.same) - 1)])
        said.append(_callers(noctule, made))
    for case in CASES:
        made.write(case.path, case.other)

    told = _callers(noctule, made)

    assert said == [set(), set()]
    assert told == {case.user for case in CASES} | {"kt/a.kt"}  # whose `foo` makes a `Foo`


def test_a_parameter_far_below_the_name_is_of_the_signature(noctule: Noctule, tmp_path: Path) -> None:
    made = Made(tmp_path / "repo")
    parameters = "".join(f"    p{n}=None,\n" for n in range(20))
    text = f"def area(\n{parameters}):\n    return p0\n"
    made.commit("Start", {"area.py": text, "user.py": "from area import area\n\n\ndef twice():\n    return area(1)\n"})
    made.write("area.py", text.replace("p19=None", "p19=0"))

    assert _callers(noctule, made) == {"user.py"}

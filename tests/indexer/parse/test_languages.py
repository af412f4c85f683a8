"""Every language's sample against all that is to be found in it, and what any bytes may do."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from noctule.indexer.parse.extract import DEEPEST, extract_symbols
from noctule.indexer.parse.languages import all_languages, by_name, detect_language
from noctule.indexer.parse.languages.language import Language
from noctule.indexer.symbols import KINDS, Definition, Span, Symbols

SAMPLES = Path(__file__).parent / "samples"
IMPORTER = "src/pkg/inner/importer"
LANGUAGES = [
    *("bash", "c", "cpp", "csharp", "elixir", "go", "hcl", "java", "javascript", "kotlin", "lua", "php", "powershell"),
    *("python", "ruby", "rust", "scala", "swift", "tsx", "typescript"),
]


def described(symbols: Symbols, language: Language) -> str:
    """Write symbols as the text that a sample's `.symbols` file holds."""
    lines = [f"{symbols.language}{' broken' if symbols.broken else ''}", ""]
    for found in symbols.definitions:
        where = f"{found.span.start}-{found.span.stop}"
        lines.append(
            f"{found.kind} {found.qualname} @{where} in {found.parent} | {found.signature} | {found.doc}".rstrip()
        )
    lines.append("")
    for each in symbols.imports:
        lines.append(f"import {each.module} {','.join(each.names)} @{each.line}".replace("  ", " "))
        importer = IMPORTER + language.extensions[0]
        lines += [f"    {path}" for path in language.candidates(each.module, each.names, importer)]
    lines.append("")
    lines += [f"{name}: {' '.join(map(str, at))}" for name, at in symbols.references.items()]
    return "\n".join(lines) + "\n"


def test_these_languages_are_known() -> None:
    assert [language.name for language in all_languages()] == LANGUAGES


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_sample_gives_all_its_symbols(name: str) -> None:
    language = by_name(name)
    symbols = extract_symbols((SAMPLES / f"{name}.source").read_bytes(), language)

    assert described(symbols, language) == (SAMPLES / f"{name}.symbols").read_text("utf-8")


@pytest.mark.parametrize("name", LANGUAGES)
def test_comments_and_strings_hold_no_references(name: str) -> None:
    symbols = extract_symbols((SAMPLES / f"{name}.source").read_bytes(), by_name(name))

    assert not {word for word in symbols.references if word.startswith("ignored")}


@pytest.mark.parametrize("name", LANGUAGES)
def test_windows_line_ends_change_nothing(name: str) -> None:
    language = by_name(name)
    source = (SAMPLES / f"{name}.source").read_bytes()
    unix, windows = extract_symbols(source, language), extract_symbols(source.replace(b"\n", b"\r\n"), language)

    assert windows.definitions == unix.definitions
    assert windows.references == unix.references


@pytest.mark.parametrize(
    ("path", "first_line", "name"),
    [
        ("a/b.py", b"", "python"),
        ("a/b.PY", b"", "python"),
        ("a.d.ts", b"", "typescript"),
        ("a.tsx", b"", "tsx"),
        ("a.jsx", b"", "javascript"),
        ("include/a.h", b"", "cpp"),
        ("a.c", b"", "c"),
        ("a.C", b"", "cpp"),
        ("lib/Rakefile", b"", "ruby"),
        ("bin/run", b"#!/usr/bin/env python3\n", "python"),
        ("bin/run", b"#!/bin/sh -e\n", "bash"),
        ("bin/run", b"#!/usr/bin/env -S FOO=1 node --flag\n", "javascript"),
        (".bashrc", b"", "bash"),
        (".py", b"", None),
        ("README", b"#!/usr/bin/perl\n", None),
        ("README.md", b"", None),
        ("Makefile", b"all:\n", None),
    ],
)
def test_a_language_is_told_by_ending_name_or_first_line(path: str, first_line: bytes, name: str | None) -> None:
    language = detect_language(path, first_line)

    assert (language and language.name) == name


def test_a_language_is_loaded_when_a_text_in_it_is_read() -> None:
    program = """
import sys
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.parse.digest import Lexicon, digest

def loaded():
    return [n for n in sys.modules if n.startswith("tree_sitter_") or ".facts.python." in n or ".facts.go." in n]

detect_language("a.py")
print(loaded())
digest(b"x = 1", "a.py", Lexicon())
print(sorted({name.rpartition(".")[0] for name in loaded()} - {""}))
"""
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["[]", "['noctule.indexer.parse.facts.python', 'tree_sitter_python']"]


@pytest.mark.parametrize("language", all_languages(), ids=lambda language: language.name)
def test_every_node_type_that_a_language_names_is_in_its_grammar(language: Language) -> None:
    grammar = language.grammar()
    known = {grammar.node_kind_for_id(kind) for kind in range(grammar.node_kind_count)}
    named = {*language.definitions, *language.globals, *language.bodies, *language.wrappers}
    named |= {*language.prefixes, *language.scopes, *language.import_nodes}

    assert named - known == set()


@pytest.mark.parametrize("language", all_languages(), ids=lambda language: language.name)
def test_every_kind_that_a_language_gives_is_one_of_the_kinds(language: Language) -> None:
    assert {kind for kind in language.definitions.values() if isinstance(kind, str)} <= set(KINDS)


def test_a_name_is_used_on_the_line_that_defines_it_when_it_stands_there_twice() -> None:
    symbols = extract_symbols(b"total = total_of(total)\nprice = 1\nother = price\n", by_name("python"))

    assert symbols.references == {"total_of": (0,), "total": (0,), "price": (2,)}


def test_a_local_variable_is_no_definition() -> None:
    symbols = extract_symbols(b"def outer():\n    inner = 1\n    return inner\n", by_name("python"))

    assert symbols.definitions == (Definition("outer", "outer", "function", Span(0, 3), "def outer()", "", -1),)


def test_a_generic_alias_and_a_delegate_are_types() -> None:
    python, csharp = detect_language("a.py"), detect_language("A.cs")
    assert python is not None
    assert csharp is not None

    alias = extract_symbols(b"type Pairs[T] = list[tuple[T, T]]\n", python)
    delegate = extract_symbols(b"class A { public delegate int Getter<T>(T from); }\n", csharp)

    assert [(d.qualname, d.kind) for d in alias.definitions] == [("Pairs", "type")]
    assert [(d.qualname, d.kind) for d in delegate.definitions] == [("A", "class"), ("A.Getter", "type")]


def test_what_is_sound_in_a_broken_file_is_still_found() -> None:
    symbols = extract_symbols(b"def good():\n    pass\n\nclass Half(:\n    def inner(self):\n", by_name("python"))

    assert symbols.broken
    assert "good" in {found.name for found in symbols.definitions}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_is_understood(encoding: str) -> None:
    mark = "" if encoding in {"utf-8-sig", "utf-16"} else "\ufeff"
    symbols = extract_symbols((mark + "def größe():\n    return helper()\n").encode(encoding), by_name("python"))

    assert [found.name for found in symbols.definitions] == ["größe"]
    assert symbols.references == {"helper": (1,)}


def test_a_name_longer_than_a_hundred_characters_is_left_out() -> None:
    symbols = extract_symbols(b"def " + b"a" * 101 + b"():\n    return " + b"b" * 101 + b"\n", by_name("python"))

    assert (symbols.definitions, symbols.references) == ((), {})


def test_a_signature_is_one_line_of_at_most_two_hundred_characters() -> None:
    source = b"def long(\n" + b"    argument,\n" * 1000 + b"):\n    pass\n"
    (found,) = extract_symbols(source, by_name("python")).definitions

    assert found.signature.startswith("def long( argument, argument,")
    assert len(found.signature) == 200


NESTED = {
    "python": (b"".join(b" " * depth + b"def f%d():\n" % depth for depth in range(300)), b"("),
    "javascript": (b"function outer(){" * 10_000, b"(()=>"),
    "typescript": (b"namespace Outer{" * 10_000, b"["),
    "go": (b"func outer(){{" * 10_000, b"{"),
    "rust": (b"mod outer{" * 10_000, b"("),
    "java": (b"class Outer{" * 10_000, b"("),
    "c": (b"struct outer{" * 10_000, b"{"),
    "cpp": (b"namespace a{class Outer{" * 10_000, b"<"),
    "ruby": (b"module Outer\n" * 10_000, b"["),
    "php": (b"<?php " + b"if(1){" * 10_000, b"["),
}


@pytest.mark.parametrize("name", NESTED)
def test_ten_thousand_levels_are_survived(name: str) -> None:
    language = by_name(name)
    definitions, expression = NESTED[name]

    assert max(
        (found.qualname.count(".") for found in extract_symbols(definitions, language).definitions), default=0
    ) <= (DEEPEST + 1)
    assert extract_symbols(expression * 10_000, language).language == name


HOSTILE = [
    b"'", b'"', b"`", b"/*", b"/*/", b"=/[", b"=/x", b"'''", b'"""', b'f"""', b'R"(', b'R"x(', b'r#"', b'$"{', b'@"',
    b"${", b"#{", b"\\", b"\\(", b"\x00", b"\xff", b"\n", b"<<", b"a.", b"aa ", b"x=1;", b"#", b"$(", b"{", b"/**/ ",
]  # fmt: skip


@pytest.mark.parametrize("language", all_languages(), ids=lambda language: language.name)
def test_no_repeated_mark_makes_references_slow(language: Language) -> None:
    """The lexical pass alone: what the parser costs on such text is bounded by the limit on file sizes."""
    slow = {}
    for mark in HOSTILE:
        text = (mark * (50_000 // len(mark))).decode("latin-1")
        started = time.process_time()
        tokens = language.tokens.findall(text)
        if language.interpolations is not None:
            for token in tokens:
                sum(1 for _ in language.interpolations.finditer(token))
        if time.process_time() - started > 0.25:
            slow[mark] = time.process_time() - started

    assert slow == {}


def test_a_single_line_of_a_megabyte_takes_linear_time() -> None:
    source = b"var a1=function(b){return b.c1(a1)};" * 30_000
    started = time.process_time()
    symbols = extract_symbols(source, by_name("javascript"))

    assert len(symbols.definitions) == 30_000
    assert time.process_time() - started < 10


_TEXTS = st.one_of(
    st.binary(max_size=400),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(
        st.sampled_from(
            [
                *HOSTILE,
                *(
                    b"def f(x):",
                    b"class A:",
                    b"function f(){",
                    b"struct S{",
                    b"import a.b.c",
                    b"use a::{b,c};",
                    b"}",
                    b")",
                ),
                *(
                    b"from . import *",
                    b'#include "a/../b.h"',
                    b"require('x')",
                    b"\n    ",
                    b"\r\n",
                    b"impl A for B {",
                    b"@d\n",
                ),
                *(
                    "größe ".encode(),
                    b"export const x = ",
                    b"enum E {A, B}",
                    b"fn f() ",
                    b"let v = 1;",
                    b"func (r *T) m() ",
                ),
            ]
        ),
        max_size=40,
    ).map(b"".join),
)


@settings(max_examples=300, deadline=None)
@given(source=_TEXTS, language=st.sampled_from(all_languages()))
def test_any_bytes_give_symbols_whose_lines_lie_in_the_text(source: bytes, language: Language) -> None:
    symbols = extract_symbols(source, language)
    if source[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        source = source.decode("utf-16", "replace").encode("utf-8", "replace")
    line_count = source.count(b"\n") + 1

    for position, found in enumerate(symbols.definitions):
        assert found.kind in KINDS
        assert 0 <= found.span.start < found.span.stop <= line_count
        assert -1 <= found.parent < position
        assert found.qualname.endswith(found.name)
    for name, at in symbols.references.items():
        assert 1 < len(name) <= 100
        assert list(at) == sorted(set(at))
        assert at
        assert at[0] >= 0
        assert at[-1] < line_count
    for each in symbols.imports:
        assert 0 <= each.line < line_count
        assert all(isinstance(path, str) for path in language.candidates(each.module, each.names, "a/b/c"))


@example(module="..", name="", folders=0)
@given(module=st.text("ab./\\:*@~<>#_- ", max_size=20), name=st.text("ab*_", max_size=4), folders=st.integers(0, 3))
def test_any_import_gives_candidates_inside_of_the_repository(module: str, name: str, folders: int) -> None:
    for language in all_languages():
        for path in language.candidates(module, (name,) if name else (), "folder/" * folders + "file"):
            assert path
            assert ".." not in path.split("/")


def test_of_the_branches_of_csharp_the_first_is_read_where_all_together_are_none() -> None:
    language = detect_language("Binder.cs")
    assert language is not None
    source = b"""class Binder : IBind
#if WIDE
    , IWide
#endif
{
#if WIDE
    public int Bind(Wide value)
#else
    public int Bind(int value)
#endif
    {
        return 1;
    }

    public void Free() {}
}
"""
    symbols = extract_symbols(source, language)

    assert [d.qualname for d in symbols.definitions] == ["Binder", "Binder.Bind", "Binder.Free"]
    assert not symbols.broken


def test_a_constructor_of_kotlin_may_begin_on_the_next_line() -> None:
    language = detect_language("Reader.kt")
    assert language is not None
    source = b"""class Reader {
  public class Options
  private constructor(
    internal val names: List<String>,
  ) {
    fun names() = names
  }

  fun read() = 1
}
"""
    symbols = extract_symbols(source, language)

    found = [d.qualname for d in symbols.definitions]
    assert {"Reader", "Reader.Options", "Reader.Options.names", "Reader.read"} <= set(found)
    assert not symbols.broken

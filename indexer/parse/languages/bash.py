"""Bash and other shells: what their nodes define, and which files `source` means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.languages.language import ImportStatement, Language, Named, resolve_relative, word_set

if TYPE_CHECKING:
    from tree_sitter import Node


def _assignment_names(node: Node) -> Iterator[Named]:
    name = node.child_by_field_name("name")
    if name is not None and name.type == "variable_name":
        yield Named(name, "variable")


_SOURCE = lazy_pattern(r"(?:source|\.)[ \t]+(.+)")
_EXPANSION = lazy_pattern(r"\$\([^()]*(?:\([^()]*\)[^()]*)*\)|\$\{[^}]*\}|\$\w+|[\"']")


def source_path(text: str) -> str:
    """Return the path that a command sources, without what is expanded in it; empty where there is none."""
    match = _SOURCE.match(text)
    path = _EXPANSION.sub("", match[1].replace('"', "")).split() if match is not None else []
    return path[0] if path and path[0].strip("/.") else ""


def _imports(text: str) -> Iterator[ImportStatement]:
    if path := source_path(text):
        yield ImportStatement(path)


def _candidates(module: str, _names: tuple[str, ...], importer: str) -> tuple[str, ...]:
    path = module.lstrip("/")
    plain = re.sub(r"^(?:\.\.?/)+", "", path)
    return tuple(dict.fromkeys(found for found in (resolve_relative(importer, path), plain) if found))


LANGUAGES = (
    Language(
        name="bash",
        extensions=(".sh", ".bash", ".zsh", ".ksh", ".bats", ".ebuild"),
        filenames=(".bashrc", ".bash_profile", ".profile", ".zshrc", "PKGBUILD", "APKBUILD"),
        shebangs=("bash", "sh", "zsh", "ksh", "dash", "ash"),
        grammar_module="tree_sitter_bash",
        definitions={"function_definition": "function"},
        globals={"variable_assignment": _assignment_names},
        bodies=word_set("program declaration_command compound_statement if_statement elif_clause else_clause list"),
        wrappers=frozenset({"declaration_command"}),
        landmarks=r"function|source|\.|[\w-]+ *\(",
        noise=(
            ("#", r"(?<!\S#)[^\n]*"),
            ('"', r'[^"\\]*(?:\\.[^"\\]*)*"?'),
            ("'", r"[^']*'?"),
        ),
        interpolating='"',
        interpolation=r"\$\(([^()\"]*)|\$\{?[#!]?(\w+)",
        keywords=word_set(
            "alias break case cd continue declare do done echo elif else esac eval exec exit export false fi for "
            "function if in let local printf read readonly return select set shift source test then trap true "
            "typeset unset until while"
        ),
        comment_marks=(b"#",),
        import_nodes=frozenset({"command"}),
        imports=_imports,
        candidates=_candidates,
    ),
)

"""Source text and its tree in, facts out. No files, no database, no clock."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.builder import Builder

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Node

    from noctule.indexer.parse.facts.model import Facts
    from noctule.indexer.parse.facts.walk import TreeWalk
    from noctule.indexer.parse.languages.language import Language
    from noctule.indexer.symbols import Definition

_FRONTS = {
    "python": "python.walk:PythonWalk",
    "c": "c.walk:CWalk",
    "cpp": "c.walk:CWalk",
    "go": "go.walk:GoWalk",
    "java": "java.walk:JavaWalk",
    "javascript": "javascript.walk:JavaScriptWalk",
    "typescript": "javascript.walk:JavaScriptWalk",
    "tsx": "javascript.walk:JavaScriptWalk",
    "rust": "rust.walk:RustWalk",
    "kotlin": "kotlin.walk:KotlinWalk",
    "csharp": "csharp.walk:CSharpWalk",
    "php": "php.walk:PhpWalk",
    "ruby": "ruby.walk:RubyWalk",
    "bash": "bash:BashWalk",
    "swift": "swift.walk:SwiftWalk",
    "scala": "scala.walk:ScalaWalk",
    "elixir": "elixir.walk:ElixirWalk",
}
"""The front end of each language: its module in this folder and its class. To import all of them takes as long as to
parse a small repository."""
RESOLVED = frozenset(_FRONTS)
"""The languages whose uses are resolved."""
DEEPEST_TREE = 6000
"""Frames that a walk may take; texts nested deeper have no facts."""


def extract_facts(root: Node, source: bytes, language: Language, definitions: Sequence[Definition]) -> Facts | None:
    """Collect the facts of a text; None where its language has no front end, or it is nested too deep."""
    if language.name not in _FRONTS:
        return None
    builder = Builder(source, language.name, definitions)
    walk = _load_front(language.name)(builder, _grammar(language))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, DEEPEST_TREE))
    try:
        walk.run(root)
    except RecursionError:
        return None
    finally:
        sys.setrecursionlimit(limit)
    return builder.facts()


@cache
def _load_front(language: str) -> type[TreeWalk]:
    module, _, name = _FRONTS[language].partition(":")
    front: type[TreeWalk] = getattr(import_module(f"noctule.indexer.parse.facts.{module}"), name)
    return front


_GRAMMARS: dict[str, Grammar] = {}


def _grammar(language: Language) -> Grammar:
    if language.name not in _GRAMMARS:
        _GRAMMARS[language.name] = language.grammar()
    return _GRAMMARS[language.name]

"""Source text and its tree in, facts out. No files, no database, no clock."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from noctule.indexer.parse.facts.bash import BashWalk
from noctule.indexer.parse.facts.builder import Builder
from noctule.indexer.parse.facts.c.walk import CWalk
from noctule.indexer.parse.facts.csharp.walk import CSharpWalk
from noctule.indexer.parse.facts.go.walk import GoWalk
from noctule.indexer.parse.facts.java.walk import JavaWalk
from noctule.indexer.parse.facts.javascript.walk import JavaScriptWalk
from noctule.indexer.parse.facts.kotlin.walk import KotlinWalk
from noctule.indexer.parse.facts.php.walk import PhpWalk
from noctule.indexer.parse.facts.python.walk import PythonWalk
from noctule.indexer.parse.facts.ruby.walk import RubyWalk
from noctule.indexer.parse.facts.rust.walk import RustWalk
from noctule.indexer.parse.facts.scala.walk import ScalaWalk
from noctule.indexer.parse.facts.swift.walk import SwiftWalk

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Tree

    from noctule.indexer.parse.facts.model import Facts
    from noctule.indexer.parse.languages.language import Language
    from noctule.indexer.symbols import Definition

_FRONTS: dict[str, Callable[..., Any]] = {
    "python": PythonWalk,
    "c": CWalk,
    "cpp": CWalk,
    "go": GoWalk,
    "java": JavaWalk,
    "javascript": JavaScriptWalk,
    "typescript": JavaScriptWalk,
    "tsx": JavaScriptWalk,
    "rust": RustWalk,
    "kotlin": KotlinWalk,
    "csharp": CSharpWalk,
    "php": PhpWalk,
    "ruby": RubyWalk,
    "bash": BashWalk,
    "swift": SwiftWalk,
    "scala": ScalaWalk,
}
RESOLVED = frozenset(_FRONTS)
"""The languages whose uses are resolved."""
DEEPEST_TREE = 6000
"""Frames that a walk may take; texts nested deeper have no facts."""


def extract_facts(tree: Tree, source: bytes, language: Language, definitions: Sequence[Definition]) -> Facts | None:
    """Collect the facts of a text; None where its language has no front end, or it is nested too deep."""
    front = _FRONTS.get(language.name)
    if front is None:
        return None
    builder = Builder(source, language.name, definitions)
    walk = front(builder, _grammar(language))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, DEEPEST_TREE))
    try:
        walk.run(tree.root_node)
    except RecursionError:
        return None
    finally:
        sys.setrecursionlimit(limit)
    return builder.facts()


_GRAMMARS: dict[str, Grammar] = {}


def _grammar(language: Language) -> Grammar:
    if language.name not in _GRAMMARS:
        _GRAMMARS[language.name] = language.grammar()
    return _GRAMMARS[language.name]

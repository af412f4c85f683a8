"""Directives of C and C++: what is included, and macros with the words they stand for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.c_macros import live_parts
from noctule.indexer.parse.facts.model import Binding, Expr
from noctule.indexer.parse.facts.walk import TreeWalk

if TYPE_CHECKING:
    from tree_sitter import Node

_WORD = re.compile(r"(?<![\w\"'.>:])[A-Za-z_]\w+(?:::[A-Za-z_]\w+)*")

_NAMESPACE = re.compile(r"(?<!inline )\bnamespace\s+(\w+)\s*\{")
MOST_WORDS = 40


class CPreprocessor(TreeWalk):
    """The part of the walk that reads directives."""

    visits: ClassVar = {
        "preproc_include": "include",
        "preproc_def": "macro",
        "preproc_function_def": "macro",
        "preproc_if": "condition",
    }

    def include(self, node: Node) -> Expr:
        """`#include "path"`; the module keeps its angle brackets."""
        path = node.child_by_field_name("path")
        if path is not None:
            self.b.add_import(self.b.text(path).strip('"'), "", node.start_point[0])
        return None

    def condition(self, node: Node) -> Expr:
        """`#if condition`, without what is left out."""
        for child in live_parts(node):
            self.visit(child)
        return None

    def macro(self, node: Node) -> Expr:
        """A macro, with the words that it puts where it is used."""
        b = self.b
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            return None
        words: list[str] = []
        if value is not None:
            own = node.child_by_field_name("parameters")
            mine = set(re.findall(r"\w+", b.text(own))) if own is not None else set()
            words = [w for w in dict.fromkeys(_WORD.findall(b.text(value))) if w not in mine][:MOST_WORDS]
            for space in _NAMESPACE.findall(b.text(value)):  # it opens a namespace where it is used
                b.members.append(("namespace", space, Binding(0, None, None, name.start_point[0], -1, -1, False)))
        row = name.start_point[0]
        spelled = b.text(name)
        replaces = not self._is_fallback(node, spelled)
        found = Binding(0, ("M", tuple(words), replaces), None, row, b.end, b.find_definition(spelled, row), False)
        b.scopes[0].names.setdefault(spelled, []).append(found)
        return None

    def _is_fallback(self, node: Node, name: str) -> bool:
        """Tell whether a macro is only defined where nothing else has its name: `#ifndef NAME`."""
        around = node.parent
        while around is not None and around.type.startswith("preproc_"):
            asked = around.child_by_field_name("name") or around.child_by_field_name("condition")
            if asked is not None and name in re.findall(r"\w+", self.b.text(asked)):
                return True
            around = around.parent
        return False

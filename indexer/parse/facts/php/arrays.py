"""What PHP's own functions give of an array, and pass to a function that is written in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.builder import wrap
from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.parse.facts.php.declarations import PhpDeclarations

if TYPE_CHECKING:
    from tree_sitter import Node

ARRAYS = {
    **dict.fromkeys("reset current end next prev array_pop array_shift".split(), "element"),
    **dict.fromkeys("array_values array_filter array_reverse array_slice array_unique array_merge".split(), "same"),
    **dict.fromkeys("iterator_to_array array_diff array_intersect_key array_diff_key".split(), "same"),
    **dict.fromkeys("usort uasort array_walk array_reduce".split(), ""),
    "array_map": "results",
}
"""Functions that take an array, and what they give of it."""
_PASSED = {"usort": (0, 1), "uasort": (0, 1), "array_reduce": (1,)}
"""The parameters that get an element; elsewhere the first one."""
_CLOSURES = frozenset({"arrow_function", "anonymous_function", "anonymous_function_creation_expression"})


class PhpArrays(PhpDeclarations):
    """The part of the walk that reads calls of such functions."""

    def pass_elements(self, name: str, arguments: Node) -> Expr:
        """Visit what is passed to such a function; return what it gives."""
        given = [child.named_children[-1] for child in arguments.named_children if child.named_child_count]
        at = 1 if name == "array_map" else 0
        if len(given) <= at or any(child.child_by_field_name("name") for child in arguments.named_children):
            self.visit(arguments)
            return None
        values = self.visit(given[at])
        element = wrap("e", values)
        function: Expr = None
        for position, child in enumerate(given):
            if position == at:
                continue
            if child.type in _CLOSURES and element is not None:
                self.passed = dict.fromkeys(_PASSED.get(name, (0,)), element)
                function = self.visit(child)
            else:
                self.visit(child)
        gives = ARRAYS[name]
        if gives == "results":
            return None if function is None else ("l", "Array", (("c", function),))
        return element if gives == "element" else values if gives == "same" else None

"""Facts of what stands in Rust's macros: tokens, read as expressions where they plainly are some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import BlockWalk
from noctule.indexer.parse.facts.model import Expr

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Node

_ITEMS = ("use ", "mod ", "fn ", "impl ", "impl<", "struct ", "trait ", "enum ")
_BLOCKS = frozenset({"source_file", "declaration_list", "expression_statement"})


class RustTokens(BlockWalk):
    """The part of the walk over a Rust tree that reads macros."""

    grammar: Grammar

    def macro(self, node: Node) -> Expr:
        """`macro_rules! name { }`: what it puts elsewhere means what it says only where it begins with the crate."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is not None:
            spelled, row = b.text(name), name.start_point[0]
            b.bind(f"macro {spelled}", None, None, row, spelled=spelled)
        for rule in node.named_children:
            if rule.type == "macro_rule":
                self._tokens(rule.child_by_field_name("right"), rooted=True)
        return None

    def invocation(self, node: Node) -> Expr:
        """`name!(...)`: a macro of this crate is used, and its tokens are read."""
        b = self.b
        name = node.child_by_field_name("macro")
        if name is None:
            return None
        if name.type == "identifier":
            b.use(f"macro {b.text(name)}", name.start_point[0])
        else:
            last, outer = name.child_by_field_name("name"), name.child_by_field_name("path")
            if last is not None and outer is not None:
                b.use_member(self.visit(outer), f"macro {b.text(last)}", last.start_point[0])
        tree = next((c for c in node.named_children if c.type == "token_tree"), None)
        if tree is None:
            return None
        is_block = b.text(name) != "vec" and b.source[tree.start_byte : tree.start_byte + 1] == b"{"
        if not is_block:
            first = self._tokens(tree)
            return ("l", "Array", (first,)) if b.text(name) == "vec" else None
        if node.parent is not None and node.parent.type in _BLOCKS and b.scopes[b.scope].function < 0:
            text = b.text(tree)
            if any(word in text for word in _ITEMS):
                self._items(tree)
        return None

    def _items(self, tree: Node) -> None:
        """Read items that a macro passes on: a condition on them."""
        from tree_sitter import Parser, Range

        parser = Parser(self.grammar)
        first, last = tree.children[0], tree.children[-1]
        parser.included_ranges = [Range(first.end_point, last.start_point, first.end_byte, last.start_byte)]
        inner = parser.parse(self.b.source)
        if not inner.root_node.has_error:
            self.inside(inner.root_node)

    def _tokens(self, tree: Node | None, *, rooted: bool = False, hidden: frozenset[str] = frozenset()) -> Expr:
        """Read names with what stands before them; names that closures and `let` bind mean nothing outside.

        Return what the first of the expressions is that commas keep apart.
        """
        if tree is None:
            return None
        b = self.b
        hidden |= self._local_names(tree)
        value: Expr = None
        firsts: list[Expr] = []
        before = ""
        children = tree.children
        for position, token in enumerate(children):
            kind = token.type
            after = children[position + 1].type if position + 1 < len(children) else ""
            if kind in {"identifier", "self", "crate", "super", "metavariable"}:
                value = self._token(token, kind, value, before, after, hidden, rooted=rooted)
            elif kind == "token_tree":
                opening = b.source[token.start_byte : token.start_byte + 1]
                self._tokens(token, rooted=rooted, hidden=hidden)
                if opening == b"(" and value is not None:
                    value = ("c", value)
                else:
                    value = ("I", value) if opening == b"{" and _is_type_name(value) else None
            elif kind not in {".", "::", "?", "!"}:
                if kind in {",", ";"} or position + 1 == len(children):
                    firsts.append(value)
                value = None
            before = kind
        return firsts[0] if firsts else None

    def _local_names(self, tree: Node) -> frozenset[str]:
        found: set[str] = set()
        bars = False
        before = ""
        for token in tree.children:
            if token.type in {"|", "||"}:
                bars = not bars and token.type == "|"
            elif token.type == "identifier" and (bars or before in {"let", "mut", "ref", "for"}):
                found.add(self.b.text(token))
            before = token.type if token.type != "mutable_specifier" else "mut"
        return frozenset(found)

    def _token(
        self, token: Node, kind: str, value: Expr, before: str, after: str, hidden: frozenset[str], *, rooted: bool
    ) -> Expr:
        b = self.b
        name, row = b.text(token), token.start_point[0]
        if before in {".", "::"}:
            if value is None or before == "?":
                return None
            is_call = after == "token_tree" or before == "::" or after == "::"
            spelled = name if is_call else f"field {name}"
            b.use_member(value, spelled, row)
            return self.member(value, spelled)
        if kind == "metavariable":
            return "crate" if name == "$crate" else None
        if kind == "crate":
            return "crate"
        if rooted:
            return None
        if kind == "self":
            return ("s",)
        if kind == "super" or name in hidden or after in {":", "=", "=>"}:
            return None
        if after == "!":
            b.use(f"macro {name}", row)
            return None
        if name == "Self":
            return ("C",)
        b.use(name, row)
        return name


def _is_type_name(value: Expr) -> bool:
    """Tell whether a name is written as those of types are."""
    last = value[-1] if isinstance(value, tuple) else value
    return isinstance(last, str) and last[:1].isupper()

"""The trees of Rust's `use`, as paths and names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

Leaf = tuple[str, str, str, int]
"""(path of modules, name taken from it or "", alias or "", line)"""


def leaves(node: Node | None, text: Callable[[Node], str], prefix: str = "") -> Iterator[Leaf]:
    """Yield what a tree of `use` takes."""
    if node is None:
        return
    kind, row = node.type, node.start_point[0]
    if kind == "use_list":
        for child in node.named_children:
            yield from leaves(child, text, prefix)
    elif kind == "scoped_use_list":
        path = node.child_by_field_name("path")
        inner = _join(prefix, "" if path is None else _plain(text(path)))
        yield from leaves(node.child_by_field_name("list"), text, inner)
    elif kind == "use_as_clause":
        path, alias = node.child_by_field_name("path"), node.child_by_field_name("alias")
        for module, name, _, _ in leaves(path, text, prefix):
            yield module, name, "" if alias is None else text(alias), row
    elif kind == "use_wildcard":
        path = node.named_children[0] if node.named_child_count else None
        yield _join(prefix, "" if path is None else _plain(text(path))), "*", "", row
    elif kind == "self":
        outer, _, last = prefix.rpartition("::")
        yield (outer, last, "", row) if outer else (last, "", "", row)
    elif kind in {"identifier", "scoped_identifier", "crate", "super", "metavariable"}:
        module, _, name = _join(prefix, _plain(text(node))).rpartition("::")
        yield (module, name, "", row) if module else (name, "", "", row)


def _plain(path: str) -> str:
    return "".join(path.split()).removeprefix("::").replace("r#", "")


def _join(prefix: str, path: str) -> str:
    return f"{prefix}::{path}" if prefix and path else prefix or path


def module_path(around: list[str], path: str) -> str:
    """Return a path of modules as the top of the file sees it, where it is written inside of modules in place."""
    parts = path.split("::")
    inner = list(around)
    if parts[0] not in {"self", "super"}:
        return path if not around or parts[0] == "crate" else f"{'::'.join(around)}|{path}"
    if parts[0] == "self":
        parts = parts[1:]
    while parts and parts[0] == "super":
        if not inner:
            return "::".join(parts)
        inner.pop()
        parts = parts[1:]
    return "::".join(["self", *inner, *parts])

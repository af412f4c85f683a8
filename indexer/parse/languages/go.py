"""Go: what its nodes define, and which folders its imports mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.languages.language import (
    CHARACTER,
    LINE_STRING,
    SLASH_COMMENT,
    Candidates,
    ImportStatement,
    Language,
    Modules,
    Named,
    field_definitions,
    spelling,
    word_set,
)

if TYPE_CHECKING:
    from tree_sitter import Node


_RECEIVER = lazy_pattern(r"\*?\s*([\w]+)\s*(?:\[[^\]]*\])?\s*\)$")
_TYPES = {"struct_type": "struct", "interface_type": "interface"}


def _method(node: Node) -> Iterator[Named]:
    name = node.child_by_field_name("name")
    receiver = _RECEIVER.search(spelling(node.child_by_field_name("receiver")))
    if name is not None:
        yield Named(name, "method", receiver[1] if receiver else "")


def _type(node: Node) -> Iterator[Named]:
    name = node.child_by_field_name("name")
    written = node.child_by_field_name("type")
    if name is not None:
        yield Named(name, _TYPES.get(written.type, "type") if written is not None else "type")


def _constants(node: Node) -> list[Named]:
    return field_definitions(node, "name", "constant")


def _variables(node: Node) -> list[Named]:
    return field_definitions(node, "name", "variable")


def _fields(node: Node) -> list[Named]:
    return field_definitions(node, "name", "field")


_QUOTED = lazy_pattern(r'"([^"\n]+)"|`([^`\n]+)`')


def _imports(text: str) -> Iterator[ImportStatement]:
    for match in _QUOTED.finditer(text):
        yield ImportStatement(match[1] or match[2])


def _candidates(module: str, _names: tuple[str, ...], _importer: str) -> tuple[str, ...]:
    parts = module.split("/")
    if "." not in parts[0]:
        return (f"{module}/", *([f"{'/'.join(parts[1:])}/"] if len(parts) > 2 else []))
    inside = parts[3:] if parts[0] in {"github.com", "gitlab.com", "bitbucket.org", "codeberg.org"} else parts[2:]
    if inside and re.fullmatch(r"v\d+", inside[0]):
        inside = inside[1:]
    if not inside:
        return ("/",)
    return tuple(f"{'/'.join(inside[start:])}/" for start in range(max(1, len(inside) - 1)))


_MODULE = lazy_pattern(rb"""(?m)^module[ \t]+["`]?([^\s"`()]+)["`]?[ \t]*(?://.*)?\r?$""")
_HEAD_BYTES = 4_000
_STANDARD = "std"
"""What the standard library's own module is called; its packages are imported without that name."""


def module_name(manifest: bytes) -> str:
    """Return what a `go.mod` calls its module; empty where the text is none."""
    found = _MODULE.search(manifest[:_HEAD_BYTES])
    return found[1].decode("utf-8", "replace") if found is not None else ""


def _within(modules: Modules) -> Candidates:
    """Say what imports mean where `go.mod` files name the modules: a folder of one of them, or nothing here."""
    known: dict[str, list[str]] = {}
    for folder, name in modules.items():
        known.setdefault(name, []).append(folder)

    def candidates(module: str, names: tuple[str, ...], importer: str) -> tuple[str, ...]:
        homes = [folder for folder in _enclosing_folders(importer) if folder in modules]
        if not homes:  # it belongs to none of them, as before there were any
            return _candidates(module, names, importer)
        parts = module.split("/")
        for length in range(len(parts), 0, -1):
            if folders := known.get("/".join(parts[:length])):
                folder = max(folders, key=lambda f: (_common_folders(f, importer), -len(f)))
                return (_whole(folder, parts[length:]),)
        standard = [_whole(folder, parts) for folder in homes if modules[folder] == _STANDARD]
        return (*standard, *(_whole(folder, ["vendor", *parts]) for folder in homes))

    return candidates


def _enclosing_folders(path: str) -> Iterator[str]:
    """Yield the folders that a file lies in, the innermost first; the empty path is the top."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _common_folders(folder: str, importer: str) -> int:
    """Count the leading folders that two paths have in common."""
    pairs = zip(folder.split("/"), importer.split("/"), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _whole(folder: str, rest: list[str]) -> str:
    return "/".join(["", *filter(None, [folder, *rest]), ""])


LANGUAGES = (
    Language(
        name="go",
        extensions=(".go",),
        grammar_module="tree_sitter_go",
        definitions={
            "function_declaration": "function",
            "method_declaration": _method,
            "type_spec": _type,
            "type_alias": _type,
            "const_spec": _constants,
            "var_spec": _variables,
            "field_declaration": _fields,
            "method_elem": "method",
        },
        bodies=word_set(
            "source_file const_declaration var_declaration var_spec_list type_declaration struct_type "
            "interface_type field_declaration_list"
        ),
        noise=(
            ("/", SLASH_COMMENT),
            ('"', LINE_STRING),
            ("'", CHARACTER),
            ("`", r"[^`]*`?"),
        ),
        keywords=word_set(
            "break case chan const continue default defer else fallthrough false for func go goto if import "
            "interface iota map nil package range return select struct switch true type var append cap close copy "
            "delete len make new panic print println recover bool byte error float32 float64 int int8 int16 int32 "
            "int64 rune string uint uint8 uint16 uint32 uint64 uintptr any"
        ),
        import_nodes=frozenset({"import_declaration"}),
        imports=_imports,
        candidates=_candidates,
        manifest="go.mod",
        within=_within,
    ),
)

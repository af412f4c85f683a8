"""HCL, as Terraform and Packer write it: labelled blocks, and locals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.languages.language import (
    LINE_STRING,
    SLASH_COMMENT,
    ImportStatement,
    Language,
    Named,
    resolve_relative,
    spelling,
    word_set,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_REFERRED_AS = {"variable": "var", "resource": "", "locals": "local"}
"""What expressions call a block of a type; most are called by their type."""


def _block(node: Node) -> Iterator[Named]:
    children = node.named_children
    kind = spelling(children[0]) if children else ""
    prefix = _REFERRED_AS.get(kind, kind)
    labels = [label for child in children if child.type == "string_lit" for label in child.named_children]
    labels = [label for label in labels if label.type == "template_literal"]
    if labels:
        owner = ".".join([prefix, *map(spelling, labels[:-1])] if prefix else map(spelling, labels[:-1]))
        yield Named(labels[-1], "variable" if kind in {"variable", "output"} else "struct", owner)
    elif kind == "locals":
        body = next((child for child in children if child.type == "body"), None)
        for attribute in body.named_children if body is not None else ():
            if attribute.type == "attribute" and attribute.named_children:
                yield Named(attribute.named_children[0], "variable", prefix, at=attribute)


_SOURCE = lazy_pattern(r'source\s*=\s*"(\.{1,2}/[^"\n]*)"')


def _imports(text: str) -> Iterator[ImportStatement]:
    if match := _SOURCE.match(text):
        yield ImportStatement(match[1])


def _candidates(module: str, _names: tuple[str, ...], importer: str) -> tuple[str, ...]:
    folder = resolve_relative(importer, module)
    return (f"/{folder}/",) if folder else ()


LANGUAGES = (
    Language(
        name="hcl",
        extensions=(".tf", ".hcl", ".tfvars", ".nomad"),
        grammar_module="tree_sitter_hcl",
        definitions={},
        globals={"block": _block},
        bodies=word_set("config_file body"),
        noise=(("#", r"[^\n]*"), ("/", SLASH_COMMENT), ('"', LINE_STRING)),
        interpolating='"',
        interpolation=r"[$%]\{([^{}\"]*)",
        keywords=word_set("each else endfor endif false for if in null true"),
        comment_marks=(b"#", b"//"),
        import_nodes=frozenset({"attribute"}),
        imports=_imports,
        candidates=_candidates,
    ),
)

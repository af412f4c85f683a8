"""PHP: what its nodes define, and which files its `use` and `require` mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.languages.language import (
    SLASH_COMMENT,
    ImportStatement,
    Language,
    Named,
    first_child,
    resolve_relative,
    word_set,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _constants(node: Node) -> Iterator[Named]:
    for element in node.named_children:
        name = first_child(element) if element.type == "const_element" else None
        if name is not None:
            yield Named(name, "constant")


def _properties(node: Node) -> Iterator[Named]:
    for element in node.named_children:
        variable = element.child_by_field_name("name") if element.type == "property_element" else None
        name = first_child(variable)
        if name is not None:
            yield Named(name, "field")


def _method(node: Node) -> Iterator[Named]:
    """Name a method and, of a constructor, the properties that its parameters declare."""
    name, parameters = node.child_by_field_name("name"), node.child_by_field_name("parameters")
    if name is None:
        return
    yield Named(name, "method")
    for parameter in parameters.named_children if parameters is not None and name.text == b"__construct" else ():
        declared = first_child(parameter.child_by_field_name("name"))
        if declared is not None and parameter.type == "property_promotion_parameter":
            yield Named(declared, "field", at=parameter)


_USE = lazy_pattern(r"use\s+(?:function\s+|const\s+)?([\w\\]+?)\\?\s*(?:\{([^}]*)\}|as\s+\w+\s*)?;?\s*$")
_REQUIRE = lazy_pattern(r"""(?:require|include)(?:_once)?\b([^;"']*)["']([^"'\n$]+)["']""")


def _imports(text: str) -> Iterator[ImportStatement]:
    if text.startswith("use"):
        for part in [text] if "{" in text else [f"use {each}" for each in text.removeprefix("use").split(",")]:
            if match := _USE.match(part.replace("use  ", "use ")):
                names = (name.split()[0] for name in (match[2] or "").split(",") if name.strip())
                yield ImportStatement(match[1].lstrip("\\"), tuple(names))
    elif match := _REQUIRE.match(text):
        yield ImportStatement("./" + match[2].lstrip("/"))


def _candidates(module: str, names: tuple[str, ...], importer: str) -> tuple[str, ...]:
    if module.startswith("./"):
        return tuple(
            dict.fromkeys(path for path in (resolve_relative(importer, module), module[2:].lstrip("./")) if path)
        )
    parts = module.split("\\")
    wholes = [[*parts, *name.split("\\")] for name in names] or [parts]
    starts = range(max(1, len(parts) - 1))
    return tuple("/".join(whole[start:]) + ".php" for start in starts for whole in wholes)


_SINGLE = r"[^'\\]*(?:\\.[^'\\]*)*'?"

LANGUAGES = (
    Language(
        name="php",
        extensions=(".php", ".phtml", ".php5", ".php7", ".inc"),
        shebangs=("php",),
        grammar_module="tree_sitter_php",
        grammar_function="language_php",
        definitions={
            "class_declaration": "class",
            "interface_declaration": "interface",
            "trait_declaration": "trait",
            "enum_declaration": "enum",
            "enum_case": "constant",
            "function_definition": "function",
            "method_declaration": _method,
            "const_declaration": _constants,
            "property_declaration": _properties,
        },
        bodies=word_set(
            "program declaration_list enum_declaration_list namespace_definition compound_statement if_statement"
        ),
        landmarks="function|class|abstract|final|interface|trait|require|require_once|include|include_once|if|else",
        noise=(
            ("/", SLASH_COMMENT),
            ("#", r"(?!\[)[^\n]*"),
            ('"', _SINGLE.replace("'", '"')),
            ("'", _SINGLE),
        ),
        interpolating='"',
        interpolation=r"\$([A-Za-z_]\w*(?:->\w+)*)",
        keywords=word_set(
            "abstract and array as bool break callable case catch class clone const continue declare default do "
            "echo else elseif empty enum extends false final finally float fn for foreach function global goto if "
            "implements include include_once instanceof insteadof int interface isset list match mixed namespace "
            "new null object or parent php print private protected public readonly require require_once return "
            "self static string switch this throw trait true try unset use var void while xor yield"
        ),
        comment_marks=(b"//", b"#"),
        import_nodes=frozenset({"namespace_use_declaration", "expression_statement"}),
        imports=_imports,
        candidates=_candidates,
    ),
)

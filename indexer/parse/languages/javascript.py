"""JavaScript with JSX: what its nodes define, and which files its imports mean. TypeScript builds on it."""

from __future__ import annotations

import re
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

    from noctule.indexer.parse.languages.language import Namer


FUNCTIONS = frozenset({"arrow_function", "function_expression", "function", "generator_function"})


def _value_kind(value: Node | None, otherwise: str) -> str:
    if value is None:
        return otherwise
    if value.type in FUNCTIONS:
        return "function"
    return "class" if value.type == "class" else otherwise


def declared_names(node: Node) -> Iterator[Named]:
    """Name what `const name = value` declares; patterns declare nothing that others refer to."""
    name = node.child_by_field_name("name")
    if name is not None and name.type == "identifier":
        yield Named(name, _value_kind(node.child_by_field_name("value"), "variable"))


def _assignment_names(node: Node) -> Iterator[Named]:
    left = node.child_by_field_name("left")
    right = node.child_by_field_name("right")
    kind = _value_kind(right, "")
    if left is not None and left.type == "member_expression" and kind:
        if right is not None and right.child_by_field_name("name") is not None and exports_module(node):
            return  # its own name says more than `exports`
        name = left.child_by_field_name("property")
        target = spelling(left.child_by_field_name("object"))
        if name is not None:
            yield Named(name, kind, target.removesuffix(".prototype") if target.endswith(".prototype") else "")


def _pair_names(node: Node) -> Iterator[Named]:
    key = node.child_by_field_name("key")
    kind = _value_kind(node.child_by_field_name("value"), "")
    if key is not None and key.type == "property_identifier" and kind:
        yield Named(key, kind)


def _field(node: Node) -> Iterator[Named]:
    name = node.child_by_field_name("property")
    if name is not None and name.type == "property_identifier":
        yield Named(name, field_kind(node))


def field_kind(field: Node) -> str:
    """Return what a field of a class is: one whose value is a function is a method."""
    return "method" if _value_kind(field.child_by_field_name("value"), "") else "field"


_SET = lazy_pattern(rb"^[ \t]+this\.([A-Za-z$][\w$]*)[ \t]*=(?![=>])", re.MULTILINE)


def _method(node: Node) -> Iterator[Named]:
    """Name a method and, of a constructor, the fields that it sets or declares among its parameters."""
    name = node.child_by_field_name("name")
    if name is None:
        return
    yield Named(name, "method")
    if name.text != b"constructor":
        return
    parameters = node.child_by_field_name("parameters")
    for parameter in parameters.named_children if parameters is not None else ():
        kinds = {child.type for child in parameter.children}
        declared = parameter.child_by_field_name("pattern")
        if declared is not None and declared.type == "identifier" and kinds & {"accessibility_modifier", "readonly"}:
            yield Named(declared, "field", at=parameter)
    text, start = node.text or b"", node.start_byte
    for match in _SET.finditer(text):
        field = node.descendant_for_byte_range(start + match.start(1), start + match.end(1))
        if field is None or field.type != "property_identifier" or field.parent is None:
            continue
        assignment = field.parent.parent or field.parent
        if not _value_kind(assignment.child_by_field_name("right"), ""):  # functions are named where they stand
            yield Named(field, "field", at=assignment)


_PASSES_ON = word_set(
    "parenthesized_expression binary_expression ternary_expression sequence_expression as_expression "
    "satisfies_expression non_null_expression await_expression"
)
"""What has the value of a part of it."""
_CALLS = word_set("arguments call_expression new_expression")
_ASSIGNS = word_set("assignment_expression pair field_definition public_field_definition")


def _value_names(node: Node) -> Iterator[Named]:
    """Name a function or class that is a value by its own name; without one `default`, if a module exports it so.

    What it is bound to names it first: `const Card = memo(function CardBase() {})` and `run: function go() {}` define
    `Card` and `run` alone.
    """
    name = node.child_by_field_name("name")
    kind = "class" if node.type == "class" else "function"
    above, is_argument = node.parent, False
    if above is not None and above.type in _ASSIGNS and not exports_module(above):
        return
    while above is not None and (above.type in _PASSES_ON or above.type in _CALLS):
        is_argument = is_argument or above.type == "arguments"
        above = above.parent
    if above is None or above.type == "variable_declarator":
        return
    if name is None and above.type == "export_statement" and not is_argument:
        name = next((child for child in above.children if child.type == "default"), None)
    if name is not None:
        yield Named(name, kind)


def exports_module(node: Node) -> bool:
    """Tell whether an assignment is one to `module.exports`, or `exports = module.exports =`."""
    left = node.child_by_field_name("left")
    return left is not None and left.text in {b"module.exports", b"exports"}


def exported_name(value: Node) -> str:
    """Return the name of the function or class that an exported value is, as in `a && function name() {}`; or empty."""
    nodes = [value]
    while nodes:
        node = nodes.pop()
        if node.type in FUNCTIONS or node.type == "class":
            name = node.child_by_field_name("name")
            return "" if name is None else spelling(name)
        if node.type in _PASSES_ON:
            nodes += reversed(node.named_children)
    return ""


def closure(_node: Node) -> tuple[str, str]:
    """Say that what is inside of an unnamed function is local to it."""
    return "", "function"


_SOURCE = lazy_pattern(r"""(?:from|import)\s*\(?\s*["']([^"'\n]+)["']""")
_REQUIRED = lazy_pattern(r"""([\w$]+|\{[^{}]*\})?\s*=?\s*(?:await\s+)?\b(?:require|import)\(\s*["']([^"'\n]+)["']""")
_NAME = lazy_pattern(r"[\w$]+")
_DECLARES = lazy_pattern(r"(?:import|export)\b")


def imports(text: str) -> Iterator[ImportStatement]:
    """Read `import`, `export ... from`, `import x = require()` and `const x = require()`."""
    if not _DECLARES.match(text):  # `exports.a = ` is an assignment
        if "require(" in text or "import(" in text:
            for match in _REQUIRED.finditer(text):
                yield ImportStatement(match[2], _names(match[1] or ""))
        return
    if text.startswith("export") and not re.match(r"export\s+(?:type\s+)?[*{]", text):
        return
    if "require(" in text and (required := _REQUIRED.search(text)):
        yield ImportStatement(required[2])
    elif source := _SOURCE.search(text):
        yield ImportStatement(source[1], _names(text[: source.start()]))


def _names(clause: str) -> tuple[str, ...]:
    _, brace, inside = clause.partition("{")
    if not brace:
        return ()
    words = (_NAME.findall(part) for part in inside.partition("}")[0].split(","))
    return tuple(found[1] if found[0] == "type" and len(found) > 1 else found[0] for found in words if found)


_ENDINGS = (".ts", ".tsx", ".d.ts", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte", ".astro", ".json")
_COMPILED: dict[str, tuple[str, ...]] = {
    **{"js": (".ts", ".tsx"), "jsx": (".tsx",), "mjs": (".mts",), "cjs": (".cts",)},
    **dict.fromkeys(("ts", "tsx", "mts", "cts", "json", "vue", "svelte", "astro", "css", "scss"), ()),
}


def candidates(module: str, _names: tuple[str, ...], importer: str) -> tuple[str, ...]:
    """Try a relative path with each ending, then its index; for a package, its folder in this repository."""
    if module.startswith("."):
        path = resolve_relative(importer, module)
        return () if path is None else _with_endings(path)
    if module[:2] in {"@/", "~/", "#/"}:
        return _with_endings(module[2:]) + _with_endings("src/" + module[2:])
    scope, _, inside = module.partition("/") if not module.startswith("@") else module[1:].partition("/")
    if module.startswith("@"):
        scope, _, inside = inside.partition("/")
    if not scope or ":" in module:
        return ()
    if inside:
        found = _with_endings(f"{scope}/{inside}") + _with_endings(f"{scope}/src/{inside}")
        return found if module.startswith("@") else _with_endings(f"src/{module}") + found
    return tuple(f"{scope}/{entry}index{ending}" for entry in ("src/", "") for ending in (".ts", ".tsx", ".js"))


def _with_endings(path: str) -> tuple[str, ...]:
    stem, _, ending = path.rpartition(".")
    if ending in _COMPILED:
        return (path, *(stem + other for other in _COMPILED[ending]))
    tried = tuple(path + ending for ending in _ENDINGS) if path else ()
    folder = f"{path}/index" if path else "index"
    return tried + tuple(folder + ending for ending in _ENDINGS[:8])


TEMPLATE = r"[^`\\]*(?:\\.[^`\\]*)*`?"
REGEX = (
    r"(?:(?<=[=(,:!&|?\[]/)|(?<=[=(,:!&|?] /)|(?<=return /))(?![/*])"
    r"(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.){0,100}\]){1,200}/"
)
NOISE = (
    ("/", SLASH_COMMENT + "|" + REGEX),
    ('"', LINE_STRING),
    ("'", LINE_STRING.replace('"', "'")),
    ("`", TEMPLATE),
)
KEYWORDS = word_set(
    "arguments as async await break case catch class const continue debugger default delete do else export "
    "extends false finally for from function get if import in instanceof let new null of return set static super "
    "switch this throw true try typeof undefined var void while with yield"
)
DEFINITIONS: dict[str, str | Namer] = {
    "function_declaration": "function",
    "generator_function_declaration": "function",
    "class_declaration": "class",
    "method_definition": _method,
    "variable_declarator": declared_names,
    "assignment_expression": _assignment_names,
    "pair": _pair_names,
    "field_definition": _field,
    **dict.fromkeys((*FUNCTIONS, "class"), _value_names),
}
BODIES = word_set(
    "program statement_block export_statement class_body class expression_statement call_expression arguments "
    "if_statement else_clause for_statement for_in_statement while_statement try_statement catch_clause "
    "finally_clause switch_statement switch_body switch_case switch_default return_statement object "
    "parenthesized_expression sequence_expression unary_expression new_expression await_expression "
    "binary_expression ternary_expression"
)
WRAPPERS = frozenset({"export_statement", "lexical_declaration", "variable_declaration"})
IMPORT_NODES = frozenset(
    {"import_statement", "export_statement", "lexical_declaration", "variable_declaration", "expression_statement"}
)

LANGUAGES = (
    Language(
        name="javascript",
        extensions=(".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte", ".astro"),
        shebangs=("node", "nodejs"),
        grammar_module="tree_sitter_javascript",
        definitions=DEFINITIONS,
        bodies=BODIES,
        wrappers=WRAPPERS,
        prefixes=frozenset({"decorator"}),
        scopes=dict.fromkeys(FUNCTIONS, closure),
        letters="$#",
        noise=NOISE,
        keywords=KEYWORDS,
        interpolating="`",
        interpolation=r"\$\{([^{}]*)",
        import_nodes=IMPORT_NODES,
        imports=imports,
        candidates=candidates,
    ),
)

"""Python: what its nodes define, and which files its imports mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.languages.language import (
    ImportStatement,
    Language,
    Named,
    first_child,
    summary_line,
    word_set,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _assignment_names(statement: Node) -> Iterator[Named]:
    assignment = first_child(statement)
    if assignment is None or assignment.type != "assignment":
        return
    left = assignment.child_by_field_name("left")
    if left is None:
        return
    names = left.named_children if left.type in {"pattern_list", "tuple_pattern"} else [left]
    for name in names:
        if name.type == "identifier":
            yield Named(name, "variable")


_FIELD = lazy_pattern(
    rb"^[ \t]+(?:self\.\w+[ \t]*,[ \t]*)*self\.([A-Za-z]\w*)[ \t]*"
    rb"(?:(?:,[ \t]*self\.\w+[ \t]*)*=(?!=)|:(?!=)[^=\n#]*(?:=(?!=)|$))",
    re.MULTILINE,
)
"""What a method sets on its object; names that begin with an underscore are its own affair."""


def _function(node: Node) -> Iterator[Named]:
    """Name a function and, of a method, the fields that it sets."""
    name = node.child_by_field_name("name")
    if name is None:
        return
    yield Named(name, "function")
    around = node.parent
    if around is not None and around.type == "decorated_definition":
        around = around.parent
    if around is None or around.parent is None or around.parent.type != "class_definition":
        return
    text, start = node.text or b"", node.start_byte
    if b"self." in text:
        for match in _FIELD.finditer(text):
            field = node.descendant_for_byte_range(start + match.start(1), start + match.end(1))
            if field is not None and field.type == "identifier" and field.parent is not None:
                yield Named(field, "field", at=field.parent.parent or field.parent)


def _alias(statement: Node) -> Iterator[Named]:
    left = statement.child_by_field_name("left")
    name = first_child(left)
    if name is not None and name.type == "generic_type":
        name = first_child(name)
    if name is not None and name.type == "identifier":
        yield Named(name, "type")


def _docstring(body: Node) -> str:
    statement = first_child(body)
    string = first_child(statement) if statement and statement.type == "expression_statement" else None
    if string is None or string.type != "string":
        return ""
    text = (string.text or b"")[:400].decode("utf-8", "replace")
    return summary_line(text.lstrip("rRuUbBfF"))


_FROM = lazy_pattern(r"from\s+([.\s]*[\w.]*)\s+import\s+(.*)", re.DOTALL)


def _imports(text: str) -> Iterator[ImportStatement]:
    text = re.sub(r"#[^\n]*|\\\n", " ", text)
    if match := _FROM.match(text):
        names = (part.split()[0] for part in match[2].strip("() \t\r\n,").split(",") if part.strip())
        yield ImportStatement("".join(match[1].split()), tuple(names))
    else:
        for part in text.removeprefix("import").split(","):
            if part.strip():
                yield ImportStatement(part.split()[0])


def _candidates(module: str, names: tuple[str, ...], importer: str) -> tuple[str, ...]:
    dotted = module.lstrip(".")
    up = len(module) - len(dotted)
    folder = importer.split("/")[:-up] if up else []
    if up > importer.count("/") + 1:
        return ()
    base = "/".join(folder + [part for part in dotted.split(".") if part])
    inside = [f"{base}/{name}" if base else name for name in names if name != "*"]
    return tuple(
        file for path in [*inside, base] if path for file in (f"{path}.py", f"{path}/__init__.py", f"{path}.pyi")
    )


_QUOTED = r"(?:''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(?:'''|\Z)|[^'\\\n]*(?:\\.[^'\\\n]*)*'?)"
_FORMATTED = r"'(?:''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''|[^'\\\n]*(?:\\.[^'\\\n]*)*')"

LANGUAGES = (
    Language(
        name="python",
        extensions=(".py", ".pyi", ".pyw", ".pyx", ".pxd", ".ipynb"),
        filenames=("SConstruct", "SConscript", "wscript"),
        shebangs=("python", "pypy"),
        grammar_module="tree_sitter_python",
        definitions={
            "function_definition": _function,
            "class_definition": "class",
            "type_alias_statement": _alias,
        },
        globals={"expression_statement": _assignment_names},
        bodies=word_set(
            "module block if_statement else_clause elif_clause for_statement while_statement try_statement "
            "except_clause finally_clause with_statement match_statement case_clause"
        ),
        wrappers=frozenset({"decorated_definition"}),
        noise=(
            ("#", r"[^\n]*"),
            ("'", _QUOTED),
            ('"', _QUOTED.replace("'", '"')),
            ("fF", _FORMATTED + r"|" + _FORMATTED.replace("'", '"')),
        ),
        landmarks=r"async|def|class|from|import|type",
        interpolating="fF",
        interpolation=r"\{([^{}]+)\}",
        keywords=word_set(
            "and as assert async await break class continue def del elif else except exec False finally for from "
            "global if import in is lambda None nonlocal not or pass print raise return self cls True try while "
            "with yield super rf fr rb br"
        ),
        comment_marks=(b"#",),
        doc=_docstring,
        import_nodes=frozenset({"import_statement", "import_from_statement", "future_import_statement"}),
        imports=_imports,
        candidates=_candidates,
    ),
)

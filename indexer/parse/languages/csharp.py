"""C#: what its nodes define, and which files its `using` directives mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.languages.language import (
    CHARACTER,
    LINE_STRING,
    SLASH_COMMENT,
    TEXT_STRING,
    ImportStatement,
    Language,
    Named,
    name_fields,
    word_set,
)

if TYPE_CHECKING:
    from tree_sitter import Node


_BRANCH = lazy_pattern(rb"[ \t]*#[ \t]*(if|elif|else|endif)\b")


def keep_first_branches(source: bytes) -> bytes:
    """Blank out what stands in `#elif` and `#else`, and these lines themselves.

    The grammar cannot read branches that each begin what follows them, such as two heads of one method.
    """
    found: list[bytes] = []
    is_kept = [True]
    for line in source.split(b"\n"):
        directive = _BRANCH.match(line)
        if directive is None:
            found.append(line if is_kept[-1] else _blank(line))
            continue
        found.append(_blank(line))
        if directive[1] == b"if":
            is_kept.append(is_kept[-1])
        elif len(is_kept) > 1:
            is_kept.pop()
            if directive[1] != b"endif":
                is_kept.append(False)
    return b"\n".join(found)


def _blank(line: bytes) -> bytes:
    return b" " * len(line.rstrip(b"\r")) + line[len(line.rstrip(b"\r")) :]


def _fields(node: Node) -> Iterator[Named]:
    constant = any(child.type == "modifier" and child.text == b"const" for child in node.named_children)
    for declaration in node.named_children:
        for declarator in declaration.named_children if declaration.type == "variable_declaration" else ():
            name = declarator.child_by_field_name("name") if declarator.type == "variable_declarator" else None
            if name is not None:
                yield Named(name, "constant" if constant else "field")


def _record(node: Node) -> Iterator[Named]:
    """Name a record and the properties that its parameters declare."""
    name = node.child_by_field_name("name")
    if name is not None:
        yield Named(name, "class")
        for child in node.named_children:
            if child.type == "parameter_list":
                yield from name_fields(child)


_USING = lazy_pattern(r"(?:global\s+)?using\s+(static\s+)?(?:\w+\s*=\s*)?([\w.]+)")


def _imports(text: str) -> Iterator[ImportStatement]:
    if match := _USING.match(text):
        yield ImportStatement(match[2])


def _candidates(module: str, _names: tuple[str, ...], _importer: str) -> tuple[str, ...]:
    parts = module.split(".")
    if parts[0] == "System":
        return ()
    starts = range(max(1, len(parts) - 1))
    files = tuple("/".join(parts[start:]) + ".cs" for start in starts)
    folders = tuple("/".join(parts[start:]) + "/" for start in starts)
    return (*files, *folders, f"{module}/")


_VERBATIM = r'"[^"]*(?:""[^"]*)*"?'

LANGUAGES = (
    Language(
        name="csharp",
        extensions=(".cs", ".csx"),
        grammar_module="tree_sitter_c_sharp",
        repair=keep_first_branches,
        definitions={
            "class_declaration": "class",
            "interface_declaration": "interface",
            "struct_declaration": "struct",
            "enum_declaration": "enum",
            "record_declaration": _record,
            "delegate_declaration": "type",
            "method_declaration": "method",
            "constructor_declaration": "method",
            "destructor_declaration": "method",
            "local_function_statement": "function",
            "property_declaration": "field",
            "event_declaration": "field",
            "field_declaration": _fields,
            "event_field_declaration": _fields,
            "enum_member_declaration": "constant",
        },
        bodies=word_set(
            "compilation_unit namespace_declaration file_scoped_namespace_declaration declaration_list "
            "enum_member_declaration_list global_statement preproc_if preproc_else preproc_elif preproc_region"
        ),
        noise=(
            ("/", SLASH_COMMENT),
            ('"', TEXT_STRING),
            ("'", CHARACTER),
            ("@", _VERBATIM),
            (r"\$", rf'@{_VERBATIM}|"{LINE_STRING}'),
        ),
        interpolating="$",
        interpolation=r"\{([^{}]*)",
        keywords=word_set(
            "abstract as async await base bool break byte case catch char checked class const continue decimal "
            "default delegate do double dynamic else enum event explicit extern false finally fixed float for "
            "foreach get goto if implicit in init int interface internal is lock long nameof namespace new null "
            "object operator out override params partial private protected public readonly record ref return "
            "sbyte sealed set short sizeof stackalloc static string struct switch this throw true try typeof uint "
            "ulong unchecked unsafe ushort using var virtual void volatile when where while yield"
        ),
        import_nodes=frozenset({"using_directive"}),
        imports=_imports,
        candidates=_candidates,
    ),
)

"""PowerShell: functions, filters, classes and enums, and which scripts a file loads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.languages.language import ImportStatement, Language, Named, resolve_relative, word_set

if TYPE_CHECKING:
    from tree_sitter import Node

    from noctule.indexer.parse.languages.language import Namer


def _named_by(kind: str, name_type: str) -> Namer:
    def namer(node: Node) -> Iterator[Named]:
        name = next((child for child in node.named_children if child.type == name_type), None)
        if name is not None:
            yield Named(name, kind)

    return namer


_LOADED = lazy_pattern(
    r"""(?:\.|&|Import-Module|using\s+module)\s+["']?(?:\$\w+[/\\])?([\w./\\-]+\.psm?1)""", re.IGNORECASE
)


def _imports(text: str) -> Iterator[ImportStatement]:
    if match := _LOADED.match(text):
        yield ImportStatement(match[1].replace("\\", "/"))


def _candidates(module: str, _names: tuple[str, ...], importer: str) -> tuple[str, ...]:
    plain = re.sub(r"^(?:\.\.?/)+", "", module)
    return tuple(dict.fromkeys(found for found in (resolve_relative(importer, module), plain) if found))


LANGUAGES = (
    Language(
        name="powershell",
        extensions=(".ps1", ".psm1"),
        shebangs=("pwsh",),
        grammar_module="tree_sitter_powershell",
        definitions={
            "function_statement": _named_by("function", "function_name"),
            "class_statement": _named_by("class", "simple_name"),
            "class_method_definition": _named_by("method", "simple_name"),
            "enum_statement": _named_by("enum", "simple_name"),
            "enum_member": _named_by("constant", "simple_name"),
        },
        bodies=word_set("program statement_list script_block script_block_body if_statement statement_block"),
        letters=r"\-",
        noise=(
            ("#", r"[^\n]*"),
            ("<", r"#(?:[^#]|#(?!>))*(?:#>|\Z)"),
            ('"', r'[^"`\n]*(?:`.[^"`\n]*)*"?'),
            ("'", r"[^'\n]*'?"),
        ),
        interpolating='"',
        interpolation=r"\$\(([^()\"]*)|\$\{?(\w+)",
        keywords=word_set(
            "-and -as -contains -eq -ge -gt -in -is -join -le -like -lt -match -ne -not -notin -notlike -notmatch -or "
            "-replace -split begin break catch class continue data do dynamicparam else elseif end enum exit false "
            "filter finally for foreach from function hidden if in null param process return static switch this throw "
            "trap true try until using while"
        ),
        comment_marks=(b"#",),
        import_nodes=frozenset({"pipeline"}),
        imports=_imports,
        candidates=_candidates,
    ),
)

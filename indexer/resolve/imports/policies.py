"""Which policy a language has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.resolve.imports.bash import BashPolicy
from noctule.indexer.resolve.imports.c import CPolicy
from noctule.indexer.resolve.imports.csharp import CSharpPolicy
from noctule.indexer.resolve.imports.elixir import ElixirPolicy
from noctule.indexer.resolve.imports.go import GoPolicy
from noctule.indexer.resolve.imports.javascript import JavaScriptPolicy
from noctule.indexer.resolve.imports.jvm import JvmPolicy
from noctule.indexer.resolve.imports.php import PhpPolicy
from noctule.indexer.resolve.imports.python import PythonPolicy
from noctule.indexer.resolve.imports.ruby import RubyPolicy
from noctule.indexer.resolve.imports.rust import RustPolicy
from noctule.indexer.resolve.imports.swift import SwiftPolicy

if TYPE_CHECKING:
    from noctule.indexer.resolve.imports.policy import Policy
    from noctule.indexer.resolve.slots import ProgramSnapshot

_BY_LANGUAGE: dict[str, type[Policy]] = {
    "python": PythonPolicy,
    "c": CPolicy,
    "cpp": CPolicy,
    "go": GoPolicy,
    "java": JvmPolicy,
    "kotlin": JvmPolicy,
    "scala": JvmPolicy,
    "csharp": CSharpPolicy,
    "php": PhpPolicy,
    "ruby": RubyPolicy,
    "bash": BashPolicy,
    "swift": SwiftPolicy,
    "javascript": JavaScriptPolicy,
    "typescript": JavaScriptPolicy,
    "tsx": JavaScriptPolicy,
    "rust": RustPolicy,
    "elixir": ElixirPolicy,
}


def for_language(program: ProgramSnapshot, language: str, made: dict[str, Policy]) -> Policy:
    """Return the policy of a language, one for each family."""
    kind = _BY_LANGUAGE[language]
    if kind.family not in made:
        made[kind.family] = kind(program)
    return made[kind.family]

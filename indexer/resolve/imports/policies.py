"""Which policy a language has. One is imported when a file in its language is met: most repositories have few."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noctule.indexer.resolve.imports.policy import Policy
    from noctule.indexer.resolve.slots import ProgramSnapshot

_BY_LANGUAGE = {
    "python": ("python", "PythonPolicy"),
    "c": ("c", "CPolicy"),
    "cpp": ("c", "CPolicy"),
    "go": ("go", "GoPolicy"),
    "java": ("jvm", "JvmPolicy"),
    "kotlin": ("jvm", "JvmPolicy"),
    "scala": ("jvm", "JvmPolicy"),
    "csharp": ("csharp", "CSharpPolicy"),
    "php": ("php", "PhpPolicy"),
    "ruby": ("ruby", "RubyPolicy"),
    "bash": ("bash", "BashPolicy"),
    "swift": ("swift", "SwiftPolicy"),
    "javascript": ("javascript", "JavaScriptPolicy"),
    "typescript": ("javascript", "JavaScriptPolicy"),
    "tsx": ("javascript", "JavaScriptPolicy"),
    "rust": ("rust", "RustPolicy"),
    "elixir": ("elixir", "ElixirPolicy"),
}
"""For each language its family, which is the name of a module in this folder, and the policy there."""


def for_language(program: ProgramSnapshot, language: str, made: dict[str, Policy]) -> Policy:
    """Return the policy of a language, one for each family."""
    family, policy = _BY_LANGUAGE[language]
    if family not in made:
        made[family] = getattr(import_module(f"noctule.indexer.resolve.imports.{family}"), policy)(program)
    return made[family]

"""Which policy a language has, and when it is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from noctule.indexer.parse.facts.model import Head
from noctule.indexer.parse.languages import all_languages
from noctule.indexer.resolve.imports import policies
from noctule.indexer.resolve.program import Program


def test_each_family_is_the_one_that_its_policy_names() -> None:
    known = [language.name for language in all_languages() if language.name in policies._BY_LANGUAGE]
    program = Program([f"a.{name}" for name in known], [Head(name, "") for name in known], lambda _: b"")

    assert set(known) == set(policies._BY_LANGUAGE)
    assert {family: policy.family for family, policy in program.made.items()} == {f: f for f in program.made}


def test_a_policy_is_imported_when_a_file_in_its_language_is_met() -> None:
    text = """
import sys
from noctule.indexer.parse.facts.model import Head
from noctule.indexer.resolve.program import Program
import noctule.indexer.learn.build_view
names = ("go", "rust", "elixir")
loaded = lambda: [name for name in names if f"noctule.indexer.resolve.imports.{name}" in sys.modules]
print(loaded())
Program(["a.go"], [Head("go", "")], lambda _: b"")
print(loaded())
"""
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", text], cwd=root, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["[]", "['go']"]

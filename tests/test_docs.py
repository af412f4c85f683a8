"""What the documents say holds: every command, option, exit code, variable, field and example."""

from __future__ import annotations

import argparse
import inspect
import re
import shlex
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from noctule.indexer import results as answers
from noctule.indexer.background import reports as sleep_answers
from noctule.indexer.fleet import report as fleet_answers
from noctule.indexer.llm import reports as thinking_answers
from noctule.indexer.serve import workspace_results as workspace_answers
from noctule.indexer.share import results as share_answers
from noctule.lsp_server.cli.command_line import REGISTERED, command_line
from noctule.lsp_server.cli.exit_codes import Exit
from tests.e2e.conftest import Noctule, noctule
from tests.e2e.repositories import make_shop

__all__ = ["noctule"]  # the fixture

ROOT = Path(__file__).resolve().parents[1]
CLI = (ROOT / "docs/cli.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
LOCKED = {
    "requirements.lock": [
        *PROJECT["project"]["dependencies"],
        *PROJECT["dependency-groups"]["dev"],
        *EXTRAS["evals"],
        *EXTRAS["models"],
        *EXTRAS["share"],
    ],
    # What a live agent needs takes half a gigabyte: who runs none does not install it.
    "requirements-agents.lock": EXTRAS["agents"],
    # Ray takes 240 MB: its two tests are skipped where it is absent.
    "deploy/requirements-ray.lock": [*EXTRAS["fleet"], *EXTRAS["share"]],
    "deploy/requirements.lock": EXTRAS["share"],
    "requirements-docs.lock": PROJECT["dependency-groups"]["docs"],
}
DOCUMENTS = sorted(p for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))


@cache
def parsers() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command, without those that other packages add."""
    (commands,) = (a for a in command_line()._actions if isinstance(a, argparse._SubParsersAction))
    return {name: parser for name, parser in commands.choices.items() if name not in REGISTERED}


def options(parser: argparse.ArgumentParser) -> set[str]:
    """Return the options of a command and of its subcommands."""
    inner = (a.choices.values() for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    every = [parser, *(one for several in inner for one in several)]
    return {o for one in every for a in one._actions for o in a.option_strings} - {"-h", "--help", "--version"}


def documented_usage() -> dict[str, str]:
    block = CLI.partition("```\n")[2].partition("```")[0]
    return {line.split()[1]: line for line in block.splitlines()}


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next heading of its level or above."""
    level, _, rest = text.partition(f"# {heading}\n")
    assert rest, f"no heading {heading!r}"
    depth = len(level) - len(level.rstrip("#")) + 1
    return re.split(rf"^#{{1,{depth}}} ", rest, flags=re.MULTILINE)[0]


def test_the_usage_block_names_every_command_and_option_and_no_other() -> None:
    documented = {
        command: set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", line)) for command, line in documented_usage().items()
    }

    assert documented == {command: options(parser) for command, parser in parsers().items()}


@pytest.mark.parametrize("command", parsers())
def test_every_option_is_explained_under_its_command(command: str) -> None:
    explained = section(CLI, f"`noctule {command}`") + section(CLI, "What all commands share")

    assert [option for option in sorted(options(parsers()[command])) if f"`{option}" not in explained] == []


@pytest.mark.parametrize("command", parsers())
def test_defaults_are_documented_as_they_are(command: str) -> None:
    for action in parsers()[command]._actions:
        if isinstance(action.default, int) and not isinstance(action.default, bool):
            option = action.option_strings[-1]
            (row,) = (line for line in CLI.splitlines() if line.startswith(f"| `{option} "))
            assert re.search(rf"default {action.default}\b", row)


def test_every_exit_code_is_documented() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", section(CLI, "Exit codes"), re.MULTILINE)}

    assert documented == {int(code) for code in Exit}


def test_every_environment_variable_is_documented() -> None:
    sources = [p.read_text() for package in ("indexer", "lsp_server") for p in (ROOT / package).rglob("*.py")]
    used = {name for text in sources for name in re.findall(r"\bNOCTULE_[A-Z_]+\b", text)}

    assert used == set(re.findall(r"^\| `(NOCTULE_[A-Z_]+)`", section(CLI, "Environment"), re.MULTILINE))


def example_of(kind: Any) -> Any:
    """Return some value of a type, with every container filled, so that its JSON shows every field."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is types.UnionType:
        return example_of(parts[0])
    if origin is tuple:
        return tuple(example_of(part) for part in parts if part is not Ellipsis)
    if origin is not None and issubclass(origin, Mapping):
        return {"key": example_of(parts[1])}
    if hasattr(kind, "to_json"):
        hints = typing.get_type_hints(kind)
        return kind(**{f.name: example_of(hints[f.name]) for f in fields(kind)})
    return {str: "text", int: 1, float: 0.5, bool: True, object: "value"}[kind]


ANSWERS = {
    name: kind
    for module in (answers, sleep_answers, thinking_answers, fleet_answers, share_answers, workspace_answers)
    for name, kind in inspect.getmembers(module, inspect.isclass)
    if is_dataclass(kind) and hasattr(kind, "to_json")
}


def json_fields(name: str) -> dict[str, str]:
    text = section((ROOT / "docs/json.md").read_text(), name)
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", text, re.MULTILINE))


def type_name(value: object, nullable: bool) -> str:
    """Return the contract's name for the type of a field, seen from the answer's own value."""
    match value:
        case bool():
            name = "boolean"
        case int():
            name = "integer"
        case float():
            name = "number"
        case str():
            name = "string"
        case tuple((str(), *_)):
            name = "list of strings"
        case tuple((part, *_)):
            name = f"list of {type(part).__name__}"
        case Mapping():
            name = "object"
        case _:
            name = type(value).__name__
    return f"{name} or null" if nullable else name


@pytest.mark.parametrize("name", ANSWERS)
def test_the_json_contract_documents_every_field_with_its_type(name: str) -> None:
    answer = example_of(ANSWERS[name])
    hints = typing.get_type_hints(ANSWERS[name])
    expected = {
        key: type_name(getattr(answer, key), types.NoneType in typing.get_args(hints[key]))
        if key in hints
        else "integer"
        for key in answer.to_json()
    }

    assert json_fields(name) == expected


def links() -> Iterator[tuple[Path, str]]:
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text()):
            yield document, target


def test_every_link_between_documents_leads_somewhere() -> None:
    assert [(d.name, t) for d, t in links() if not (d.parent / t).exists()] == []


def anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_to_a_heading_names_one_that_is_there() -> None:
    named = [
        (document, document.parent / (file or document.name), anchor)
        for document in DOCUMENTS
        for file, anchor in re.findall(r"\]\(([^)#:\s]*)#([^)\s]+)\)", document.read_text())
    ]

    assert [(d.name, anchor) for d, file, anchor in named if anchor not in anchors(file)] == []


def test_each_word_of_the_glossary_takes_two_sentences_at_most() -> None:
    entries = re.findall(r"^## (.+)\n\n(.+)\n", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)

    assert len(entries) > 20
    assert entries == sorted(entries, key=lambda entry: entry[0].lower())
    assert [word for word, text in entries if len(re.findall(r"[.!?](?=\s|$)", text)) > 2] == []


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text()
    pages = [p.name for p in (ROOT / "docs/decisions").glob("*.md") if p.name != "README.md"]

    assert [page for page in pages if f"]({page})" not in index] == []


def shell_lines(document: Path) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


README_COMMANDS = [line for line in shell_lines(ROOT / "README.md") if line.startswith("noctule ")]


def test_the_commands_of_the_readme_run(noctule: Noctule, tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", commits=12)  # one of the commands replays them all
    shop.write("issue.md", "The discount is taken off twice.\n")

    for line in README_COMMANDS:
        args = shlex.split(line, comments=True)[1:]
        if args == ["watch"]:
            continue  # it does not end by itself: tests/e2e/test_watch.py
        assert noctule(*args, cwd=shop.path).code == 0, line


def test_the_readme_is_one_screen_and_leads_to_the_page_that_names_each_document() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", (ROOT / "docs/README.md").read_text()))

    assert len(lines) <= 60
    assert max(map(len, lines)) <= 100
    assert {line.split()[1] for line in README_COMMANDS} <= set(parsers()) | set(REGISTERED)
    assert "](docs/README.md)" in "\n".join(lines)
    assert linked == {p.name for p in (ROOT / "docs").glob("*.md")} - {"README.md"}


def test_help_lists_the_commands_that_other_packages_add() -> None:
    assert set(REGISTERED) == set(PROJECT["project"]["entry-points"]["noctule.commands"])


@pytest.mark.parametrize("command", [*parsers(), *REGISTERED])
def test_help_fits_80_columns_and_breaks_no_word(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    (commands,) = (a for a in command_line([command])._actions if isinstance(a, argparse._SubParsersAction))
    asked = commands.choices[command]
    inner = [a.choices.values() for a in asked._actions if isinstance(a, argparse._SubParsersAction)]

    for parser in (command_line(), asked, *(one for several in inner for one in several)):
        shown = parser.format_help()
        assert max(map(len, shown.splitlines())) < 80
        for action in parser._actions:
            assert set((action.help or "").split()) <= set(shown.split()), action.help


def test_the_make_targets_that_documents_name_exist() -> None:
    named = {
        target
        for document in DOCUMENTS
        for target in re.findall(r"(?:^|`)make ([a-z]+)", document.read_text(), re.MULTILINE)
    }
    makefile = (ROOT / "Makefile").read_text()

    assert {"demo", "test", "bench", "lock"} <= named
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


@pytest.mark.parametrize(("lock", "wanted"), LOCKED.items())
def test_a_lock_file_holds_every_dependency_with_hashes_and_names_no_index(lock: str, wanted: list[str]) -> None:
    text = (ROOT / lock).read_text()
    entries = [entry.partition("==") for entry in re.split(r"\n(?=\S)", text)]

    assert all("--hash=sha256:" in rest for _, _, rest in entries)
    assert {re.split(r"[\[<>=]", name)[0].lower() for name in wanted} <= {name for name, _, _ in entries}
    assert "index-url" not in text
    assert "://" not in text

"""docs/evals.md says what the commands are."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from noctule.evals.commands.declare import declare
from noctule.evals.solvers.named import FORECASTS, GROUPS, PLAIN
from noctule.evals.solvers.pack import INGREDIENTS
from noctule.lsp_server.cli.arguments import Parser

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs/evals.md").read_text()


def subcommands() -> dict[str, argparse.ArgumentParser]:
    parser = Parser(prog="noctule")
    commands = parser.add_subparsers()
    declare(commands)
    (found,) = (a for a in commands.choices["eval"]._actions if isinstance(a, argparse._SubParsersAction))
    return dict(found.choices)


def options(parser: argparse.ArgumentParser) -> set[str]:
    return {o for a in parser._actions for o in a.option_strings} - {"-h", "--help"}


@pytest.mark.parametrize("name", sorted(subcommands()))
def test_the_usage_block_names_every_option_and_no_other(name: str) -> None:
    block = DOCUMENT.partition("```\n")[2].partition("```")[0]
    (line,) = (line for line in block.splitlines() if line.startswith(f"noctule eval {name} "))
    shared = re.search(r"^Run options: `(.*)`\.$", DOCUMENT, re.MULTILINE)
    assert shared is not None

    documented = set(re.findall(r"--[a-z-]+", line.replace("[RUN OPTIONS]", shared[1])))

    assert documented == options(subcommands()[name])
    assert all(f"`{option}" in DOCUMENT.partition("Run options")[2] or name == "report" for option in documented)


def test_every_subcommand_is_documented() -> None:
    assert set(re.findall(r"^noctule eval (\w+)", DOCUMENT, re.MULTILINE)) == set(subcommands())


def test_every_solver_group_and_ingredient_is_documented() -> None:
    solvers = DOCUMENT.partition("## Solvers")[2].partition("\n## ")[0]

    assert [name for name in (*PLAIN, *FORECASTS, *GROUPS, *INGREDIENTS) if f"`{name}`" not in solvers] == []

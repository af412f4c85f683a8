"""The VS Code extension's package held against the server and the documents: no setting, default or command drifts."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from noctule.indexer.background.reports import LedgerDay, SleepState
from noctule.indexer.llm.settings import EFFORTS, THOUGHTS, Choice
from noctule.lsp_server.lsp.preferences import Preferences
from noctule.lsp_server.lsp.user_models import GIVEN
from noctule.lsp_server.mcp.tools import TOOLS

ROOT = Path(__file__).resolve().parents[1]
EXTENSION = ROOT / "vscode-extension"
TEXTS: dict[str, str] = json.loads((EXTENSION / "package.nls.json").read_text())
MANIFEST = (EXTENSION / "package.json").read_text()
PACKAGE: dict[str, Any] = json.loads(re.sub(r'"%([\w.]+)%"', lambda key: json.dumps(TEXTS[key[1]]), MANIFEST))
CONTRIBUTED: dict[str, Any] = PACKAGE["contributes"]
SETTINGS: dict[str, dict[str, Any]] = CONTRIBUTED["configuration"]["properties"]
COMMANDS = {command["command"]: command for command in CONTRIBUTED["commands"]}
DOCUMENT = (ROOT / "docs/vscode.md").read_text()
SOURCES = {path: path.read_text() for path in (EXTENSION / "src").rglob("*.ts")}
IN_PALETTE = {entry["command"]: entry["when"] for entry in CONTRIBUTED["menus"]["commandPalette"]}
OF_ROWS = {name for name, when in IN_PALETTE.items() if when == "false"}
"""Commands about one row: in its context menu, and not in the list of commands."""


def documented(prefix: str) -> list[str]:
    """Return the first cells of rows of tables that are code with a prefix."""
    return re.findall(rf"^\| `({re.escape(prefix)}[^`]+)` \|", DOCUMENT, re.MULTILINE)


def test_what_an_editor_may_choose_has_the_servers_defaults() -> None:
    chosen = {field.name: field.default for field in dataclasses.fields(Preferences) if field.name != "links"}

    assert {name: SETTINGS[f"noctule.{name}"]["default"] for name in chosen} == chosen
    told = re.search(r"PREFERENCES = \{([^}]*)\}", SOURCES[EXTENSION / "src/decide/settings.ts"])
    assert told is not None
    assert dict(re.findall(r"(\w+): (\w+)", told[1])) == {name: json.dumps(value) for name, value in chosen.items()}


def test_every_command_is_documented_and_no_other() -> None:
    titles = {f"{command['category']}: {command['title']}" for name, command in COMMANDS.items() if name not in OF_ROWS}

    assert set(documented("Noctule: ")) == titles


def test_every_text_of_the_manifest_is_in_one_file_that_can_be_translated() -> None:
    assert sorted(re.findall(r'"%([\w.]+)%"', MANIFEST)) == sorted(TEXTS)


def test_every_setting_is_described() -> None:
    assert [name for name, setting in SETTINGS.items() if not setting.get("markdownDescription")] == []


def test_all_commands_are_under_one_category() -> None:
    assert {command["category"] for command in COMMANDS.values()} == {"Noctule"}


def test_every_command_that_is_contributed_is_registered_and_no_other() -> None:
    table = (
        SOURCES[EXTENSION / "src/commands.ts"].partition("const all: Record<string, Run> = {")[2].partition("\n  };")[0]
    )

    assert {f"noctule.{name}" for name in re.findall(r"^    (\w+):", table, re.MULTILINE)} == set(COMMANDS)


def test_menus_views_and_welcomes_name_what_there_is() -> None:
    named = {entry["command"] for menu in CONTRIBUTED["menus"].values() for entry in menu}
    named |= set(re.findall(r"command:(noctule\.\w+)", json.dumps(CONTRIBUTED)))
    views = {view["id"] for view in CONTRIBUTED["views"]["noctule"]}  # those of source control have a line of their own

    assert named <= set(COMMANDS)
    assert {welcome["view"] for welcome in CONTRIBUTED["viewsWelcome"]} == views


@pytest.mark.parametrize(
    "name", [name for name in SETTINGS if name == "noctule.path" or name.startswith("noctule.model.")]
)
def test_what_costs_or_is_run_can_be_set_by_no_workspace(name: str) -> None:
    assert SETTINGS[name]["scope"] in ("application", "machine")


def test_a_model_may_be_told_what_the_server_lets_it_be_told_and_no_more() -> None:
    told = re.search(r"MODEL = \{(.*?)\} as const", SOURCES[EXTENSION / "src/decide/settings.ts"], re.DOTALL)
    assert told is not None
    names = {f"noctule.{name}": called for name, called in re.findall(r'"([\w.]+)": "(\w+)"', told[1])}

    assert set(names) == {name for name in SETTINGS if name.startswith("noctule.model.")}
    assert set(names.values()) == set(GIVEN)
    assert tuple(SETTINGS["noctule.model.effort"]["enum"]) == EFFORTS
    assert tuple(SETTINGS["noctule.model.thoughts"]["enum"]) == THOUGHTS
    defaults = {name: getattr(Choice(), called) for name, called in names.items()}
    # What is left empty there is as in the user's own file: its limits are the server's to know.
    limits = ("noctule.model.dollarsPerDay", "noctule.model.tokensPerDay")
    assert {name: SETTINGS[name]["default"] for name in defaults if name not in limits} == {
        name: value for name, value in defaults.items() if name not in limits
    }
    assert {SETTINGS[name]["default"] for name in limits} == {None}


def test_no_setting_holds_a_key() -> None:
    assert [name for name in SETTINGS if re.search(r"key|token$|secret|password", name, re.IGNORECASE)] == []


def test_a_folder_that_is_not_trusted_has_no_say() -> None:
    limited = PACKAGE["capabilities"]["untrustedWorkspaces"]
    open_to_folders = {name for name, setting in SETTINGS.items() if setting["scope"] not in ("application", "machine")}

    assert limited["supported"] == "limited"
    assert set(limited["restrictedConfigurations"]) == open_to_folders
    assert PACKAGE["capabilities"]["virtualWorkspaces"]["supported"] is False
    assert PACKAGE["extensionKind"] == ["workspace"]


def test_tools_are_described_as_those_of_the_mcp_server_are() -> None:
    tools = {f"noctule_{tool.name}": tool for tool in TOOLS}

    for tool in CONTRIBUTED["languageModelTools"]:
        assert tool["modelDescription"] == tools[tool["name"]].description
        assert set(tool["inputSchema"]["properties"]) <= set(tools[tool["name"]].takes)


@pytest.mark.parametrize(("name", "answer"), [("LedgerDay", LedgerDay), ("SleepState", SleepState)])
def test_what_is_read_of_an_answer_is_in_it(name: str, answer: Any) -> None:
    contract = SOURCES[EXTENSION / "src/decide/contract.ts"]
    fields = set(
        re.findall(r"^  (\w+)\??:", contract.partition(f"export interface {name} {{")[2].partition("\n}")[0], re.M)
    )

    assert fields == {field.name for field in dataclasses.fields(answer)}


def test_what_is_asked_of_the_server_is_documented_there() -> None:
    asked = {method for text in SOURCES.values() for method in re.findall(r'"(noctule/\w+)"', text)}

    assert [method for method in sorted(asked) if f"`{method}`" not in (ROOT / "docs/lsp.md").read_text()] == []


def test_what_is_decided_imports_no_editor() -> None:
    imports = {
        name
        for path, text in SOURCES.items()
        if path.parent.name == "decide"
        for name in re.findall(r'from "([^"]+)"', text)
    }

    assert {name for name in imports if not re.fullmatch(r"\./[\w-]+", name)} == set()


def test_nothing_waits_for_the_disk() -> None:
    assert {path.name: found for path, text in SOURCES.items() if (found := re.findall(r"\b\w+Sync\(", text))} == {}


def test_the_pictures_that_the_package_names_are_there() -> None:
    named = re.findall(r'"(media/[^"]+)"', json.dumps(PACKAGE))
    named += [step["media"]["svg"] for walk in CONTRIBUTED["walkthroughs"] for step in walk["steps"]]

    assert named
    assert [name for name in named if not (EXTENSION / name).is_file()] == []


def test_the_walkthrough_has_three_steps() -> None:
    (walkthrough,) = CONTRIBUTED["walkthroughs"]

    assert len(walkthrough["steps"]) == 3


def test_the_version_is_the_servers() -> None:
    from noctule import __version__

    assert PACKAGE["version"] == __version__

"""The plugin for agents: its manifests against the schemas of their formats, and that its parts say what the code says.

The schemas are short and written after the linked formats; nothing is fetched.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from noctule import __version__
from noctule.lsp_server.cli.command_line import BUILT_IN
from noctule.lsp_server.install.hook_entries import hook_wants
from noctule.lsp_server.mcp.tools import NAMED

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "plugin"
HOOKS = ROOT / "packaging/codex-hooks"
NAME = {"type": "string", "pattern": r"^(?!.*(?:--|\.\.))[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$", "maxLength": 64}
TEXT = {"type": "string", "minLength": 1}
INSIDE = {"type": "string", "pattern": r"^\./"}
ABOUT = {
    "name": NAME,
    "version": {"const": __version__},
    "description": TEXT,
    "author": {"type": "object", "properties": {"name": TEXT}, "required": ["name"], "additionalProperties": False},
    "license": {"const": "Apache-2.0"},
    "keywords": {"type": "array", "items": TEXT},
}
SCHEMAS: dict[str, dict[str, Any]] = {
    # https://github.com/agentplugins/agent-plugins-spec/blob/main/schemas/1.0.0/plugin.schema.json
    "plugin/plugin.json": {
        "$schema": {"const": "https://agent-plugins.org/schemas/1.0.0/plugin.schema.json"},
        **ABOUT,
    },
    # https://github.com/agentplugins/agent-plugins-spec/blob/main/schemas/1.0.0/mcp.schema.json
    "plugin/mcp.json": {
        "$schema": {"const": "https://agent-plugins.org/schemas/1.0.0/mcp.schema.json"},
        "mcpServers": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"type": {"const": "stdio"}, "command": TEXT, "args": {"items": TEXT}},
                "required": ["type", "command"],
                "additionalProperties": False,
            },
        },
    },
    # https://code.claude.com/docs/en/plugins/manifest-reference
    "plugin/.claude-plugin/plugin.json": {**ABOUT, "mcpServers": INSIDE, "hooks": INSIDE},
    # https://developers.openai.com/codex/plugins/build
    "plugin/.codex-plugin/plugin.json": {
        **ABOUT,
        "skills": INSIDE,
        "mcpServers": INSIDE,
        "interface": {"type": "object", "additionalProperties": TEXT},
    },
    "packaging/codex-hooks/.codex-plugin/plugin.json": {
        **ABOUT,
        "hooks": {"type": "object", "required": ["hooks"]},
        "interface": {"type": "object", "additionalProperties": TEXT},
    },
    # https://github.com/cursor/plugins/blob/main/schemas/plugin.schema.json
    "plugin/.cursor-plugin/plugin.json": {
        **ABOUT,
        "displayName": TEXT,
        "skills": INSIDE,
        "mcpServers": INSIDE,
        "hooks": INSIDE,
    },
}


def load(path: str) -> Any:
    return json.loads((ROOT / path).read_text())


@pytest.mark.parametrize("path", SCHEMAS)
def test_a_manifest_is_of_its_format_and_names_files_that_are_there(path: str) -> None:
    known = SCHEMAS[path]
    jsonschema.validate(load(path), {"type": "object", "properties": known, "additionalProperties": False})

    named = re.findall(r'"(\./[^"]+)"', (ROOT / path).read_text())
    assert all((PLUGIN / name).exists() for name in named)


def test_the_marketplaces_of_a_clone_name_the_plugin() -> None:
    claude, cursor, codex = (
        load(path)
        for path in (
            ".claude-plugin/marketplace.json",
            ".cursor-plugin/marketplace.json",
            ".agents/plugins/marketplace.json",
        )
    )

    assert claude["plugins"][0]["source"] == "./plugin"
    assert cursor["plugins"][0]["source"] == "plugin"
    assert [entry["source"]["path"] for entry in codex["plugins"]] == ["./plugin", "./packaging/codex-hooks"]
    assert {claude["name"], cursor["name"], codex["name"]} == {"noctule"}


@pytest.mark.parametrize(("client", "root"), [("claude-code", "CLAUDE_PLUGIN_ROOT"), ("cursor", "CURSOR_PLUGIN_ROOT")])
def test_the_hooks_are_those_that_are_installed(client: str, root: str) -> None:
    said = load(f"plugin/hooks/{client}.json")

    assert said == hooks_of(client, f'"${{{root}}}/hooks/noctule-hook" {client}')


def test_the_hooks_for_codex_stand_in_a_plugin_of_their_own() -> None:
    said = load("packaging/codex-hooks/.codex-plugin/plugin.json")["hooks"]

    assert said == hooks_of("codex", "command -v noctule >/dev/null 2>&1 && noctule hook codex || true")
    assert "hooks" not in load("plugin/.codex-plugin/plugin.json")


def hooks_of(client: str, command: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for want in hook_wants(client, "noctule"):
        value = json.loads(json.dumps(want.value).replace(f"noctule hook {client}", json.dumps(command)[1:-1]))
        if want.listed:
            found.setdefault("hooks", {}).setdefault(want.keys[-1], []).append(value)
        else:
            found[want.keys[-1]] = value
    return found


def test_the_hook_script_calls_noctule_and_is_silent_without_it(tmp_path: Path) -> None:
    (tmp_path / "noctule").write_text('#!/bin/sh\necho "$@"; cat\n')
    (tmp_path / "noctule").chmod(0o755)
    script = PLUGIN / "hooks/noctule-hook"

    ran = [
        subprocess.run([script, "cursor"], input=b"{}", capture_output=True, env={"PATH": path}, check=True)
        for path in (f"{tmp_path}:/bin:/usr/bin", "/nowhere")
    ]

    assert [(one.stdout, one.stderr) for one in ran] == [(b"hook cursor\n{}", b""), (b"", b"")]


def test_the_skill_names_what_there_is() -> None:
    skill = (PLUGIN / "skills/noctule/SKILL.md").read_text()
    head = dict(line.split(": ", 1) for line in skill.split("---\n")[1].splitlines())

    assert head["name"] == "noctule"
    assert len(head["description"]) <= 1024  # https://agentskills.io/specification
    assert all(f"`{tool}`" in skill for tool in NAMED)
    assert set(re.findall(r"^noctule (\w+)", skill, re.MULTILINE)) <= set(BUILT_IN)


def test_started_in_a_plugin_the_folder_of_the_client_is_served(tmp_path: Path) -> None:
    client, plugin = tmp_path / "client", tmp_path / "plugin"
    client.mkdir()
    plugin.mkdir()
    code = "from noctule.lsp_server.mcp.roots import working_folder; print(working_folder())"
    shell = 'cd "$1"; (cd "$2" && exec "$3" -c "$4"); true'

    said = [
        subprocess.run(
            ["sh", "-c", shell, "sh", client, folder, sys.executable, code],
            capture_output=True,
            check=True,
            env={**os.environ, "PLUGIN_ROOT": str(plugin), "PYTHONPATH": str(ROOT)},
        ).stdout.decode()
        for folder in (plugin, tmp_path)
    ]

    assert said == [f"{client}\n", f"{tmp_path}\n"]

"""Where each agent and editor keeps its servers, and in which form: docs/agents.md links what each of them documents.

Knows the places and the words; reads only whether a file is there.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from noctule.lsp_server.hooks.adapters import CLAUDE_EDITORS
from noctule.lsp_server.install.entry import NAME, Json, Want
from noctule.lsp_server.install.names import NAMES

STRICT, RELAXED, MARKED, TOML = "JSON", "JSON with comments", "JSON with comments and markers", "TOML"
"""The formats; a file of the second may hold comments, though nobody promises that every reader takes ours."""
HOOK_TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class Target:
    """A file, and what is to stand in it."""

    path: Path
    form: str
    wants: tuple[Want, ...]


@dataclass(frozen=True, slots=True)
class UserPlaces:
    """The user's home, variables and platform, and the command that starts noctule here."""

    home: Path
    variables: Mapping[str, str]
    platform: str
    command: tuple[str, ...]

    @classmethod
    def here(cls) -> UserPlaces:
        """Return this machine. An editor has not the shell's PATH: the command is named in full."""
        script = Path(sys.argv[0])
        found = str(script.absolute()) if script.name == NAME and os.access(script, os.X_OK) else shutil.which(NAME)
        command = (found,) if found else (sys.executable, "-m", "noctule.lsp_server.cli.main")
        return cls(Path.home(), dict(os.environ), sys.platform, command)

    def folder(self, variable: str, default: str) -> Path:
        """Return the folder that a variable names in full, or one in the home folder."""
        named = self.variables.get(variable, "")
        return Path(named) if Path(named).is_absolute() else self.home / default

    @property
    def settings(self) -> Path:
        """Where applications keep their settings."""
        if self.platform == "darwin":
            return self.home / "Library/Application Support"
        if self.platform == "win32":
            return self.folder("APPDATA", "AppData/Roaming")
        return self.folder("XDG_CONFIG_HOME", ".config")

    @property
    def state(self) -> Path:
        """Where is kept what was put in."""
        return self.folder("XDG_STATE_HOME", ".local/state") / NAME / "installed"


Targets = Callable[[UserPlaces, Path | None], tuple[Target, ...]]


def _argv(machine: UserPlaces, project: Path | None, place: str = "") -> list[Json]:
    """Return the command; a project's file is for all who work on it, whatever their machines."""
    if project is None:
        return [*machine.command, "mcp"]
    return [NAME, "mcp", *(["--repo", place] if place else [])]


def _server(argv: list[Json], **more: Json) -> Json:
    return {**more, "command": argv[0], "args": argv[1:]}


def _claude_code(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    if project is not None:
        servers, settings = project / ".mcp.json", project / ".claude/settings.json"
        command = NAME
    else:
        own = machine.variables.get("CLAUDE_CONFIG_DIR")
        servers = Path(own) / ".claude.json" if own else machine.home / ".claude.json"
        settings = Path(own) / "settings.json" if own else machine.home / ".claude/settings.json"
        command = shlex.join(machine.command)
    hook: Json = {"type": "command", "command": f"{command} hook claude-code", "timeout": HOOK_TIMEOUT_S}
    hooks = (
        Want(("hooks", "UserPromptSubmit"), {"hooks": [hook]}, listed=True),
        Want(("hooks", "PostToolUse"), {"matcher": "|".join(CLAUDE_EDITORS), "hooks": [hook]}, listed=True),
    )
    entry = _server(_argv(machine, project), type="stdio")
    return (
        Target(servers, STRICT, (Want(("mcpServers", NAME), entry),)),
        Target(settings, STRICT, hooks),
    )


def _codex(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    folder = project / ".codex" if project is not None else machine.folder("CODEX_HOME", ".codex")
    entry = _server(_argv(machine, project))
    return (Target(folder / "config.toml", TOML, (Want(("mcp_servers", NAME), entry),)),)


def _cursor(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    entry = _server(_argv(machine, project, "${workspaceFolder}"))
    path = (project or machine.home) / ".cursor/mcp.json"
    return (Target(path, RELAXED, (Want(("mcpServers", NAME), entry),)),)


def _vscode(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    path = project / ".vscode/mcp.json" if project is not None else machine.settings / "Code/User/mcp.json"
    entry = _server(_argv(machine, project, "${workspaceFolder}"), type="stdio")
    return (Target(path, MARKED, (Want(("servers", NAME), entry),)),)


def _gemini(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    path = (project or machine.home) / ".gemini/settings.json"
    return (Target(path, RELAXED, (Want(("mcpServers", NAME), _server(_argv(machine, project))),)),)


def _opencode(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    folder = project if project is not None else machine.folder("XDG_CONFIG_HOME", ".config") / "opencode"
    plain, commented = folder / "opencode.json", folder / "opencode.jsonc"
    path = commented if commented.exists() and not plain.exists() else plain
    entry: Json = {"type": "local", "command": _argv(machine, project)}
    return (Target(path, MARKED, (Want(("mcp", NAME), entry),)),)


def _zed(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    if project is not None:
        path = project / ".zed/settings.json"
    elif machine.platform == "win32":
        path = machine.settings / "Zed/settings.json"
    else:
        path = machine.folder("XDG_CONFIG_HOME", ".config") / "zed/settings.json"
    entry = _server(_argv(machine, project), source="custom")
    return (Target(path, MARKED, (Want(("context_servers", NAME), entry),)),)


CLIENTS: dict[str, Targets] = dict(
    zip(NAMES, (_claude_code, _codex, _cursor, _vscode, _gemini, _opencode, _zed), strict=True)
)

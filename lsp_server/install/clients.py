"""Where each agent and editor keeps its servers and hooks, and in which form: docs/agents.md links what each documents.

Knows the places and the words; reads only whether a file is there.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from noctule.lsp_server.install.entry import NAME, Json, RefusedChange, Want
from noctule.lsp_server.install.hook_entries import hook_wants
from noctule.lsp_server.install.names import NAMES, RETIRED
from noctule.lsp_server.install.places import UserPlaces

STRICT, RELAXED, MARKED, TOML = "JSON", "JSON with comments", "JSON with comments and markers", "TOML"
"""The formats; a file of the second may hold comments, though nobody promises that every reader takes ours."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file, and what is to stand in it; `hooks` tells whether that has noctule called unasked."""

    path: Path
    form: str
    wants: tuple[Want, ...]
    hooks: bool = False


Targets = Callable[[UserPlaces, Path | None], tuple[Target, ...]]


def _argv(machine: UserPlaces, project: Path | None, place: str = "") -> list[Json]:
    """Return the command; a project's file is for all who work on it, whatever their machines."""
    if project is None:
        return [*machine.command, "mcp"]
    return [NAME, "mcp", *(["--repo", place] if place else [])]


def _server(argv: list[Json], **more: Json) -> Json:
    return {**more, "command": argv[0], "args": argv[1:]}


def _entry(machine: UserPlaces, project: Path | None, place: str = "", **more: Json) -> Json:
    return _server(_argv(machine, project, place), **more)


def _hooks(client: str, path: Path, machine: UserPlaces, project: Path | None) -> Target:
    program = NAME if project is not None else shlex.join(machine.command)
    return Target(path, STRICT, hook_wants(client, program), hooks=True)


def _claude_code(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    if project is not None:
        servers, settings = project / ".mcp.json", project / ".claude/settings.json"
    else:
        own = machine.variables.get("CLAUDE_CONFIG_DIR")
        servers = Path(own) / ".claude.json" if own else machine.home / ".claude.json"
        settings = Path(own) / "settings.json" if own else machine.home / ".claude/settings.json"
    entry = _entry(machine, project, type="stdio")
    return (
        Target(servers, STRICT, (Want(("mcpServers", NAME), entry),)),
        _hooks("claude-code", settings, machine, project),
    )


def _codex(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    folder = project / ".codex" if project is not None else machine.folder("CODEX_HOME", ".codex")
    return (
        Target(folder / "config.toml", TOML, (Want(("mcp_servers", NAME), _entry(machine, project)),)),
        _hooks("codex", folder / "hooks.json", machine, project),
    )


def _cursor(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    folder = (project or machine.home) / ".cursor"
    entry = _entry(machine, project, "${workspaceFolder}")
    return (
        Target(folder / "mcp.json", RELAXED, (Want(("mcpServers", NAME), entry),)),
        _hooks("cursor", folder / "hooks.json", machine, project),
    )


def _vscode(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    path = project / ".vscode/mcp.json" if project is not None else machine.settings / "Code/User/mcp.json"
    entry = _entry(machine, project, "${workspaceFolder}", type="stdio")
    return (Target(path, MARKED, (Want(("servers", NAME), entry),)),)


def _copilot(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    if project is not None:
        return (
            *_portable(machine, project),
            _hooks("copilot", project / ".github/hooks/noctule.json", machine, project),
        )
    folder = machine.folder("COPILOT_HOME", ".copilot")
    entry = _entry(machine, project, type="local", tools=["*"])
    return (
        Target(folder / "mcp-config.json", STRICT, (Want(("mcpServers", NAME), entry),)),
        _hooks("copilot", folder / "hooks/noctule.json", machine, project),
    )


def _antigravity(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    folder = project / ".agents" if project is not None else machine.home / ".gemini/config"
    return (
        Target(folder / "mcp_config.json", STRICT, (Want(("mcpServers", NAME), _entry(machine, project)),)),
        _hooks("antigravity", folder / "hooks.json", machine, project),
    )


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
    return (Target(path, MARKED, (Want(("context_servers", NAME), _entry(machine, project, source="custom")),)),)


def _windsurf(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    if project is not None:
        raise RefusedChange("Windsurf has no configuration of a project's own", "leave out the path")
    path = machine.home / ".codeium/windsurf/mcp_config.json"
    return (Target(path, STRICT, (Want(("mcpServers", NAME), _entry(machine, project)),)),)


def _kiro(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    path = (project or machine.home) / ".kiro/settings/mcp.json"
    return (Target(path, STRICT, (Want(("mcpServers", NAME), _entry(machine, project)),)),)


def _qwen(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    path = (project or machine.home) / ".qwen/settings.json"
    return (Target(path, RELAXED, (Want(("mcpServers", NAME), _entry(machine, project)),)),)


def _portable(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    if project is None:
        raise RefusedChange("the portable form is a file of a project", "name the folder: `noctule install portable .`")
    return (
        Target(project / ".mcp.json", STRICT, (Want(("mcpServers", NAME), _entry(machine, project, type="stdio")),)),
    )


def _gemini(machine: UserPlaces, project: Path | None) -> tuple[Target, ...]:
    path = (project or machine.home) / ".gemini/settings.json"
    return (Target(path, RELAXED, (Want(("mcpServers", NAME), _entry(machine, project)),)),)


CLIENTS: dict[str, Targets] = dict(
    zip(
        (*NAMES, *RETIRED),
        (
            _claude_code,
            _codex,
            _cursor,
            _vscode,
            _copilot,
            _antigravity,
            _opencode,
            _zed,
            _windsurf,
            _kiro,
            _qwen,
            _portable,
            _gemini,
        ),
        strict=True,
    )
)
SUCCESSORS = {"gemini": "antigravity"}
"""Who took the place of those that are gone."""

"""What has each agent call `noctule hook`, in the form of its own configuration. Knows no place and no file."""

from __future__ import annotations

from collections.abc import Callable

from noctule.lsp_server.hooks.adapters import CLAUDE_EDITORS, CODEX_EDITORS, CURSOR_EDITORS
from noctule.lsp_server.install.entry import NAME, Json, Want

TIMEOUT_S = 5
"""Agents end a hook that takes longer; it ends itself long before that."""
_VERSION = Want(("version",), 1)


def _claude_code(command: str) -> tuple[Want, ...]:
    # What an edit is answered with may come with the next turn: the agent does not wait for it.
    return _group(command, "|".join(CLAUDE_EDITORS), {"async": True})


def _codex(command: str) -> tuple[Want, ...]:
    return _group(command, "|".join(CODEX_EDITORS), {})


def _group(command: str, editors: str, after_edit: dict[str, Json]) -> tuple[Want, ...]:
    """Return hooks in groups, each with the pattern of the tools or sources that it is for."""
    hook: dict[str, Json] = {"type": "command", "command": command, "timeout": TIMEOUT_S}
    return (
        Want(("hooks", "UserPromptSubmit"), {"hooks": [hook]}, listed=True),
        Want(("hooks", "PostToolUse"), {"matcher": editors, "hooks": [{**hook, **after_edit}]}, listed=True),
        Want(("hooks", "SessionStart"), {"matcher": "clear|compact", "hooks": [hook]}, listed=True),
        Want(("hooks", "SubagentStart"), {"hooks": [hook]}, listed=True),
    )


def _cursor(command: str) -> tuple[Want, ...]:
    hook: dict[str, Json] = {"command": command, "timeout": TIMEOUT_S}
    return (
        _VERSION,
        Want(("hooks", "beforeSubmitPrompt"), hook, listed=True),
        Want(("hooks", "postToolUse"), {**hook, "matcher": "|".join(CURSOR_EDITORS)}, listed=True),
        Want(("hooks", "preCompact"), hook, listed=True),
    )


def _copilot(command: str) -> tuple[Want, ...]:
    hook: Json = {"type": "command", "bash": command, "timeoutSec": TIMEOUT_S}
    events = ("sessionStart", "userPromptSubmitted", "postToolUse", "preCompact", "subagentStart")
    return (_VERSION, *(Want(("hooks", event), hook, listed=True) for event in events))


def _antigravity(command: str) -> tuple[Want, ...]:
    hook: Json = {"type": "command", "command": command, "timeout": TIMEOUT_S}
    return (Want((NAME,), {"PreInvocation": [hook]}),)


_ENTRIES: dict[str, Callable[[str], tuple[Want, ...]]] = {
    "claude-code": _claude_code,
    "codex": _codex,
    "cursor": _cursor,
    "copilot": _copilot,
    "antigravity": _antigravity,
}


def hook_wants(client: str, program: str) -> tuple[Want, ...]:
    """Return what an agent's hooks are to be; `program` starts noctule, as a shell reads it."""
    return _ENTRIES[client](f"{program} hook {client}")


def events_of(wants: tuple[Want, ...]) -> list[str]:
    """Return the names of the events that hooks are for."""
    listed = [want.keys[-1] for want in wants if want.listed]
    return listed or [event for want in wants if isinstance(want.value, dict) for event in want.value]

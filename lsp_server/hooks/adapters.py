"""The hooks of each agent: its events in, `HookEvent` out, and what is to be said in the form that it reads.

One row of ADAPTERS for each agent. docs/agents.md links what each of them documents.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from noctule.lsp_server.hooks.event import HookEvent, Moment
from noctule.lsp_server.hooks.names import AGENTS
from noctule.lsp_server.hooks.transcript import read_last_prompt

Payload = Mapping[str, Any]
Answer = dict[str, object]

_PATHS = ("file_path", "notebook_path", "path", "filePath", "target_file", "TargetFile")
_PATCHED = re.compile(r"^\*\*\* (?:(?:Update|Add|Delete) File|Move to): (.+)$", re.MULTILINE)
"""The files of a patch as `apply_patch` takes it."""
CLAUDE_EDITORS = ("Edit", "MultiEdit", "Write", "NotebookEdit")
CODEX_EDITORS = ("apply_patch", "Edit", "Write")
CURSOR_EDITORS = ("Write", "StrReplace", "EditNotebook", "Delete")
COPILOT_EDITORS = ("edit", "create", "apply_patch", "str_replace_editor")
_MOMENTS = {"clear": Moment.CLEAR, "compact": Moment.COMPACT}
"""Where a session that begins is one that goes on."""


@dataclass(frozen=True, slots=True)
class HookAdapter:
    """How an agent's events are read, and answers to it are written; `silence` is what it reads where there is none.

    `read` raises KeyError, ValueError, TypeError or AttributeError on what is no event of this agent.
    """

    read: Callable[[Payload], HookEvent | None]
    write: Callable[[str, str], Answer]
    silence: str = ""


def _read_claude_code(said: Payload, editors: tuple[str, ...] = CLAUDE_EDITORS) -> HookEvent | None:
    name, session, folder = str(said["hook_event_name"]), str(said["session_id"]), Path(str(said["cwd"]))
    match name:
        case "UserPromptSubmit":
            return HookEvent(Moment.PROMPT, name, session, folder, str(said["prompt"]))
        case "PostToolUse" if said["tool_name"] in editors:
            return HookEvent(Moment.EDIT, name, session, folder, files=_edited_files(said["tool_input"]))
        case "SessionStart" if said.get("source") in _MOMENTS:
            return HookEvent(_MOMENTS[said["source"]], name, session, folder)
        case "SubagentStart":
            return HookEvent(Moment.SUBAGENT, name, session, folder)
    return None


def _read_codex(said: Payload) -> HookEvent | None:
    return _read_claude_code(said, CODEX_EDITORS)


def _read_cursor(said: Payload) -> HookEvent | None:
    name, session = str(said["hook_event_name"]), str(said.get("conversation_id") or said["session_id"])
    folder = Path(str(said.get("cwd") or said["workspace_roots"][0]))
    match name:
        case "beforeSubmitPrompt":
            return HookEvent(Moment.PROMPT, name, session, folder, str(said["prompt"]))
        case "postToolUse" if said["tool_name"] in CURSOR_EDITORS:
            return HookEvent(Moment.EDIT, name, session, folder, files=_edited_files(said["tool_input"]))
        case "preCompact":  # nothing said here is heard; the next prompt gets a pack again
            return HookEvent(Moment.CLEAR, name, session, folder)
    return None


def _read_copilot(said: Payload) -> HookEvent | None:
    """Tell its events apart by what they hold: they do not hold their names."""
    session, folder = str(said["sessionId"]), Path(str(said["cwd"]))
    if "toolName" in said:
        if said["toolName"] not in COPILOT_EDITORS:
            return HookEvent(Moment.TURN, "postToolUse", session, folder)
        args = said["toolArgs"]
        files = _edited_files(json.loads(args) if isinstance(args, str) else args)
        return HookEvent(Moment.EDIT, "postToolUse", session, folder, files=files)
    if "agentName" in said:
        return HookEvent(Moment.SUBAGENT, "subagentStart", session, folder)
    if "trigger" in said:  # what is said is not heard, and the next tool is the first to hear anything
        return HookEvent(Moment.COMPACT, "preCompact", session, folder, is_heard=False)
    if "source" in said:
        prompt = said.get("initialPrompt")
        return HookEvent(Moment.PROMPT, "sessionStart", session, folder, str(prompt)) if prompt else None
    return HookEvent(Moment.PROMPT, "userPromptSubmitted", session, folder, str(said["prompt"]), is_heard=False)


def _read_antigravity(said: Payload) -> HookEvent | None:
    """Read what comes before each call of the model; the prompt stands in the transcript alone."""
    session, folder = str(said["conversationId"]), Path(str(said["workspacePaths"][0]))
    if "toolCall" in said or "stepIdx" in said:
        return None
    if int(said["invocationNum"]) > 0:
        return HookEvent(Moment.EDIT, "PreInvocation", session, folder, files=None)
    prompt = read_last_prompt(Path(str(said["transcriptPath"])))
    return HookEvent(Moment.PROMPT, "PreInvocation", session, folder, prompt, files=None)


def _edited_files(given: Payload | str) -> tuple[str, ...]:
    """Return the files that the arguments of an editing tool name: by a path, or in a patch."""
    if isinstance(given, Mapping):
        named = tuple(str(given[key]) for key in _PATHS if given.get(key))
        if named:
            return named[:1]
    texts = given.values() if isinstance(given, Mapping) else [given]
    patches = [one for text in texts for one in (text if isinstance(text, list) else [text]) if isinstance(one, str)]
    return tuple(dict.fromkeys(path.strip() for patch in patches for path in _PATCHED.findall(patch)))


def _write_claude_code(name: str, text: str) -> Answer:
    return {"hookSpecificOutput": {"hookEventName": name, "additionalContext": text}}


def _write_cursor(name: str, text: str) -> Answer:
    go_on: Answer = {"continue": True} if name == "beforeSubmitPrompt" else {}
    return {**go_on, "additional_context": text}


def _write_copilot(_name: str, text: str) -> Answer:
    return {"additionalContext": text}


def _write_antigravity(_name: str, text: str) -> Answer:
    return {"injectSteps": [{"ephemeralMessage": text}]}


ADAPTERS: dict[str, HookAdapter] = dict(
    zip(
        AGENTS,
        (
            HookAdapter(_read_claude_code, _write_claude_code),
            HookAdapter(_read_codex, _write_claude_code),
            HookAdapter(_read_cursor, _write_cursor),
            HookAdapter(_read_copilot, _write_copilot),
            HookAdapter(_read_antigravity, _write_antigravity, silence="{}"),
        ),
        strict=True,
    )
)

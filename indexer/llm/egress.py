"""What may leave the machine: which files' text, and which lines of it. Sends nothing and reads no file.

Only what the user's choice and the repository both allow: a file that git or the repository ignores, that is left out,
or that may hold secrets by its name is never sent, whatever is chosen. What is ignored today stays here as it was in
the past, too: it may be ignored because it should never have been committed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from noctule.indexer.files.git import Git
from noctule.indexer.files.redaction import WITHHELD, redact
from noctule.indexer.files.roles import classify_role
from noctule.indexer.files.secret_paths import may_hold_secrets
from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.llm.settings import NO_TESTS, Choice

# What ties a message together and is no text: a withheld word there would make it no message.
_TIES = frozenset({"role", "type", "id", "tool_call_id", "name", "index"})


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """The guard at the egress, for one repository as it stands: `files` are those that were looked at."""

    choice: Choice
    files: Collection[str]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, choice: Choice, snapshot: Snapshot) -> EgressPolicy:
        """Return the guard for what a snapshot holds. GitError."""
        if snapshot.objects is None:
            return cls(choice, snapshot.files.keys(), snapshot.left_out)
        ignored = dict.fromkeys(_newly_ignored(snapshot.objects, snapshot.files), "git ignores it now")
        return cls(choice, snapshot.files.keys() - ignored.keys(), {**snapshot.left_out, **ignored})

    def why_not(self, path: str) -> str:
        """Say why the text of a file must not be sent; an empty string where it may be."""
        if may_hold_secrets(path):
            return "it may hold secrets"
        if path not in self.files:
            return self.left_out.get(path) or "it is not one of the indexed files"
        if self.choice.send == NO_TESTS and classify_role(path) == "test":
            return "tests are not to be sent"
        folders = self.choice.folders
        if folders and not any(path == folder or path.startswith(f"{folder}/") for folder in folders):
            return f"only {', '.join(folders)} may be sent"
        return ""

    def clean_lines(self, lines: Iterable[str]) -> list[str]:
        """Return as many lines, without those that hold a password, a token or a key."""
        return redact(lines)


def _newly_ignored(git: Git, paths: Collection[str]) -> set[str]:
    """Return which files of a past commit git ignores today; of those that cannot be told, all that are not tracked."""
    if git.place.bare or not paths:
        return set()
    told = git.try_run("check-ignore", "-z", "--stdin", input=b"".join(os.fsencode(path) + b"\0" for path in paths))
    if told.returncode in (0, 1):
        return {os.fsdecode(path) for path in told.output.split(b"\0")[:-1]}
    # What is a link or a submodule by now, with files of the past below it, is a fault to it.
    tracked = {os.fsdecode(path) for path in git.run("ls-files", "-z").split(b"\0")[:-1]}
    return set(paths) - tracked


def clean_message(message: Mapping[str, Any], hide: Iterable[str] = ()) -> dict[str, Any]:
    """Return a message of the OpenAI protocol without lines that hold secrets, nor any word of `hide`."""
    words = tuple(word for word in hide if word)
    return {name: value if name in _TIES else _clean(value, words) for name, value in message.items()}


def _clean(value: Any, hide: tuple[str, ...]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return _clean_text(value, hide)
    if isinstance(value, Mapping):
        return clean_message(value, hide)
    if isinstance(value, list | tuple):
        return [_clean(part, hide) for part in value]
    return value


def _clean_text(text: str, hide: tuple[str, ...]) -> str:
    if text.startswith("{"):  # such as the arguments of a call: lines stand in it escaped
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            parsed = None
        if isinstance(parsed, dict):
            clean = _clean_data(parsed, hide)
            return text if clean == parsed else json.dumps(clean)
    clean_text = "\n".join(redact(text.split("\n")))
    for word in hide:
        clean_text = clean_text.replace(word, WITHHELD)
    return clean_text


def _clean_data(value: Any, hide: tuple[str, ...]) -> Any:  # noqa: ANN401 - any JSON
    """Clean what was text: every name in it counts as text too."""
    if isinstance(value, str):
        return _clean_text(value, hide)
    if isinstance(value, dict):
        return {_clean_text(name, hide): _clean_data(part, hide) for name, part in value.items()}
    if isinstance(value, list):
        return [_clean_data(part, hide) for part in value]
    return value

"""Recorded runs of real agents: files in, values out. Knows no pack and no repository.

A line of such a file is one run: `instance_id, agent, model, first_prompt_tokens, edited_files, steps`; a step has
`kind` (search, read, edit, write, run, git, housekeeping, submit, other), `read` ([path, first line, last line], null
where the whole file), `hits` ([path, line or null] that a search showed), `action_tokens` and `observation_tokens`
(characters / 4), `prompt_tokens` and `completion_tokens` as billed, and `edited` paths, where they were recorded.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from noctule.evals.errors import BadTaskFile

LOOKING = frozenset({"search", "read"})


@dataclass(frozen=True, slots=True)
class Step:
    """One turn of an agent: what it did, what it saw, and its tokens."""

    kind: str
    read: tuple[tuple[str, int | None, int | None], ...]
    hits: tuple[tuple[str, int | None], ...]
    action_tokens: int
    observation_tokens: int
    edited: tuple[str, ...] = ()

    @property
    def looks(self) -> bool:
        """Whether the step only searched or read."""
        return self.kind in LOOKING

    @property
    def tokens(self) -> int:
        """What the step adds to every later prompt."""
        return self.action_tokens + self.observation_tokens


@dataclass(frozen=True, slots=True)
class Recording:
    """One run of an agent on a task."""

    task: str
    agent: str
    model: str
    first_prompt_tokens: int
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """Which agent and model this is."""
        return f"{self.agent} {self.model}"

    @property
    def before_edit(self) -> int:
        """How many steps come before the first edit of an existing file; all of them where there is none."""
        return next((n for n, step in enumerate(self.steps) if step.kind == "edit"), len(self.steps))

    def before_right_edit(self, right: Collection[str]) -> int:
        """Return how many steps come before the first edit of a right file; before any edit, where none says which."""
        first = (n for n, step in enumerate(self.steps) if any(path in right for path in step.edited))
        return next(first, self.before_edit)


def load(files: Sequence[Path]) -> dict[str, tuple[Recording, ...]]:
    """Read files of recorded runs, by task. BadTaskFile."""
    found: dict[str, list[Recording]] = {}
    for file in files:
        for number, row in enumerate(_rows(file), 1):
            try:
                recording = _recording(row)
            except (KeyError, TypeError, ValueError) as error:
                raise BadTaskFile(f"run {number} of {file} cannot be read: {error!r}") from error
            found.setdefault(recording.task, []).append(recording)
    return {task: tuple(runs) for task, runs in found.items()}


def _rows(file: Path) -> Iterator[Mapping[str, object]]:
    try:
        data = file.read_bytes()
        text = (gzip.decompress(data) if file.name.endswith(".gz") else data).decode()
    except (OSError, ValueError, EOFError) as error:
        raise BadTaskFile(f"cannot read {file}: {error}", "name a file of recorded runs") from error
    for line in text.split("\n"):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as error:
                raise BadTaskFile(f"{file} is not valid JSON Lines: {error}") from error


def _recording(row: Mapping[str, object]) -> Recording:
    steps = row["steps"]
    if not isinstance(steps, list):
        raise TypeError("steps is not a list")
    return Recording(
        task=str(row["instance_id"]),
        agent=str(row["agent"]),
        model=str(row["model"]),
        first_prompt_tokens=_number(row["first_prompt_tokens"]),
        steps=tuple(_step(step) for step in steps),
    )


def _step(step: Mapping[str, object]) -> Step:
    read, hits = step["read"], step["hits"]
    assert isinstance(read, list)
    assert isinstance(hits, list)
    edited = step.get("edited") or ()
    assert isinstance(edited, list | tuple)
    return Step(
        kind=str(step["kind"]),
        read=tuple((str(path), first, last) for path, first, last in read),
        hits=tuple((str(path), line) for path, line in hits),
        action_tokens=_number(step["action_tokens"]),
        observation_tokens=_number(step["observation_tokens"]),
        edited=tuple(map(str, edited)),
    )


def _number(value: object) -> int:
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return int(value)

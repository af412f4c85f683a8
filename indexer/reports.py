"""What is said of the work itself, as values: status, what a sleep did, a checkup, and what editors show of notes.

Apart from `results`, because an answer to a task does not wait for these types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from noctule.indexer.results import Answer, Freshness, Value


@dataclass(frozen=True, slots=True)
class FoundRecipe(Value):
    """What past changes of one kind had in common: a change that adds to `folder` also touched `touched`."""

    text: str
    folder: str
    touched: tuple[str, ...]
    commits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecipeBook(Answer):
    """How changes are made here: all recipes that hold, the most telling first."""

    revision: str | None
    dirty: bool
    recipes: tuple[FoundRecipe, ...]
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class ReferenceQuestion(Answer):
    """A definition whose uses an editor may look for: where its name stands (the line from one); empty: none."""

    subject: str = ""
    path: str = ""
    line: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Spot(Answer):
    """Where a subject stands at this moment: a file, and the lines of a definition in it if one is meant.

    Lines are counted from one, both ends included; null where the whole file is meant, or the text has changed.
    """

    path: str
    symbol: str | None
    kind: str | None
    start_line: int | None
    end_line: int | None


@dataclass(frozen=True, slots=True)
class SleepReport(Answer):
    """What one sleep did: counts by kind of work, seconds by stage, and what it could not read."""

    revision: str | None
    dirty: bool
    complete: bool  # false where the time ran out or the user interrupted; the next sleep goes on from there
    parsed_blobs: int
    known_blobs: int
    commits_read: int
    commits_known: int
    seconds: Mapping[str, float]  # by stage, and "total"
    failed: Mapping[str, str]  # path -> why it could not be parsed
    peak_memory_bytes: int
    unread: str = ""  # why git could not read the history; empty where it could


@dataclass(frozen=True, slots=True)
class Status(Answer):
    """What is known about a repository, how fresh, what it cost, where it lies, how large."""

    root: str
    kind: str  # "work tree", "bare repository", "plain folder"
    revision: str | None
    dirty: bool
    state: str  # "clean", "rebase", "merge", ...
    freshness: Freshness
    files: int
    languages: Mapping[str, int]  # language -> files
    symbols: int
    commits: int
    history_gaps: tuple[str, ...]  # "shallow clone: history ends at ...", ...
    left_out: Mapping[str, int]  # reason -> files
    left_out_examples: Mapping[str, tuple[str, ...]]  # reason -> at most 5 paths
    ranked_down: Mapping[str, int]  # role (generated, vendored, test, ...) -> files
    failed: Mapping[str, str]  # path -> why it could not be parsed
    prediction: Mapping[str, object]  # hit rates, trials, or why withheld
    cost: Mapping[str, float]  # "sleeps", "seconds", "cpu_seconds"
    store_path: str
    store_bytes: int
    source_bytes: int
    store_version: int
    sleep: Mapping[str, object]  # how the sleeper of this work tree stands; empty where there is none
    paused: str = ""  # until when background work is paused, as a sentence; empty where it is not
    model_notes: Mapping[str, object] = field(default_factory=dict)  # how they stand; empty where no model was named
    scip: Mapping[str, object] = field(default_factory=dict)  # what a SCIP index added; empty where there is none
    editor: Mapping[str, object] = field(default_factory=dict)  # what an editor said of uses; empty where none did


@dataclass(frozen=True, slots=True)
class Forgotten(Answer):
    """What `forget` removed."""

    store_path: str
    bytes: int
    existed: bool = True


@dataclass(frozen=True, slots=True)
class Paused(Answer):
    """Whether sleep is paused for a repository, up to when (seconds since the epoch; null: until it is resumed)."""

    store_path: str
    paused: bool
    until: float | None


@dataclass(frozen=True, slots=True)
class Measure(Value):
    """What noctule takes of one thing, beside its limit; `used` is null where nothing takes it, `limit` where none is.

    `state` is "ok", "remark" (worth knowing) or "fault"; `fix` is one line on what to do about it.
    """

    name: str
    used: float | None
    limit: float | None
    unit: str  # "bytes", "watches", "files", "s", "tokens", "dollars"
    state: str
    detail: str
    fix: str


@dataclass(frozen=True, slots=True)
class Check(Value):
    """One thing that noctule needs, and how it stands: `state` and `fix` as of a Measure."""

    name: str
    state: str
    detail: str
    fix: str


@dataclass(frozen=True, slots=True)
class Checkup(Answer):
    """What noctule takes of the machine, and whether it finds there what it needs."""

    root: str | None
    footprint: tuple[Measure, ...]
    checks: tuple[Check, ...]
    faults: int

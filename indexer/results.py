"""What is served, as values: packs, notes, predictions, status. No store, no ranking, no printing.

Every answer turns into the versioned JSON contract of docs/json.md with `to_json`; lines are counted from one there,
as editors and people count them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import UnionType
from typing import NamedTuple, TypeVar, get_args, get_origin, get_type_hints

SCHEMA = 1

Json = dict[str, object]


class Value:
    """What turns into JSON by its fields, in their order and under their names."""

    __slots__ = ()

    def to_json(self) -> Json:
        """Return the value as the contract writes it; fractions are cut to four places."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]


class Answer(Value):
    """What a command prints: a value that says which version of the contract it follows."""

    __slots__ = ()

    def to_json(self) -> Json:
        """Return the answer as the contract writes it."""
        return {"schema": SCHEMA, **Value.to_json(self)}


def _plain(value: object) -> object:
    if isinstance(value, Value):
        return value.to_json()
    if isinstance(value, Mapping):
        return {name: _plain(of) for name, of in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return round(value, 4) if isinstance(value, float) else value


T = TypeVar("T", bound=Value)


def from_json(kind: type[T], written: Mapping[str, object]) -> T:
    """Return the value that `to_json` wrote; fields that it has no name for are left out."""
    hints = get_type_hints(kind)
    return kind(**{name: _from_json(hint, written[name]) for name, hint in hints.items() if name in written})


def _from_json(kind: object, written: object) -> object:
    if isinstance(kind, UnionType):
        return None if written is None else _from_json(get_args(kind)[0], written)
    if get_origin(kind) is tuple and isinstance(written, list):
        return tuple(_from_json(get_args(kind)[0], one) for one in written)
    if isinstance(kind, type) and issubclass(kind, Value) and isinstance(written, dict):
        return from_json(kind, written)
    return written


@dataclass(frozen=True, slots=True)
class Reason(Value):
    """Why something is ranked where it is: a `kind`, a `detail` for people, and its `weight` in the score."""

    kind: str
    detail: str
    weight: float


@dataclass(frozen=True, slots=True)
class Evidence(Value):
    """What a claim rests on: lines of a file (from one, both ends included) with the hash of their text, or commits.

    `moved_from` is the first line where the text stood when the claim was written, if it has moved since.
    """

    path: str | None
    start_line: int | None
    end_line: int | None
    hash: str | None
    commits: tuple[str, ...] = ()
    moved_from: int | None = None


IMPORTED = "imported"
"""The author of what was read from a file of notes: nobody here can tell who wrote it."""


@dataclass(frozen=True, slots=True)
class Claim(Value):
    """One sentence about a subject, with its evidence; `kind` groups claims of one sort ("dependents", "tests").

    `by` is the model that wrote it, or IMPORTED; empty where nobody did: it is counted from code and history.
    """

    text: str
    subject: str
    kind: str
    evidence: tuple[Evidence, ...]
    by: str = ""

    @property
    def told(self) -> str:
        """The sentence as it is shown where there is no room for more: a model's is marked as such."""
        if not self.by:
            return self.text
        return f"{self.text} ({'imported, checked by no model' if self.by == IMPORTED else 'by a model'})"


MOST_PENDING = 50
"""So many changed files are named."""


@dataclass(frozen=True, slots=True)
class Freshness(Value):
    """How far the answer's ground is from the live snapshot.

    `pending` are changed or added paths that sleep has not read yet (50 listed at most, `pending_count` counts all), in
    a first look all that were not read in full; `learned_at` is when sleep last finished for this snapshot, in seconds
    since the epoch; `history` is the commit up to which history is known, which may be earlier than the revision.
    """

    state: str  # "fresh", "pending", "unknown"
    pending_count: int = 0
    pending: tuple[str, ...] = ()
    learned_at: float | None = None
    withheld_claims: int = 0
    history: str | None = None

    @property
    def is_first_look(self) -> bool:
        """Whether nothing was indexed yet: all files were searched for words of the task, and a few were read."""
        return self.state == "pending" and self.learned_at is None


@dataclass(frozen=True, slots=True)
class RankedSpan(Value):
    """Lines of a ranked file (from one, both ends included) and the symbol they hold, if one."""

    start_line: int
    end_line: int
    symbol: str | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class RankedFile(Value):
    """A file with its place in the ranking; `probability` that the task's change touches it."""

    path: str
    rank: int
    score: float
    reasons: tuple[Reason, ...]
    spans: tuple[RankedSpan, ...]
    probability: float = 0.0


@dataclass(frozen=True, slots=True)
class RankedSymbol(Value):
    """A definition with its place in the ranking; lines from one, both ends included."""

    path: str
    symbol: str
    kind: str
    start_line: int
    end_line: int
    rank: int
    score: float
    reasons: tuple[Reason, ...]
    probability: float = 0.0


@dataclass(frozen=True, slots=True)
class ShownLines(Value):
    """Lines of a definition that a pack's text shows (from one, both ends included).

    `end_line` is the last line that is shown; the definition goes on to `last_line`.
    """

    start_line: int
    end_line: int
    last_line: int
    symbol: str
    kind: str


@dataclass(frozen=True, slots=True)
class ShownFile(Value):
    """A file that a pack's text names, with the lines that it shows of it."""

    path: str
    lines: tuple[ShownLines, ...]


@dataclass(frozen=True, slots=True)
class Pack(Answer):
    """The answer to a task within a token budget; `text` is what an agent reads, fenced as untrusted data."""

    revision: str | None
    dirty: bool
    task_tokens: int
    budget_tokens: int
    tokens: int
    tokenizer: str
    abstained: bool
    elapsed_ms: Mapping[str, float]
    freshness: Freshness
    files: tuple[RankedFile, ...]
    symbols: tuple[RankedSymbol, ...]
    claims: tuple[Claim, ...]
    text: str
    shown: tuple[ShownFile, ...] = ()
    """What the text names and shows, in its order; the text is printed from this, and never read back."""
    assumed: str | None = None
    """The guessed task where none was given, and what the guess is based on."""


@dataclass(frozen=True, slots=True)
class Note(Answer):
    """What is known about one subject; `withheld` counts claims whose evidence has changed, by kind."""

    revision: str | None
    dirty: bool
    subject: str
    subject_kind: str  # "file", "symbol", "directory", "repository"
    claims: tuple[Claim, ...]
    withheld: Mapping[str, int]
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class LikelyChange(Value):
    """A file or symbol with the probability that the next change touches it."""

    path: str
    symbol: str | None
    probability: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Forecast(Answer):
    """Likely change points with the hit rate on held-out past commits, or the reason why they are withheld."""

    revision: str | None
    dirty: bool
    given: tuple[str, ...]
    change_points: tuple[LikelyChange, ...]
    hit_rate: Mapping[str, float]  # "recall@1", "recall@5", "recall@10", "recall@20"
    baseline: Mapping[str, Mapping[str, float]]  # by name ("recency", "frequency"), the same keys
    trials: int
    withheld: str | None
    freshness: Freshness


class Progress(NamedTuple):
    """One step of long work, for whoever shows it: `done` of `total` (0: not known) units of a named stage."""

    stage: str
    done: int
    total: int
    unit: str = "files"

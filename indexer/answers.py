"""What is served, as values: packs, notes, predictions, status. No store, no ranking, no printing.

Every answer turns into the versioned JSON contract of docs/json.md with `to_json`; lines are counted from one there,
as editors and people count them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SCHEMA = 1

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is ranked where it is: a `kind`, a `detail` for people, and its `weight` in the score."""

    kind: str
    detail: str
    weight: float

    def to_json(self) -> Json:
        """Return the reason as the contract writes it."""
        return {"kind": self.kind, "detail": self.detail, "weight": round(self.weight, 4)}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a claim rests on: lines of a file (from one, both ends included) with the hash of their text, or commits.

    `moved_from` is the first line where the text stood when the claim was written, if it has moved since.
    """

    path: str | None
    start_line: int | None
    end_line: int | None
    hash: str | None
    commits: tuple[str, ...] = ()
    moved_from: int | None = None

    def to_json(self) -> Json:
        """Return the evidence as the contract writes it."""
        return {
            "path": self.path,
            "start_line": self.start_line,
            "end_line": self.end_line,
            "hash": self.hash,
            "commits": list(self.commits),
            "moved_from": self.moved_from,
        }


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence about a subject, with its evidence; `kind` groups claims of one sort ("dependents", "tests")."""

    text: str
    subject: str
    kind: str
    evidence: tuple[Evidence, ...]

    def to_json(self) -> Json:
        """Return the claim as the contract writes it."""
        return {
            "text": self.text,
            "subject": self.subject,
            "kind": self.kind,
            "evidence": [e.to_json() for e in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far the answer's ground is from the live snapshot.

    `pending` are changed or added paths that sleep has not read yet (50 listed at most, `pending_count` counts all);
    `learned_at` is when sleep last finished for this snapshot, in seconds since the epoch.
    """

    state: str  # "fresh", "pending", "unknown"
    pending_count: int = 0
    pending: tuple[str, ...] = ()
    learned_at: float | None = None
    withheld_claims: int = 0

    def to_json(self) -> Json:
        """Return the freshness as the contract writes it."""
        return {
            "state": self.state,
            "pending_count": self.pending_count,
            "pending": list(self.pending),
            "learned_at": self.learned_at,
            "withheld_claims": self.withheld_claims,
        }


@dataclass(frozen=True, slots=True)
class RankedSpan:
    """Lines of a ranked file (from one, both ends included) and the symbol they hold, if one."""

    start_line: int
    end_line: int
    symbol: str | None
    kind: str | None

    def to_json(self) -> Json:
        """Return the span as the contract writes it."""
        return {
            "start_line": self.start_line,
            "end_line": self.end_line,
            "symbol": self.symbol,
            "kind": self.kind,
        }


@dataclass(frozen=True, slots=True)
class RankedFile:
    """A file with its place in the ranking."""

    path: str
    rank: int
    score: float
    reasons: tuple[Reason, ...]
    spans: tuple[RankedSpan, ...]

    def to_json(self) -> Json:
        """Return the file as the contract writes it."""
        return {
            "path": self.path,
            "rank": self.rank,
            "score": round(self.score, 4),
            "reasons": [r.to_json() for r in self.reasons],
            "spans": [s.to_json() for s in self.spans],
        }


@dataclass(frozen=True, slots=True)
class RankedSymbol:
    """A definition with its place in the ranking; lines from one, both ends included."""

    path: str
    symbol: str
    kind: str
    start_line: int
    end_line: int
    rank: int
    score: float
    reasons: tuple[Reason, ...]

    def to_json(self) -> Json:
        """Return the symbol as the contract writes it."""
        return {
            "path": self.path,
            "symbol": self.symbol,
            "kind": self.kind,
            "start_line": self.start_line,
            "end_line": self.end_line,
            "rank": self.rank,
            "score": round(self.score, 4),
            "reasons": [r.to_json() for r in self.reasons],
        }


@dataclass(frozen=True, slots=True)
class Pack:
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

    def to_json(self) -> Json:
        """Return the pack as the contract writes it."""
        return {
            "schema": SCHEMA,
            "revision": self.revision,
            "dirty": self.dirty,
            "task_tokens": self.task_tokens,
            "budget_tokens": self.budget_tokens,
            "tokens": self.tokens,
            "tokenizer": self.tokenizer,
            "abstained": self.abstained,
            "elapsed_ms": dict(self.elapsed_ms),
            "freshness": self.freshness.to_json(),
            "files": [f.to_json() for f in self.files],
            "symbols": [s.to_json() for s in self.symbols],
            "claims": [c.to_json() for c in self.claims],
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class Note:
    """What is known about one subject; `withheld` counts claims whose evidence has changed, by kind."""

    revision: str | None
    dirty: bool
    subject: str
    subject_kind: str  # "file", "symbol", "directory", "repository"
    claims: tuple[Claim, ...]
    withheld: Mapping[str, int]
    freshness: Freshness

    def to_json(self) -> Json:
        """Return the note as the contract writes it."""
        return {
            "schema": SCHEMA,
            "revision": self.revision,
            "dirty": self.dirty,
            "subject": self.subject,
            "subject_kind": self.subject_kind,
            "claims": [c.to_json() for c in self.claims],
            "withheld": dict(self.withheld),
            "freshness": self.freshness.to_json(),
        }


@dataclass(frozen=True, slots=True)
class LikelyChange:
    """A file or symbol with the probability that the next change touches it."""

    path: str
    symbol: str | None
    probability: float
    reasons: tuple[Reason, ...]

    def to_json(self) -> Json:
        """Return the change point as the contract writes it."""
        return {
            "path": self.path,
            "symbol": self.symbol,
            "probability": round(self.probability, 4),
            "reasons": [r.to_json() for r in self.reasons],
        }


@dataclass(frozen=True, slots=True)
class Forecast:
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

    def to_json(self) -> Json:
        """Return the forecast as the contract writes it."""
        return {
            "schema": SCHEMA,
            "revision": self.revision,
            "dirty": self.dirty,
            "given": list(self.given),
            "change_points": [c.to_json() for c in self.change_points],
            "hit_rate": {k: round(v, 4) for k, v in self.hit_rate.items()},
            "baseline": {n: {k: round(v, 4) for k, v in b.items()} for n, b in self.baseline.items()},
            "trials": self.trials,
            "withheld": self.withheld,
            "freshness": self.freshness.to_json(),
        }


@dataclass(frozen=True, slots=True)
class SleepReport:
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

    def to_json(self) -> Json:
        """Return the report as the contract writes it."""
        return {
            "schema": SCHEMA,
            "revision": self.revision,
            "dirty": self.dirty,
            "complete": self.complete,
            "parsed_blobs": self.parsed_blobs,
            "known_blobs": self.known_blobs,
            "commits_read": self.commits_read,
            "commits_known": self.commits_known,
            "seconds": {k: round(v, 4) for k, v in self.seconds.items()},
            "failed": dict(self.failed),
            "peak_memory_bytes": self.peak_memory_bytes,
        }


@dataclass(frozen=True, slots=True)
class Status:
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

    def to_json(self) -> Json:
        """Return the status as the contract writes it."""
        return {
            "schema": SCHEMA,
            "root": self.root,
            "kind": self.kind,
            "revision": self.revision,
            "dirty": self.dirty,
            "state": self.state,
            "freshness": self.freshness.to_json(),
            "files": self.files,
            "languages": dict(self.languages),
            "symbols": self.symbols,
            "commits": self.commits,
            "history_gaps": list(self.history_gaps),
            "left_out": dict(self.left_out),
            "left_out_examples": {k: list(v) for k, v in self.left_out_examples.items()},
            "ranked_down": dict(self.ranked_down),
            "failed": dict(self.failed),
            "prediction": dict(self.prediction),
            "cost": {k: round(v, 4) for k, v in self.cost.items()},
            "store_path": self.store_path,
            "store_bytes": self.store_bytes,
            "source_bytes": self.source_bytes,
            "store_version": self.store_version,
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of long work, for whoever shows it: `done` of `total` (0: not known) units of a named stage."""

    stage: str
    done: int
    total: int
    unit: str = "files"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What `forget` removed."""

    store_path: str
    bytes: int
    existed: bool = field(default=True)

    def to_json(self) -> Json:
        """Return what was removed as the contract writes it."""
        return {"schema": SCHEMA, "store_path": self.store_path, "bytes": self.bytes, "existed": self.existed}

"""What a review says, as values; docs/json.md describes them."""

from __future__ import annotations

from dataclasses import dataclass

from noctule.indexer.results import Answer, Freshness, Value


@dataclass(frozen=True, slots=True)
class Finding(Value):
    """One thing that a review has to say: `kind` is "forgotten" (a file), "caller" or "removed" (a line that uses it).

    `level` is "warning" or "note"; `line` is counted from one, null for a whole file; `subject` is the file or symbol
    of the change that it is about. `probability` and `commits` are those of a forgotten file.
    """

    kind: str
    level: str
    path: str
    line: int | None
    message: str
    subject: str
    probability: float | None = None
    commits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AffectedTest(Value):
    """A test file that a change can break, with why and the names of the tests in it that use what was edited."""

    path: str
    weight: float
    reasons: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReviewRecord(Value):
    """How hints at forgotten files did on past changes, of which `trials` had a file taken out.

    `precision` of those named were right, `recall` of those taken out were named; of 100 complete changes `alarms` were
    told that one is missing. All three are 0 where nothing reaches the `asked` precision.
    """

    asked: float
    precision: float
    recall: float
    alarms: float
    trials: int


@dataclass(frozen=True, slots=True)
class Review(Answer):
    """What a change from `base` to `head` forgot and whom it may break, and which tests to run, likeliest first.

    `withheld` says why no forgotten file can be named; null where they can. `unread` are files that differ and are not
    among `files`: pictures and other files that are no text that noctule reads.
    """

    base: str
    head: str
    files: tuple[str, ...]
    definitions: int
    findings: tuple[Finding, ...]
    tests: tuple[AffectedTest, ...]
    record: ReviewRecord
    withheld: str | None
    freshness: Freshness
    unread: tuple[str, ...] = ()

"""The value of a prepared result: how likely it is asked for soon, how much that saves, how often. Pure.

All three are read from the ledger where it has enough; where it has not, the constants below stand in, and say so.
"Soon" is the next day of work.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from noctule.indexer.background.totals import events
from noctule.indexer.defaults import PACK_TOKENS
from noctule.indexer.runtime.ledger import DAY_S, Records, format_day

CHANGES_A_DAY = 10
"""A chance is for the next change; a day of work is taken as this many changes."""
TOKENS_PER_S = 1_000.0
"""How fast an agent reads: a tool call that reads 2,000 tokens takes about two seconds."""
ENOUGH = 5
AGAIN = {"edits": 0.5, "asks": 0.3}
AGAIN_COUNTS_AS = 6
"""Chance that a file that was edited, or asked about, is so again within a day, before anything was seen."""
ASKED_DAYS, ASKED_A_DAY = 0.8, 5.0
DAYS_COUNT_AS = 2
FIRST_S = 0.15
"""What an answer takes that nobody has worked out before, beyond one that lies ready."""
LOOKED_AT = 0.02
"""Chance that a file without any evidence is needed by an answer: a search may lead anywhere."""
SAME_PIECE_S = 3_600.0
LOOK_BACK_S = 14 * DAY_S


@dataclass(frozen=True, slots=True)
class Chance:
    """The probability that something is asked for or changed within a day, and its source."""

    probability: float
    why: str


@dataclass(frozen=True, slots=True)
class Demand:
    """The probability of a day with questions, and the number of questions on such a day."""

    probability: float
    a_day: float


@dataclass(frozen=True, slots=True)
class Savings:
    """Seconds saved by a pack that uses prepared parts, and by a pack that is prepared itself.

    `measured` says whether the first is from the ledger.
    """

    pack_s: float
    first_s: float
    measured: bool


def again(records: Records, now: float) -> dict[str, float]:
    """Return how often edited files, and files asked about, came up again within a day."""
    came = [(at, kind, file) for at, kind, file in events(records) if at > now - LOOK_BACK_S]
    times: dict[str, list[float]] = {}
    for at, _, file in came:
        times.setdefault(file, []).append(at)
    found = {}
    for kind, prior in AGAIN.items():
        trials = hits = 0
        last: dict[str, float] = {}
        for at, this, file in came:
            # An hour of saving one file is one piece of work, and a day has to be over before it can be judged.
            if this != kind or at - last.get(file, 0.0) < SAME_PIECE_S or at > now - DAY_S:
                continue
            last[file] = at
            trials += 1
            later = times[file]
            hits += bisect_right(later, at + DAY_S) > bisect_left(later, at + SAME_PIECE_S)
        found[kind] = (hits + prior * AGAIN_COUNTS_AS) / (trials + AGAIN_COUNTS_AS)
    return found


def chances(
    next_change: Mapping[str, float],
    dirty: Sequence[str],
    records: Records,
    now: float,
) -> dict[str, Chance]:
    """Return each file's chance to be asked for or changed within a day.

    `next_change` has the chance, or the expected number of touches, for the next change alone; `dirty` are files with
    changes that are not committed. What speaks for a file independently is put together as such.
    """
    rates = again(records, now)
    seen: dict[str, list[tuple[float, str]]] = {}
    for at, kind, file in events(records):
        if at > now - LOOK_BACK_S:
            chance = rates[kind] * 2 ** (-(now - at) / DAY_S)
            why = "edited recently" if kind == "edits" else "asked about recently"
            seen.setdefault(file, []).append((chance, why))
    touched = set(dirty)
    found = {}
    for file in {*next_change, *dirty, *seen}:
        evidence = [(LOOKED_AT, "any file may be needed")]
        if file in next_change:
            likely = 1 - (1 - min(next_change[file], 1.0)) ** CHANGES_A_DAY
            evidence.append((likely, f"chance {next_change[file]:.0%} for the next change"))
        if file in touched:
            evidence.append((rates["edits"], "changed and not committed"))
        # Ten edits of one file are one reason, the strongest.
        evidence += [max(part) for part in _by_reason(seen.get(file, [])).values()]
        none = 1.0
        for chance, _ in evidence:
            none *= 1 - chance
        found[file] = Chance(1 - none, max(evidence)[1])
    return found


def _by_reason(evidence: Sequence[tuple[float, str]]) -> dict[str, list[tuple[float, str]]]:
    grouped: dict[str, list[tuple[float, str]]] = {}
    for one in evidence:
        grouped.setdefault(one[1], []).append(one)
    return grouped


def demand(records: Records, now: float) -> Demand:
    """Return the demand of a day, from the last two weeks."""
    asked: dict[str, int] = {}
    for served in records.served:
        if served.at > now - LOOK_BACK_S:
            asked[format_day(served.at)] = asked.get(format_day(served.at), 0) + 1
    every = [r.at for group in (records.served, records.spent, records.changed) for r in group]
    days = min((now - min(every)) / DAY_S, LOOK_BACK_S / DAY_S) if every else 0.0
    return Demand(
        min((len(asked) + ASKED_DAYS * DAYS_COUNT_AS) / (days + DAYS_COUNT_AS), 1.0),
        median([*asked.values(), *[ASKED_A_DAY] * DAYS_COUNT_AS]),
    )


def savings(records: Records) -> Savings:
    """Return what serving saves, measured where at least ENOUGH answers tell."""
    spared = []
    for served in records.served:
        counts = [records.counted.get(blob, -1) for blob in served.stood_for]
        if counts and min(counts) >= 0:
            spared.append(sum(counts) - served.tokens)
    tokens = max(median(spared), 0) if len(spared) >= ENOUGH else PACK_TOKENS
    return Savings(
        tokens / TOKENS_PER_S,
        _beyond(records, "context", FIRST_S),
        len(spared) >= ENOUGH,
    )


def _beyond(records: Records, kind: str, guess: float) -> float:
    """Return the median latency of answers of a kind, in seconds: what one that lies ready would have saved."""
    latencies = [served.latency_ms for served in records.served if served.kind == kind]
    return median(latencies) / 1000 if len(latencies) >= ENOUGH else guess

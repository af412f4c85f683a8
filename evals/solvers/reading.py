"""What recorded runs read, and how much of it a pack shows or names. Knows no prompts and no prices.

Two measures. First: of the lines that a run read before its first edit of a right file, those that stand in the pack or
in a range that it names. Second: of the lines that it read in all outside of what the change touched, and of the other
files of the change, those that the pack's second half names, when that half is cut at so many tokens.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from noctule.evals.solvers import pack_text as served
from noctule.evals.solvers.answer import LineRanges
from noctule.evals.solvers.oracle import find_spans
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.trajectories import Recording, Step
from noctule.indexer.results import Json, Pack
from noctule.indexer.search.pack import READ, RESPECT
from noctule.indexer.tokens import count

CUTS = (300, 600, 1000)
"""Tokens of the second half."""
BUDGET = 4000
"""The pack whose second half is cut has room for all of them."""


@dataclass(frozen=True, slots=True)
class RunReading:
    """What one run read: (path, line) before its first right edit, and in all."""

    before: frozenset[tuple[str, int]]
    in_all: frozenset[tuple[str, int]]

    @classmethod
    def of(cls, run: Recording, right: Sequence[str], lengths: Mapping[str, int]) -> RunReading:
        """Collect the lines; `lengths` gives the number of lines of each file that the run reads."""
        before = run.steps[: run.before_right_edit(right)]
        return cls(frozenset(_lines(before, lengths)), frozenset(_lines(run.steps, lengths)))


def _lines(steps: Sequence[Step], lengths: Mapping[str, int]) -> set[tuple[str, int]]:
    """Return what steps read; all of a file where a step names no lines of it."""
    found: set[tuple[str, int]] = set()
    for step in steps:
        for path, first, last in step.read:
            end = lengths.get(path, 0)
            stop = end if last is None else min(last, end)
            found.update((path, line) for line in range(max(first or 1, 1), stop + 1))
    return found


def count_covered(lines: Collection[tuple[str, int]], spans: Sequence[LineRanges]) -> int:
    """Count the lines that stand in one of some ranges."""
    by_path: dict[str, list[LineRanges]] = {}
    for span in spans:
        by_path.setdefault(span.path, []).append(span)
    return sum(any(s.start <= line <= s.end for s in by_path.get(path, ())) for path, line in lines)


def measure_first(reading: RunReading, pack: Pack, content_of: served.Read) -> Json:
    """Count the lines before the first right edit, those that the pack quotes, and those that it quotes or names."""
    shown = served.read(pack, content_of)
    named = (*shown.spans, *shown.rest, *served.find_named_ranges(pack.text, content_of))
    return {
        "lines_read": len(reading.before),
        "lines_quoted": count_covered(reading.before, shown.spans),
        "lines_named": count_covered(reading.before, named),
        "lines_offered": count_lines(named),
    }


def measure_second(reading: RunReading, gold: Gold, pack: Pack, content_of: served.Read) -> Json:
    """Count what the second half names at each cut, of the lines read elsewhere and of the other files of the change.

    The first file of the change that the pack ranks is the one that its second half is about.
    """
    changed = find_spans(gold)
    elsewhere = {
        (path, line)
        for path, line in reading.in_all
        if not any(s.path == path and s.start <= line <= s.end for s in changed)
    }
    likeliest = next((file.path for file in pack.files if file.path in gold.files), "")
    others = [path for path in gold.files if path != likeliest]
    row: Json = {"elsewhere_read": len(elsewhere), "other_files": len(others)}
    for tokens in CUTS:
        text = cut(second_half(pack.text), tokens)
        named = served.find_named_ranges(text, content_of)
        row[f"elsewhere_{tokens}"] = count_covered(elsewhere, named)
        row[f"files_{tokens}"] = sum(path in text for path in others)
        row[f"offered_{tokens}"] = count_lines(named)
    return row


def second_half(text: str) -> list[str]:
    """Return the lines of a pack that say what is worth reading beside the edit, and what that has to respect."""
    lines = text.split("\n")
    first = min((lines.index(heading) for heading in (READ, RESPECT) if heading in lines), default=len(lines))
    return [line for line in lines[first + 1 : -1] if line != RESPECT]


def cut(lines: Sequence[str], tokens: int) -> str:
    """Return the first lines that take no more than so many tokens."""
    kept: list[str] = []
    for line in lines:
        tokens -= count(line + "\n")
        if tokens < 0:
            break
        kept.append(line)
    return "\n".join(kept)


def count_lines(spans: Sequence[LineRanges]) -> int:
    """Count the lines that ranges hold together, each once."""
    return len({(s.path, line) for s in spans for line in range(s.start, s.end + 1)})

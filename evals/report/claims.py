"""A run of claims followed over history as verdict, plot and tables: does what is served still stand?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from noctule.evals.report.drawing import ABSENT, draw, make_canvas, pick_colour, to_svg
from noctule.evals.report.page import Figure, PageText, Section, Table
from noctule.evals.report.scored import Scored
from noctule.evals.run_folder import CLAIMS
from noctule.evals.scorers.claims import FATES, MOVED, NEEDLESS, REFUTED, REWORDED, STALE, SUPPORTED, WITHHELD, WRONG

MOST_LISTED = 100
SAME, NUMBERS, OTHER, NOTHING = "the same", "other numbers", "something else", "nothing"
AGAIN = (SAME, NUMBERS, OTHER, NOTHING)
"""What a sleep at the commit at which a claim is served says of its kind about its subject."""

_NUMBER = re.compile(r"\d[\d,.]*|\b(?:once|twice|one|two|three)\b")

Told = tuple[str, str, str]
"""Subject, kind and text of a claim."""


@dataclass(frozen=True, slots=True)
class Followed:
    """One claim at another commit, `commits` after it was written or before; `again` is one of `AGAIN`, if known."""

    learned: str
    at: str
    commits: int
    subject: str
    kind: str
    text: str
    fate: str
    written: bool
    again: str | None

    @property
    def served(self) -> bool:
        """Whether it was served, and rightly."""
        return self.fate in {SUPPORTED, MOVED}


def follow_claims(scored: Scored) -> list[Followed]:
    """Return every claim at every other commit.

    A claim that was withheld though its lines stand was withheld rightly if a sleep there no longer says it: a count or
    a list in it may rest on more than the lines that it cites.
    """
    answers = scored.run.answers.get(CLAIMS, {})
    said = {task: _by_subject(_list(answer.detail.get("written"))) for task, answer in answers.items()}
    found = []
    for task, answer in answers.items():
        for served in _list(answer.detail.get("served")):
            at = str(served["at"])[:12]
            for row in served["claims"]:
                key = (row["subject"], row["kind"], row["text"])
                again = _again(key, said[at]) if at in said else None
                fate = WITHHELD if row["fate"] == NEEDLESS and again not in {SAME, None} else row["fate"]
                found.append(Followed(task, at, int(served["commits"]), *key, fate, row["written"], again))
    return found


def _by_subject(claims: Sequence[Sequence[str]]) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for subject, kind, text in claims:
        found.setdefault((subject, kind), []).append(text)
    return found


def _again(claim: Told, said: Mapping[tuple[str, str], Sequence[str]]) -> str:
    subject, kind, text = claim
    texts = said.get((subject, kind), ())
    if text in texts:
        return SAME
    if _NUMBER.sub("", text) in {_NUMBER.sub("", other) for other in texts}:
        return NUMBERS
    return OTHER if texts else NOTHING


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def verdict(scored: Scored) -> Iterator[str]:
    """Say what became of the claims."""
    everything = follow_claims(scored)
    learned = len({c.learned for c in everything})
    farthest = max((c.commits for c in everything), default=0)
    yield (
        f"{len(everything):,} claims from notes written at {learned} commits and asked for, without a new sleep, up to "
        f"{farthest} commits later and earlier; {len(scored.run.failed)} commits failed."
    )
    for name, claims in _directions(everything):
        counts, n = Counter(c.fate for c in claims), len(claims)
        kept, moved, held = (f"{100 * counts[fate] / n:.1f}%" for fate in (SUPPORTED, MOVED, WITHHELD))
        yield (
            f"{name} (n {n:,}): supported where they stood {kept}, moved and followed {moved}, stale and withheld "
            f"{held}. Stale but served (must be 0): {counts[STALE]}. Served though no longer true: {counts[REFUTED]}. "
            f"Wrong when written: {counts[WRONG]}. Withheld "
            f"though they stand: {counts[NEEDLESS]}. Served in other words: {counts[REWORDED]}."
        )
        told = Counter(c.again for c in claims if c.served and c.again is not None)
        if total := told.total():
            shares = ", ".join(f"{what} {100 * told[what] / total:.0f}%" for what in AGAIN)
            yield f"  Of {total:,} that were served and stand, a new sleep there says: {shares}."


def _directions(claims: Sequence[Followed]) -> Iterator[tuple[str, Sequence[Followed]]]:
    """Yield the claims at later commits, and those after a switch back to earlier ones."""
    for name, mine in (
        ("At later commits", [c for c in claims if c.commits > 0]),
        ("Switched back to earlier ones", [c for c in claims if c.commits < 0]),
    ):
        if mine:
            yield name, mine


def sections(scored: Scored) -> Iterator[Section]:
    """Return plot and tables."""
    claims = follow_claims(scored)
    yield Section("Plots", draw([partial(_by_distance, claims)]) or [PageText(ABSENT)])
    by_distance = _table(claims, "commits", lambda c: f"{c.commits:+d}")
    yield Section("By commits since the notes were written, below zero where the tree was switched back", [by_distance])
    for name, mine in _directions(claims):
        yield Section(f"By kind of claim: {name.lower()}", [_table(mine, "kind", lambda c: c.kind)])
    bad = [c for c in claims if c.fate in {STALE, REFUTED, WRONG}]
    if bad:
        yield Section("Stale but served, no longer true, and wrong", [_list_table(bad)])
    needless = [c for c in claims if c.fate == NEEDLESS]
    if needless:
        yield Section("Withheld though the evidence stands", [_list_table(needless)], folded=True)


def _table(claims: Sequence[Followed], what: str, key: Callable[[Followed], str]) -> Table:
    groups: dict[str, list[Followed]] = {}
    for claim in claims:
        groups.setdefault(key(claim), []).append(claim)
    rows = []
    ordered = sorted(groups.items(), key=lambda g: (int(g[0]) if g[0][0] in "+-" else 0, g[0]))
    for name, mine in [*ordered, ("all", list(claims))]:
        counts, told = Counter(c.fate for c in mine), Counter(c.again for c in mine if c.served and c.again)
        again = [f"{100 * told[one] / told.total():.0f}%" if told else "-" for one in AGAIN]
        rows.append([name, str(len(mine)), *(str(counts[fate]) for fate in FATES), *again])
    return Table(
        [what, "n", *FATES, *(f"again: {one}" for one in AGAIN)],
        rows,
        note=(
            "Judged by reading the evidence from git at both commits; that a line uses a symbol, by the resolver or a "
            "SCIP index there. Wrong: the evidence did not bear the claim when it was written. Again: of those served "
            "that stand, what a sleep at the other commit says of that kind about the subject. A claim "
            "that rests on commits grows old before it is stale: only these columns show it."
        ),
    )


def _list_table(claims: Sequence[Followed]) -> Table:
    rows = [[c.learned, c.at, c.fate, c.subject or "(repository)", c.kind, c.text] for c in claims[:MOST_LISTED]]
    note = f"{len(claims) - MOST_LISTED} more are in results.jsonl." if len(claims) > MOST_LISTED else ""
    return Table(["written at", "served at", "fate", "subject", "kind", "claim"], rows, labels=6, note=note)


def _by_distance(claims: Sequence[Followed]) -> Figure | None:
    """Plot the shares of fates over the commits since the notes were written."""
    distances = sorted({c.commits for c in claims})
    if not distances:
        return None
    canvas, axes = make_canvas(3.4)
    below = [0.0] * len(distances)
    counts = {d: Counter(c.fate for c in claims if c.commits == d) for d in distances}
    for number, fate in enumerate(f for f in FATES if any(counts[d][f] for d in distances)):
        shares = [100 * counts[d][fate] / counts[d].total() for d in distances]
        axes.bar(range(len(distances)), shares, bottom=below, color=pick_colour(number), label=fate, width=0.8)
        below = [b + s for b, s in zip(below, shares, strict=True)]
    axes.set_xticks(range(len(distances)), [str(d) for d in distances])
    axes.set_xlabel("commits since the notes were written; below zero: switched back")
    axes.set_ylabel("% of claims")
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return Figure(to_svg(canvas), f"What became of claims at other commits (n {len(claims):,}).")

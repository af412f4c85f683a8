"""A run of claims followed over history as verdict, plot and tables: does what is served still stand?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from evals.report.drawing import ABSENT, canvas_of, colour_of, drawn, svg_of
from evals.report.page import Figure, Section, Table, Text
from evals.report.scored import Scored
from evals.run import CLAIMS
from evals.scorers.claims import FATES, MOVED, NEEDLESS, REWORDED, STALE, SUPPORTED, WITHHELD, WRONG

MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class Followed:
    """One claim at one later commit, `commits` after it was written; `again` says whether a new sleep says the same."""

    learned: str
    at: str
    commits: int
    subject: str
    kind: str
    text: str
    fate: str
    written: bool
    again: bool | None


def followed(scored: Scored) -> list[Followed]:
    """Return every claim at every later commit."""
    answers = scored.run.answers.get(CLAIMS, {})
    said = {task: {tuple(claim) for claim in _list(a.detail.get("written"))} for task, a in answers.items()}
    found = []
    for task, answer in answers.items():
        for served in _list(answer.detail.get("served")):
            at = str(served["at"])[:12]
            for row in served["claims"]:
                key = (row["subject"], row["kind"], row["text"])
                again = key in said[at] if at in said else None
                found.append(Followed(task, at, int(served["commits"]), *key, row["fate"], row["written"], again))
    return found


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def verdict(scored: Scored) -> Iterator[str]:
    """Say what became of the claims."""
    claims = followed(scored)
    learned = len({c.learned for c in claims})
    pairs = len({(c.learned, c.at) for c in claims})
    yield (
        f"{len(claims):,} claims from notes written at {learned} commits and asked for at {pairs} later states, up to "
        f"{max((c.commits for c in claims), default=0)} commits on; {len(scored.run.failed)} commits failed."
    )
    if not claims:
        return
    counts = Counter(c.fate for c in claims)
    n = len(claims)
    kept, moved, held = (f"{100 * counts[fate] / n:.1f}%" for fate in (SUPPORTED, MOVED, WITHHELD))
    yield f"Supported where they stood {kept}, moved and followed {moved}, stale and withheld {held}."
    yield (
        f"Stale but served (must be 0): {counts[STALE]}. Wrong when written: {counts[WRONG]}. Withheld though their "
        f"evidence stands: {counts[NEEDLESS]}; served in other words: {counts[REWORDED]}."
    )
    told = [c for c in claims if c.fate in {SUPPORTED, MOVED} and c.again is not None]
    if told:
        again = sum(bool(c.again) for c in told)
        share = f"{100 * again / len(told):.1f}%"
        yield f"Of {len(told):,} that were served and stand, a new sleep there says {share} word for word."


def sections(scored: Scored) -> Iterator[Section]:
    """Return plot and tables."""
    claims = followed(scored)
    yield Section("Plots", drawn([partial(_by_distance, claims)]) or [Text(ABSENT)])
    yield Section(
        "By commits since the notes were written", [_table(claims, "commits later", lambda c: str(c.commits))]
    )
    yield Section("By kind of claim", [_table(claims, "kind", lambda c: c.kind)])
    bad = [c for c in claims if c.fate in {STALE, WRONG}]
    if bad:
        yield Section("Stale but served, and wrong", [_listed(bad)])
    needless = [c for c in claims if c.fate == NEEDLESS]
    if needless:
        yield Section("Withheld though the evidence stands", [_listed(needless)], folded=True)


def _table(claims: Sequence[Followed], what: str, key: Callable[[Followed], str]) -> Table:
    groups: dict[str, list[Followed]] = {}
    for claim in claims:
        groups.setdefault(key(claim), []).append(claim)
    rows = []
    for name, mine in [*sorted(groups.items(), key=lambda g: (len(g[0]), g[0])), ("all", list(claims))]:
        counts = Counter(c.fate for c in mine)
        told = [c for c in mine if c.fate in {SUPPORTED, MOVED} and c.again is not None]
        again = f"{100 * sum(bool(c.again) for c in told) / len(told):.1f}%" if told else "-"
        rows.append([name, str(len(mine)), *(str(counts[fate]) for fate in FATES), again])
    return Table(
        [what, "n", *FATES, "said again by a new sleep"],
        rows,
        note=(
            "Judged by reading the evidence from git at both commits. Wrong: the evidence did not bear the claim when "
            "it was written. Said again: of those served that stand, the share that a sleep at the later commit says "
            "word for word. A claim that rests on commits alone can grow old but not stale: only this column shows it."
        ),
    )


def _listed(claims: Sequence[Followed]) -> Table:
    rows = [[c.learned, c.at, c.fate, c.subject or "(repository)", c.kind, c.text] for c in claims[:MOST_LISTED]]
    note = f"{len(claims) - MOST_LISTED} more are in results.jsonl." if len(claims) > MOST_LISTED else ""
    return Table(["written at", "served at", "fate", "subject", "kind", "claim"], rows, labels=6, note=note)


def _by_distance(claims: Sequence[Followed]) -> Figure | None:
    """Plot the shares of fates over the commits since the notes were written."""
    distances = sorted({c.commits for c in claims})
    if not distances:
        return None
    canvas, axes = canvas_of(3.4)
    below = [0.0] * len(distances)
    counts = {d: Counter(c.fate for c in claims if c.commits == d) for d in distances}
    for number, fate in enumerate(f for f in FATES if any(counts[d][f] for d in distances)):
        shares = [100 * counts[d][fate] / counts[d].total() for d in distances]
        axes.bar(range(len(distances)), shares, bottom=below, color=colour_of(number), label=fate, width=0.8)
        below = [b + s for b, s in zip(below, shares, strict=True)]
    axes.set_xticks(range(len(distances)), [str(d) for d in distances])
    axes.set_xlabel("commits since the notes were written")
    axes.set_ylabel("% of claims")
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return Figure(svg_of(canvas), f"What became of claims at later commits (n {len(claims):,}).")

"""Every task of a run with what became of it, as one list that a reader can filter: no task is left out or averaged."""

from __future__ import annotations

import re

from noctule.evals.report import tables
from noctule.evals.report.page import FilterChoice, FilteredTable, Table
from noctule.evals.report.scored import MAIN_K, Scored, Subset, file_accuracy
from noctule.evals.report.screen import shorten

MOST = 2000
LONGEST = 90
PLAIN = ("grep", "bm25")
MISSED, FOUND, ALONE, OTHERS = "missed", "found", "alone", "others"
FORMS = {"as written": "written", "names masked": "masked"}


def listing(scored: Scored) -> FilteredTable:
    """Return the tasks that the pack answered, those that it missed first."""
    rows, tags, links = [], [], []
    for subset in scored.subsets if FORMS.keys() >= {s.name for s in scored.subsets} else scored.subsets[:1]:
        form = FORMS.get(subset.name, "")
        scores = scored.scores(tables.REFERENCE, file_accuracy(MAIN_K), subset)
        for task in sorted(scores, key=lambda task: (bool(scores[task]), task)):
            others = _other_finders(scored, task)
            rows.append(_row(scored, task, subset, found=bool(scores[task]), others=others))
            tags.append(
                [*filter(None, (FOUND if scores[task] else MISSED, form)), *_against(bool(scores[task]), others)]
            )
            links.append(_link(scored, task))
    left = len(rows) - MOST
    note = f"{left:,} more are in results.jsonl." if left > 0 else ""
    heads = ["task", "asked", f"in first {MAIN_K}", "last gold file at rank", "gold files", "ranked first", "found by"]
    table = Table(heads, rows[:MOST], labels=7, note=note)
    return FilteredTable(table, tags[:MOST], links[:MOST], _filters(tags, several="masked" in str(tags)))


def _filters(tags: list[list[str]], *, several: bool) -> list[list[FilterChoice]]:
    def choice(tag: str, label: str) -> FilterChoice:
        return FilterChoice(tag, f"{label} ({sum(tag in mine for mine in tags) if tag else len(tags)})")

    found = [choice("", "all"), choice(MISSED, "missed"), choice(FOUND, "found")]
    found += [choice(ALONE, "only Noctule found"), choice(OTHERS, "only plain search found")]
    forms = [choice("", "both forms"), choice("written", "as written"), choice("masked", "names masked")]
    return [found, forms] if several else [found]


def _row(scored: Scored, task: str, subset: Subset, *, found: bool, others: list[str]) -> list[str]:
    asked, gold = scored.run.tasks[task], scored.run.gold[task].files
    first = next(iter(scored.run.answers[tables.REFERENCE][task].files), "-")
    name = re.sub(r"-masked$", "", task)
    words = shorten(" ".join(asked.text.split()), LONGEST)
    form = f" ({subset.name})" if subset.name in FORMS else ""
    by = ", ".join([*(["noctule"] if found else []), *others]) or "none"
    rank = scored.rank_of_gold(tables.REFERENCE, task)
    return [name, f"{words}{form}", "yes" if found else "no", rank, " ".join(gold), first, by]


def _other_finders(scored: Scored, task: str) -> list[str]:
    """Return the other solvers that had all files of a task among their first ones."""
    only = Subset("", frozenset({task}))
    others = [s for s in tables.ranking_solvers(scored) if s not in (tables.REFERENCE, "oracle")]
    return [s for s in others if scored.scores(s, file_accuracy(MAIN_K), only).get(task)]


def _against(found: bool, others: list[str]) -> list[str]:
    plain = any(solver in PLAIN for solver in others)
    return [ALONE] if found and not plain else [OTHERS] if plain and not found else []


def _link(scored: Scored, task: str) -> str:
    """Return the address of a task's commit, or of its base where the solution is no commit; empty if unknown."""
    asked = scored.run.tasks[task]
    on_github = asked.kind in ("issue", "question") and re.fullmatch(r"[\w.-]+/[\w.-]+", asked.repository)
    begin = (
        f"https://github.com/{asked.repository}/commit/" if on_github else str(scored.run.about.get("commits") or "")
    )
    commit = asked.commit or asked.base
    return begin + commit if begin.startswith("https://") and re.fullmatch(r"[0-9a-f]{7,64}", commit) else ""

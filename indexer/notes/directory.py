"""What is worth saying about a directory: its hot files, who uses it, what changes and what tests go with it."""

from __future__ import annotations

from collections import Counter

import numpy as np

from noctule.indexer.arrays import unique
from noctule.indexer.notes.changes import Partner
from noctule.indexer.notes.drafts import Draft, LearnedLines
from noctule.indexer.notes.partners import is_telling
from noctule.indexer.notes.phrases import bracket, count_phrase, list_phrase, share, share_by_folder
from noctule.indexer.notes.view_facts import ViewFacts

LATEST = 200
"""Commits of the directory that are looked at."""
LEAST_TOGETHER = 4
LEAST_SHARE = 0.1
MOST_PARTNERS = 3


def drafts(ground: ViewFacts, folder: str) -> list[Draft]:
    """Write the claims about a directory, the most telling first."""
    files = ground.within(folder)
    partners = [
        p
        for p in ground.changes.together(files, LATEST)
        if is_telling(ground, p, together=LEAST_TOGETHER, share=LEAST_SHARE, focused=0)
    ]
    return [
        *hot(ground, files),
        *dependents(ground, files),
        *co_change_drafts(ground, partners),
        *recipes(ground, folder),
    ]


def hot(ground: ViewFacts, files: list[int]) -> list[Draft]:
    """Say where the changes went."""
    changes = ground.changes
    commits = changes.latest(files, LATEST)
    if len(commits) < 5 or len(files) < 2:
        return []  # of one file it says nothing that the file's own notes do not
    inside = {f for f in files if not ground.is_test(f)} or set(files)
    counts = Counter(
        f for c in commits.tolist() for f in set(changes.commit_files(c)) if f in inside and ground.is_there(f)
    )
    # Python's Counter keeps no order among equals that a reader could rely on.
    top = sorted(counts.items(), key=lambda item: (-item[1], ground.path(item[0])))[:3]
    said = [f"{ground.path(f)} ({n})" for f, n in top if n >= 2]
    if not said:
        return []
    rule = changes.describe_left_out(commits, changes.touching(files))
    last = count_phrase(len(commits), "commit")
    text = f"Most changed in the last {last} to this directory{bracket(rule)}: {list_phrase(said)}."
    return [Draft("hot", text, (), tuple(commits[-3:].tolist()))]


def dependents(ground: ViewFacts, files: list[int]) -> list[Draft]:
    """Say who uses a directory from outside."""
    graph, inside = ground.index.graph, np.zeros(ground.index.size, bool)
    inside[files] = True
    edges = inside[graph.targets] & ~inside[graph.sources] & ground.sure
    users = [u for u in unique(graph.sources[edges]).tolist() if not ground.is_test(u) and ground.is_there(u)]
    if not users:
        return []
    used = Counter(graph.targets[edges & np.isin(graph.sources, users)].tolist())
    doors = sorted(used.items(), key=lambda item: (-item[1], ground.path(item[0])))[:3]
    mostly = share_by_folder(Counter(ground.path(u).rpartition("/")[0] for u in users), least=1)
    through = [f"{ground.path(f)} ({n})" for f, n in doors]
    who = mostly if len(users) > 3 else f": {list_phrase([ground.path(u) for u in users])}"
    text = (
        f"Used by {count_phrase(len(users), 'file')} outside (without tests){who}; most used: {list_phrase(through)}."
    )
    door = doors[0][0]
    here = [u for u in ground.users(door) if not inside[u] and u in set(users)][:4]
    lines = ground.import_lines(here, door)
    places = tuple(LearnedLines.line(u, lines[u]) for u in here if u in lines)[:3]
    among = set(users)
    doubtful = any(
        ground.in_doubt([source], target)
        for source, target in zip(graph.sources[edges].tolist(), graph.targets[edges].tolist(), strict=True)
        if source in among and ground.has_changed(source)
    )
    return [Draft("dependents", text, places, (), () if places else tuple(users[:1]), doubtful)]


def co_change_drafts(ground: ViewFacts, partners: list[Partner]) -> list[Draft]:
    """Say what outside of a directory changes when it does."""
    return [
        Draft(
            "changes with",
            f"{ground.path(p.file)} changed in {share(p.both, p.of, p.rule, 'this directory')}.",
            (),
            p.commits,
        )
        for p in partners[:MOST_PARTNERS]
    ]


def recipes(ground: ViewFacts, folder: str, most: int = 3) -> list[Draft]:
    """Say what additions to a directory had in common."""
    return [Draft("recipe", r.text, (), r.commits) for r in ground.recipes if r.is_below(folder)][:most]

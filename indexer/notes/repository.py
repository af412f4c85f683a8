"""What is worth saying about a repository as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from noctule.indexer.files.test_pairs import pair_key
from noctule.indexer.notes import entry_points as entries
from noctule.indexer.notes.drafts import Draft, LearnedLines
from noctule.indexer.notes.phrases import TOP, bracket, count_phrase, list_phrase
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.results import Forecast

LATEST = 300
MOST_COMMANDS = 4
MOST_RECIPES = 5
MOST_COUPLINGS = 3
LEAST_SHARE = 20
"""What changed in less than a twentieth of the commits of the first tells nothing beside it."""


def drafts(ground: ViewFacts, forecast: Forecast | None = None) -> list[Draft]:
    """Write the claims about a repository, the most telling first; `forecast` names its likely change points."""
    likely = _likely(ground, forecast) if forecast is not None else []
    return [
        *entry_points(ground),
        *_central(ground),
        *likely,
        *_hot(ground, files=not likely),
        *_recipes(ground),
        *_hidden_coupling_drafts(ground),
    ]


def entry_points(ground: ViewFacts) -> list[Draft]:
    """Say where programs start."""
    commands = [e for e in entries.declared_commands(ground) if ground.is_there(e.file)]
    found = [
        Draft(
            "entry point",
            f"The command {e.command} starts in {ground.path(e.file)}.",
            (LearnedLines.line(e.manifest, e.line),),
        )
        for e in commands[:MOST_COMMANDS]
    ]
    told = {e.file for e in commands}
    starts, left_out = entries.mains(ground)
    mains = [(f, line) for f, line in starts if f not in told and ground.is_there(f)]
    if mains:
        others = {f: part for f, part in left_out.items() if ground.is_there(f)}
        parts = list_phrase([part for part, _ in Counter(others.values()).most_common()])
        more = f"; {count_phrase(len(others), 'other file')} with a main function belong to {parts}" if others else ""
        if len(others) == 1:
            more = f"; 1 other file with a main function belongs to {parts}"
        text = f"Programs start in {list_phrase([ground.path(f) for f, _ in mains])}{more}."
        doubtful = any(ground.has_changed(f) and not ground.stands(f, [line]) for f, line in mains)
        found.append(
            Draft("entry point", text, tuple(LearnedLines.line(f, n) for f, n in mains[:3]), doubtful=doubtful)
        )
    return found


def _likely(ground: ViewFacts, forecast: Forecast) -> list[Draft]:
    """Say what is likeliest to change next, and how far such a list could be trusted so far."""
    points = [p for p in forecast.change_points if p.symbol is None and p.path in ground.position]
    # Lists of dependencies and notes of releases change with everything.
    points = [p for p in points if ground.role(ground.position[p.path]) == "source"][:3]
    if not points or forecast.withheld or "recall@10" not in forecast.hit_rate:
        return []
    said = [f"{p.path} ({p.probability:.0%})" for p in points]
    found = f"{forecast.hit_rate['recall@10']:.0%} of the changed files in {forecast.trials:,} past commits"
    commits = dict.fromkeys(int(c) for p in points for c in ground.changes.touching([ground.position[p.path]])[-1:])
    return [
        Draft(
            "likely",
            f"Sources most likely to change next: {list_phrase(said)}. The top 10 of such forecasts covered {found}.",
            (),
            tuple(commits),
        )
    ]


def _central(ground: ViewFacts) -> list[Draft]:
    """Say which files most others rest on; users are counted as the notes of these files count them, without tests."""
    graph = ground.index.graph
    source, test = (
        np.array([name == role for name in ground.index.role_names], bool)[ground.index.role]
        for role in ("source", "test")
    )
    sure = ground.sure & ~test[graph.sources] & source[graph.targets]
    users = np.bincount(graph.targets[sure], minlength=graph.size)
    top = [
        int(f)
        for f in np.argsort(-users, kind="stable")[:12]
        if users[f] >= 3 and ground.is_there(int(f)) and not ground.is_facade(int(f))
    ][:3]
    if not top:
        return []
    said = [f"{ground.path(f)} ({count_phrase(int(users[f]), 'file')})" for f in top]
    places = []
    for file in top:
        here = [u for u in ground.users(file) if not ground.is_test(u)][:4]
        places += [LearnedLines.line(u, n) for u, n in list(ground.import_lines(here, file).items())[:1]]
    told = f"Most used files: {list_phrase(said)}."
    doubtful = any(ground.in_doubt(graph.sources[sure & (graph.targets == file)].tolist(), file) for file in top)
    return [Draft("central", told, tuple(places), (), () if places else tuple(top[:1]), doubtful)]


def _telling_counts(counts: Iterable[tuple[str, int]]) -> list[str]:
    """Return the greatest counts, as far as they tell anything beside the first one."""
    top = sorted(counts, key=lambda count: (-count[1], count[0]))[:4]
    return [f"{name} ({n})" for name, n in top if n >= 3 and n * LEAST_SHARE >= top[0][1]]


def _hot(ground: ViewFacts, *, files: bool) -> list[Draft]:
    """Say where changes went lately."""
    changes = ground.changes
    commits = np.flatnonzero(changes.telling)[-LATEST:]
    if len(commits) < 10:
        return []
    span = (
        f"the last {count_phrase(len(commits), 'commit')}{bracket(changes.describe_left_out(commits, changes.every))}"
    )
    folders: Counter[str] = Counter()
    counts: Counter[int] = Counter()
    for commit in commits.tolist():
        mine = [
            f
            for f in set(changes.commit_files(commit))
            if ground.role(f) in ("source", "build", "config") and ground.is_there(f)
        ]
        counts.update(mine)
        folders.update({ground.path(f).rpartition("/")[0] or TOP for f in mine})
    drafts = []
    last = tuple(commits[-3:].tolist())
    said = _telling_counts(folders.items())
    if said:
        text = f"Most changed directories in {span}: {list_phrase(said, 4)}."
        drafts.append(Draft("hot", text, (), last))
    said = _telling_counts((ground.path(f), n) for f, n in counts.items())
    if said and files:
        text = f"Most changed files in {span}: {list_phrase(said, 4)}."
        drafts.append(Draft("hot", text, (), last))
    return drafts


def _recipes(ground: ViewFacts) -> list[Draft]:
    """Say what additions had in common, of each pattern and place once."""
    told: set[frozenset[str]] = set()
    drafts = []
    for recipe in ground.recipes:
        places = frozenset((recipe.folder, *recipe.grown, *recipe.touched))
        if any(len(places & other) >= 2 for other in told):
            continue
        told.add(places)
        drafts.append(Draft("recipe", recipe.text, (), recipe.commits))
        if len(drafts) == MOST_RECIPES:
            break
    return drafts


def _hidden_coupling_drafts(ground: ViewFacts) -> list[Draft]:
    """Say which files keep changing together though neither refers to the other."""
    drafts = []
    for c in ground.couplings:
        one, other = ground.position.get(c.one), ground.position.get(c.other)
        if one is None or other is None or pair_key(c.one) == pair_key(c.other):
            continue
        if any(
            ground.has_changed(f) or ground.role(f) in ("generated", "vendored", "docs", "data") for f in (one, other)
        ):
            continue
        if not ground.language(one) or not ground.language(other) or ground.refer_to_each_other(one, other):
            continue
        text = f"{c.one} and {c.other} changed together in {c.share}; neither file refers to the other."
        drafts.append(Draft("hidden coupling", text, (), c.commits))
        if len(drafts) == MOST_COUPLINGS:
            break
    return drafts

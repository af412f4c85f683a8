"""What is worth saying about a file: only what reading that file alone cannot show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from noctule.indexer.files.roles import is_change_log
from noctule.indexer.files.test_pairs import pair_key
from noctule.indexer.notes import entry_points as entries
from noctule.indexer.notes import tests as testing
from noctule.indexer.notes.changes import Partner
from noctule.indexer.notes.deprecations import drafts_of_deprecations
from noctule.indexer.notes.drafts import Draft, LearnedLines
from noctule.indexer.notes.partners import is_telling
from noctule.indexer.notes.phrases import count_phrase, day, list_phrase, share, share_by_folder
from noctule.indexer.notes.symbol import external_users
from noctule.indexer.notes.view_facts import ViewFacts

MOST_PARTNERS = 3
LEAST_FIXES, FIXES_LIFT, MOST_FIXES = 0.25, 1.5, 0.6
"""Fixes are told where they are more often than elsewhere in the repository, and always from the last share on."""
MOST_NAMES = 80
WIDELY = 3
MOST_OF_FACADE = 3


def drafts(ground: ViewFacts, file: int) -> list[Draft]:
    """Write the claims about a file, the most telling first."""
    partners = ground.changes.together([file])
    links = [] if ground.is_test(file) else testing.find_tests(ground, file, partners)
    about_tests = testing.drafts_of_tests(ground, file, links)
    linked = {link.test for link in links if link.is_meant}
    return [
        *dependents(ground, file, [link.test for link in links if link.uses]),
        *about_tests,
        *co_change_drafts(ground, file, [p for p in partners if p.file not in linked]),
        *command_drafts(ground, file),
        *used_name_drafts(ground, file),
        *fixes(ground, file),
        *recipes(ground, file),
        *drafts_of_deprecations(ground, file),
    ]


def dependents(ground: ViewFacts, file: int, testing_it: Sequence[int]) -> list[Draft]:
    """Say who depends on a file, and how many tests do: of a source those that the claims on tests count."""
    users = [u for u in ground.users(file) if ground.is_there(u)]
    # What only passes names on says least about who depends on them.
    sources = sorted((u for u in users if not ground.is_test(u)), key=ground.is_facade)
    if ground.is_facade(file) and len(sources) > MOST_OF_FACADE:
        return []  # it is there to be used
    if all(_passes_on(ground, source, file) for source in sources):
        return []
    lines = ground.import_lines(sources[:6], file)
    shown = tuple(LearnedLines.line(u, lines[u]) for u in sources[:6] if u in lines)[:3]
    tests = len(users) - len(sources) if ground.is_test(file) else len(testing_it)
    beside = count_phrase(tests, "test")
    if len(sources) <= 3:
        text = f"Used by {list_phrase([*map(ground.path, sources), *([beside] if tests else [])], 4)}."
    else:
        mostly = share_by_folder(Counter(ground.path(u).rpartition("/")[0] for u in sources))
        comma = "," if mostly else ""  # what is said of the folders is said of the files alone
        text = f"Used by {count_phrase(len(sources), 'file')}{mostly}{f'{comma} and {beside}' if tests else ''}."
    doubtful = ground.in_doubt(users, file)
    return [Draft("dependents", text, shown, (), () if shown else tuple(sources[:1]), doubtful)]


def _passes_on(ground: ViewFacts, user: int, file: int) -> bool:
    """Tell whether a file gives on the names of another one in or below its own folder."""
    path, of = ground.path(user), ground.path(file)
    if path.endswith(".rb") and of.startswith(path.removesuffix(".rb") + "/"):
        return True  # it loads what lies in the folder of its name
    folder = path.rpartition("/")[0]
    return ground.is_facade(user) and (not folder or of.startswith(f"{folder}/"))


def co_change_drafts(ground: ViewFacts, file: int, partners: list[Partner]) -> list[Draft]:
    """Say what changes together with a file; of a test neither what it tests nor other tests, nor of any its log."""
    found = []
    is_test = ground.is_test(file)
    subjects = set(ground.find_used_files(file)) if is_test else set()
    key = pair_key(ground.path(file)) if is_test else ""
    telling = [
        p
        for p in partners
        if is_telling(ground, p)
        and not (is_test and (ground.is_test(p.file) or p.file in subjects or pair_key(ground.path(p.file)) == key))
        and not is_change_log(ground.path(p.file))
    ]
    for partner in telling[:MOST_PARTNERS]:
        both_code = bool(ground.language(file)) and bool(ground.language(partner.file))
        tests = is_test or ground.is_test(partner.file)
        known = both_code and not tests and not ground.has_changed(file) and not ground.has_changed(partner.file)
        apart = known and not ground.refer_to_each_other(file, partner.file)
        hidden = "; neither file refers to the other" if apart else ""
        text = f"{ground.path(partner.file)} changed in {share(partner.both, partner.of, partner.rule)}{hidden}."
        found.append(Draft("changes with", text, (), partner.commits))
    return found


def command_drafts(ground: ViewFacts, file: int) -> list[Draft]:
    """Say which commands start in a file."""
    return [
        Draft("entry point", f"The command {e.command} starts here.", (LearnedLines.line(e.manifest, e.line),))
        for e in entries.declared_commands(ground)
        if e.file == file
    ]


def used_name_drafts(ground: ViewFacts, file: int) -> list[Draft]:
    """Say which of a file's names are used most elsewhere, as far as imports confirm it."""
    defined = [d for d in ground.file_definitions(file) if ground.defines(file, d)]
    outer = [d for d in defined if d.parent < 0 and len(d.name) > 2 and d.kind != "variable"]
    used = external_users(ground, file, outer[:MOST_NAMES])
    found = [(name, users) for name, users in used.items() if len(users) >= WIDELY]
    found.sort(key=lambda n: (-len(n[1]), n[0]))
    if len(found) == 1 and _names_file(ground.path(file), found[0][0]):
        return []
    if not found or ground.is_test(file) or (sum(map(bool, used.values())) == 1 and not ground.is_facade(file)):
        return []  # what one definition is used for, the file is
    said = [f"{name} ({count_phrase(len(users), 'file')})" for name, users in found[:3]]
    proof = [min(u, key=lambda f: (ground.is_facade(f), ground.path(f))) for _, u in found[:3]]
    at = dict.fromkeys(LearnedLines.line(u, users[u][0]) for u, (_, users) in zip(proof, found[:3], strict=True))
    doubtful = any(ground.out_of_line(users, users) for _, users in found[:3])
    return [Draft("names", f"Most used in other files: {list_phrase(said)}.", tuple(at), doubtful=doubtful)]


def _names_file(path: str, name: str) -> bool:
    """Tell whether a file has the name of a definition, which nobody is surprised to find used."""
    stem = path.rpartition("/")[2].partition(".")[0]
    return re.sub(r"[\W_]", "", stem).lower().rstrip("s") == re.sub(r"[\W_]", "", name).lower().rstrip("s")


def fixes(ground: ViewFacts, file: int) -> list[Draft]:
    """Say how much of what was done to a file was fixing it."""
    latest = ground.changes.latest([file] if not ground.is_test(file) else [])
    fixed = ground.changes.fixes(latest)
    unusual = min(max(LEAST_FIXES, FIXES_LIFT * ground.changes.fix_share), MOST_FIXES)
    if len(latest) < 5 or len(fixed) < 3 or len(fixed) < unusual * len(latest):
        return []
    newest = f"{ground.changes.oids(fixed[-1:])[0][:10]}, {day(ground.changes.time(int(fixed[-1])))}"
    rule = ground.changes.describe_left_out(latest, ground.changes.touching([file]))
    text = f"{share(len(fixed), len(latest), rule)} were fixes; latest: {newest}."
    return [Draft("fixes", text, (), tuple(fixed[-3:].tolist()))]


def recipes(ground: ViewFacts, file: int) -> list[Draft]:
    """Say which kinds of change a file has a part in, other than those of its own folder."""
    path = ground.path(file)
    mine = [r for r in ground.recipes if path in r.touched][:2]
    return [Draft("recipe", r.text, (), r.commits) for r in mine]

"""What is worth saying about a definition: who uses it, what tests name it, what else bears its name."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from noctule.indexer.notes.drafts import Draft, LearnedLines
from noctule.indexer.notes.phrases import count_phrase, list_phrase, share_by_folder
from noctule.indexer.notes.subtypes import MOST_READ, find_subtypes
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.parse.outline import innermost
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.symbols import TYPES, VALUES, Span

MOST_NAMESAKES = 40
MOST_CONFUSED = 4
"""A name that more files define is one that a reader looks up anyway."""
SHORTEST = 4
"""A shorter name is a word of too many things."""
CONFUSABLE = frozenset({"function", "class", "interface", "struct", "enum", "trait", "type"})
FOLDER_OF_VARIANTS = frozenset({"go", "rust", "c", "cpp", "swift", "kotlin"})
"""Languages in which files beside each other define one thing for several systems."""


def drafts(ground: ViewFacts, file: int, symbol: DefinitionRow) -> list[Draft]:
    """Write the claims about a definition, the most telling first."""
    naming = {f: n for f, n in ground.naming(symbol.name).items() if ground.is_there(f)}
    namesakes = [
        (f, p)
        for f, p in ground.defining([symbol.name])[symbol.name]
        if (f, p) != (file, symbol.position) and ground.is_there(f)
    ]
    known = ground.definitions({f for f, _ in namesakes})
    alone = all(f == file or (symbol.kind not in VALUES and known[f][p].kind in VALUES) for f, p in namesakes)
    uses = ground.uses(file, symbol.position)
    return [
        *_users(ground, file, symbol, uses, naming, alone=alone),
        *_tests(ground, file, uses),
        *(_subtypes(ground, file, symbol, uses) if symbol.kind in TYPES else []),
        *_namesakes(ground, file, symbol, namesakes),
        *_members(ground, file, symbol),
    ]


def _users(
    ground: ViewFacts,
    file: int,
    symbol: DefinitionRow,
    users: Mapping[int, array[int]],
    naming: Mapping[int, array[int]],
    *,
    alone: bool,
) -> list[Draft]:
    """Say who uses a definition, as far as uses are resolved; else where its name appears, if it can mean no other."""
    others = [f for f in users if f != file and not ground.is_test(f)]
    others.sort(key=lambda f: (ground.is_facade(f), -len(users[f]), ground.path(f)))
    if not others:
        return _name_drafts(ground, file, symbol, users, naming) if alone else []
    known = ground.definitions(others[:3])
    places, named = [], []
    for other in others[:3]:
        within = ((n, innermost(known[other], n)) for n in users[other])
        line, around = next(((n, a) for n, a in within if a is not None), (users[other][0], None))
        places.append(LearnedLines.line(other, line))
        named.append(ground.path(other) + (f" ({around.qualname})" if around is not None else ""))
    doubtful = ground.out_of_line(users, others)
    if len(others) <= 3:
        return [Draft("users", f"Used by {list_phrase(named)}.", tuple(places), doubtful=doubtful)]
    mostly = share_by_folder(Counter(ground.path(f).rpartition("/")[0] for f in others))
    text = f"Used by {count_phrase(len(others), 'file')}{mostly}; most often in {named[0]}."
    return [Draft("users", text, tuple(places), doubtful=doubtful)]


def _name_drafts(
    ground: ViewFacts,
    file: int,
    symbol: DefinitionRow,
    users: Mapping[int, array[int]],
    naming: Mapping[int, array[int]],
) -> list[Draft]:
    """Say where a name appears that only one definition has: an equal word, which is no use of it."""
    elsewhere = sorted(f for f in naming if f != file and f not in users and not ground.is_test(f))
    if not any(f != file for f in naming):
        inside = [n for n in naming.get(file, ()) if not symbol.start <= n < symbol.stop]
        if not inside or ground.may_name(symbol.name):
            return []
        text = f"Not used outside this file ({count_phrase(len(inside), 'use')} inside)."
        return [Draft("users", text, tuple(LearnedLines.line(file, n) for n in inside[:3]))]
    if (ground.resolves(file) and users) or not elsewhere or len(symbol.name) < SHORTEST:
        return []
    text = f"The name also appears in {count_phrase(len(elsewhere), 'other file')}."
    places = tuple(LearnedLines.line(f, naming[f][0]) for f in elsewhere[:3])
    return [Draft("users", text, places, doubtful=ground.out_of_line(naming, elsewhere))]


def _tests(ground: ViewFacts, file: int, users: Mapping[int, array[int]]) -> list[Draft]:
    tests = sorted(
        (f for f in users if f != file and ground.is_test(f)), key=lambda f: (-len(users[f]), ground.path(f))
    )
    if not tests:
        return []
    best = tests[0]
    definitions = ground.file_definitions(best)
    functions: Counter[str] = Counter()
    first: dict[str, int] = {}
    for line in users[best]:
        around = innermost(definitions, line)
        if around is not None and around.kind in ("function", "method"):
            functions[around.qualname] += 1
            first.setdefault(around.qualname, line)
    named = [name for name, _ in functions.most_common()]
    inside = f" in {list_phrase(named)}" if named else ""
    more = f", and by {count_phrase(len(tests) - 1, 'more test file')}" if len(tests) > 1 else ""
    lines = [first[name] for name in named[:3]] or [users[best][0]]
    text = f"Exercised by {ground.path(best)}{inside}{more}."
    rest = tuple(LearnedLines.line(best, n) for n in lines)
    return [Draft("tests", text, rest, doubtful=ground.out_of_line(users, tests))]


def _subtypes(ground: ViewFacts, file: int, symbol: DefinitionRow, users: Mapping[int, array[int]]) -> list[Draft]:
    """Say which types inherit from this one."""
    found = find_subtypes(ground, file, symbol)
    if not found:
        return []
    named = [f"{d.qualname} ({ground.path(user)})" for user, d, _ in found]
    text = f"Extended or implemented by {list_phrase(named)}."
    if len(users) > MOST_READ:  # how many more there are is not known
        text = f"Extended or implemented by at least {list_phrase(named[:3])}."
    doubtful = any(ground.has_changed(user) and not ground.stands(user, [line]) for user, _, line in found)
    places = tuple(LearnedLines.line(user, line) for user, _, line in found[:3])
    return [Draft("subtypes", text, places, doubtful=doubtful)]


def _namesakes(ground: ViewFacts, file: int, symbol: DefinitionRow, namesakes: list[tuple[int, int]]) -> list[Draft]:
    """Say which other definitions of a name are in use, where a reader of a use could take one for the other.

    That is where both stand at the top of files of one language and both are used elsewhere. Members are told apart by
    their owners; overloads, prototypes and variants for other systems are one thing to who uses them.
    """
    if symbol.parent >= 0 or len(symbol.name) < SHORTEST or symbol.kind not in CONFUSABLE or ground.is_test(file):
        return []
    others = [
        (f, p)
        for f, p in namesakes
        if f != file
        and ground.role(f) == "source"
        and ground.language(f) == ground.language(file)
        and not _are_variants(ground, f, file)
    ][:MOST_NAMESAKES]
    known = ground.definitions({f for f, _ in others})
    rows = [(f, known[f][p]) for f, p in others if known[f][p].parent < 0 and known[f][p].kind in CONFUSABLE]
    uses = _list_use_lines(ground, file, symbol)
    rows = [(f, d) for f, d in rows if not _is_same(uses, _list_use_lines(ground, f, d))]
    if not rows or len(rows) > MOST_CONFUSED or not _is_used_elsewhere(ground, file, symbol, {f for f, _ in rows}):
        return []
    rows = [(f, d) for f, d in rows if _is_used_elsewhere(ground, f, d, {file})]
    if not rows:
        return []
    rows.sort(key=lambda o: (-_common_words(ground.path(o[0]), ground.path(file)), ground.path(o[0])))
    kinds = {f: [d.kind for other, d in rows if other == f] for f, _ in rows}
    named = [f"{ground.path(f)} ({_count_kinds(of)})" for f, of in kinds.items()]
    who = f"Another {symbol.name} is" if len(rows) == 1 else f"Others named {symbol.name} are"
    places = tuple(LearnedLines(f, Span(d.start, d.start + 1)) for f, d in rows[:3])
    doubtful = any(ground.has_changed(f) and not ground.stands(f, [d.start]) for f, d in rows)
    return [Draft("same name", f"{who} in use, defined in {list_phrase(named)}.", places, doubtful=doubtful)]


def _count_kinds(kinds: Sequence[str]) -> str:
    """Return `function` or `2 functions`."""
    counted = Counter(kinds).items()
    return " and ".join(kind if n == 1 else f"{n} {kind}{'es' if kind.endswith('s') else 's'}" for kind, n in counted)


def _are_variants(ground: ViewFacts, one: int, other: int) -> bool:
    """Tell whether two files can define one thing for two systems, or declare and define it."""
    (folder, _, name), (beside, _, namesake) = (ground.path(f).rpartition("/") for f in (one, other))
    if ground.language(one) in FOLDER_OF_VARIANTS and folder == beside:
        return True
    return name.partition(".")[0] == namesake.partition(".")[0] and name != namesake


def _is_used_elsewhere(ground: ViewFacts, file: int, definition: DefinitionRow, others: set[int]) -> bool:
    """Tell whether a definition is used outside of its file, and not by any of the others, as a wrapper would."""
    users = {f for f in ground.uses(file, definition.position) if f != file}
    return bool(users) and not users & others


def _list_use_lines(ground: ViewFacts, file: int, definition: DefinitionRow) -> set[tuple[int, int]]:
    return {(user, line) for user, lines in ground.uses(file, definition.position).items() for line in lines}


def _is_same(one: set[tuple[int, int]], other: set[tuple[int, int]]) -> bool:
    """Tell whether each use of one definition uses the other too, as those of a prototype use what it declares."""
    return bool(one and other) and (one <= other or other <= one)


def _common_words(one: str, other: str) -> int:
    pairs = zip(one.split("/"), other.split("/"), strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), 0)


def _members(ground: ViewFacts, file: int, symbol: DefinitionRow) -> list[Draft]:
    """Say which members of a type are named in most other files."""
    if symbol.kind not in TYPES:
        return []
    mine = [
        d
        for d in ground.file_definitions(file)
        if d.parent == symbol.position and d.kind in ("method", "function") and ground.defines(file, d)
        if d.name != symbol.name  # a constructor: who uses it uses the type
    ]
    found = []
    for name, users in external_users(ground, file, [d for d in mine if not d.name.startswith("_")][:60]).items():
        if len(users) >= 2:
            found.append((name, users))
    found.sort(key=lambda n: (-len(n[1]), n[0]))
    if not found:
        return []
    said = [f"{name} ({count_phrase(len(users), 'file')})" for name, users in found[:3]]
    at = dict.fromkeys(LearnedLines.line(min(u, key=ground.path), u[min(u, key=ground.path)][0]) for _, u in found[:3])
    doubtful = any(ground.out_of_line(users, users) for _, users in found[:3])
    return [Draft("members", f"Members most used in other files: {list_phrase(said)}.", tuple(at), doubtful=doubtful)]


def external_users(
    ground: ViewFacts, file: int, definitions: Iterable[DefinitionRow]
) -> dict[str, dict[int, array[int]]]:
    """Return by name which other files, tests apart, use some definitions of a file."""
    found: dict[str, dict[int, array[int]]] = {}
    for definition in definitions:
        uses = ground.uses(file, definition.position)
        others = {f: n for f, n in uses.items() if f != file and not ground.is_test(f)}
        found.setdefault(definition.name, {}).update(others)
    return found

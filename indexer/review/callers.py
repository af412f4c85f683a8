"""Who relies on what a change edits or removes, on lines that it leaves alone: resolved uses, each on a live line."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from noctule.indexer.files.roles import is_test_name
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.parse.bindings import is_bound
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.parse.outline import innermost
from noctule.indexer.review.change import EditedDefinition
from noctule.indexer.review.earlier_uses import EarlierUses, Use
from noctule.indexer.review.meanings import Meaning, find_qualifiers
from noctule.indexer.review.results import Finding
from noctule.indexer.store.rows import DefinitionRow

MOST_NAMING_FILES = 20
"""A removed name that stands in more files is a common word."""
LEAST_NAME = 4
_IMPORT = re.compile(
    r"\s*(?:pub\s+)?(?:import|from|use|using|export\s.*\bfrom|require\w*|include|#\s*include|alias)\b"
    r"|.*\brequire\(|\s*\}\s*from\b|\s*\"[^\"]+\"\s*$"
)
"""Lines that import; those of a list of imports, too."""
_IMPORTING = frozenset({"py", "pyi", "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "rs"})
"""Endings of files in which a name of another file means nothing without an import."""
_BY_FOLDER = frozenset({"go", "java", "kt", "kts", "scala"})
"""Endings of files in which it means something in the same folder only."""


def find_callers(
    ground: ViewFacts, edited: Sequence[EditedDefinition], touched: frozenset[str], earlier: EarlierUses
) -> Iterator[Finding]:
    """Yield the lines outside of the change that use a definition whose head it edits or that it removes."""
    added = {definition.name for definition in edited if definition.edit in {"added", "head", "body"}}
    removed = Counter(definition.name for definition in edited if definition.edit == "removed")
    for definition in dict.fromkeys(edited):
        if definition.edit == "head":
            yield from _uses_of_head(ground, definition, earlier)
        elif definition.edit == "removed" and definition.name not in added:
            yield from _uses_of_removed(ground, definition, touched, earlier, removed[definition.name] == 1)


def learned_row(ground: ViewFacts, definition: EditedDefinition) -> DefinitionRow | None:
    """Return what was learned of a definition, by its name and kind; None where it is new or not known."""
    file = ground.position.get(definition.path)
    rows = ground.file_definitions(file) if file is not None else []
    named = [row for row in rows if (row.qualname, row.kind) == (definition.qualname, definition.kind)]
    return named[0] if len(named) == 1 else None


def find_uses(ground: ViewFacts, definition: EditedDefinition) -> dict[int, array[int]]:
    """Return which files use a definition for sure, as learned, and on which lines (from zero)."""
    row = learned_row(ground, definition)
    file = ground.position.get(definition.path)
    return ground.uses(file, row.position) if row is not None and file is not None else {}


def _uses_of_head(ground: ViewFacts, definition: EditedDefinition, earlier: EarlierUses) -> Iterator[Finding]:
    for path, line, inside in _find_places(ground, definition, earlier):
        message = f"{inside} uses {definition.qualname}, whose signature this change edits"
        yield Finding("caller", "note", path, line + 1, message, _subject(definition))


def _uses_of_removed(
    ground: ViewFacts, definition: EditedDefinition, touched: frozenset[str], earlier: EarlierUses, is_only: bool
) -> Iterator[Finding]:
    """Yield the lines that still use what is gone: resolved ones, else those whose name can mean nothing else.

    `is_only` says that nothing else of its name is removed.
    """
    places = [(*place, True) for place in _find_places(ground, definition, earlier)]
    own = ground.position.get(definition.path)
    if not places and not earlier.find(definition):
        if not is_only or len(definition.name) < LEAST_NAME or _is_defined(ground, definition):
            return
        uses = {f: at for f, at in ground.naming(definition.name).items() if ground.path(f) not in touched}
        if not uses or len(uses) > MOST_NAMING_FILES or earlier.is_bound(definition):
            return
        sure = ground.reachable_users(own) if own is not None else set()
        named = _unmistakable(ground, definition, _live_places(ground, definition.name, uses), sure, earlier)
        places = [(ground.path(user), line, inside, user in sure) for user, line, inside in named]
    for path, line, inside, is_sure in places:
        level, verb = ("warning", "uses") if is_sure else ("note", "names")
        message = f"{inside} still {verb} {definition.qualname}, which this change removes"
        yield Finding("removed", level, path, line + 1, message, _subject(definition))


def _unmistakable(
    ground: ViewFacts,
    definition: EditedDefinition,
    places: Iterable[tuple[int, int, str]],
    sure: Set[int],
    earlier: EarlierUses,
) -> Iterator[tuple[int, int, str]]:
    """Yield the places where a name can only be that of a definition that is nowhere any more."""
    language = detect_language(definition.path)
    meaning = Meaning(definition, earlier.facts_before(definition.path))
    may_mean: dict[int, bool] = {}
    for user, line, inside in places:
        if user not in may_mean:
            lines = ground.live_lines(user)
            is_reached = user in sure or _reaches(definition, ground.path(user), lines)
            is_alike = language is not None and ground.language(user) == language.name
            text = "\n".join(lines).encode("utf-8", "surrogatepass")
            may_mean[user] = is_alike and is_reached and not is_bound(text, ground.path(user), definition.name)
        if may_mean[user] and _is_named(definition, ground.live_lines(user)[line], meaning, ground.path(user), earlier):
            yield user, line, inside


def _reaches(definition: EditedDefinition, user: str, lines: Sequence[str]) -> bool:
    """Tell whether a file can mean names of the definition's: it imports that file, or needs no import for it."""
    name, module = re.compile(rf"(?<!\w){re.escape(definition.name)}(?!\w)"), _module(definition.path)
    imports = [line for line in lines if _IMPORT.match(line)]
    if any(module in re.findall(r"[\w-]+", line) for line in imports):
        return True
    if any(map(name.search, imports)):
        return False  # that of another file
    here = definition.path.rpartition("/")[0] == user.rpartition("/")[0]
    ending = user.rpartition(".")[2].lower()
    return ending not in _IMPORTING and (here or ending not in _BY_FOLDER)


def _is_named(definition: EditedDefinition, line: str, meaning: Meaning, user: str, earlier: EarlierUses) -> bool:
    """Tell whether a line names a definition alone, or behind what it belongs to; never behind an unknown receiver."""
    owner = definition.qualname.rpartition(".")[0].rpartition(".")[2]
    folder = definition.path.rpartition("/")[0].rpartition("/")[2]
    known = {owner} if owner else {_module(definition.path), folder} - {""}
    facts = earlier.facts_after(user)
    for chain in find_qualifiers(definition.name, line):
        if not chain:
            if definition.kind != "method" and not meaning.is_excluded(user, facts):
                return True
            continue
        is_known = "\\" in chain or re.findall(r"[\w$]+", chain)[-1] in known
        if is_known and not meaning.is_other(user, facts, chain):
            return True
    return False


def _module(path: str) -> str:
    """Return the name by which imports know a file."""
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0]
    return folder.rpartition("/")[2] if stem in {"__init__", "index", "mod"} or name.endswith(".go") else stem


def _is_defined(ground: ViewFacts, definition: EditedDefinition) -> bool:
    """Tell whether another file still defines the name."""
    places = ground.defining([definition.name])[definition.name]
    return any(ground.path(file) != definition.path and ground.is_there(file) for file, _ in places)


def _find_places(
    ground: ViewFacts, definition: EditedDefinition, earlier: EarlierUses
) -> Iterator[tuple[str, int, str]]:
    """Yield (path, line from zero, what it lies in) for uses that break, or may; source before tests."""
    word = _word(definition.name)
    uses = [use for use in earlier.find(definition) if use.is_lost or definition.edit == "head"]
    counts = Counter(use.path for use in uses)

    def order(use: Use) -> tuple[bool, int, str, int]:
        file = ground.position.get(use.path)
        is_test = ground.is_test(file) if file is not None else is_test_name(use.path.rpartition("/")[2])
        return is_test, -counts[use.path], use.path, use.line

    for use in sorted(uses, key=order):
        lines, definitions = earlier.read(use.path)
        if use.line < len(lines) and word.search(lines[use.line]):
            around = innermost(definitions, use.line)
            yield use.path, use.line, around.qualname if around is not None else "this line"


def _live_places(ground: ViewFacts, name: str, uses: Mapping[int, array[int]]) -> Iterator[tuple[int, int, str]]:
    """Yield (file, line from zero, what it lies in) for uses whose line still holds the name; source before tests."""
    word = _word(name)
    for user in sorted(uses, key=lambda f: (ground.is_test(f), -len(uses[f]), ground.path(f))):
        if not ground.is_there(user) or ground.has_changed(user):
            continue
        lines = ground.live_lines(user)
        rows = ground.file_definitions(user)
        for line in uses[user]:
            if line < len(lines) and word.search(lines[line]):
                around = innermost(rows, line)
                yield user, line, around.qualname if around is not None else "this line"


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def _subject(definition: EditedDefinition) -> str:
    return f"{definition.path}:{definition.qualname}"

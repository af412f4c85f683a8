"""Which existing tests exercise a likely edit: at most two, each with its exact lines, its name and what goes with it.

The files come from the ranking, from what uses the edited file and from its name; the test within a file from the words
that it shares with the task and from the names of the edited definitions. docs/decisions/budget.md says how often the
change itself edited them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from noctule.indexer.arrays import Doubles, Floats
from noctule.indexer.files.live_files import LazyLines
from noctule.indexer.files.redaction import redact
from noctule.indexer.files.roles import is_code
from noctule.indexer.files.test_pairs import pair_key
from noctule.indexer.notes.edit_context import EditSite
from noctule.indexer.notes.suite_blocks import MOST_LINES, NO_TESTS, Suite, SuiteBlock, find_blocks
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.search.reading import BESIDE, ExistingTest, count_lines, find_with_comments
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.symbols import Span
from noctule.indexer.terms import WORD, split_terms, subterms

MOST_FILES = 3
"""Tests are looked for in so many files."""
FAR = 2.0
"""A file whose odds are so much lower is not read."""
MOST_PLACES = 2
MOST_JUDGED = 60
"""The lines of so many tests of a file are read, of those whose titles say most."""
LONGEST = 150
"""A longer block holds other tests, or is read for one thing in it."""
SCORE, FIRST, USES, PAIRED = 1.6, 0.7, 0.75, 1.0
"""What counts for a file: its score in the ranking, to be the first test there, to use what is edited, and its name."""
NAMESAKE, MOST_NAMESAKES = 4.0, 2
"""What the name counts where so few test files bear it: of 780 changes of source and tests 613 touched one of these."""
TITLE, OWN, BODY, TITLE_BODY, NAMES, LENGTH = 0.5, 0.4, 1.2, 0.45, 0.6, 0.23
"""What counts for a test: the task's words in all its titles, in its own, in its lines, those of the task's title
there, the names of the edited definitions there, and its length."""
IS_TEST = 0.5
"""What counts for a function that is a test, and no helper of tests."""
INLINE = -6.0
"""What counts for tests that stand in the edited file itself, as Rust's do."""
SCALE = 4.0
FEWEST_QUOTED, MOST_QUOTED = 3, 40
"""A test of so many lines can be quoted."""
EXPECTATIONS = frozenset({"expected", "expect", "snap", "golden", "gold", "out", "stdout", "stderr", "approved", "txt"})


class TaskTerms(NamedTuple):
    """The terms of a task with their rarity, and those of its title."""

    worth: Mapping[str, float]
    title: Collection[str]
    scale: float
    """What makes tasks of few and of many words alike."""

    @classmethod
    def read(cls, worth: Mapping[str, float], title: Collection[str]) -> TaskTerms:
        """Weigh the terms of a task."""
        return cls(worth, title, SCALE / max(math.fsum(worth.values()), 1e-9))


def find_existing_tests(
    ground: ViewFacts, sites: Sequence[EditSite], words: TaskTerms, scores: Floats
) -> list[ExistingTest]:
    """Return the tests that an edit of these definitions concerns, the likeliest first; `scores` are of all files."""
    if not sites:
        return []
    files = _weigh_files(ground, sites, scores)
    names = {site.definition.name for site in sites}
    found: list[tuple[float, int, SuiteBlock]] = []
    least = files[0][0] - FAR if files else 0.0
    for odds, file in files[:MOST_FILES]:
        if odds < least:
            break
        weighed = list(_weigh_blocks(ground, file, names, words))
        if not weighed and ground.is_test(file) and pair_key(ground.path(file)) == pair_key(ground.path(sites[0].file)):
            # Its cases are no functions or blocks, but rows of one long table.
            weighed = [(0.0, SuiteBlock(Span(0, count_lines(ground.live_lines(file))), "cases", ""))]
        found += [(odds + weight, file, block) for weight, block in weighed]
    found.sort(key=lambda one: (-one[0], one[1], one[2].span))
    places: list[ExistingTest] = []
    taken: list[tuple[int, Span]] = []
    for _, file, block in found:
        if any(file == other and block.span.meets(span) for other, span in taken):
            continue
        taken.append((file, block.span))
        path, lines = ground.path(file), ground.live_lines(file)
        around = _find_neighbours(block.span, count_lines(lines))
        whole = find_with_comments(lines, block.span)
        quoted = lines[whole.start : whole.stop] if _is_quotable(block, whole) else ()
        name, expects = redact([block.name])[0], _find_expectations(ground, path)
        places.append(ExistingTest(path, block.span, name, expects, around, whole.start, quoted))
        if len(places) == MOST_PLACES:
            break
    return places


def _is_quotable(block: SuiteBlock, whole: Span) -> bool:
    """Tell whether a test is short enough to be quoted, and no helper of tests."""
    return block.is_test and FEWEST_QUOTED <= len(whole) <= MOST_QUOTED


def _find_neighbours(test: Span, lines: int) -> Span:
    """Return the lines to read with a test: who adds one beside it follows those next to it."""
    return Span(max(test.start - BESIDE, 0), min(test.stop + BESIDE, lines))


def _weigh_files(ground: ViewFacts, sites: Sequence[EditSite], scores: Floats) -> list[tuple[float, int]]:
    """Return test files with their odds, the likeliest first."""
    index = ground.index
    tests = np.flatnonzero(index.have_role("test"))
    tests = tests[np.isfinite(scores[tests])]
    edited: dict[int, float] = {}
    for site in sites:
        edited[site.file] = max(edited.get(site.file, 0.0), site.probability)
    total = sum(edited.values())
    found = [(INLINE, file) for file in edited if ground.language(file) == "rust" and _has_inline_tests(ground, file)]
    if not len(tests):
        return found
    odds = SCORE * np.maximum(scores[tests] - scores[np.isfinite(scores)].max(), -10.0)
    ranks = np.empty(len(tests))
    ranks[np.argsort(-scores[tests], kind="stable")] = np.arange(1, len(tests) + 1)
    odds += FIRST / ranks
    places = {int(file): at for at, file in enumerate(tests)}
    paired: set[int] = set()
    for file, probability in edited.items():
        uses = index.companions.of(file)[3][tests]
        odds += USES * probability / total * uses
        namesakes = _find_namesakes(ground, file, places)
        counts = NAMESAKE if len(namesakes) <= MOST_NAMESAKES else PAIRED
        for other in namesakes:
            odds[places[other]] += counts * probability / total
        paired.update(namesakes)
    best = np.argsort(-odds, kind="stable")
    usable = [int(at) for at in best[: 4 * MOST_FILES] if _is_readable(ground, int(tests[at]), paired)]
    found += [(float(odds[at]), int(tests[at])) for at in usable]
    return sorted(found, key=lambda one: (-one[0], one[1]))


def _find_namesakes(ground: ViewFacts, file: int, tests: Container[int]) -> list[int]:
    """Return the tests that bear the name of a file: of several those that share most of its folders."""
    path = ground.path(file)
    key = pair_key(path)
    found = [n for n in ground.bare_paths.find_text(key) if n in tests and pair_key(ground.path(n)) == key]
    folders = set(path.split("/")[:-1])
    shared = [len(folders & set(ground.path(other).split("/")[:-1])) for other in found]
    return [other for other, count in zip(found, shared, strict=True) if count == max(shared)]


def _is_readable(ground: ViewFacts, file: int, paired: Collection[int]) -> bool:
    """Tell whether a test file is there as it was learned: what moved is not followed here.

    Other files than code count where they are `paired` by name: they hold cases that a test reads.
    """
    return (file in paired or bool(ground.language(file))) and ground.is_there(file) and not ground.has_changed(file)


def _weigh_blocks(
    ground: ViewFacts, file: int, names: Collection[str], words: TaskTerms
) -> Iterator[tuple[float, SuiteBlock]]:
    """Yield the tests of a file with what they share with a task, as the logarithm of their share of all of them."""
    suite = ground.suites.get((file,), lambda _: {file: _read_suite(ground, file)})[file]
    if not suite.blocks:
        return
    lines = ground.live_lines(file)
    named = (
        [lines.find_lines(name.encode("utf-8", "replace"), MOST_LINES) for name in names]
        if isinstance(lines, LazyLines)
        else []
    )
    terms = frozenset(words.worth)
    titled = list(zip(_weigh_titles(suite, named, words, terms).tolist(), range(len(suite.blocks)), strict=True))
    if len(titled) > MOST_JUDGED:
        titled = sorted(titled, key=lambda one: -one[0])[:MOST_JUDGED]
    weights = [weight + _weigh_body(_find_body(suite, n, lines) & terms, words) for weight, n in titled]
    most = max(weights)
    total = most + math.log(math.fsum([math.exp(weight - most) for weight in weights]))
    yield from ((weight - total, suite.blocks[n]) for weight, (_, n) in zip(weights, titled, strict=True))


def _read_suite(ground: ViewFacts, file: int) -> Suite:
    lines = ground.live_lines(file)
    if not len(lines) or len(lines) > MOST_LINES:
        return NO_TESTS
    rows = ground.file_definitions(file)
    if not ground.is_test(file):
        rows = [row for row in rows if _is_inline_test(row)]
    blocks = [b for b in find_blocks(lines, rows, ground.language(file)) if len(b.span) <= LONGEST]
    titles = [frozenset(split_terms(block.titles)) for block in blocks]
    own = [frozenset(split_terms(block.name.rpartition(".")[2])) for block in blocks]
    sizes = [len(block.span) for block in blocks]
    return Suite(
        blocks,
        np.array([block.span.start for block in blocks], np.int64),
        np.array([block.span.stop for block in blocks], np.int64),
        np.array([LENGTH * math.log(size + 1) for size in sizes]),
        np.array([IS_TEST * block.is_test for block in blocks]),
        titles,
        own,
        {},
        sum(sizes),
    )


def _find_body(suite: Suite, at: int, lines: Sequence[str]) -> frozenset[str]:
    """Return the terms in the lines of a test, which are read for the first task that asks for them."""
    found = suite.bodies.get(at)
    if found is None:
        span = suite.blocks[at].span
        words = set(WORD.findall("\n".join(lines[span.start : span.stop])))
        found = suite.bodies[at] = frozenset(chain.from_iterable(map(subterms, words)))
    return found


def _has_inline_tests(ground: ViewFacts, file: int) -> bool:
    return any(map(_is_inline_test, ground.file_definitions(file)))


def _is_inline_test(row: DefinitionRow) -> bool:
    return bool({"tests", "test"} & set(row.qualname.split(".")[:-1]))


def _weigh_titles(suite: Suite, named: Sequence[Sequence[int]], words: TaskTerms, terms: frozenset[str]) -> Doubles:
    """Return what each test's titles and the edited names in it count; `named` are the lines with each of these."""
    shared = np.zeros(len(suite.blocks))
    for at, titles in enumerate(suite.titles):
        if not terms.isdisjoint(titles):
            own = math.fsum([words.worth[t] for t in suite.own[at] & terms])
            shared[at] = TITLE * math.fsum([words.worth[t] for t in titles & terms]) + OWN * own
    held = np.zeros(len(suite.blocks))
    for lines in filter(None, named):
        first, last = np.searchsorted(lines, suite.starts), np.searchsorted(lines, suite.stops)
        held += first < last
    found: Doubles = shared * words.scale + NAMES * (held / max(len(named), 1)) + suite.lengths + suite.kinds
    return found


def _weigh_body(body: Collection[str], words: TaskTerms) -> float:
    """Return what the words in a test's lines count; `body` are the terms of the task among them."""
    all_of_it = math.fsum([words.worth[term] for term in body])
    of_title = math.fsum([words.worth[term] for term in body if term in words.title])
    return (BODY * all_of_it + TITLE_BODY * of_title) * words.scale


def _find_expectations(ground: ViewFacts, test: str) -> str:
    """Return the file that holds what a test expects: it bears the same name, and is no code; empty without one."""
    folder, _, name = test.rpartition("/")
    stem = name.partition(".")[0]
    for other in ground.bare_paths.find_text(stem.lower().replace("_", "").replace("-", "")):
        path = ground.path(other)
        beside, _, expected = path.rpartition("/")
        if path == test or is_code(path) or expected.partition(".")[0] != stem or not ground.is_there(other):
            continue
        if expected.rpartition(".")[2] in EXPECTATIONS and _is_beside(beside, folder):
            return path
    return ""


def _is_beside(folder: str, of: str) -> bool:
    return folder == of or folder.startswith(f"{of}/") or not of

"""What a pack names and does not show, one line for each file: definitions and tests with their exact lines.

Only what is likely enough is named: agents opened hardly a place of a few hundredths, and paid for each in every turn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from noctule.indexer.results import RankedFile
from noctule.indexer.search.excerpts import TEST, Excerpt, holds, overlaps
from noctule.indexer.search.pack_lines import one_line
from noctule.indexer.search.reading import SHORT_FILE, ChangeLog, ExistingTest, FileReading, NamedSpan, join_close
from noctule.indexer.search.surroundings import (
    LONGEST_INSIDE,
    Shown,
    Surrounding,
    choose_definitions,
    find_lines,
    find_surroundings,
    include,
)
from noctule.indexer.symbols import Span

TELLING = frozenset({"defines", "named", "trace", "quotes", "co-change", "graph"})
"""The kinds of reasons that the text gives, one for a place: the others a reader of the source sees for himself."""
LIKELY_FILE = 0.05
"""A less likely file is not named, but for a reason in the task's own words."""
LIKELY_BESIDE_SURE, NEARLY_SURE = 0.1, 0.65
"""Where the likeliest file is nearly sure, a file has to be likelier: of 38 below, two were of the change."""
LIKELY_DEFINITION = 0.05
"""A less likely definition is not named for itself, but where its file is."""
LEAST_SAID = 0.02
"""A probability below this is not said."""
FEWEST_AROUND, MOST_AROUND = 2, 3
SURE_FROM = 0.5
"""From this probability on, one file is what the task leads to."""
AROUND = "; around "
MOST_NAMED = 9
MOST_DEFINITIONS = 3
MOST_LISTED = 8
MOST_INSIDE = 2
"""Most definitions that are named of a file that is only possible."""
GOES_WITH = frozenset({"co-change", "graph"})
"""The kinds of reasons of files that change with the likely ones."""
MOST_LESS = 5
"""Files that are not likely enough for a line of their own share one, since each names few of the changed files."""
LESS = "less likely: "

Reading = Mapping[str, FileReading]
"""What is worth reading of files, by path."""


class PlaceLines(NamedTuple):
    """The lines of a pack that name places, each with its path."""

    possible: dict[str, str]
    """Places that the task may lead to besides what is shown."""
    beside: dict[str, tuple[str, ...]]
    """Places that are worth reading with what is shown; one line may name several."""


def name_places(
    files: Sequence[RankedFile],
    excerpts: Sequence[Excerpt],
    shown: Shown,
    reading: Reading,
    tests: Sequence[ExistingTest],
    said: set[str],
    log: ChangeLog | None = None,
) -> PlaceLines:
    """Name the places that are likely and not shown, one line each with its path.

    `said` are the files whose figure is told: one for each file, so that no two differ. `log` is a change log that
    a change goes with.
    """
    taken = [excerpt for excerpt, _ in shown]
    tested = {test.path for test in tests}
    likeliest = [path for path in _likeliest(files) if path not in tested]
    places_of_task = [excerpt.path for excerpt in taken if excerpt.kind != TEST]
    around = find_surroundings([*likeliest, *places_of_task], reading, shown)
    quoted = set(places_of_task) | (set(_likeliest(files)) & reading.keys() if shown else set())
    by_file: dict[str, list[NamedSpan]] = {}
    places: list[Excerpt] = []
    named = {write_definition(e): e for e in excerpts if e.is_named and not any(_meets(other, e) for other in taken)}
    for excerpt in named.values():
        taken.append(excerpt)
        if len(excerpt.lines) > SHORT_FILE:  # its first line leads there, and what is in it has lines of its own
            places.append(excerpt._replace(lines=excerpt.lines[:1]))
        elif not include(_as_span(excerpt), around, excerpt.path):
            places.append(excerpt)
    own = 0
    least = LIKELY_BESIDE_SURE if files and files[0].probability >= NEARLY_SURE else LIKELY_FILE
    for position in sorted(range(len(excerpts)), key=lambda p: (-excerpts[p].probability, p)):
        excerpt = excerpts[position]
        if excerpt.probability < LIKELY_DEFINITION or len(places) + own >= MOST_DEFINITIONS:
            break
        if write_definition(excerpt) in named or overlaps(excerpt, taken):
            continue
        taken.append(excerpt)
        if excerpt.path in around and len(excerpt.lines) > LONGEST_INSIDE:
            continue  # what is in it is named
        if excerpt.path in around:
            own += include(_as_span(excerpt), around, excerpt.path)
        elif excerpt.path in reading and excerpt.path not in quoted:
            by_file.setdefault(excerpt.path, []).append(_as_span(excerpt))
        else:
            quoted.add(excerpt.path)
            places.append(excerpt)
    possible = {_place_line(excerpt, said): excerpt.path for excerpt in places}
    companions: dict[str, str] = {}
    less: dict[str, str] = {}
    for file in files:
        if len(possible) + len(around) + len(companions) >= MOST_NAMED or file.rank > MOST_LISTED:
            break
        if file.path in quoted or file.path in tested:
            continue
        # Where no source is shown, the list says all of a file in one line.
        read_too = None if shown else around.pop(file.path, None)
        line = _name_file(file, by_file.get(file.path, ()), reading.get(file.path), said, read_too)
        if file.path in said and line == f"- {one_line(file.path)}":
            continue  # the first line says as much
        if is_worth_naming(file, least) or not (possible or shown):
            (companions if shown and _is_companion(file) else possible)[line] = file.path
        elif file.probability >= LEAST_SAID and len(less) < MOST_LESS:
            read = reading.get(file.path)
            less[f"{one_line(file.path)}{_write_ranges(read.ranges if read else ())}"] = file.path
    lines = {_surrounding_line(one): one.path for one in around.values()} | dict(_name_tests(tests, taken))
    if log is not None and log.path not in lines.values():
        lines[_name_log(log)] = log.path
    lines |= companions
    beside: dict[str, tuple[str, ...]] = {line: (path,) for line, path in lines.items()}
    if less:
        beside[f"- {LESS}{', '.join(less)}"] = tuple(less.values())
    return PlaceLines(possible, beside)


def is_worth_naming(file: RankedFile, least: float) -> bool:
    """Tell whether a file is at least so likely that it is named, or the task's own words name it."""
    in_words = any(reason.kind in TELLING and reason.detail for reason in file.reasons) and not _is_companion(file)
    return file.probability >= least or (in_words and file.probability >= LEAST_SAID)


def _is_companion(file: RankedFile) -> bool:
    """Tell whether a file is named because it changes with the likely ones, or uses them."""
    telling = [reason.kind for reason in file.reasons if reason.kind in TELLING and reason.detail]
    return bool(telling) and telling[0] in GOES_WITH


def _name_file(
    file: RankedFile,
    inside: Sequence[NamedSpan],
    read: FileReading | None,
    said: Collection[str],
    whole: Surrounding | None = None,
) -> str:
    """Return the line of a file that is possible: its likely definitions, or the range to read, and why it is.

    `whole` is all that is worth reading of the file, where that is said nowhere else.
    """
    likely = [*inside, *(read.likely if read else ())]
    named = choose_definitions(likely, (), MOST_INSIDE)
    where = _write_where(whole or Surrounding(file.path, named, read.ranges if read else ()))
    why = [r.detail for r in file.reasons if r.kind in TELLING and r.detail][:1]
    reason = f": {one_line(why[0])}" if why else ""
    figure = f" ({file.probability:.2f})" if file.probability >= LEAST_SAID and file.path not in said else ""
    return f"- {one_line(file.path)}{where}{figure}{reason}"


def _name_tests(tests: Sequence[ExistingTest], shown: Sequence[Excerpt]) -> Iterator[tuple[str, str]]:
    """Yield the lines of tests, one for each file; a test that is shown is not named again."""
    starts = {(excerpt.path, excerpt.start_line - 1) for excerpt in shown if excerpt.kind == TEST}
    by_path: dict[str, list[ExistingTest]] = {}
    for test in tests:
        by_path.setdefault(test.path, []).append(test)
    for path, mine in by_path.items():
        expects = f" (expects {one_line(mine[0].expects)})" if mine[0].expects else ""
        ranges = tuple(join_close([t.around for t in mine if t.around is not None and len(t.around) > len(t.span)]))
        others = tuple(NamedSpan(test.span, test.name) for test in mine if (path, test.start) not in starts)
        where = _write_where(Surrounding(path, others, ranges))
        yield f"- tests: {one_line(path)}{where}{expects}", path


def _name_log(log: ChangeLog) -> str:
    where = _write_ranges([log.section] if log.section is not None else ())
    name = f"a new file in {one_line(log.folder)}/, such as {one_line(log.path)}" if log.folder else one_line(log.path)
    return f"- change log: {name}{where} ({log.both} of the last {log.of} commits of source with tests touched it)"


def _as_span(excerpt: Excerpt) -> NamedSpan:
    return NamedSpan(find_lines(excerpt), excerpt.symbol, excerpt.reason if excerpt.is_named else "")


def _place_line(excerpt: Excerpt, said: set[str]) -> str:
    """Return the line that names a definition, with its probability where none of its file is `said`."""
    is_likely = excerpt.probability >= LEAST_SAID and excerpt.path not in said
    said.add(excerpt.path)
    likely = f" ({excerpt.probability:.2f})" if is_likely else ""
    why = f": {one_line(excerpt.reason)}" if excerpt.reason else ""
    return f"- {write_definition(excerpt)}{likely}{why}"


def _surrounding_line(one: Surrounding) -> str:
    """Return the line that names what to read of a file: definitions with their lines, and what is around them."""
    return f"- {one_line(one.path)}{_write_where(one)}"


def _write_where(one: Surrounding) -> str:
    if not one.inside:
        return _write_ranges(one.ranges)
    around = f"{AROUND}{', '.join(map(_write_lines, one.ranges))}" if one.ranges else ""
    return f"{write_spans(one.inside)}{around}"


def write_definition(excerpt: Excerpt) -> str:
    """Return how a definition is named: its path, its lines and its name."""
    return f"{one_line(excerpt.path)}:{_write_lines(find_lines(excerpt))} {one_line(excerpt.symbol)}"


def write_spans(spans: Iterable[NamedSpan]) -> str:
    """Return definitions as they stand behind their path: each with its own lines."""
    return ":" + ", ".join(
        f"{_write_lines(one.span)} {one_line(_shorten(one.name))}"
        + (f" ({one_line(one.reason)})" if one.reason else "")
        for one in spans
    )


def _shorten(name: str) -> str:
    """Return a name with its nearest owner: the path and its neighbours tell the others; titles of tests stay whole."""
    return name if " " in name else ".".join(name.split(".")[-2:])


def _write_ranges(ranges: Sequence[Span]) -> str:
    return ":" + ", ".join(map(_write_lines, ranges)) if ranges else ""


def _write_lines(span: Span) -> str:
    return f"{span.start + 1}-{span.stop}" if len(span) > 1 else f"{span.start + 1}"


def _meets(one: Excerpt, other: Excerpt) -> bool:
    """Tell whether one of two definitions holds the other."""
    return holds(one, other) or holds(other, one)


def _likeliest(files: Sequence[RankedFile]) -> list[str]:
    """Return the files whose surroundings are named: the first two, and others that are likely."""
    return [f.path for f in files[:MOST_AROUND] if f.rank <= FEWEST_AROUND or f.probability >= LIKELY_FILE]

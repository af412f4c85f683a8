"""Which change log a change of the source is listed in, as the latest changes were: a file, or a folder of news.

Counted over the latest commits that touched source and tests, as changes that a task asks for do; a log within a
package counts those of that package. docs/decisions/budget.md says how often the next change touched the log too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.search.reading import ChangeLog
from noctule.indexer.symbols import Span

LATEST = 20
FEWEST = 8
"""Of fewer changes nothing is told."""
LEAST_SHARE = 0.5
FEWEST_NEWS = 3
"""A folder with so many files of which each came with one change is a folder of news."""
HEAD_LINES = 200
"""The newest section begins within so many lines."""
LONGEST_SECTION = 40
_RELEASE = re.compile(
    r"\d+\.[\dx]|\b(?:unreleased|upcoming|next|pending|head|master|main|development)\b", re.IGNORECASE
)
_UNDERLINE = re.compile(r"([=~^*#\"+-])\1{2,}\s*")
_HEADING = re.compile(r"#{1,4} |(?:version |release |v)?\d+\.[\dx]", re.IGNORECASE)


def find_change_log(ground: ViewFacts, edited: str) -> ChangeLog | None:
    """Return the change log that most of the latest changes touched, for a change of the file with this path."""
    changes, logs = ground.tested_changes, ground.change_logs
    found: list[tuple[float, int, ChangeLog]] = []
    for scope in sorted({_find_scope(ground.path(file), edited) for file in logs}):
        mine = [files for files in changes if _touches(ground, files, scope)][:LATEST]
        if len(mine) < FEWEST:
            continue
        counts = Counter(file for files in mine for file in set(files) & logs)
        by_folder: dict[str, list[int]] = {}
        for file, both in counts.items():
            path = ground.path(file)
            if both >= LEAST_SHARE * len(mine) and ground.is_there(file):
                section = find_newest_section(ground.live_lines(file))
                found.append((both / len(mine), len(scope), ChangeLog(path, section, both, len(mine))))
            elif both == 1:
                by_folder.setdefault(path.rpartition("/")[0], []).append(file)
        for folder, news in by_folder.items():
            both = sum(any(file in news for file in files) for files in mine)
            if len(news) >= FEWEST_NEWS and both >= LEAST_SHARE * len(mine) and folder:
                newest = next(file for files in mine for file in files if file in news)
                log = ChangeLog(ground.path(newest), None, both, len(mine), folder)
                found.append((both / len(mine), len(scope), log))
    best = max(found, key=lambda one: (*one[:2], one[2].path), default=None)
    return best[2] if best is not None else None


def _find_scope(log: str, edited: str) -> str:
    """Return the folder of a change log where the edited file is below it: the log of a package; else all."""
    folder = log.rpartition("/")[0]
    return folder if folder and edited.startswith(f"{folder}/") else ""


def _touches(ground: ViewFacts, files: Sequence[int], scope: str) -> bool:
    return not scope or any(
        ground.role(file) == "source" and ground.path(file).startswith(f"{scope}/") for file in files
    )


def find_newest_section(lines: Sequence[str]) -> Span | None:
    """Return the lines of the first section that is headed by a release, or by what is not yet one."""
    first = next(_headings(lines, 0, HEAD_LINES), None)
    if first is None:
        return None
    return Span(
        first, next(_headings(lines, first + 2, first + LONGEST_SECTION), min(first + LONGEST_SECTION, len(lines)))
    )


def _headings(lines: Sequence[str], start: int, stop: int) -> Iterator[int]:
    """Yield which of some lines head a section of a release."""
    stop = min(stop, len(lines))
    some = lines[start : stop + 1]
    yield from (start + n for n in range(stop - start) if _RELEASE.search(some[n]) and _is_heading(some, n))


def _is_heading(lines: Sequence[str], n: int) -> bool:
    below = lines[n + 1].rstrip() if n + 1 < len(lines) else ""
    return _HEADING.match(lines[n]) is not None or (len(below) >= 3 and _UNDERLINE.fullmatch(below) is not None)

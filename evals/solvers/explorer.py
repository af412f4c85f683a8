"""A deterministic exploring agent: lists, searches, opens windows, follows names, until it has seen the gold.

It stands for a real agent where none can be run: a proxy, of low variance, that reads no meaning. It lists the files
whose paths share words with the task, searches a few of the task's identifiers, the likeliest first, and then opens the
windows that hold most of what it searched, one more search after every two; when names run out it follows those that
the opened windows use, and at last scrolls on, file after file. With a pack it has seen the pack's lines at the start,
needs no listing, opens the definitions that the pack cuts short, and prefers the files that the pack names. It
stops when it has seen the gold lines or after `MOST_STEPS`; nothing but the moment of stopping depends on the gold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from noctule.evals.solvers import grep_lines as grep
from noctule.evals.solvers import pack_text as served
from noctule.evals.solvers.answer import MOST_FILES, LineRanges, SolverAnswer
from noctule.evals.solvers.grep import (
    MOST_NAMES,
    Hits,
    are_shown,
    name_weight,
    names_to_search,
    print_line,
    rarity,
    role_share,
)
from noctule.evals.solvers.path_match import path_parts, rank_paths
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.indexer.files.roles import classify_role
from noctule.indexer.tokens import count

MOST_STEPS = 60
WINDOW_LINES = 100
"""As SWE-agent's file viewer shows."""
WHOLE_FILE_LINES = 150
FIRST_SEARCHES = 6
WINDOWS_A_SEARCH = 2
FILES_WEIGHED = 20
OPENED_SHARE = 0.6
"""A file that did not show the cause in one window is this much less likely to in the next."""
PACK_WINDOWS = 6
DEFINITION_BONUS = 2.0
LISTED_BONUS = 6.0
PATH_BONUS = 2.0
MOST_LISTED = 20

_DEFINES = (
    r"(?:def|class|func|function|fn|struct|interface|type|trait|enum|module|sub|macro_rules!|#define|const|var|let)"
)
_USED = re.compile(r"\b([A-Za-z_]\w{3,})\s*\(")


class Explorer:
    """Explores cold, or with the pack of a budget first."""

    def __init__(self, budget: int | None = None) -> None:
        self._budget = budget

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer | None:
        """Explore until the gold lines were seen; None where the task has none."""
        # A question names files and no lines: any line of each is enough.
        wanted = dict.fromkeys(gold.files, ()) if task.kind == "question" else lines_to_see(gold)
        if not wanted:
            return None
        # What changes may be no program text; who can see it may search it.
        others = tuple(p for p in wanted if p not in ground.texts and p in ground.snapshot.files)
        walk = _Walk(task.text, ground, (*ground.texts, *others), wanted)
        if self._budget is not None:
            pack = ground.pack(task.text, self._budget)
            walk.read_pack(served.read(pack, ground.read), pack.tokens)
        walk.run()
        return SolverAnswer(
            files=tuple(walk.opened)[:MOST_FILES],
            tokens=walk.new_tokens,
            measures={
                "steps": walk.steps,
                "new_tokens": walk.new_tokens,
                "prompt_tokens": walk.prompt_tokens,
                "cached_tokens": walk.cached_tokens,
                "pack_tokens": walk.pack_tokens,
                "found": float(not walk.missing),
                "missing_lines": sum(map(len, walk.missing.values())),
            },
        )


def lines_to_see(gold: Gold) -> dict[str, tuple[int, ...]]:
    """Return the gold lines inside of definitions; all of a file's where none is, for who changes a module's top."""
    wanted: dict[str, tuple[int, ...]] = {}
    for path, lines in gold.lines.items():
        spans = [(s.start_line, s.end_line) for s in gold.symbols if s.path == path]
        inside = tuple(line for line in lines if any(start <= line <= end for start, end in spans))
        wanted[path] = inside or lines
    return wanted


@dataclass(slots=True)
class _Walk:
    """One exploration: what was seen, what it cost, and what is worth opening next."""

    text: str
    ground: BaseCheckout
    files: Sequence[str]
    gold: Mapping[str, tuple[int, ...]]
    opened: dict[str, None] = field(default_factory=dict)
    missing: dict[str, set[int]] = field(init=False)
    steps: int = 0
    new_tokens: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    pack_tokens: int = 0
    _context: int = field(init=False)
    _cached: int = 0
    _seen: dict[str, set[int]] = field(default_factory=dict)
    _hits: dict[str, dict[int, dict[str, float]]] = field(default_factory=dict)  # path -> line -> name -> gain
    _dense: dict[str, list[tuple[int, float]]] = field(
        default_factory=dict
    )  # path -> its windows, until its hits change
    _files: dict[str, float] = field(default_factory=dict)
    _windows: dict[str, int] = field(default_factory=dict)
    _read: dict[str, set[int]] = field(default_factory=dict)  # lines of windows and of the pack, not those of searches
    _searched: set[str] = field(default_factory=set)
    _used: dict[str, int] = field(default_factory=dict)
    _first: list[LineRanges] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.missing = {path: set(lines) for path, lines in self.gold.items()}
        self._context = count(self.text)

    def read_pack(self, pack: served.SeenText, tokens: int) -> None:
        """Read the pack: its lines are seen, and what it lists is opened first."""
        self.pack_tokens = tokens
        self._context += tokens
        for span in pack.spans:
            self._see(span.path, range(span.start, span.end + 1))
            self._read.setdefault(span.path, set()).update(range(span.start, span.end + 1))
        for place, path in enumerate(pack.named):
            self._files[path] = self._files.get(path, 0.0) + LISTED_BONUS / (1 + place)
        self._first = list(pack.rest)

    def run(self) -> None:
        """Explore; the prompt of the step that would make the change, which follows, is counted too."""
        self._explore()
        self._send()

    def _explore(self) -> None:
        for span in self._first[:PACK_WINDOWS]:
            if self._is_finished():
                return
            self._open(span.path, min(span.start + WINDOW_LINES // 2, (span.start + span.end) // 2))
        if self._is_finished():
            return
        if not self.pack_tokens:
            self._list()
        names = self._names()
        for name in islice(names, FIRST_SEARCHES):
            if self._is_finished():
                return
            self._search(name)
        while not self._is_finished():
            for _ in range(WINDOWS_A_SEARCH):
                place = self._best_hit() or self._scroll()
                if self._is_finished() or place is None:
                    return
                self._open(*place)
            following = next(names, None)
            if not self._is_finished() and following is not None:
                self._search(following)

    def _is_finished(self) -> bool:
        return not self.missing or self.steps >= MOST_STEPS

    # Names

    def _names(self) -> Iterator[str]:
        """Yield what to search: the task's identifiers, then its plain words, then names that were met on the way."""
        yield from names_to_search(self.text)
        said = self.text.lower()
        for _ in range(MOST_NAMES):
            met = [n for n in self._used if n not in self._searched]
            if not met:
                return
            yield max(met, key=lambda n: (self._used[n] if n.lower() in said else 0, len(n), n))

    def _list(self) -> None:
        """List the files whose paths share words with the task, as a first look around."""
        paths = rank_paths(self.text, self.files)[:MOST_LISTED]
        self._spend("find . -type f | grep -i WORDS", "\n".join(paths) or "no match")
        for place, path in enumerate(paths):
            self._files[path] = self._files.get(path, 0.0) + PATH_BONUS / (1 + place)

    def _search(self, name: str) -> None:
        """Search a name as a whole word in all files, and look at what is shown."""
        self._searched.add(name)
        hits = self._search_hits(name)
        if are_shown(hits):
            for path, lines in hits.items():
                self._see(path, lines)
        self._spend(*print_line(name, hits, self.ground.lines))
        defines = re.compile(rf"\b{_DEFINES}\s+(?:\([^)]*\)\s*)?{re.escape(name)}\b")
        for path, lines in hits.items():
            source, gain = self.ground.lines(path), rarity(hits) * role_share(path)
            self._files[path] = self._files.get(path, 0.0) + name_weight(path, lines, hits)
            here = self._hits.setdefault(path, {})
            self._dense.pop(path, None)
            for line in (line for line in lines if line not in self._read.get(path, ())):
                here.setdefault(line, {})[name] = gain * (DEFINITION_BONUS if defines.search(source[line - 1]) else 1.0)

    def _search_hits(self, name: str) -> Hits:
        others = {path: "\n".join(self.ground.lines(path)) for path in self.files[len(self.ground.texts) :]}
        return {**self.ground.search(name), **grep.search(name, others)}

    # Windows

    def _best_hit(self) -> tuple[str, int] | None:
        """Return the place whose window holds most of what was searched; a file that was opened often counts less."""
        best: tuple[float, str, int] | None = None
        for path in sorted(self._hits, key=lambda p: (-self._worth(p), p))[:FILES_WEIGHED]:
            if path not in self._dense:
                self._dense[path] = list(_densest(self._hits[path]))
            for line, gain in self._dense[path]:
                score = (gain + self._files.get(path, 0.0)) * OPENED_SHARE ** self._windows.get(path, 0)
                if best is None or (-score, path, line) < best:
                    best = (-score, path, line)
        return None if best is None else best[1:]

    def _worth(self, path: str) -> float:
        return self._files.get(path, 0.0) * OPENED_SHARE ** self._windows.get(path, 0)

    def _scroll(self) -> tuple[str, int] | None:
        """Return the first unseen line of the best file that has one; files without a hit by the words they share."""
        asked = path_parts(self.text)
        for path in sorted(
            self.files,
            key=lambda p: (-self._files.get(p, 0.0), -len(asked & path_parts(p)), classify_role(p) == "test", p),
        ):
            seen = self._seen.get(path, set())
            length = self._length(path)
            unseen = next((line for line in range(1, length + 1) if line not in seen), None)
            if unseen is not None:
                return path, min(unseen + WINDOW_LINES // 2, length)
        return None

    def _length(self, path: str) -> int:
        return len(self.ground.lines(path))

    def _open(self, path: str, line: int) -> None:
        """Open a window around a line, or the whole of a short file."""
        source = self.ground.lines(path)
        start = max(1, min(line - WINDOW_LINES // 2, len(source) - WINDOW_LINES + 1))
        end = min(len(source), start + WINDOW_LINES - 1)
        if len(source) <= WHOLE_FILE_LINES:
            start, end = 1, len(source)
        self.opened[path] = None
        window = source[start - 1 : end]
        self._see(path, range(start, end + 1))
        self._read.setdefault(path, set()).update(range(start, end + 1))
        self._spend(f"sed -n '{start},{end}p' {path}", "\n".join(window))
        self._windows[path] = self._windows.get(path, 0) + 1
        self._dense.pop(path, None)
        left = {at: gains for at, gains in self._hits.pop(path, {}).items() if not start <= at <= end}
        if left:
            self._hits[path] = left
        for name in _USED.findall("\n".join(window)):
            self._used[name] = self._used.get(name, 0) + 1

    def _see(self, path: str, lines: Iterable[int]) -> None:
        lines = set(lines)
        self._seen.setdefault(path, set()).update(lines)
        if lines and path in self.missing:
            self.missing[path] -= lines
            if not self.missing[path]:
                del self.missing[path]

    def _spend(self, action: str, result: str) -> None:
        """Pay for one step: the prompt so far is sent, and the action and its result are added to it."""
        self.steps += 1
        self._send()
        spent = count(action) + count(result)
        self.new_tokens += spent
        self._context += spent

    def _send(self) -> None:
        """Pay for a prompt; what it repeats of the one before comes from the provider's cache."""
        self.prompt_tokens += self._context
        self.cached_tokens += self._cached
        self._cached = self._context


def _densest(hits: Mapping[int, Mapping[str, float]]) -> Iterator[tuple[int, float]]:
    """Yield for each line the best gain of each name in the window that starts some lines above it, added up."""
    lines = sorted(hits)
    for first, line in enumerate(lines):
        best: dict[str, float] = {}
        last = line
        for other in lines[first:]:
            if other >= line + WINDOW_LINES * 3 // 4:
                break
            last = other
            for name, gain in hits[other].items():
                best[name] = max(best.get(name, 0.0), gain)
        yield (line + last) // 2, sum(best.values())

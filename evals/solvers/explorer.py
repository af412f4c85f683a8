"""A deterministic exploring agent: searches, opens windows, follows names, until it has seen every line of the gold.

It stands for a real agent where none can be run: a proxy, of low variance, that reads no meaning. It searches the
task's identifiers one by one, the likeliest first; after each search it opens the windows around the best hits; when
names run out it follows those that the opened windows use, and at last scrolls on, file after file. With a pack it
has seen the pack's lines from the start, and first opens what the pack lists. It stops at the last gold line
or after `MOST_STEPS`; nothing but the moment of stopping depends on the gold.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from evals import served
from evals.gold import Gold
from evals.ground import Ground
from evals.solvers.answer import MOST_FILES, Answer, Lines
from evals.solvers.path_match import parts_of
from evals.tasks.task import Task
from indexer import task as tasks
from indexer.roles import role_of
from indexer.terms import STOP_WORDS
from indexer.tokens import count

MOST_STEPS = 60
WINDOW_LINES = 100
"""As SWE-agent's file viewer shows."""
WHOLE_FILE_LINES = 150
MOST_HITS_SHOWN = 40
WINDOWS_A_SEARCH = 2
PACK_WINDOWS = 6
MOST_NAMES = 12
TEST_SHARE = 0.3
"""A hit in a test counts this much: who looks for the cause looks at the source first."""
DEFINITION_BONUS = 4.0
LISTED_BONUS = 6.0

_DEFINES = (
    r"(?:def|class|func|function|fn|struct|interface|type|trait|enum|module|sub|macro_rules!|#define|const|var|let)"
)
_USED = re.compile(r"\b([A-Za-z_]\w{3,})\s*\(")
_WORD = re.compile(r"[A-Za-z_]\w{3,}")


class Explorer:
    """Explores cold, or with the pack of a budget first."""

    def __init__(self, budget: int | None = None) -> None:
        self._budget = budget

    def solve(self, task: Task, ground: Ground, gold: Gold) -> Answer | None:
        """Explore until the gold lines were seen; None where the task has none."""
        if not gold.lines:
            return None
        texts = {path: content.decode("utf-8", "replace") for path, content in ground.read_all(ground.code)}
        for path in gold.lines:
            if path not in texts and (content := ground.read(path)) is not None:
                texts[path] = content.decode("utf-8", "replace")
        walk = _Walk(task.text, texts, gold.lines)
        if self._budget is not None:
            pack = ground.repository.context(task.text, budget_tokens=self._budget)
            walk.begin_with(served.read(pack.text, ground.read), pack.tokens)
        walk.run()
        return Answer(
            files=tuple(walk.opened)[:MOST_FILES],
            tokens=walk.new_tokens,
            measures={
                "steps": walk.steps,
                "new_tokens": walk.new_tokens,
                "prompt_tokens": walk.prompt_tokens,
                "pack_tokens": walk.pack_tokens,
                "found": float(not walk.missing),
                "missing_lines": sum(map(len, walk.missing.values())),
            },
        )


@dataclass(slots=True)
class _Hit:
    """A line worth opening, and how much."""

    path: str
    line: int
    score: float


@dataclass(slots=True)
class _Walk:
    """One exploration: what was seen, what it cost, and what is worth opening next."""

    text: str
    files: Mapping[str, str]
    gold: Mapping[str, tuple[int, ...]]
    opened: dict[str, None] = field(default_factory=dict)
    missing: dict[str, set[int]] = field(init=False)
    steps: int = 0
    new_tokens: int = 0
    prompt_tokens: int = 0
    pack_tokens: int = 0
    _context: int = field(init=False)
    _seen: dict[str, set[int]] = field(default_factory=dict)
    _hits: dict[tuple[str, int], float] = field(default_factory=dict)
    _files: dict[str, float] = field(default_factory=dict)
    _searched: set[str] = field(default_factory=set)
    _used: dict[str, int] = field(default_factory=dict)
    _first: list[Lines] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.missing = {path: set(lines) for path, lines in self.gold.items()}
        self._context = count(self.text)

    def begin_with(self, pack: served.Served, tokens: int) -> None:
        """Read the pack: its lines are seen, and what it lists is opened first."""
        self.pack_tokens = tokens
        self._context += tokens
        for span in pack.spans:
            self._see(span.path, range(span.start, span.end + 1))
        for place, path in enumerate(pack.named):
            self._files[path] = self._files.get(path, 0.0) + LISTED_BONUS / (1 + place)
        self._first = list(pack.rest)

    def run(self) -> None:
        """Explore; the prompt of the step that would make the change, which follows, is counted too."""
        self._explore()
        self.prompt_tokens += self._context

    def _explore(self) -> None:
        for span in self._first[:PACK_WINDOWS]:
            if self._done():
                return
            middle = min(span.start + WINDOW_LINES // 2, (span.start + span.end) // 2)
            self._open(span.path, middle)
        for name in self._names():
            if self._done():
                return
            self._search(name)
            for _ in range(WINDOWS_A_SEARCH):
                if self._done():
                    return
                if (hit := self._best_hit()) is not None:
                    self._open(hit.path, hit.line)
        while not self._done():
            hit = self._best_hit() or self._scroll()
            if hit is None:
                return
            self._open(hit.path, hit.line)

    def _done(self) -> bool:
        return not self.missing or self.steps >= MOST_STEPS

    # Names

    def _names(self) -> Iterator[str]:
        """Yield what to search: the task's identifiers, then its plain words, then names that were met on the way."""
        asked = tasks.read(self.text)
        ranked = sorted(asked.names, key=lambda n: (-asked.names[n], -_looks_like_code(n), -len(n), n))
        words = [w for w in dict.fromkeys(_WORD.findall(self.text)) if w.lower() not in STOP_WORDS]
        yield from list(dict.fromkeys([*ranked, *sorted(words, key=lambda w: (-len(w), w))]))[:MOST_NAMES]
        for _ in range(MOST_NAMES):
            met = [n for n in self._used if n not in self._searched]
            if not met:
                return
            yield max(met, key=lambda n: (self._used[n] if n.lower() in self.text.lower() else 0, len(n), n))

    def _search(self, name: str) -> None:
        """Search a name as a whole word in all files, and look at what is shown."""
        self._searched.add(name)
        word = re.compile(rf"\b{re.escape(name)}\b")
        defines = re.compile(rf"\b{_DEFINES}\s+(?:\([^)]*\)\s*)?{re.escape(name)}\b")
        hits = {path: _lines_with(word, text) for path, text in self.files.items() if name in text}
        hits = {path: lines for path, lines in hits.items() if lines}
        total = sum(map(len, hits.values()))
        shown: list[str] = []
        if total <= MOST_HITS_SHOWN:
            for path, lines in hits.items():
                source = self.files[path].split("\n")
                shown += [f"{path}:{line}:{source[line - 1][:200]}" for line in lines]
                self._see(path, lines)
        else:
            most_first = sorted(hits, key=lambda p: (-len(hits[p]), p))
            shown = [f"{path}: {len(hits[path])}" for path in most_first[:MOST_HITS_SHOWN]]
        self._spend(f'grep -rnw "{name}"', "\n".join(shown) or "no match")
        weight = 1.0 / math.log2(2 + len(hits))
        for path, lines in hits.items():
            text = self.files[path]
            share = TEST_SHARE if role_of(path) == "test" else 1.0
            defined = (
                {1 + text.count("\n", 0, m.start()) for m in defines.finditer(text)} if defines.search(text) else ()
            )
            self._files[path] = self._files.get(path, 0.0) + weight * share * (1 + math.log1p(len(lines)) / 4)
            for line in lines:
                gain = weight * share * (DEFINITION_BONUS if line in defined else 1.0)
                self._hits[path, line] = self._hits.get((path, line), 0.0) + gain

    # Windows

    def _best_hit(self) -> _Hit | None:
        """Return the best line that was not within an opened window yet."""
        best: _Hit | None = None
        for (path, line), gain in self._hits.items():
            score = gain + self._files.get(path, 0.0)
            if best is None or (score, best.path, best.line) > (best.score, path, line):
                best = _Hit(path, line, score)
        return best

    def _scroll(self) -> _Hit | None:
        """Return the first unseen line of the best file that has one; files without a hit by the words they share."""
        asked = parts_of(self.text)
        for path in sorted(
            self.files, key=lambda p: (-self._files.get(p, 0.0), -len(asked & parts_of(p)), role_of(p) == "test", p)
        ):
            seen = self._seen.get(path, set())
            length = self._length(path)
            unseen = next((line for line in range(1, length + 1) if line not in seen), None)
            if unseen is not None:
                return _Hit(path, min(unseen + WINDOW_LINES // 2, length), 0.0)
        return None

    def _length(self, path: str) -> int:
        return self.files.get(path, "").count("\n") + 1

    def _open(self, path: str, line: int) -> None:
        """Open a window around a line, or the whole of a short file."""
        source = self.files.get(path, "").split("\n")
        start = max(1, min(line - WINDOW_LINES // 2, len(source) - WINDOW_LINES + 1))
        end = min(len(source), start + WINDOW_LINES - 1)
        if len(source) <= WHOLE_FILE_LINES:
            start, end = 1, len(source)
        self.opened[path] = None
        window = source[start - 1 : end]
        self._see(path, range(start, end + 1))
        self._spend(f"sed -n '{start},{end}p' {path}", "\n".join(window))
        for at in [at for at in self._hits if at[0] == path and start <= at[1] <= end]:
            del self._hits[at]
        for name in _USED.findall("\n".join(window)):
            self._used[name] = self._used.get(name, 0) + 1

    def _see(self, path: str, lines: Iterable[int]) -> None:
        lines = set(lines)
        self._seen.setdefault(path, set()).update(lines)
        if path in self.missing:
            self.missing[path] -= lines
            if not self.missing[path]:
                del self.missing[path]

    def _spend(self, action: str, result: str) -> None:
        """Pay for one step: the prompt so far is sent, and the action and its result are added to it."""
        self.steps += 1
        self.prompt_tokens += self._context
        spent = count(action) + count(result)
        self.new_tokens += spent
        self._context += spent


def _looks_like_code(name: str) -> bool:
    return "_" in name or (not name.islower() and not name[1:].islower())


def _lines_with(word: re.Pattern[str], text: str) -> list[int]:
    """Return the lines that hold the word, counted from one."""
    lines: list[int] = []
    line, at = 1, 0
    for match in word.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        if not lines or lines[-1] != line:
            lines.append(line)
    return lines

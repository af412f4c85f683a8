"""Marks that warn of a file's weak spots, and how long they have stood: TODO and the like.

The age of a mark is what a reader cannot see. It is looked up in a few earlier versions of the file rather than by
`git blame`, so it is a lower bound: "at least 4 years".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from noctule.indexer.errors import GitError
from noctule.indexer.notes.drafts import Draft, LearnedLines
from noctule.indexer.notes.phrases import YEAR_S, count_phrase
from noctule.indexer.notes.view_facts import ViewFacts

MOST_QUOTED = 70
MOST_MARKS = 1
PROMISES = frozenset({"TODO", "FIXME"})
"""The other words are often only remarks."""
AGES = (10, 5)
"""Years back that are looked at."""

_TODO = re.compile(
    r"(?:#|//|/\*|^\s*\*|--|<!--|;;|%|\"\"\"|''')[^\"']{0,60}?\b(TODO|FIXME|XXX|HACK)\b"
    r"(?:\([^)]{0,60}\))?[\s:-]*([^\n]{0,200})"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A warning comment on a line (from zero)."""

    word: str
    text: str
    line: int


def find_marks(lines: Sequence[str]) -> list[Mark]:
    """Return the TODO, FIXME, XXX and HACK comments of a text."""
    found = []
    for number, line in enumerate(lines):
        if "TODO" in line or "FIXME" in line or "XXX" in line or "HACK" in line:
            match = _TODO.search(line[:400])
            if match:
                found.append(Mark(match[1], _quote(match[2]), number))
    return found


def _quote(text: str) -> str:
    text = " ".join(text.strip(" \t\r*/-#):.").split())
    return text if len(text) <= MOST_QUOTED else f"{text[:MOST_QUOTED].rsplit(' ', 1)[0]} ..."


def drafts_of_todos(ground: ViewFacts, file: int) -> list[Draft]:
    """Say which marks a file holds and how old they are; nothing of marks that came since it was learned."""
    lines = ground.live_lines(file)
    marks = [mark for mark in find_marks(lines) if mark.word in PROMISES]
    if not marks:
        return []
    known = _ages(ground, file, [lines[m.line].strip() for m in marks])
    aged = sorted(zip(marks, known, strict=True), key=lambda pair: (-pair[1][0], pair[0].line))
    drafts = []
    for mark, (years, commit) in aged[:MOST_MARKS]:
        if not years:
            break
        at = ground.find_learned_line(file, mark.line)
        if at is None:
            continue
        said = f' "{mark.text}"' if mark.text else ""
        text = f"{mark.word} on line {mark.line + 1}{said} is at least {count_phrase(years, 'year')} old."
        drafts.append(Draft("todos", text, (LearnedLines.line(file, at),), (commit,)))
    return drafts


def _ages(ground: ViewFacts, file: int, texts: Sequence[str]) -> list[tuple[int, int]]:
    """Return for each line for how many years it has stood at least, and a commit that shows it."""
    changes = ground.changes
    commits = changes.touching([file])
    if not len(commits) or ground.git is None:
        return [(0, -1)] * len(texts)
    times = np.array([changes.time(c) for c in commits])
    versions: dict[int, int] = {}
    for years in AGES:
        before = np.flatnonzero(times <= changes.newest - years * YEAR_S)
        if len(before):
            versions.setdefault(int(commits[before[-1]]), int((changes.newest - times[before].max()) // YEAR_S))
    found = [(0, -1)] * len(texts)
    for (commit, years), lines in zip(versions.items(), _versions(ground, file, list(versions)), strict=True):
        for n, text in enumerate(texts):
            if found[n][0] < years and text in lines:
                found[n] = (years, commit)
    return found


def _versions(ground: ViewFacts, file: int, commits: Sequence[int]) -> list[set[str]]:
    """Return the lines of a file as some commits left it; none where it had another name or is not in the clone."""
    path = ground.path(file)
    if ground.git is None or "\n" in path or not commits:
        return [set() for _ in commits]
    asked = "".join(f"{oid}:{path}\n" for oid in ground.changes.oids(commits))
    try:
        answer = ground.git.run("cat-file", "--batch", input=asked.encode("utf-8", "surrogateescape"))
    except GitError:
        return [set() for _ in commits]
    found: list[set[str]] = []
    at = 0
    for _ in commits:
        end = answer.find(b"\n", at)
        head = answer[at:end].split(b" ")
        at = end + 1
        if len(head) != 3 or head[1] != b"blob":
            found.append(set())
            continue
        size = int(head[2])
        text = answer[at : at + size].decode("utf-8", "replace")
        found.append({line.strip() for line in text.split("\n")})
        at += size + 1
    return found

"""Claims in, what became of them out: held against git's own objects, with none of the code that wrote or served them.

A claim rests on lines of files, on files being there, or on commits. Lines are read again from the commit at which the
claim was written and from the one at which it is served. Whether the sentence follows from its evidence is checked as
far as a program can that knows no grammar: lines must share a word with the claim, commits must touch what it is about.
That files use a symbol is checked by an oracle (`evals.scorers.relations`) instead of words, where it knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from noctule.evals.scorers.relations import Ignorance, UseOracle, judge_relation
from noctule.indexer.results import Claim, Evidence

SUPPORTED = "supported"
MOVED = "moved and followed"
WITHHELD = "stale and withheld"
REWORDED = "served in other words"
NEEDLESS = "withheld though it stands"
STALE = "stale but served"
REFUTED = "served, no longer true"
WRONG = "wrong"
FATES = (SUPPORTED, MOVED, WITHHELD, REWORDED, NEEDLESS, STALE, REFUTED, WRONG)
DECORATED = 8
"""Where a line opens with a decorator, so many lines below it may hold the name."""
STEM = 7

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
_PATH_LIKE = re.compile(r"[^\s(),;\"]+")

Lines = Callable[[str, str], Sequence[str] | None]
"""A file's lines at a commit, None where it has none: (commit, path)."""


@dataclass(frozen=True)
class Judge:
    """Reads the past for itself: `touched` gives what a commit changed, `is_past` whether one is another's ancestor.

    `oracle` knows uses at a commit.
    """

    lines: Lines
    touched: Callable[[str], frozenset[str]]
    is_past: Callable[[str, str], bool]
    oracle: UseOracle = field(default_factory=Ignorance)

    def was_right(self, claim: Claim, written: str) -> bool:
        """Tell whether a claim followed from its evidence at the commit at which it was written."""
        shown: list[str] = []
        for evidence in claim.evidence:
            if evidence.path is not None and evidence.start_line is None:
                if self.lines(written, evidence.path) is None:
                    return False
            elif evidence.path is not None:
                quoted = self._quotation_lines(evidence, written, evidence.start_line)
                if quoted is None:
                    return False
                shown += [*quoted, *self._with_decorator(evidence, written, quoted[0])]
        commits = [commit for evidence in claim.evidence for commit in evidence.commits]
        if not self._are_past(claim, written):
            return False
        fits = judge_relation(self.oracle, claim, written)
        if fits is None:
            fits = not shown or bool(_words([claim.subject, claim.text]) & _words(shown))
        return fits and all(_concerns(claim, self.touched(commit)) for commit in commits)

    def stands(self, claim: Claim, written: str, now: str) -> bool:
        """Tell whether all lines and files of a claim are there, wherever in their file, and what it is about.

        Commits have to be in the past of the commit that is looked at: after a switch of branches they may not be.
        """
        if not self._are_past(claim, now):
            return False
        about = claim.subject.partition(":")[0]
        if self.lines(written, about) is not None and self.lines(now, about) is None:
            return False
        for evidence in claim.evidence:
            if evidence.path is None:
                continue
            live = self.lines(now, evidence.path)
            if live is None:
                return False
            if evidence.start_line is not None:
                quoted = self._quotation_lines(evidence, written, evidence.start_line)
                if quoted is None or not _holds(live, quoted):
                    return False
        return True

    def is_right(self, claim: Claim, written: str, now: str) -> bool:
        """Tell whether what a served claim points at is, line by line, what stood there when it was written.

        The commits that it rests on have to be in the past of the commit at which it is served.
        """
        if not self._are_past(claim, now):
            return False
        for evidence in claim.evidence:
            if evidence.path is None:
                continue
            if evidence.start_line is None:
                if self.lines(now, evidence.path) is None:
                    return False
                continue
            origin = evidence.start_line if evidence.moved_from is None else evidence.moved_from
            then, here = (
                self._quotation_lines(evidence, written, origin),
                self._quotation_lines(evidence, now, evidence.start_line),
            )
            if then is None or then != here:
                return False
        return True

    def _are_past(self, claim: Claim, commit: str) -> bool:
        return all(self.is_past(c, commit) for evidence in claim.evidence for c in evidence.commits)

    def _with_decorator(self, evidence: Evidence, commit: str, first: str) -> Sequence[str]:
        """Return the lines after one that opens with a decorator: a definition begins there, its name stands below."""
        if evidence.path is None or evidence.end_line is None or not first.lstrip().startswith(("@", "#[")):
            return ()
        return (self.lines(commit, evidence.path) or ())[evidence.end_line : evidence.end_line + DECORATED]

    def _quotation_lines(self, evidence: Evidence, commit: str, start: int | None) -> list[str] | None:
        """Return the lines of a span that starts there, None where the file has not so many."""
        assert evidence.path is not None
        lines = self.lines(commit, evidence.path)
        if lines is None or start is None or evidence.start_line is None or evidence.end_line is None:
            return None
        quoted = list(lines[start - 1 : start + evidence.end_line - evidence.start_line])
        return quoted if start >= 1 and len(quoted) == evidence.end_line - evidence.start_line + 1 else None


def fates(judge: Judge, written: Sequence[Claim], served: Sequence[Claim], then: str, now: str) -> list[str]:
    """Say what became of each written claim about one subject, then of each served one that was not written so."""
    same = {(claim.kind, claim.text): claim for claim in served}
    kinds = {claim.kind for claim in served}
    found = []
    for claim in written:
        again = same.pop((claim.kind, claim.text), None)
        if not judge.was_right(claim, then):
            found.append(WRONG)
        elif again is not None:
            found.append(_judge_served(judge, again, then, now))
        elif not judge.stands(claim, then, now):
            found.append(WITHHELD)
        else:
            found.append(REWORDED if claim.kind in kinds else NEEDLESS)
    return found + [_judge_served(judge, claim, then, now) for claim in same.values()]


def unwritten(written: Iterable[Claim], served: Iterable[Claim]) -> list[Claim]:
    """Return the served claims that were not written so, in the order in which `fates` judges them."""
    known = {(claim.kind, claim.text) for claim in written}
    return list({(c.kind, c.text): c for c in served if (c.kind, c.text) not in known}.values())


def _judge_served(judge: Judge, claim: Claim, then: str, now: str) -> str:
    if not judge.is_right(claim, then, now):
        return STALE
    if judge_relation(judge.oracle, claim, now) is False:
        return REFUTED
    return MOVED if any(e.moved_from is not None for e in claim.evidence) else SUPPORTED


def _words(texts: Iterable[str]) -> set[str]:
    """Return the words of some texts, cut where a "deprecated" and a "deprecation" are the same."""
    return {word.lower()[:STEM] for text in texts for word in _WORD.findall(text)}


def _concerns(claim: Claim, touched: frozenset[str]) -> bool:
    """Tell whether a commit touched something that the claim names; a file may have had another folder then."""
    named = {w.strip("./'`:") for w in _PATH_LIKE.findall(f"{claim.subject.partition(':')[0]} {claim.text}")} - {""}
    names = {name.rpartition("/")[2] for name in named}
    for path in touched:
        folders = {part for at, part in enumerate(path.split("/")) if at < path.count("/")}
        if path.rpartition("/")[2] in names or folders & names or any(path.startswith(f"{n}/") for n in named):
            return True
    return not claim.subject or "top folder" in claim.text


def _holds(lines: Sequence[str], wanted: Sequence[str]) -> bool:
    """Tell whether some lines stand one after the other anywhere among others."""
    first = wanted[0]
    return any(line == first and list(lines[at : at + len(wanted)]) == list(wanted) for at, line in enumerate(lines))

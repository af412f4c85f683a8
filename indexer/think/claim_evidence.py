"""The lines and commits that a sentence names as evidence: read, judged, and made into proofs with hashes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from noctule.indexer.files.redaction import WITHHELD
from noctule.indexer.model_notes.store import Citation, Proof
from noctule.indexer.search.blocks import blocks_around, find_openers
from noctule.indexer.symbols import Definition, Span
from noctule.indexer.think.evidence import CommitText, EvidenceSource
from noctule.indexer.think.refusal import NO_EVIDENCE, NOT_THERE, NOTHING_TOLD, TOO_WIDE, RefusedClaim

LONGEST_SPAN = 60
MOST_CITES = 16
MOST_HEADS = 4
"""So many heads of blocks around a span belong to it, the innermost first."""
MOST_AROUND = 6
"""So many lines on either side are added to lines that stand twice in their file."""
TELLING = re.compile(r"[^\W\d_]{2,}")
_TRIVIAL = frozenset("else try pass return end do then fi done begin finally break continue default endif".split())
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class ClaimEvidence:
    """What a sentence names as evidence, read: spans and commits, all their lines, and the definitions around them."""

    spans: tuple[Citation, ...]
    commits: tuple[CommitText, ...]
    lines: tuple[str, ...]
    around: tuple[tuple[str, Definition], ...]
    text: str = field(default="", repr=False)
    words: frozenset[str] = field(default=frozenset(), repr=False)
    lower: frozenset[str] = field(default=frozenset(), repr=False)
    solid: str = field(default="", repr=False)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that the spans lie in."""
        return tuple(dict.fromkeys(span.path for span in self.spans))

    def holds(self, path: str, line: int) -> bool:
        """Tell whether a line is among those that were named."""
        return any(span.path == path and span.start <= line < span.stop for span in self.spans)


def read_evidence(cites: Sequence[Citation], source: EvidenceSource) -> ClaimEvidence | RefusedClaim:
    """Look up what is named as evidence; all of it has to be there."""
    if not cites:
        return RefusedClaim(NO_EVIDENCE)
    if len(cites) > MOST_CITES:
        return RefusedClaim(TOO_WIDE, f"at most {MOST_CITES} places")
    spans: list[Citation] = []
    commits: list[CommitText] = []
    lines: list[str] = []
    for cited in dict.fromkeys(cites):
        if cited.commit:
            told = source.commit(cited.commit.lower())
            if told is None:
                return RefusedClaim(NOT_THERE, f"commit {cited.commit[:40]}")
            commits.append(told)
            lines.extend(told.lines)
            continue
        refused = _check_span(cited, source)
        if refused is not None:
            return refused
        spans.append(cited)
        lines.extend(source.lines(cited.path)[cited.start : cited.stop])
        lines.extend(source.lines(cited.path)[head] for head in _deciding_heads(cited, source))
    around = [(s.path, d) for s in spans for d in source.around(s.path, Span(s.start, s.stop))]
    text = "\n".join(lines)
    words = frozenset(_WORD.findall(text))
    return ClaimEvidence(
        tuple(spans),
        tuple(commits),
        tuple(lines),
        tuple(dict.fromkeys(around)),
        text,
        words,
        frozenset(word.lower() for word in words),
        "".join(text.split()),
    )


def _deciding_heads(span: Citation, source: EvidenceSource) -> list[int]:
    """Return the lines that open the blocks around some lines, within their definition: the `if` that decides."""
    lines = source.lines(span.path)
    around = source.enclosing_definitions(span.path, span.start)
    first = around[-1].span.start if around else 0
    heads = blocks_around(find_openers(lines[first : span.stop]), span.start - first)
    return sorted((first + n for n in heads if TELLING.search(lines[first + n])), reverse=True)[:MOST_HEADS]


def _check_span(cited: Citation, source: EvidenceSource) -> RefusedClaim | None:
    if not source.has_file(cited.path):
        return RefusedClaim(NOT_THERE, cited.path[:200])
    count = len(source.hashes(cited.path))
    if not 0 <= cited.start < cited.stop <= count:
        return RefusedClaim(NOT_THERE, f"{cited.path} has {count} lines")
    if cited.stop - cited.start > LONGEST_SPAN:
        return RefusedClaim(TOO_WIDE, f"at most {LONGEST_SPAN} lines")
    shown = source.lines(cited.path)[cited.start : cited.stop]
    told = (line for line in shown if line != WITHHELD)
    if not any(set(map(str.lower, TELLING.findall(line))) - _TRIVIAL for line in told):
        return RefusedClaim(NOTHING_TOLD, f"{cited.path} line {cited.start + 1}")
    return None


def prove(evidence: ClaimEvidence, source: EvidenceSource, extra: Iterable[tuple[str, int]]) -> Iterator[Proof]:
    """Yield what the claim lives and dies with: the lines named, and those that spell what stands beside them."""
    for span in evidence.spans:
        yield _alone(span.path, span.start, span.stop, source)
    heads = [(span.path, head) for span in evidence.spans for head in _deciding_heads(span, source)]
    for path, line in dict.fromkeys([*extra, *heads]):
        if not evidence.holds(path, line):
            yield _alone(path, line, line + 1, source)
    for told in evidence.commits:
        yield Proof("", 0, (), told.oid)


def _alone(path: str, start: int, stop: int, source: EvidenceSource) -> Proof:
    """Return lines as a proof, with so many around them that they stand nowhere else in their file.

    Lines are followed when they move: of two places with the same text, the wrong one would keep the claim alive.
    """
    hashes = source.hashes(path)
    hay, width = hashes.tobytes(), hashes.itemsize
    for _ in range(MOST_AROUND):
        needle = hay[start * width : stop * width]
        first = hay.find(needle)
        while first % width:
            first = hay.find(needle, first + 1)
        again = hay.find(needle, first + 1)
        while again > 0 and again % width:
            again = hay.find(needle, again + 1)
        if again < 0 or stop - start > LONGEST_SPAN - 2:
            break
        start, stop = max(0, start - 1), min(len(hashes), stop + 1)
    return Proof(path, start, tuple(hashes[start:stop]))


def split_subject(subject: str, source: EvidenceSource) -> tuple[str, str]:
    """Return the path and the symbol of a subject; a directory counts as a path."""
    path, colon, symbol = subject.partition(":")
    while colon and path not in source.ground.position and ":" in symbol:
        more, colon, symbol = symbol.partition(":")
        path = f"{path}:{more}"
    return path, symbol

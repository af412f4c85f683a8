"""A sentence and the lines it names in, a claim with hashes or the reason why it is refused out.

Every name, path, number and quotation of a sentence has to stand in the lines that it names as evidence; what it says
to call, import, inherit, use or define has to be so there; and no writer has a say in a hash. This finds what is made
up, misplaced, turned round or out of date. Whether true words add up to a true sentence is for the second reader
(`checker.py`) to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from noctule.indexer.files.redaction import WITHHELD
from noctule.indexer.model_notes.store import KINDS, Citation, DraftClaim, Proof, VerifiedClaim
from noctule.indexer.symbols import Definition, Span
from noctule.indexer.terms import STOP_WORDS, split_terms, subterms
from noctule.indexer.think import claim_policy as manners
from noctule.indexer.think import claim_relations as relations
from noctule.indexer.think.claim_text import COUNTS, Mention, find_numbers, mentions, parse_number
from noctule.indexer.think.claim_text import relations as stated
from noctule.indexer.think.evidence import EvidenceSource, Told
from noctule.indexer.think.overlap import restates

LONGEST_SPAN = 60
MOST_CITES = 16
MOST_AROUND = 6
"""So many lines on either side are added to lines that stand twice in their file."""
FEWEST_SHARED = 2
"""A sentence that names nothing has to share so many terms with its evidence."""

WRONG_KIND = "no such kind of claim"
NO_EVIDENCE = "no evidence"
NOT_THERE = "evidence is not there"
TOO_WIDE = "evidence is too wide"
NOTHING_TOLD = "evidence says nothing"
NAMES = "names what is not there"
NUMBER = "wrong number"
QUOTES = "quotes what is not there"
REVERSED = "wrong way round"
NOT_SO = "does not hold there"
ELSEWHERE = "evidence is elsewhere"
VAGUE = "nothing to hold on to"
RESTATES = "restates the code"
REASONS = (
    *(manners.NOT_ONE, manners.MARKUP, manners.LINK, manners.SECRET, manners.INSTRUCTION, manners.UNSUPPORTED),
    *(WRONG_KIND, NO_EVIDENCE, NOT_THERE, TOO_WIDE, NOTHING_TOLD, NAMES, NUMBER, QUOTES, REVERSED, NOT_SO, ELSEWHERE),
    *(VAGUE, RESTATES),
)

_TELLING = re.compile(r"[^\W\d_]{2,}")
_TRIVIAL = frozenset("else try pass return end do then fi done begin finally break continue default endif".split())
_WORD = re.compile(r"[^\W\d]\w*")
_LINE_NUMBER = re.compile(r"\blines? \d|\bL\d+\b|\.\w{1,5}:\d+", re.IGNORECASE)
_LOWER_START = re.compile(r"([a-z]\w{2,})(?![\w.(:/-])")
_DONE_TO = re.compile(
    r"\b(?:calls?|called|invokes?|imports?|imported|extends?|inherits? from|subclass(?:es)?|implements?)\s+"
    r"(?:by\s+|from\s+)?(?:the\s+)?([a-z]\w{3,})(?![\w.(:/-])"
)
_COUNTED = re.compile(r"\s+(?:[a-z-]+\s+){0,2}?(?!this\b|thus\b)[a-z-]{3,}s\b")
"""What follows a number that counts things: a word in the plural."""
_WORDS_FOR_NUMBERS = {number: word for word, number in COUNTS.items()}
_STARTERS = frozenset(
    "both each every either neither nothing nobody several many most some two three four five six seven eight nine ten "
    "without within besides because since whenever unless although though whether whichever whoever wherever "
    "adding changing removing renaming calling callers tests test files changes edits".split()
)


@dataclass(frozen=True, slots=True)
class RefusedClaim:
    """Why a sentence is not a claim: one of `REASONS`, and what in it is meant, for whoever wrote it."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ClaimEvidence:
    """What a sentence names as evidence, read: spans and commits, all their lines, and the definitions around them."""

    spans: tuple[Citation, ...]
    commits: tuple[Told, ...]
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


def verify(saying: DraftClaim, witness: EvidenceSource, subject: str = "") -> VerifiedClaim | RefusedClaim:
    """Hold one sentence against a witness, who may be asked about many."""
    text = saying.text.strip()
    if saying.kind not in KINDS:
        return RefusedClaim(WRONG_KIND, saying.kind[:40])
    reason = manners.policy_violation(text)
    if reason:
        return RefusedClaim(reason)
    evidence = _read(saying.cites, witness)
    if isinstance(evidence, RefusedClaim):
        return evidence
    sort = manners.unsupported_judgement(text, evidence.lines)
    if sort:
        return RefusedClaim(manners.UNSUPPORTED, sort)
    named = mentions(text)
    anchors = _Anchors(evidence, witness, subject)
    refused = (
        next(filter(None, (_check_mention(mention, text, named, anchors) for mention in named)), None)
        or _check_plain_words(text, anchors)
        or _line_numbers(text)
        or _check_relation(text, named, anchors)
        or _vague(text, named, evidence)
    )
    if refused is not None:
        return refused
    if restates(text, _visible_text(evidence, witness, subject)):
        return RefusedClaim(RESTATES)
    proofs = tuple(_proofs(evidence, witness, anchors.extra))
    confidence = min(max(saying.confidence, 0.0), 1.0) if saying.confidence == saying.confidence else 0.0
    return VerifiedClaim(text, saying.kind, proofs, round(confidence, 3))


# Evidence


def _read(cites: Sequence[Citation], witness: EvidenceSource) -> ClaimEvidence | RefusedClaim:
    """Look up what is named as evidence; all of it has to be there."""
    if not cites:
        return RefusedClaim(NO_EVIDENCE)
    if len(cites) > MOST_CITES:
        return RefusedClaim(TOO_WIDE, f"at most {MOST_CITES} places")
    spans: list[Citation] = []
    commits: list[Told] = []
    lines: list[str] = []
    for cited in dict.fromkeys(cites):
        if cited.commit:
            told = witness.commit(cited.commit.lower())
            if told is None:
                return RefusedClaim(NOT_THERE, f"commit {cited.commit[:40]}")
            commits.append(told)
            lines.extend(told.lines)
            continue
        refused = _check_span(cited, witness)
        if refused is not None:
            return refused
        spans.append(cited)
        lines.extend(witness.lines(cited.path)[cited.start : cited.stop])
    around = [(s.path, d) for s in spans for d in witness.around(s.path, Span(s.start, s.stop))]
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


def _check_span(cited: Citation, witness: EvidenceSource) -> RefusedClaim | None:
    if not witness.has_file(cited.path):
        return RefusedClaim(NOT_THERE, cited.path[:200])
    count = len(witness.hashes(cited.path))
    if not 0 <= cited.start < cited.stop <= count:
        return RefusedClaim(NOT_THERE, f"{cited.path} has {count} lines")
    if cited.stop - cited.start > LONGEST_SPAN:
        return RefusedClaim(TOO_WIDE, f"at most {LONGEST_SPAN} lines")
    shown = witness.lines(cited.path)[cited.start : cited.stop]
    told = (line for line in shown if line != WITHHELD)
    if not any(set(map(str.lower, _TELLING.findall(line))) - _TRIVIAL for line in told):
        return RefusedClaim(NOTHING_TOLD, f"{cited.path} line {cited.start + 1}")
    return None


def _proofs(evidence: ClaimEvidence, witness: EvidenceSource, extra: Iterable[tuple[str, int]]) -> Iterator[Proof]:
    """Yield what the claim lives and dies with: the lines named, and those that spell what stands beside them."""
    for span in evidence.spans:
        yield _alone(span.path, span.start, span.stop, witness)
    for path, line in dict.fromkeys(extra):
        if not evidence.holds(path, line):
            yield _alone(path, line, line + 1, witness)
    for told in evidence.commits:
        yield Proof("", 0, (), told.oid)


def _alone(path: str, start: int, stop: int, witness: EvidenceSource) -> Proof:
    """Return lines as a proof, with so many around them that they stand nowhere else in their file.

    Lines are followed when they move: of two places with the same text, the wrong one would keep the claim alive.
    """
    hashes = witness.hashes(path)
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


# Names, numbers and quotations


class _Anchors:
    """What names may refer to beside the words of the evidence; `extra` collects the lines that they then rest on."""

    def __init__(self, evidence: ClaimEvidence, witness: EvidenceSource, subject: str) -> None:
        self.evidence = evidence
        self.witness = witness
        self.extra: list[tuple[str, int]] = []
        path, symbol = _split_subject(subject, witness)
        self.path, self.symbol = path, symbol
        self.scope = tuple(dict.fromkeys([*evidence.paths, *([path] if witness.has_file(path) else [])]))
        own = [d for d in witness.symbols(path).definitions if d.qualname == symbol] if symbol else []
        self._near = [*evidence.around, *((path, d) for d in own)]
        self._places = {part for p in self.scope for part in _split_path(p)}

    @property
    def about(self) -> Mention | None:
        """What the note is about, as if the sentence named it."""
        if self.symbol:
            return Mention(self.symbol, "name", 0, 0)
        return Mention(self.path, "path", 0, 0) if self.witness.has_file(self.path) else None

    def hold(self, parts: Sequence[str]) -> bool:
        """Tell whether a name stands in the evidence, or is that of what its lines lie in; its owners likewise."""
        if not parts:
            return False
        last, owners = parts[-1], parts[:-1]
        for path, d in self._near:
            if relations.ends(d.qualname, parts):
                self.extra.append((path, self.witness.head(path, d)))
                for owner in owners:  # one that is not around it stands in its head, as a receiver does
                    self._is_owner(owner, last)
                return True
        if last in self.evidence.words:
            return all(self._is_owner(owner, last) for owner in owners)
        return self._is_place(parts)

    def _is_owner(self, owner: str, name: str) -> bool:
        if owner in self.evidence.words or owner in self._places:
            return True
        for path, d in self._near:
            if d.name == owner:
                self.extra.append((path, self.witness.head(path, d)))
                return True
        for path, row in self.witness.load_definitions(name):
            if relations.ends(row.qualname, (owner, name)):
                found = [d for d in self.witness.symbols(path).definitions if d.qualname == row.qualname]
                self.extra += [(path, self.witness.head(path, d)) for d in found]
                return bool(found)
        return False

    def _is_place(self, parts: Sequence[str]) -> bool:
        """Tell whether a name means one of the files that the evidence lies in, or a folder around it."""
        ending = "/".join(parts)
        stems = [re.sub(r"(?:/__init__|/index|/mod)?\.\w+\Z", "", path) for path in self.scope]
        folders = [stem.rpartition("/")[0] for stem in stems]
        return any(
            f"/{place}".endswith(f"/{ending}") or f"/{place}/".startswith(f"/{ending}/") for place in (*stems, *folders)
        )

    def hold_path(self, text: str) -> bool:
        """Tell whether a path is that of a file or folder that is there; one beside the evidence is rested on too."""
        found = self.witness.resolve_path(text)
        near = [path for path in found if path in self.scope]
        if near or text in self.evidence.text:
            return True
        if len(found) == 1 or text.strip("/") in found:
            path = text.strip("/") if text.strip("/") in found else found[0]
            self.extra.append((path, _first_telling(path, self.witness)))
            return True
        return bool(found) or self.witness.has_folder(text.strip("/"))


def _split_subject(subject: str, witness: EvidenceSource) -> tuple[str, str]:
    """Return the path and the symbol of a subject; a directory counts as a path."""
    path, colon, symbol = subject.partition(":")
    while colon and path not in witness.ground.position and ":" in symbol:
        more, colon, symbol = symbol.partition(":")
        path = f"{path}:{more}"
    return path, symbol


def _split_path(path: str) -> set[str]:
    stem = path.rpartition(".")[0] or path
    return set(stem.split("/"))


def _first_telling(path: str, witness: EvidenceSource) -> int:
    """Return a line that a file is told by: that of its first definition, else its first with words."""
    definitions = witness.symbols(path).definitions
    if definitions:
        return witness.head(path, definitions[0])
    return next((n for n, line in enumerate(witness.lines(path)) if _TELLING.search(line)), 0)


def _check_mention(mention: Mention, text: str, named: Sequence[Mention], anchors: _Anchors) -> RefusedClaim | None:
    """Say what is wrong with one thing that a sentence names."""
    evidence = anchors.evidence
    match mention.kind:
        case "path":
            fine = anchors.hold_path(mention.text) or anchors.hold(mention.parts)
        case "name":
            fine = anchors.hold(mention.parts) or _is_module(mention, anchors)
        case "word":
            fine = _word_stands(mention, text, anchors)
        case "number":
            return _check_number(mention, text, named, evidence)
        case "count":
            return _check_count(COUNTS[mention.text], mention, text, named, evidence)
        case _:
            solid = "".join(mention.text.split())
            fine = solid in evidence.solid or solid.rstrip(".,;:") in evidence.solid or anchors.hold_path(mention.text)
            return None if fine else RefusedClaim(QUOTES, mention.text)
    return None if fine else RefusedClaim(NAMES, mention.text)


def _is_module(mention: Mention, anchors: _Anchors) -> bool:
    """Tell whether a dotted name is that of a module that is there."""
    parts = mention.parts
    if len(parts) < 2:
        return False
    joined = "/".join(parts)
    endings = {path.rpartition(".")[2] for path in anchors.scope}
    for ending in sorted(endings):
        for name in (f"{joined}.{ending}", f"{joined}/__init__.{ending}"):
            if anchors.witness.resolve_path(name):
                return anchors.hold_path(name)
    return False


def _word_stands(mention: Mention, text: str, anchors: _Anchors) -> bool:
    """Tell whether a word in capitals, or one with a slash, is a name of the evidence or plain English."""
    word, evidence, witness = mention.text, anchors.evidence, anchors.witness
    if "/" in word:
        first = word.strip("/").partition("/")[0]
        return not witness.has_folder(first) or anchors.hold_path(word)
    if word in evidence.words or anchors.hold((word,)):
        return True
    lower = word.lower()
    if word.isupper():
        return lower in evidence.lower or any(lower in part for part in evidence.lower)
    if mention.start > 0 or text[mention.stop : mention.stop + 1] in {".", "("}:
        return lower in evidence.lower or lower in STOP_WORDS
    if lower in STOP_WORDS or lower in _STARTERS or set(subterms(lower)) <= set(split_terms(evidence.text)):
        return True
    return not witness.defines(word) and witness.knows(lower)


def _check_number(
    mention: Mention, text: str, named: Sequence[Mention], evidence: ClaimEvidence
) -> RefusedClaim | None:
    value = parse_number(mention.text)
    if value is None:
        return RefusedClaim(NUMBER, mention.text)
    if value in find_numbers(evidence.text) or f"{mention.text}%" in evidence.text:
        return None
    if value == int(value) and value >= 0:
        return _check_count(int(value), mention, text, named, evidence)
    return RefusedClaim(NUMBER, mention.text)


def _check_count(
    value: int, mention: Mention, text: str, named: Sequence[Mention], evidence: ClaimEvidence
) -> RefusedClaim | None:
    """Say whether a number is neither written in the evidence, nor, where it counts things, that of those shown."""
    if float(value) in find_numbers(evidence.text) or _WORDS_FOR_NUMBERS.get(value, "\0") in evidence.lower:
        return None
    listed = len({m.text for m in named if m.kind in ("name", "path", "code") and m.start > mention.start})
    shown = {len(evidence.spans) + len(evidence.commits), len(evidence.paths), len(evidence.commits), listed}
    counts = _COUNTED.match(text[mention.stop :]) is not None
    return None if counts and value > 1 and value in shown else RefusedClaim(NUMBER, mention.text)


def _check_plain_words(text: str, anchors: _Anchors) -> RefusedClaim | None:
    """Refuse plain words that stand where only a name can and are none: what begins a sentence, what is called."""
    witness = anchors.witness
    first = _LOWER_START.match(text)
    if (
        first is not None
        and not anchors.hold((first[1],))
        and (witness.defines(first[1]) or not witness.knows(first[1]))
    ):
        return RefusedClaim(NAMES, first[1])
    for word in _DONE_TO.findall(text):
        if word not in STOP_WORDS and not witness.knows(word):
            return RefusedClaim(NAMES, word)
    return None


def _line_numbers(text: str) -> RefusedClaim | None:
    """Refuse line numbers in a sentence: the text that they mean moves, and the sentence would not."""
    match = _LINE_NUMBER.search(text)
    return RefusedClaim(NUMBER, match[0]) if match else None


# What is said of them


def _check_relation(text: str, named: Sequence[Mention], anchors: _Anchors) -> RefusedClaim | None:
    witness, scope, evidence = anchors.witness, anchors.scope, anchors.evidence
    for relation in stated(text, named):
        lines = relations.find_lines(relation, witness, scope, anchors.about)
        if lines is None:
            continue
        said = f"{relation.subject.text if relation.subject else ''} {relation.verb} {relation.object.text}".strip()
        if relation.negated:
            if lines:
                return RefusedClaim(NOT_SO, f"not: {said}")
            continue
        if not lines:
            turned = relations.find_reversed_lines(relation, witness, scope, anchors.about)
            return RefusedClaim(REVERSED if turned else NOT_SO, said)
        if not any(evidence.holds(path, line) for path, line in lines):
            if not evidence.commits:
                return RefusedClaim(ELSEWHERE, said)
            # A commit stays in the past whatever becomes of the code: the claim rests on what shows it today as well.
            anchors.extra.append(min(lines))
    return None


def _vague(text: str, named: Sequence[Mention], evidence: ClaimEvidence) -> RefusedClaim | None:
    """Refuse a sentence that names nothing and shares next to no words with its evidence."""
    if any(m.marked or m.kind in ("name", "path", "number") for m in named):
        return None
    shared = set(split_terms(text)) & set(split_terms(evidence.text))
    return None if len(shared) >= FEWEST_SHARED else RefusedClaim(VAGUE)


# What the reader sees anyway


def _visible_text(evidence: ClaimEvidence, witness: EvidenceSource, subject: str) -> list[str]:
    """Return signatures and documentation of what the evidence shows, the heads of its files, and the README."""
    path, symbol = _split_subject(subject, witness)
    found: list[str] = []
    paths = dict.fromkeys([*evidence.paths, *([path] if witness.has_file(path) else [])])
    for one in paths:
        for d in witness.symbols(one).definitions:
            mine = one == path and d.qualname == symbol
            if mine or any(s.path == one and s.start < d.span.stop and d.span.start < s.stop for s in evidence.spans):
                found += [d.signature, *documentation(one, d, witness)]
        found += opening(one, witness)
    return [*found, *readme(witness, path)]


def documentation(path: str, definition: Definition, witness: EvidenceSource) -> list[str]:
    """Return what documents a definition: the comment above it, or the string at the head of its body."""
    lines = witness.lines(path)
    above: list[str] = []
    for n in range(definition.span.start - 1, max(-1, definition.span.start - 60), -1):
        text = lines[n].strip()
        if not text.startswith(_COMMENT):
            break
        above.insert(0, text)
    body = "\n".join(lines[definition.span.start : min(definition.span.stop, definition.span.start + 80)])
    string = _DOCSTRING.search(body)
    said = [definition.doc, " ".join(above), string[1] if string is not None else ""]
    return [part for text in said for part in _paragraphs(text)]


_COMMENT = ("#", "//", "/*", "*", "--", ";")
_DOCSTRING = re.compile(r"^\s*[rRuUbB]{0,2}(?:\"\"\"|''')(.*?)(?:\"\"\"|''')", re.DOTALL | re.MULTILINE)


def opening(path: str, witness: EvidenceSource) -> list[str]:
    """Return the paragraphs of the comment or string that a file opens with."""
    head = "\n".join(witness.lines(path)[:60])
    string = re.match(r"\s*(?:#[^\n]*\n\s*)*[rRuU]?(?:\"\"\"|''')(.*?)(?:\"\"\"|''')", head, re.DOTALL)
    if string is not None:
        return _paragraphs(string[1])
    marks = r"#(?!include|define|if|pragma|import)|//|/\*|\*"
    comment = re.match(rf"\s*((?:(?:{marks})[^\n]*\n\s*)+)", head + "\n")
    return _paragraphs(comment[1]) if comment is not None else []


def readme(witness: EvidenceSource, path: str) -> list[str]:
    """Return the paragraphs of the READMEs at the top and in the subject's folder."""
    folders = dict.fromkeys(["", path.rpartition("/")[0], path])
    wanted = {f"{folder}/".lstrip("/") + name for folder in folders for name in _READMES}
    return [
        part for one in sorted(wanted) if witness.has_file(one) for part in _paragraphs("\n".join(witness.lines(one)))
    ]


_READMES = ("README.md", "README.rst", "README.txt", "README", "Readme.md", "readme.md")


def _paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", text) if part.strip()]

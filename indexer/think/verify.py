"""A sentence and the lines it names in, a claim with hashes or the reason why it is refused out.

Every name, path, number and quotation of a sentence has to stand in the lines that it names as evidence; what it says
to call, import, inherit, use or define has to be so there; and no writer has a say in a hash. This finds what is made
up, misplaced, turned round or out of date. Whether true words add up to a true sentence is for the second reader
(`checker.py`) to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from noctule.indexer.model_notes.store import KINDS, DraftClaim, VerifiedClaim
from noctule.indexer.terms import STOP_WORDS, split_terms, subterms
from noctule.indexer.think import claim_policy as policy
from noctule.indexer.think import claim_relations as relations
from noctule.indexer.think.claim_evidence import TELLING, ClaimEvidence, prove, read_evidence, split_subject
from noctule.indexer.think.claim_text import (
    COUNTS,
    Mention,
    Relation,
    find_numbers,
    mentions,
    parse_mention,
    parse_number,
    relation_of,
)
from noctule.indexer.think.claim_text import relations as stated
from noctule.indexer.think.evidence import SHORTEST_ID, EvidenceSource
from noctule.indexer.think.overlap import restates
from noctule.indexer.think.refusal import (
    ELSEWHERE,
    NAMES,
    NOT_SO,
    NUMBER,
    QUOTES,
    RESTATES,
    REVERSED,
    VAGUE,
    WRONG_KIND,
    RefusedClaim,
)
from noctule.indexer.think.visible_text import visible_text

FEWEST_SHARED = 2
"""A sentence that names nothing has to share so many terms with its evidence."""

_LINE_NUMBER = re.compile(r"\blines? \d|\bL\d+\b|\.\w{1,5}:\d+", re.IGNORECASE)
_LOWER_START = re.compile(r"([a-z]\w{2,})(?![\w.(:/-])")
_DONE_TO = re.compile(
    r"\b(?:calls?|called|invokes?|imports?|imported|extends?|inherits? from|subclass(?:es)?|implements?)\s+"
    r"(?:by\s+|from\s+)?(?:the\s+)?([a-z]\w{3,})(?![\w.(:/-])"
)
_DENIED = re.compile(r"\b(?:no|not|nor|without|neither|lacks|instead of)\s+(?:an?\s+|the\s+|its\s+)?\Z", re.IGNORECASE)
"""Right before a name: the sentence says that it is not there."""
_COUNTED = re.compile(r"\s+(?:[a-z-]+\s+){0,2}?(?!this\b|thus\b)[a-z-]{3,}s\b")
"""What follows a number that counts things: a word in the plural."""
_WORDS_FOR_NUMBERS = {number: word for word, number in COUNTS.items()}
_STARTERS = frozenset(
    "both each every either neither nothing nobody several many most some two three four five six seven eight nine ten "
    "without within besides because since whenever unless although though whether whichever whoever wherever "
    "commit commits adding changing removing renaming calling callers tests test files changes edits".split()
)


def verify(draft: DraftClaim, source: EvidenceSource, subject: str = "") -> VerifiedClaim | RefusedClaim:
    """Check one sentence against what its evidence says; one source serves many sentences."""
    text = draft.text.strip()
    if draft.kind not in KINDS:
        return RefusedClaim(WRONG_KIND, draft.kind[:40])
    reason = policy.policy_violation(text)
    if reason:
        return RefusedClaim(reason)
    evidence = read_evidence(draft.cites, source)
    if isinstance(evidence, RefusedClaim):
        return evidence
    sort = policy.unsupported_judgement(text, evidence.lines)
    if sort:
        return RefusedClaim(policy.UNSUPPORTED, sort)
    named = mentions(text)
    fields = [parse_mention(field) for field in (*draft.names, *draft.numbers)]
    facts = [relation_of(fact) for fact in draft.relations]
    fields += [thing for fact in facts for thing in (fact.subject, fact.object) if thing is not None]
    anchors = _Anchors(evidence, source, subject)
    refused = (
        next(filter(None, (_check_mention(mention, text, named, anchors) for mention in (*named, *fields))), None)
        or _check_plain_words(text, anchors)
        or _line_numbers(text)
        or _check_relations([*stated(text, named), *facts], anchors)
        or _vague(text, (*named, *fields), evidence)
    )
    if refused is not None:
        return refused
    if restates(text, visible_text(evidence, source, subject)):
        return RefusedClaim(RESTATES)
    proofs = tuple(prove(evidence, source, anchors.extra))
    confidence = min(max(draft.confidence, 0.0), 1.0) if draft.confidence == draft.confidence else 0.0
    return VerifiedClaim(text, draft.kind, proofs, round(confidence, 3))


# Names, numbers and quotations


class _Anchors:
    """What names may refer to beside the words of the evidence; `extra` collects the lines that they then rest on."""

    def __init__(self, evidence: ClaimEvidence, source: EvidenceSource, subject: str) -> None:
        self.evidence = evidence
        self.source = source
        self.extra: list[tuple[str, int]] = []
        path, symbol = split_subject(subject, source)
        self.path, self.symbol = path, symbol
        self.scope = tuple(dict.fromkeys([*evidence.paths, *([path] if source.has_file(path) else [])]))
        own = [d for d in source.symbols(path).definitions if d.qualname == symbol] if symbol else []
        self._near = [*evidence.around, *((path, d) for d in own)]
        self._places = {part for p in self.scope for part in _split_path(p)}

    @property
    def about(self) -> Mention | None:
        """What the note is about, as if the sentence named it."""
        if self.symbol:
            return Mention(self.symbol, "name", 0, 0)
        return Mention(self.path, "path", 0, 0) if self.source.has_file(self.path) else None

    def hold(self, parts: Sequence[str]) -> bool:
        """Tell whether a name stands in the evidence, or is that of what its lines lie in; its owners likewise."""
        if not parts:
            return False
        last, owners = parts[-1], parts[:-1]
        for path, d in self._near:
            if relations.ends(d.qualname, parts):
                self.extra.append((path, self.source.head(path, d)))
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
                self.extra.append((path, self.source.head(path, d)))
                return True
        for path, row in self.source.load_definitions(name):
            if relations.ends(row.qualname, (owner, name)):
                found = [d for d in self.source.symbols(path).definitions if d.qualname == row.qualname]
                self.extra += [(path, self.source.head(path, d)) for d in found]
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
        found = self.source.resolve_path(text)
        near = [path for path in found if path in self.scope]
        if near or text in self.evidence.text:
            return True
        if len(found) == 1 or text.strip("/") in found:
            path = text.strip("/") if text.strip("/") in found else found[0]
            self.extra.append((path, _first_telling(path, self.source)))
            return True
        return bool(found) or self.source.has_folder(text.strip("/"))


def _split_path(path: str) -> set[str]:
    stem = path.rpartition(".")[0] or path
    return set(stem.split("/"))


def _first_telling(path: str, source: EvidenceSource) -> int:
    """Return a line that a file is told by: that of its first definition, else its first with words."""
    definitions = source.symbols(path).definitions
    if definitions:
        return source.head(path, definitions[0])
    return next((n for n, line in enumerate(source.lines(path)) if TELLING.search(line)), 0)


def _check_mention(mention: Mention, text: str, named: Sequence[Mention], anchors: _Anchors) -> RefusedClaim | None:
    """Say what is wrong with one thing that a sentence names."""
    evidence = anchors.evidence
    if len(mention.text) >= SHORTEST_ID and any(c.oid.startswith(mention.text.lower()) for c in evidence.commits):
        return None
    match mention.kind:
        case "path":
            fine = anchors.hold_path(mention.text) or anchors.hold(mention.parts)
        case "name":
            fine = anchors.hold(mention.parts) or _is_module(mention, anchors) or _is_proper_name(mention, anchors)
            fine = fine or _is_denied(mention, text, anchors)
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


def _is_denied(mention: Mention, text: str, anchors: _Anchors) -> bool:
    """Tell whether a sentence says that the evidence has no such thing, and the repository knows what it is."""
    return _DENIED.search(text[: mention.start]) is not None and all(map(anchors.source.knows, mention.parts))


def _is_proper_name(mention: Mention, anchors: _Anchors) -> bool:
    """Tell whether a word in mixed capitals is plain English of the repository, such as a company's name."""
    word, source = mention.text, anchors.source
    return (
        not mention.marked and word.isalpha() and word[0].isupper() and source.knows(word) and not source.defines(word)
    )


def _is_module(mention: Mention, anchors: _Anchors) -> bool:
    """Tell whether a dotted name is that of a module that is there."""
    parts = mention.parts
    if len(parts) < 2:
        return False
    joined = "/".join(parts)
    endings = {path.rpartition(".")[2] for path in anchors.scope}
    for ending in sorted(endings):
        for name in (f"{joined}.{ending}", f"{joined}/__init__.{ending}"):
            if anchors.source.resolve_path(name):
                return anchors.hold_path(name)
    return False


def _word_stands(mention: Mention, text: str, anchors: _Anchors) -> bool:
    """Tell whether a word in capitals, or one with a slash, is a name of the evidence or plain English."""
    word, evidence, source = mention.text, anchors.evidence, anchors.source
    if "/" in word:
        first = word.strip("/").partition("/")[0]
        return not source.has_folder(first) or anchors.hold_path(word)
    if word in evidence.words or anchors.hold((word,)):
        return True
    lower = word.lower()
    if word.isupper():
        return lower in evidence.lower or any(lower in part for part in evidence.lower)
    if mention.start > 0 or text[mention.stop : mention.stop + 1] in {".", "("}:
        return lower in evidence.lower or lower in STOP_WORDS
    if lower in STOP_WORDS or lower in _STARTERS or set(subterms(lower)) <= set(split_terms(evidence.text)):
        return True
    return not source.defines(word) and source.knows(lower)


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
    counted = _COUNTED.match(text[mention.stop :])
    if counted is not None and mention.kind == "count" and _occurs(counted[0], evidence) >= value:
        return None
    listed = len({m.text for m in named if m.kind in ("name", "path", "code") and m.start > mention.start})
    shown = {len(evidence.spans) + len(evidence.commits), len(evidence.paths), len(evidence.commits), listed}
    shown |= {told.files for told in evidence.commits}
    return None if counted is not None and value > 1 and value in shown else RefusedClaim(NUMBER, mention.text)


def _occurs(counted: str, evidence: ClaimEvidence) -> int:
    """Return how often the evidence speaks of what a number word counts: "two chains", where `chain` stands twice."""
    wanted = set(subterms(counted.rsplit(maxsplit=1)[-1]))
    return sum(1 for term in split_terms(evidence.text) if term in wanted)


def _check_plain_words(text: str, anchors: _Anchors) -> RefusedClaim | None:
    """Refuse plain words that stand where only a name can and are none: what begins a sentence, what is called."""
    source = anchors.source
    first = _LOWER_START.match(text)
    if first is not None and not anchors.hold((first[1],)) and (source.defines(first[1]) or not source.knows(first[1])):
        return RefusedClaim(NAMES, first[1])
    for word in _DONE_TO.findall(text):
        if word not in STOP_WORDS and not source.knows(word):
            return RefusedClaim(NAMES, word)
    return None


def _line_numbers(text: str) -> RefusedClaim | None:
    """Refuse line numbers in a sentence: the text that they mean moves, and the sentence would not."""
    match = _LINE_NUMBER.search(text)
    return RefusedClaim(NUMBER, match[0]) if match else None


# What a sentence says of what it names


def _check_relations(found: Sequence[Relation], anchors: _Anchors) -> RefusedClaim | None:
    source, scope, evidence = anchors.source, anchors.scope, anchors.evidence
    for relation in found:
        lines = relations.find_lines(relation, source, scope, anchors.about)
        if lines is None:
            continue
        said = f"{relation.subject.text if relation.subject else ''} {relation.verb} {relation.object.text}".strip()
        if relation.negated:
            if lines:
                return RefusedClaim(NOT_SO, f"not: {said}")
            continue
        if not lines:
            turned = relations.find_reversed_lines(relation, source, scope, anchors.about)
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

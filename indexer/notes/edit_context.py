"""What an edit of a definition has to respect and reading its file does not show, line by line, each line quoted.

Who relies on it, what overrides it or implements the same method, and who else writes the same field. All from resolved
relations but other writers, which are equal field names in lines that assign, in files that use the class, and what is
named alike. Each line is a claim: it is served only while it stands.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from noctule.indexer.files.redaction import redact
from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.notes.drafts import Draft, LearnedLines, check_drafts
from noctule.indexer.notes.mentions import find_mentions
from noctule.indexer.notes.overriding import find_name_line, may_override
from noctule.indexer.notes.phrases import count_phrase
from noctule.indexer.notes.subtypes import HEAD_LINES, find_subtypes, inherits
from noctule.indexer.notes.twins import find_twins
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.parse.outline import innermost
from noctule.indexer.results import Claim
from noctule.indexer.search.reading import choose_around, count_lines, find_with_comments
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.symbols import CALLABLE, TYPES, Span

MOST_CALLERS = 2
FEW_USERS = 8
"""What more files use has one caller named, and how many there are: 3% of such lines changed with it, 10% of others."""
MOST_RELATIVES = 3
MOST_WRITERS = 2
MOST_MENTIONS = 2
MOST_OF_KIND = {"callers": 2, "relatives": 3, "twins": 2, "writers": 2, "mentions": 2}
"""Of all sites together."""
MOST_FIELDS = 6
MOST_FIELD_FILES = 12
"""A field whose name stands in more files says little about who writes the same one."""
CALLED_SHARE = 0.4
"""Callers and twins of a definition are said where it is so likely beside the likeliest: no agent read others."""
SAME_METHOD = "implements the same method as"
MOST_ALIKE = 12
"""Where more types beside one implement a method, any three of them are no precedent for it."""
CALLS_WITH_SIGNS = frozenset(
    {"c", "cpp", "csharp", "go", "java", "javascript", "kotlin", "php", "python", "rust", "swift", "tsx", "typescript"}
)
"""Languages in which a name without parentheses, a template or a block behind it is no call."""
RELATED = frozenset({"callers", "relatives"})
DEFINED = frozenset({"relatives", "twins"})
"""Of these the quoted line is the head of what the sentence begins with, and no line in it."""
LIKELY_RELATED = 0.08
"""So likely is a file whose callers and relatives are said: of 174 in less likely ones, four were in a changed file."""
LONGEST_QUOTE = 140
SECRET_LINES = 40
"""A secret is looked for among so many lines before and after a quoted one: a key takes many."""

_OF_NAME = re.compile(r" (?:is (?:overridden|named)|overrides|implements) ")
_FIELD_WRITE = lazy_pattern(r"(?:\bself|\bthis|\bcls)(?:\.|->)(\w{3,})\s*(?:=(?!=)|\+=|-=|\|=)|->(\w{3,})\s*=(?!=)")


class EditSite(NamedTuple):
    """A definition that is likely to be edited: its file, what was learned of it, and how likely that is."""

    file: int
    definition: DefinitionRow
    probability: float


def describe_edit(
    ground: ViewFacts, sites: Sequence[EditSite], likely: Mapping[int, float] | None = None
) -> list[Claim]:
    """Return what edits of these definitions have to respect, what matters most first; nothing is said twice.

    `likely` holds the probability of files: callers and relatives in others than these likely ones are not said.
    """
    likeliest = max((site.probability for site in sites), default=0.0)
    found = [
        (worth * site.probability**0.5, site, draft, quoted)
        for site in sites
        for worth, draft, quoted in _drafts(ground, site, is_likely=site.probability >= CALLED_SHARE * likeliest)
        if likely is None or draft.kind not in RELATED or likely.get(quoted.file, 0.0) >= LIKELY_RELATED
    ]
    claims: list[Claim] = []
    said: Counter[str] = Counter()
    seen: set[tuple[str | None, int | None]] = set()
    related: set[frozenset[str]] = set()  # two sites may tell of each other
    for _, site, draft, quoted in sorted(found, key=lambda one: -one[0]):
        words = draft.text.partition(" (")[0].split()
        both = frozenset((words[0], words[-1]))
        is_told = draft.kind == "relatives" and both in related
        if is_told or said[draft.kind] == MOST_OF_KIND[draft.kind]:
            continue
        if (claim := _check(ground, site, draft, quoted)) is None:
            continue
        line = claim.evidence[0]
        if (line.path, line.start_line) in seen:
            continue
        seen.add((line.path, line.start_line))
        if draft.kind == "relatives":
            related.add(both)
        said[claim.kind] += 1
        claims.append(claim)
    return claims


Worth = tuple[float, Draft, LearnedLines]
"""What a draft is worth to whoever edits, the draft, and the line to quote."""


def _drafts(ground: ViewFacts, site: EditSite, *, is_likely: bool) -> Iterator[Worth]:
    uses = ground.uses(site.file, site.definition.position)
    if is_likely:
        yield from _callers(ground, site, uses)
        yield from _twins(ground, site)
        yield from _mentions(ground, site, uses)
    yield from _relatives(ground, site)
    yield from _writers(ground, site)


def _check(ground: ViewFacts, site: EditSite, draft: Draft, quoted: LearnedLines) -> Claim | None:
    """Return the claim, which begins with the lines to read and ends with the line itself, if it stands."""
    subject = f"{ground.path(site.file)}:{site.definition.qualname}"
    claims, _ = check_drafts([draft._replace(places=(quoted, *draft.places))], subject, ground)
    if not claims:
        return None
    line = claims[0].evidence[0]
    at = (line.start_line or 1) - 1
    text = _quote(ground.live_lines(quoted.file), at)
    if not text:
        return None
    read = _choose_lines(ground, quoted, at)
    place = f"{read.start + 1}-{read.stop}" if len(read) > 1 else str(at + 1)
    in_line = f" in {at + 1}" if at != read.start else ""
    named = _OF_NAME.search(draft.text) if draft.kind in DEFINED else None
    told = (
        f"{draft.text[: named.start()]}{in_line}{named[0]}{draft.text[named.end() :]}"
        if named
        else draft.text + in_line
    )
    return replace(claims[0], text=f"{line.path}:{place} {told}: {text}")


def _choose_lines(ground: ViewFacts, quoted: LearnedLines, at: int) -> Span:
    """Return which lines to read around a quoted one: of a file that has changed since, nothing else is known."""
    if ground.has_changed(quoted.file):
        return Span(at, at + 1)
    lines = ground.live_lines(quoted.file)
    around = innermost(ground.file_definitions(quoted.file), quoted.span.start)
    inside = find_with_comments(lines, Span(around.start, around.stop)) if around is not None else quoted.span
    return choose_around(count_lines(lines), inside, at)


def _quote(lines: Sequence[str], at: int) -> str:
    """Return a line as it is quoted; nothing for one that is empty, is not there or belongs to a secret."""
    text = lines[at].strip() if at < len(lines) else ""
    if not text:
        return ""
    first = max(at - SECRET_LINES, 0)
    if redact(lines[first : at + SECRET_LINES])[at - first] != lines[at]:
        return ""
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"


def _callers(ground: ViewFacts, site: EditSite, uses: Mapping[int, array[int]]) -> Iterator[Worth]:
    """Who relies on it in other files, most of all first."""
    others = [f for f in uses if f != site.file and not ground.is_test(f) and not ground.is_facade(f)]
    others.sort(key=lambda f: (ground.role(f) != "source", -len(uses[f]), ground.path(f)))
    known = ground.definitions(others[: 2 * MOST_CALLERS])
    most = 1 if len(others) > FEW_USERS else MOST_CALLERS
    said = 0
    for other in others[: 2 * MOST_CALLERS]:
        around = ((line, innermost(known[other], line)) for line in uses[other])
        line, inside = next(((n, d) for n, d in around if d is not None), (-1, None))
        if inside is None:
            continue
        left = len(others) - most
        do = "does" if left == 1 else "do"
        more = f" (as {count_phrase(left, 'more file')} {do})" if said == most - 1 and left > 0 else ""
        verb = "calls" if site.definition.kind in CALLABLE and _is_called(ground, site, other, line) else "uses"
        text = f"{inside.qualname} {verb} {site.definition.name}{more}"
        yield 1.0 - 0.12 * said, Draft("callers", text), LearnedLines.line(other, line)
        said += 1
        if said == most:
            break


def _is_called(ground: ViewFacts, site: EditSite, other: int, line: int) -> bool:
    """Tell whether a line calls a function, and does not pass or register it.

    Where a call needs no signs, or the line has another name for it, it does.
    """
    if ground.language(other) not in CALLS_WITH_SIGNS or ground.has_changed(other):
        return True
    text = "\n".join(ground.live_lines(other)[line : line + 2])
    name = rf"\b{re.escape(site.definition.name)}\b"
    return not re.search(name, text) or re.search(rf"{name}[!?]?(?:::)?(?:<.*>)?\s*[(`{{]", text) is not None


def _relatives(ground: ViewFacts, site: EditSite) -> Iterator[Worth]:
    """What it overrides, what overrides it, and how the other subtypes implement it: precedents."""
    owner = ground.find_owner(site.file, site.definition)
    if owner is None or owner.kind not in TYPES or site.definition.kind not in CALLABLE:
        return
    found: set[tuple[int, int]] = set()
    for types, verb in _near_types(ground, site, owner):
        named = ground.find_definitions({file for file, _ in types}, site.definition.name)
        own = (site.file, site.definition.position)
        alike = [
            (file, row)
            for file, type_ in types
            if type_.name != site.definition.name  # a constructor, which its own class has many of
            for row in named[file]
            if row.parent == type_.position and (file, row.position) != own
        ]
        owners = {(file, row.parent) for file, row in alike}
        if len(owners) > MOST_ALIKE and verb.startswith(SAME_METHOD):
            continue
        of_many = f" (one of {len(owners)})" if len(owners) > MOST_RELATIVES else ""
        for here in alike:
            file, row = here
            if (file, row.position) in found or not may_override(ground, (site.file, site.definition), here):
                continue
            draft = Draft("relatives", f"{row.qualname} {verb}{of_many}")
            yield 0.9 - 0.15 * len(found), draft, _name_line(ground, file, row)
            found.add((file, row.position))
            if len(found) == MOST_RELATIVES:
                return


def _twins(ground: ViewFacts, site: EditSite) -> Iterator[Worth]:
    """What is named like it and done another way: it often has to change too."""
    if site.definition.kind not in CALLABLE:
        return
    for said, (file, row, apart) in enumerate(find_twins(ground, site.file, site.definition)):
        text = f"{row.qualname} is named like {site.definition.qualname} ({apart})"
        yield 1.1 - 0.2 * said, Draft("twins", text), _name_line(ground, file, row)


def _mentions(ground: ViewFacts, site: EditSite, uses: Mapping[int, array[int]]) -> Iterator[Worth]:
    """What has its name without a call: rows of tables, and fields and options that are handed on to it."""
    found = find_mentions(ground, site.file, site.definition, uses.keys())
    for said, (file, line) in enumerate(islice(found, MOST_MENTIONS)):
        inside = innermost(ground.file_definitions(file), line)
        who = inside.qualname if inside is not None else "this line"
        text = f"{who} has `{site.definition.name}` too"
        yield 0.8 - 0.1 * said, Draft("mentions", text), LearnedLines.line(file, line)


def _near_types(
    ground: ViewFacts, site: EditSite, owner: DefinitionRow
) -> Iterator[tuple[list[tuple[int, DefinitionRow]], str]]:
    """Yield the types above a type, below it and beside it, and what their definitions of one name are to its own."""
    above, it = list(_supertypes(ground, site.file, owner)), site.definition.qualname
    yield above, f"is overridden by {it}"
    yield [(user, row) for user, row, _ in find_subtypes(ground, site.file, owner)], f"overrides {it}"
    for base in above:
        beside = [
            (user, row) for user, row, _ in find_subtypes(ground, *base) if not _is_part(ground, owner, row, user)
        ]
        yield beside, f"{SAME_METHOD} {it}"


def _is_part(ground: ViewFacts, owner: DefinitionRow, row: DefinitionRow, file: int) -> bool:
    """Tell whether a type is the same one, or another part of it: its methods of one name are overloads."""
    return row == owner or (row.qualname == owner.qualname and ground.language(file) == "csharp")


def _name_line(ground: ViewFacts, file: int, row: DefinitionRow) -> LearnedLines:
    return LearnedLines.line(file, find_name_line(ground, file, row))


def _supertypes(ground: ViewFacts, file: int, owner: DefinitionRow) -> Iterator[tuple[int, DefinitionRow]]:
    """Yield the types that a type inherits from."""
    for target, definition in ground.known_uses.used_in(file, owner.start, min(owner.start + HEAD_LINES, owner.stop)):
        row = ground.file_definitions(target)[definition]
        if (target, definition) != (file, owner.position) and inherits(owner, row.name, ground.language(file)):
            yield target, row


def _writers(ground: ViewFacts, site: EditSite) -> Iterator[Worth]:
    """Who else assigns to the fields that it assigns to: lines that write a field of that name."""
    span = site.definition
    lines = ground.live_lines(site.file)
    if ground.has_changed(site.file):
        return
    fields: dict[str, None] = {}
    for text in lines[span.start : span.stop]:
        if "=" not in text:
            continue
        for match in _FIELD_WRITE.finditer(text):
            fields.setdefault(match[1] or match[2])
        if len(fields) >= MOST_FIELDS:
            break
    if not fields:
        return
    said = 0
    owner = ground.find_owner(site.file, site.definition)
    friends = {site.file, *ground.uses(site.file, owner.position)} if owner is not None else {site.file}
    for name in list(fields)[:MOST_FIELDS]:
        naming = {file: lines for file, lines in ground.naming(name).items() if file in friends}
        if len(naming) > MOST_FIELD_FILES:
            continue
        write = re.compile(rf"(?:\.|->){re.escape(name)}\s*(?:=(?!=)|\+=|-=|\|=)")
        for other in sorted(naming, key=lambda f: (f == site.file, ground.path(f))):
            if ground.is_test(other) or ground.has_changed(other) or not ground.is_there(other):
                continue
            there = ground.live_lines(other)
            inside = other == site.file
            for line in naming[other]:
                if line >= len(there) or not write.search(there[line]):
                    continue
                if inside and (span.start <= line < span.stop or abs(line - span.stop) < HEAD_LINES):
                    continue
                around = innermost(ground.file_definitions(other), line)
                who = around.qualname if around is not None else "this line"
                text = f"{who} also writes `{name}`"
                yield (0.45 if inside else 0.75) - 0.1 * said, Draft("writers", text), LearnedLines.line(other, line)
                said += 1
                break
            if said == MOST_WRITERS:
                return

"""One sentence in, what it names out: names, paths, numbers, quoted code, and who does what to whom. Pure text.

Names are told by their spelling: what stands in backticks, and words that no prose is spelled like (`snake_case`,
`camelCase`, `a.b`, `f()`, capitals). A plain lower-case word without backticks is taken for prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from noctule.indexer.model_notes.store import StatedFact
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.terms import STOP_WORDS

Kind = Literal["name", "path", "code", "number", "count", "word"]
"""A "count" is a number that is spelled out, a "word" one in capitals that may be a name or plain English."""

PLAIN_ENDINGS = frozenset("md rst txt toml json yaml yml cfg ini lock sql html css xml proto gradle mod sum".split())
COUNTS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()
    )
} | {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100, "thousand": 1000}
KNOWN = frozenset(
    "API APIs ASCII AST BOM CI CLI CPU CPUs CRC CRLF CSS CSV DNS DOM EOF FIFO GC GPU HTML HTTP HTTPS ID IDs IDE IO IP "
    "JSON JSX JVM LF LIFO LRU LSP MCP NaN OK OS PID RAM REST RPC SDK SHA SQL SSH SSL STDIN STDOUT TCP TLS TOML TTL TTY "
    "UDP UI URI URIs URL URLs UTC UTF UUID UUIDs UX VM XML YAML "
    "English GitHub JavaScript TypeScript Python Unicode Linux Windows SQLite PostgreSQL POSIX Git macOS iOS".split()
)
"""Words that look like names and are none of a repository's own."""

_CODE = re.compile(r"`([^`\n]+)`")
_QUOTED = re.compile("\"([^\"\n]{1,200})\"|“([^”\n]{1,200})”|(?<!\\w)'([^'\n]{2,200})'(?!\\w)")
_NAME = re.compile(r"[@$&:#]?~?[^\W\d]\w*(?:(?:\.|::|#|->|\?\.)~?[^\W\d]\w*)*[?!]?(?:\((?:\.\.\.|…)?\))?")
_PATH = re.compile(r"(?:\.{0,2}/)?(?:[\w.@+-]+/)*[\w.@+-]+/?")
_NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F_]+|\d[\d_,]*(?:\.\d+)?(?:[eE][+-]?\d+)?)")

# What is looked for outside of backticks and quotes, the longest first. Each alternative is a group of its own.
_BARE = re.compile(
    r"(?P<path>(?<![\w./@+-])(?:\.{0,2}/)?(?:[\w.@+-]{1,100}/){0,30}[\w@+-][\w.@+-]{0,100}\.[A-Za-z]\w{0,9}(?![\w/(])"
    r"|(?<![\w./@+-])(?:[\w.@+-]{1,100}/){1,30}(?:[\w@+-][\w.@+-]{0,100})?(?![\w]))"
    r"|(?P<name>(?<![\w.])[A-Za-z_]\w*(?:(?:\.|::|\#|->)[A-Za-z_]\w*)+(?:\(\))?"
    r"|(?<!\w)[A-Za-z_]\w*\(\)"
    r"|(?<!\w)(?:[A-Za-z][A-Za-z0-9]*_\w*|_\w+|[a-z]+[a-z0-9]*[A-Z]\w*|[A-Z][a-z0-9]+[A-Z]\w*|[A-Z]{2,}[a-z]\w*)(?!\w))"
    r"|(?P<number>(?<![\w.$-])(?:0[xX][0-9a-fA-F]+|\d(?:[\d,_]*\d)?(?:\.\d+)?)(?=[A-Za-z]{0,3}\b|%|\W|$)(?!(?:st|nd|rd|th)\b))"
    r"|(?P<caps>(?<![\w-])[A-Z][A-Z0-9]+(?!\w))"
    r"|(?P<capital>(?<![\w-])[A-Z][a-z0-9]+(?!\w))"
    r"|(?P<count>(?<![\w-])(?:" + "|".join(c for c in COUNTS if c != "one") + r")(?!\w))",
)
_NO_NAMES = frozenset({"e.g", "i.e", "etc", "vs", "a.k.a"})
_POSSESSIVE = re.compile(r"['’]s\b")


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that a sentence names: its text without backticks, of which kind, and where it stands."""

    text: str
    kind: Kind
    start: int
    stop: int
    marked: bool = False
    """Whether it stands in backticks or quotes."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The names that a qualified name is made of, without a receiver that stands for the object itself."""
        bare = re.sub(r"\((?:\.\.\.|…)?\)\Z", "", self.text).strip("@$&:#~?!")
        parts = [part.strip("~?!") for part in re.split(r"\.|::|#|->|\?\.", bare)]
        kept = [part for part in parts if part]
        return tuple(kept[1:] if len(kept) > 1 and kept[0] in {"self", "this", "cls", "super"} else kept)


def mentions(text: str) -> tuple[Mention, ...]:
    """Return what a sentence names, in order."""
    found: list[Mention] = []
    masked = text
    for pattern, kind_of in ((_CODE, _kind_of_code), (_QUOTED, _kind_of_quote)):
        for match in pattern.finditer(masked):
            inside = next(group for group in match.groups() if group is not None).strip()
            if inside:
                found.append(Mention(inside, kind_of(inside), match.start(), match.end(), marked=True))
        masked = pattern.sub(lambda m: "\0" * len(m[0]), masked)
    found.extend(_bare(_POSSESSIVE.sub("\0\0", masked)))
    return tuple(sorted(found, key=lambda m: m.start))


def _kind_of_code(inside: str) -> Kind:
    if _NUMBER.fullmatch(inside):
        return "number"
    if _looks_like_path(inside):
        return "path"
    return "name" if _NAME.fullmatch(inside) else "code"


def _kind_of_quote(inside: str) -> Kind:
    return "path" if _looks_like_path(inside) else "code"


def _looks_like_path(text: str) -> bool:
    if not _PATH.fullmatch(text) or not any(c.isalpha() for c in text):
        return False
    last = text.rstrip("/").rpartition("/")[2]
    stem, _, ending = last.rpartition(".")
    known = bool(stem) and (ending.lower() in PLAIN_ENDINGS or detect_language(last) is not None)
    return known or "/" in text.strip("/") or (text.endswith("/") and len(text) > 1)


def _bare(masked: str) -> Iterator[Mention]:
    for match in _BARE.finditer(masked):
        text, at = match[0].rstrip("."), match.start()
        mention = _mention(str(match.lastgroup), text, at)
        if mention is not None:
            yield mention


def _mention(group: str, text: str, at: int) -> Mention | None:
    stop = at + len(text)
    if group == "path":
        if _looks_like_path(text) and not (text.replace("/", "").isalpha() and "/" in text):
            return Mention(text, "path", at, stop)
        if "/" in text:  # "and/or" and "read/write" are prose; whether it is a folder, the snapshot can tell
            return Mention(text, "word", at, stop)
        return None if text.lower() in _NO_NAMES or "." not in text else Mention(text, "name", at, stop)
    if group == "name":
        return None if text.lower() in _NO_NAMES or text in KNOWN else Mention(text, "name", at, stop)
    if group == "number":
        return Mention(text, "number", at, stop)
    if group == "count":
        return Mention(text, "count", at, stop)
    return None if text in KNOWN else Mention(text, "word", at, stop)


def mask_names(text: str, name: str = "x") -> str:
    """Return a sentence with an x, or `name`, for each name, path and quotation: what is left is how it speaks."""
    at, pieces = 0, []
    for mention in mentions(text):
        if mention.marked or mention.kind in ("name", "path"):
            pieces += [text[at : mention.start], name]
            at = mention.stop
    return "".join([*pieces, text[at:]])


def parse_number(text: str) -> float | None:
    """Return the value of a number as it is written in prose or code; None where it is none."""
    bare = text.replace("_", "").replace(",", "")
    try:
        return float(int(bare, 16)) if bare.lower().lstrip("-").startswith("0x") else float(bare)
    except (ValueError, OverflowError):
        return None


_NUMBERS = re.compile(r"(?<![A-Za-z_\d.])(?:0[xX][0-9a-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<=\D)\.\d+")


def find_numbers(text: str) -> frozenset[float]:
    """Return all numbers that stand in a text, shares as percentages as well."""
    values = {value for match in _NUMBERS.findall(text) if (value := parse_number(match)) is not None}
    return frozenset(values | {round(value * 100, 6) for value in values if 0 < value < 1})


# Who does what to whom


Verb = Literal["calls", "imports", "inherits", "uses", "defines"]
VERBS: tuple[Verb, ...] = get_args(Verb)

_FORMS: dict[Verb, str] = {
    "calls": "call calls called calling invoke invokes invoked invoking",
    "imports": "import imports imported importing",
    "inherits": "inherit inherits inheriting extend extends extended extending subclass subclasses subclassed derive "
    "derives derived implement implements implemented",
    "uses": "use uses used using depend depends rely relies refer refers reference references referenced",
    "defines": "define defines defined declare declares declared",
}
_VERBS: dict[str, Verb] = {form: verb for verb, forms in _FORMS.items() for form in forms.split()}

_TWO_WORDS = re.compile(
    r"\b(?:goes through|go through|hangs on|hang on|rests on|rest on|builds on|build on)\b", re.IGNORECASE
)
"""Read as "uses"."""

_BE = frozenset("is are was were be been being gets get got".split())
_NOT = frozenset("not never no without nor neither doesn't don't isn't aren't cannot can't nothing nobody".split())
_WHICH = frozenset({"which", "that", "who"})
_BEFORE = _WHICH | frozenset(
    "also only directly always then may can must will might still itself indirectly first does do "
    "function method class module file type struct interface trait helper".split()
)
_AFTER = frozenset(
    "the a an from on upon to both its own only also every each function method class module file type struct "
    "interface trait helper in through either".split()
)
_BACK = {"calls": {"by", "from", "in"}, "defines": {"in", "by"}}
_OF = frozenset({"of", "in", "from"})
_LEADS_AWAY = _OF | frozenset("by with for to on via through into at like without inside under over than".split())
"""Before a name, these say that what does something is another thing."""
_CLAUSE = frozenset("when if where while because since before after until unless so as which that then but".split())
_PLURAL = frozenset(
    "call invoke import inherit extend subclass derive implement use depend rely refer reference define declare".split()
)
_ARTICLES = frozenset({"the", "a", "an", "each", "every", "both", "class", "function", "method", "module", "file"})
_TOKEN = re.compile(r"\0(\d+)\0|[\w'’-]+|[^\w\s]")

Token = Mention | str


@dataclass(frozen=True, slots=True)
class Relation:
    """That one thing calls, imports, inherits, uses or defines another; a missing subject is what the note is about."""

    subject: Mention | None
    verb: Verb
    object: Mention
    negated: bool = False


def parse_mention(text: str) -> Mention:
    """Return what a field names, as if it stood in backticks."""
    return Mention(text, _kind_of_code(text), 0, 0, marked=True)


def relation_of(fact: StatedFact) -> Relation:
    """Return a relation that was put into fields."""
    return Relation(parse_mention(fact.subject), cast("Verb", fact.verb), parse_mention(fact.object), fact.negated)


def relations(text: str, named: Sequence[Mention]) -> tuple[Relation, ...]:
    """Return the relations that a sentence states between things it names, as far as they are plain to see.

    What is left out is no matter: it is for the second reader. What is returned has to be right.
    """
    things = [m for m in named if m.kind in ("name", "path") or (m.kind == "word" and _may_be_name(m.text))]
    tokens = _tokens(text, things)
    found: list[Relation] = []
    last: list[Mention] = []
    for at, token in enumerate(tokens):
        if isinstance(token, Mention) or token not in _VERBS:
            continue
        verb = _VERBS[token]
        left, negated, which = _parse_subject(tokens, at, last)
        pairs: list[tuple[Mention | None, Mention]]
        if _is_passive(tokens, at):
            pairs = [(doer, thing) for doer in _right(tokens, at, _BACK.get(verb, {"by", "in"})) for thing in left]
        else:
            right = _right(tokens, at, None) or ([which] if which is not None else [])
            pairs = [(None, thing) for thing in right] if at == 0 else [(s, thing) for s in left for thing in right]
            last = left or last
        found += [Relation(subject, verb, thing, negated) for subject, thing in pairs if subject != thing]
    return tuple(found)


def _may_be_name(word: str) -> bool:
    """Tell whether a word in capitals may be a name: at the start of a sentence, every word has one."""
    return word[0].isupper() and word.lower() not in STOP_WORDS | _VERBS.keys() | _BEFORE | _AFTER | _NOT


def _tokens(text: str, things: Sequence[Mention]) -> list[Token]:
    """Return the words of a sentence in lower case, and what it names in its place."""
    pieces, at = [], 0
    for number, thing in enumerate(things):
        pieces += [text[at : thing.start], f" \0{number}\0 "]
        at = thing.stop
    joined = _TWO_WORDS.sub("uses", "".join([*pieces, text[at:]]))
    return [things[int(m[1])] if m[1] is not None else m[0].lower() for m in _TOKEN.finditer(joined)]


def _parse_subject(tokens: Sequence[Token], at: int, last: list[Mention]) -> tuple[list[Mention], bool, Mention | None]:
    """Return what stands as the subject before a verb, whether the verb is denied, and what "which" before it means.

    `last` is the subject of the verb before, which an "and" goes on with.
    """
    here, denied, relative = at - 1, False, False
    while here >= 0 and isinstance(word := tokens[here], str) and word in _BEFORE | _BE | _NOT:
        denied |= word in _NOT
        relative |= word in _WHICH
        here -= 1
    if here < 0:
        return [], denied, None
    if tokens[here] == "," and (relative or _is_passive(tokens, at)):
        here -= 1
    elif tokens[here] in {"and", "then", ","}:
        return _with_aside(tokens, here) or last, denied, None
    elif tokens[here] == "it":
        return [t for t in tokens[:1] if isinstance(t, Mention)], denied, None
    found = tokens[here]
    if not isinstance(found, Mention):
        return [], denied, None
    group, here = _group(tokens, here, several=tokens[at] in _PLURAL)
    while here >= 0 and tokens[here] in _ARTICLES:
        here -= 1
    before = tokens[here] if here >= 0 else ""
    if before in _OF and here > 0 and isinstance(whole := tokens[here - 1], Mention):
        return ([] if relative else [whole]), denied, None
    if before in _LEADS_AWAY:
        return [], denied, None
    which = None
    if before in _WHICH:
        which = next((t for t in reversed(tokens[max(0, here - 2) : here]) if isinstance(t, Mention)), None)
    return group, denied or before in _NOT, which


def _group(tokens: Sequence[Token], here: int, *, several: bool) -> tuple[list[Mention], int]:
    """Return the name at a place, those joined to it by commas and "and" if `several`, and where they end."""
    group = [t for t in tokens[here : here + 1] if isinstance(t, Mention)]
    here -= 1
    while several and here > 0 and tokens[here] in {",", "and", "or"}:
        while here > 0 and tokens[here] in {",", "and", "or"}:
            here -= 1
        if not isinstance(other := tokens[here], Mention):
            return group, here
        group.append(other)
        here -= 1
    return group, here


def _with_aside(tokens: Sequence[Token], comma: int) -> list[Mention]:
    """Return the subject of "`a`, of `b`, calls": what stands before an aside that ends in a comma."""
    if comma < 4 or tokens[comma] != "," or (tokens[comma - 3] != "," and tokens[comma - 4] != ","):
        return []
    opening = comma - 3 if tokens[comma - 3] == "," else comma - 4
    aside = tokens[opening + 1 : comma]
    found = tokens[opening - 1]
    is_aside = bool(aside) and aside[0] in _LEADS_AWAY and isinstance(aside[-1], Mention)
    return [found] if is_aside and isinstance(found, Mention) else []


def _right(tokens: Sequence[Token], at: int, needs: set[str] | None) -> list[Mention]:
    """Return what stands as the object right after a verb: one thing, or several joined by commas and "and"."""
    here = at + 1
    if needs is not None:
        if here >= len(tokens) or tokens[here] not in needs:
            return []
        here += 1
    while here < len(tokens) and tokens[here] in _AFTER:
        here += 1
    group: list[Mention] = []
    closed = False
    while here < len(tokens) and isinstance(thing := tokens[here], Mention):
        group.append(thing)
        here += 1
        joined = False
        while here < len(tokens) and tokens[here] in {",", "and", "or", "the"}:
            closed |= tokens[here] in {"and", "or"}
            joined = True
            here += 1
        if not joined:
            break
    # What goes on with a word of its own, such as "`a` calls `b`, `c` fails", is no list.
    follows = tokens[here] if here < len(tokens) else "."
    ends = isinstance(follows, str) and (follows in _LEADS_AWAY | _CLAUSE or not follows[0].isalnum())
    return group if closed and ends else group[:1]


def _is_passive(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a verb says what is done to what stands before it."""
    if not str(tokens[at]).endswith("ed"):
        return False
    follows = tokens[at + 1] if at + 1 < len(tokens) else ""
    return follows in {"by", "in"} or any(t in _BE for t in tokens[max(0, at - 3) : at] if isinstance(t, str))

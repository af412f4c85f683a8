"""One blob's bytes in, everything the store keeps about it out. No files, no database, no clock.

A blob is cut into units: one for each function, type or long value it defines, with the comment right above it, and
one, the first, for all lines outside of them.
Units are what the search index counts terms in; a file's counts are the sum of its units'.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, pairwise
from string import digits
from typing import Any

from noctule.indexer.files.attributes import linguist_lines
from noctule.indexer.files.redaction import mask_secrets
from noctule.indexer.files.roles import is_marked_generated
from noctule.indexer.files.secret_paths import may_hold_secrets
from noctule.indexer.files.text import LINE_HASH, as_utf8, line_hashes
from noctule.indexer.parse.embedded import Embedded, find_code
from noctule.indexer.parse.extract import LONGEST_NAME, read
from noctule.indexer.parse.facts.extract import extract_facts
from noctule.indexer.parse.facts.model import SETTING, is_setting, pack_text
from noctule.indexer.parse.facts.packing import pack
from noctule.indexer.parse.languages.go import module_name
from noctule.indexer.parse.languages.language import Language
from noctule.indexer.parse.limits import MOST_DATA, MOST_PROSE
from noctule.indexer.symbols import CALLABLE, TYPES, VALUES, Definition, Import, Symbols
from noctule.indexer.terms import WORD, cut

UNIT_KINDS = TYPES | CALLABLE
LONG_VALUE = 6
"""Lines from which a value is worth a unit of its own: an object of a class without a name, a table of options."""
NAME_WEIGHT = 4
"""A unit's own name counts this often beside its text: people ask for things by name."""
MOST_SETTING = 200_000
"""Bytes of a manifest or setting that are kept; a longer one says nothing about imports that somebody wrote."""
LONGEST_COMMENT = 100
"""Lines above a definition that may document it."""
LEAST_DATA, DISTINCT_IN_DATA = 1_000, 0.85
"""A text with so many terms, of which so large a share is distinct, is data: of source files, half is much."""
AS_DATA = "in part: hardly a word comes back, so only the beginning is searched"
MOST_UTF8 = 4
"""No character takes more bytes."""


LONGEST_KEPT = 3
"""Digits: longer numbers are not kept in mind, since most never come back."""
_BLANKS = "".join(chr(c) if chr(c).isalnum() or chr(c) == "_" else " " for c in range(128))
"""For each character of ASCII, itself where a word may hold it."""


class Lexicon(dict[str, tuple[int, ...]]):
    """Words to the numbers of their terms; terms are numbered as they are met, in the order of `terms`."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers: dict[str, int] = {}
        self._names: dict[str, tuple[int, ...]] = {}
        self.terms: list[str] = []

    def __missing__(self, word: str) -> tuple[int, ...]:
        spelled = word.lstrip(digits)
        if not spelled and len(word) > LONGEST_KEPT:
            return ()
        known, terms = self._numbers, self.terms
        found = []
        for term in cut(spelled):
            number = known.get(term)
            if number is None:
                number = known[term] = len(terms)
                terms.append(term)
            found.append(number)
        self[word] = numbers = tuple(found)
        return numbers

    def count(self, text: str) -> dict[int, int]:
        """Return how often each term stands in a text; stop words count, since code may use them as names."""
        spread, find_words = spread_words(text)
        return self.count_words(find_words(spread))

    def count_words(self, words: Sequence[str]) -> dict[int, int]:
        """Return how often each term stands in words as `spread_words` finds them."""
        return Counter(chain.from_iterable(map(self.__getitem__, words)))

    def mark(self) -> tuple[int, int, int, int]:
        """Return how much is known by now, for `rewind`."""
        return len(self), len(self._numbers), len(self._names), len(self.terms)

    def rewind(self, mark: tuple[int, int, int, int]) -> None:
        """Forget the words that came after a mark: a text of words that never come back leaves none of them."""
        words, numbers, names, terms = mark
        maps: tuple[tuple[dict[str, Any], int], ...] = (self, words), (self._numbers, numbers), (self._names, names)
        for map_, length in maps:
            while len(map_) > length:
                map_.popitem()
        del self.terms[terms:]

    def cut_name(self, name: str) -> tuple[int, ...]:
        """Return the terms of a name or of names with dots between them; they are met again and again."""
        known = self._names.get(name)
        if known is None:
            known = self._names[name] = tuple(chain.from_iterable(map(self.__getitem__, WORD.findall(name))))
        return known


def spread_words(text: str) -> tuple[str, Callable[[str], list[str]]]:
    """Return a text as long, and what finds the words in each part of it that ends with a line.

    In ASCII it is parted at blanks, which takes a quarter of the time; numbers and single letters, which have no terms,
    come along.
    """
    return (text.translate(_BLANKS), str.split) if text.isascii() else (text, WORD.findall)


@dataclass(frozen=True, slots=True)
class Digest:
    """What is kept about a blob.

    `line_hashes` holds 64 bits for each line; `units` lists for each unit the position of its definition (-1 for
    the first) and `counts` its terms by number; `text` says whether the bytes are a text at all. `facts` are what
    relations are resolved from (`parse.facts.model`), and `package` what the text says it belongs to. `in_part` says
    why not all of the text is searched.
    """

    symbols: Symbols
    text: bool
    generated: bool
    line_hashes: array[int]
    units: tuple[int, ...]
    counts: tuple[dict[int, int], ...]
    package: str = ""
    facts: bytes = b""
    in_part: str = ""


_NO_TEXT = Digest(Symbols(""), False, False, array(LINE_HASH), (), ())


def digest(source: bytes, path: str, lexicon: Lexicon, *, facts: bool = True) -> Digest:
    """Work out what is known of a blob from its bytes alone; `path` only hints at its language.

    Without `facts`, what relations are resolved from is left out: it takes as long as the tree.
    """
    decoded = as_utf8(source)
    if decoded is None:
        return _NO_TEXT
    if may_hold_secrets(path):
        return Digest(Symbols(""), True, False, line_hashes(decoded), (-1,), ({},))
    found = _make_digest(decoded, find_code(path, decoded), lexicon, facts=facts)
    if facts and is_setting(path) and len(decoded) <= MOST_SETTING:
        return replace(found, package=SETTING, facts=pack_text(mask_secrets(decoded).decode("utf-8", "replace")))
    return found


def without_symbols(source: bytes, path: str, lexicon: Lexicon) -> Digest:
    """Digest a blob as plain text, for one that its grammar cannot bear."""
    decoded = as_utf8(source)
    if decoded is None:
        return _NO_TEXT
    if may_hold_secrets(path):
        return digest(source, path, lexicon)
    found = find_code(path, decoded)
    symbols = Symbols(found.language.name if found.language is not None else "", broken=True)
    return replace(_make_digest(decoded, found._replace(language=None), lexicon), symbols=symbols)


def _make_digest(decoded: bytes, found: Embedded, lexicon: Lexicon, *, facts: bool = True) -> Digest:
    generated = is_marked_generated(decoded[:4000])
    hashes = line_hashes(decoded)
    # Beside the hashes of its lines nothing is kept of what looks secret: no word, no signature, no documentation.
    language = found.language
    clean = mask_secrets(found.text if language is not None else found.text[: MOST_UTF8 * MOST_PROSE])
    if language is None:
        symbols, known = _manifest_symbols(clean), None
    else:
        code = clean if found.code is found.text else mask_secrets(found.code)
        symbols, root = read(code, language)
        if found.has_template:
            symbols = _with_template(symbols, clean, code, language)
        known = extract_facts(root, code, language, symbols.definitions) if facts else None
    text = clean.decode("utf-8", "replace")
    mark = lexicon.mark()
    if language is None:
        counts: tuple[dict[int, int], ...] = (lexicon.count(text[:MOST_PROSE]),)
        if not _is_data(counts):
            return Digest(symbols, True, generated, hashes, (-1,), counts)
    else:
        units, counts = _units(text, symbols.definitions, language, lexicon)
    if language is None or _is_data(counts):
        lexicon.rewind(mark)
        data = (lexicon.count(text[:MOST_DATA]),)
        kept = Symbols(symbols.language, imports=symbols.imports)
        return Digest(kept, True, generated, hashes, (-1,), data, in_part=AS_DATA)
    package = "" if known is None else known.package
    return Digest(symbols, True, generated, hashes, units, counts, package, b"" if known is None else pack(known))


def _is_data(counts: Sequence[Mapping[int, int]]) -> bool:
    """Tell whether hardly a term of a long text comes back: a list of words, keys or random text, and no program."""
    distinct = sum(map(len, counts))
    if distinct < LEAST_DATA:
        return False
    every = set().union(*counts) if len(counts) > 1 else counts[0]
    return len(every) > DISTINCT_IN_DATA * sum(sum(counted.values()) for counted in counts)


def _with_template(symbols: Symbols, text: bytes, code: bytes, language: Language) -> Symbols:
    """Add the words outside of the code to what it uses: a template calls functions that its script defines."""
    used = dict(symbols.references)
    pairs = zip(text.split(b"\n"), code.split(b"\n"), strict=True)
    for number, (line, parsed) in enumerate(pairs):
        if line != parsed:
            for word in dict.fromkeys(language.words.findall(line.decode("latin-1"))):
                if word.isascii() and len(word) <= LONGEST_NAME and number not in used.get(word, ()):
                    used[word] = tuple(sorted((*used.get(word, ()), number)))
    return replace(symbols, references=used)


def _manifest_symbols(decoded: bytes) -> Symbols:
    """Return what other files are to be told of a text without a grammar.

    Of a `go.mod` the name of its folder in imports, of a `.gitattributes` its lines about roles of files.
    """
    module = module_name(decoded)
    if module:
        return Symbols("", imports=(Import(module, (), 0),))
    return Symbols("", imports=tuple(Import(line, (), at) for at, line in linguist_lines(decoded)))


def _start_of_comment(lines: list[str], start: int, marks: tuple[str, ...]) -> int:
    """Return where the comment begins that stands right above a line; the line itself where there is none."""
    first = max(0, start - LONGEST_COMMENT)
    at = start
    while at > first and lines[at - 1].lstrip().startswith(marks):
        at -= 1
    if at == start and at > first and lines[at - 1].rstrip().endswith("*/"):
        opening = next((n for n in range(at - 1, first - 1, -1) if "/*" in lines[n]), start)
        return opening if lines[opening].lstrip().startswith("/*") else start
    return at


def _units(
    text: str, definitions: tuple[Definition, ...], language: Language, lexicon: Lexicon
) -> tuple[tuple[int, ...], tuple[dict[int, int], ...]]:
    lines = text.split("\n")
    marks = tuple(mark.decode() for mark in language.comment_marks)
    lengths = list(accumulate(map(len, lines)))
    owner = [0] * len(lengths)
    cuts = {0, len(lengths)}
    units = [-1]
    for position, definition in enumerate(definitions):
        if definition.kind in UNIT_KINDS or (definition.kind in VALUES and len(definition.span) >= LONG_VALUE):
            start, stop = (
                _start_of_comment(lines, definition.span.start, marks),
                min(definition.span.stop, len(lengths)),
            )
            owner[start:stop] = [len(units)] * (stop - start)
            cuts.update((start, stop))
            units.append(position)
    spread, find_words = spread_words(text)
    bodies: list[list[str]] = [[] for _ in units]
    begin = 0
    for start, stop in pairwise(sorted(cuts)):
        end = lengths[stop - 1] + stop
        bodies[owner[start]].append(spread[begin:end])
        begin = end
    counts = [lexicon.count_words(find_words(body[0] if len(body) == 1 else "\n".join(body))) for body in bodies]
    for unit, position in enumerate(units[1:], 1):
        definition = definitions[position]
        mine = counts[unit]
        for term in lexicon.cut_name(definition.name):
            mine[term] = mine.get(term, 0) + NAME_WEIGHT
        for term in lexicon.cut_name(definition.qualname[: -len(definition.name)]):
            mine[term] = mine.get(term, 0) + 1
    return tuple(units), tuple(counts)

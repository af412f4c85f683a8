"""How often the words of one task stand in texts: what a digest has of them, without parsing. Knows no store."""

from __future__ import annotations

import re
from array import array
from collections import Counter

from noctule.indexer.files.roles import is_marked_generated
from noctule.indexer.files.secret_paths import may_hold_secrets
from noctule.indexer.files.text import as_utf8
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.parse.pool import PackedDigest, Vocabulary
from noctule.indexer.search.query import ALL_FIELDS, TaskQuery, weigh
from noctule.indexer.terms import WORD, cut

MOST_TERMS = 300
_OF_WORDS = bytes(c if c > 127 or chr(c).isalnum() or c == ord("_") else ord(" ") for c in range(256))
_ONE_UNIT = array("i", (-1,)).tobytes()


class TaskWords:
    """The terms of a task, to be counted in many texts."""

    def __init__(self, asked: TaskQuery) -> None:
        terms = list(dict.fromkeys([*list(weigh(asked, ALL_FIELDS))[:MOST_TERMS], *asked.pairs]))
        self._vocabulary = Vocabulary(terms)
        self._numbers = {term: number for number, term in enumerate(terms)}
        # "parties" has the term "party".
        stems = {re.escape(term.removesuffix("y") or term) for term in terms}
        self._may_hold = re.compile("|".join(sorted(stems)) or "(?!)")
        self._seen: set[bytes] = set()
        self._terms: dict[bytes, tuple[int, ...]] = {}

    def digest(self, path: str, content: bytes) -> PackedDigest:
        """Digest a blob as one unit that defines and uses nothing."""
        text = as_utf8(content)
        counts, words = ({}, 0) if text is None or may_hold_secrets(path) else self._count(text)
        language = detect_language(path)
        return PackedDigest(
            vocabulary=self._vocabulary,
            language=language.name if language is not None else "",
            text=text is not None,
            generated=text is not None and is_marked_generated(text[:4000]),
            broken=False,
            line_hashes=b"",
            definitions=[],
            used_names=[],
            used_counts=b"",
            used_lines=b"",
            imports=[],
            unit_definitions=_ONE_UNIT,
            lengths=array("H", (min(words, 65535),)).tobytes(),
            terms=array("I", counts).tobytes(),
            units=bytes(4 * len(counts)),
            counts=bytes(min(count, 255) for count in counts.values()),
            package="",
            facts=b"",
        )

    def _count(self, text: bytes) -> tuple[dict[int, int], int]:
        """Return how often each term stands in a text, by its number, and how many words that has."""
        # To part bytes takes a third of the time that the pattern for words takes.
        words = text.translate(_OF_WORDS).split()
        self._meet(set(words) - self._seen)
        counts: dict[int, int] = {}
        for word, count in Counter(filter(self._terms.__contains__, words)).items():
            for number in self._terms[word]:
                counts[number] = counts.get(number, 0) + count
        return counts, len(words)

    def _meet(self, words: set[bytes]) -> None:
        """Find the terms of words that were not met before."""
        self._seen |= words
        for word in words:
            spelled = word.decode("utf-8", "replace")
            if not self._may_hold.search(spelled.lower()):
                continue
            # Letters and punctuation beyond ASCII were not told apart until here, nor digits before a name.
            terms = (term for part in WORD.findall(spelled) for term in cut(part))
            if numbers := tuple(self._numbers[term] for term in terms if term in self._numbers):
                self._terms[word] = numbers

"""Small letters in, whether somebody chose them as words or a machine drew them out. Knows no names and no lines."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

# How often one letter follows another in the words of programs and their documents: a row for the first, a column for
# the second, in steps of 1 in the binary logarithm; 6 is what each pair has where letters are drawn at random.
_PAIRS = (
    "58873572715979271989665463",
    "74447420630832620664621141",
    "83648438717733932758721051",
    "74459442832534620563642140",
    "85897764533879575998465753",
    "64337630801622720644601141",
    "61207356600536620752611032",
    "72228211700433721545421041",
    "76877772224879972788270507",
    "41014000201001421041400000",
    "42027120600303321163312020",
    "83469422913834840266641081",
    "85248322812463780254621140",
    "83888693735545742489663242",
    "56774562535789770977867442",
    "82238236602722771867612150",
    "00010000000200000210600000",
    "94669562905576850687653160",
    "62749427815654773389824250",
    "82649427900643840887624272",
    "66656450601768460777210213",
    "61218011700121500122220010",
    "62226215601305520542001200",
    "32425203500220260125100321",
    "32314220501344460154102122",
    "40017100500211300020000023",
)
_READABLE = 5.8
"""The mean of a word's pairs below which it is none: 1.6% of words of eight letters and more, 97% of drawn ones."""
SHORTEST_DRAWN = 8
_LETTER = re.compile(r"[a-z]+")
_SHORTENED = re.compile(r"passw(?:or)?d|https?|x?html|sql|xml|css|tls|ssl|kube")
"""Abbreviations that stand in words of programs and that nobody could say."""

# What strings are made of that only speak of a password, name one, or stand for one.
_WORDS = """
    pass passw word secret token user auth login name field input label text test mock fake demo null none
    empty some your my this that with from the and not new old current confirm repeat reset change forgot
    invalid valid wrong correct incorrect bad good required missing default example sample dummy plain hash
    crypt encod key cred admin root client server service account config setting option param value string type
    class form page view model error message fail email mail phone file path database mysql postgres redis
    docker kube prod stag local host domain group role grant policy store vault env var id get set has validat
    check verif generat random provid manage handl request response screen button placeholder strength hint
""".split()
_OF_PROGRAMS = re.compile("|".join(_WORDS))
_IN_JOINED = re.compile("|".join(word for word in _WORDS if len(word) > 3))
"""Words of fewer letters stand in other words too: `and` in `candle`."""
_PHRASE = re.compile(
    r"(?P<words>[a-z]{3,12}(?:([-_.])[a-z]{3,12}(?:\2[a-z]{3,12}){0,4})?)(?P<end>\d{2,4}[!#$*?]?|[!#$*?])?"
)
_JOINED = re.compile(r"[a-z]{14,40}|[a-z]{10,40}[!#$*]")
SEPARATORS = re.compile(r"[-_.]")


@lru_cache(maxsize=1 << 14)
def is_drawn(word: str) -> bool:
    """Tell whether small letters look drawn at random: nobody could say them, and no language has such pairs."""
    if len(word) < SHORTEST_DRAWN or len(set(word)) < 5 or _LETTER.fullmatch(word) is None:
        return False
    return _is_unreadable(_SHORTENED.split(word))


def has_drawn(text: str) -> bool:
    """Tell whether one of a text's runs of small letters looks drawn at random."""
    return any(is_drawn(word) for word in _LETTER.findall(text))


def is_drawn_in_parts(text: str) -> bool:
    """Tell the same of the letters of a word between whose digits and marks too few stand to tell by one run alone."""
    runs = _LETTER.findall(text)
    return sum(map(len, runs)) >= SHORTEST_DRAWN and _is_unreadable(runs)


def _is_unreadable(runs: list[str]) -> bool:
    pairs = [_PAIRS[ord(a) - 97][ord(b) - 97] for run in runs for a, b in pairwise(run)]
    return len(pairs) > 5 and sum(map(int, pairs)) < _READABLE * len(pairs)


def is_passphrase(value: str) -> bool:
    """Tell whether a value is of words as people choose for a password, none of which speaks of passwords or programs.

    Three words or more, or two with a number or a mark behind them, or many letters in one.
    """
    if _JOINED.fullmatch(value):
        return len(set(value)) > 6 and _IN_JOINED.search(value) is None
    found = _PHRASE.fullmatch(value.lower())
    if found is None or not value[1:].islower():
        return False
    words = SEPARATORS.split(found["words"])
    least = 2 if found["end"] else 3
    return len(words) >= least and not any(_OF_PROGRAMS.match(word) for word in words)


def is_ended_passphrase(value: str) -> bool:
    """Tell the same of one behind which a number or a mark stands: words alone may be anything."""
    return is_passphrase(value) and not value[-1].isalpha()

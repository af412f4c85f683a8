"""Why something is ranked where it is, in words: what each signal of the ranking says to a reader. Ranks nothing.

A signal says a kind and a detail; it is looked up whole, then by its first word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from noctule.indexer.results import Reason

MOST = 4


class Sayings(dict[str, tuple[str, str] | None]):
    """Kind and detail of each signal; a missing signal is looked up by its first word, once."""

    def __missing__(self, signal: str) -> tuple[str, str] | None:
        """Return kind and detail for the first word of the signal, if it is known."""
        found = self[signal] = self.get(signal.partition(" ")[0])
        return found


OF_FILES = Sayings(
    {
        "words": ("words", "its text matches the task"),
        "unit": ("symbol", "a symbol in it matches the task"),
        "units": ("symbol", "a symbol in it matches the task"),
        "path": ("path", "its path matches the task"),
        "path named": ("named", "the task names this file"),
        "module named": ("named", "the task names this module"),
        "scope": ("path", "the title begins with this part of the project"),
        "defines": ("defines", "defines names in the task"),
        "frame": ("trace", "in the task's stack trace"),
        "commits": ("history", "commits with similar messages changed it"),
        "uses": ("graph", "other likely files use it"),
        "used by": ("graph", "it uses other likely files"),
        "with": ("co-change", "changes together with other likely files"),
        "churn": ("churn", "changes often"),
        "quotes": ("quotes", "says what the task quotes"),
        "expected": ("expected", "a note about it expected a task like this"),
    }
)
OF_SYMBOLS = Sayings(
    {
        "all": ("words", "its text matches the task"),
        "title": ("words", "its text matches the task"),
        "prose": ("words", "its text matches the task"),
        "code": ("words", "its text matches the task"),
        "pairs": ("words", "its text matches the task"),
        "local": ("words", "its text matches the task"),
        "share": ("words", "its text matches the task"),
        "called": ("graph", "code that the task names leads to it"),
        "named": ("named", "the task names it"),
        "owner named": ("named", "the task names its class"),
        "name": ("name", "its name matches the task"),
        "frame": ("trace", "in the task's stack trace"),
        "quotes": ("quotes", "says what the task quotes"),
        "touched": ("churn", "recent commits changed it"),
    }
)


def explain(added: Sequence[tuple[str, float]], says: Sayings, better: Mapping[str, str]) -> tuple[Reason, ...]:
    """Say in words what each signal added, the weightiest first; of several signals of a kind only the first is named.

    `better` holds more exact details, by kind.
    """
    kinds: dict[str, tuple[str, float]] = {}
    for name, weight in added:
        said = says[name]
        if said is not None:
            kind, detail = said
            known, sum_ = kinds.get(kind, (better.get(kind, detail), 0.0))
            kinds[kind] = (known, sum_ + weight)
    ordered = sorted(kinds.items(), key=lambda item: (-item[1][1], item[0]))
    return tuple(Reason(kind, detail, weight) for kind, (detail, weight) in ordered[:MOST])

"""What a task wants to rename, and into what: the one place where a word that reads like any other is a name.

A title in, names out. Whether a repository defines them, it does not know.
"""

from __future__ import annotations

from noctule.indexer.lazy_pattern import lazy_pattern

_RENAMES = lazy_pattern(
    r"\b[Rr]enam(?:e|es|ed|ing)\s+(?:the\s+)?"
    r"(?:(?:function|method|class|type|struct|field|variable|constant|macro|option)\s+)?`?([A-Za-z_]\w+)"
    r"(?=`?(?:\(\))?(?:\s+(?:of|in|on|from|to|into|as|->|=>)\s|\s*$))"
)
_INTO = lazy_pattern(r"(?:\b(?:to|into|as)|->|=>)\s+`?([A-Za-z_]\w+)")


def find_renaming(title: str) -> tuple[str, str]:
    """Return the old and the new name of a renaming; an empty name is one that the title does not give."""
    renames = _RENAMES.search(title)
    if renames is None:
        return "", ""
    into = _INTO.search(title, renames.end())
    return renames[1], into[1] if into is not None else ""

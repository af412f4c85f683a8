"""How many lines recent commits added and removed, by file. Knows no text, and fetches nothing."""

from __future__ import annotations

from collections.abc import Mapping

from noctule.indexer.files.git import Git

LineEdits = Mapping[str, tuple[int, int]]
"""Path to lines added and lines removed."""
LineCounts = Mapping[str, LineEdits]
"""Commit to what it did."""

_LOG = ("log", "--no-merges", "--numstat", "--no-renames", "-z", "--format=@%H")


def read_line_counts(git: Git, revision: str, most: int) -> LineCounts:
    """Return the counts of the latest `most` commits up to a revision; none where git lacks what they changed."""
    outcome = git.try_run(*_LOG, f"--max-count={most}", revision, "--")
    if outcome.returncode != 0:
        return {}
    counts: dict[str, dict[str, tuple[int, int]]] = {}
    edits: dict[str, tuple[int, int]] = {}
    for entry in outcome.output.decode("utf-8", "surrogateescape").split("\0"):
        text = entry.lstrip("\n")
        if text[:1] == "@" and "\t" not in text:
            edits = counts.setdefault(text[1:].strip(), {})
        elif text.count("\t") >= 2:
            added, removed, path = text.split("\t", 2)
            edits[path] = (_number(added), _number(removed))
    return counts


def _number(text: str) -> int:
    """Return a number of lines; a binary file has none."""
    return int(text) if text.isdigit() else 0

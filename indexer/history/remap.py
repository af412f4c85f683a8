"""Past commits of a view whose list of files has changed since they were laid out. Pure: columns in, columns out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from noctule.indexer.arrays import Array, unpack, unpack_texts
from noctule.indexer.files.paths import decode_paths


def earlier_paths(parts: Mapping[str, bytes]) -> list[str] | None:
    """Return the files that a view's parts of history were laid out for; None where they are the view's own."""
    if not parts.get("earlier"):
        return None
    columns = unpack(parts["earlier"])
    return decode_paths(unpack_texts(columns["text"], columns["ends"]))


def in_line(commits: Mapping[str, Array], earlier: Sequence[str], paths: Sequence[str]) -> dict[str, Array]:
    """Return the commits with the files that they touched numbered as in `paths`, without those that are gone.

    Of a file that has come since nothing is known: what is said of the others is no less true for that.
    """
    position = {path: n for n, path in enumerate(paths)}
    number = np.array([position.get(path, -1) for path in earlier] or [-1], np.int32)
    files = number[commits["files"]]
    there = files >= 0
    count = len(commits["offsets"]) - 1
    commit_of = np.repeat(np.arange(count), np.diff(commits["offsets"]))
    ends = np.cumsum(np.bincount(commit_of[there], minlength=count))
    return {**commits, "files": files[there], "offsets": np.concatenate([[0], ends]).astype(np.int64)}

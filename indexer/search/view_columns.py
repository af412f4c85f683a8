"""The columns of one view, as sleep laid them out: files, units, terms of paths and commits, the graph."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from noctule.indexer.arrays import Array, Ints, unpack, unpack_texts
from noctule.indexer.files.paths import decode_paths
from noctule.indexer.history.remap import earlier_paths, in_line
from noctule.indexer.store.graph import Graph
from noctule.indexer.store.postings import TermTable

PARTS = ("files", "units", "path_terms", "graph", "commits", "commit_terms", "earlier")


class ViewColumns:
    """One view, loaded."""

    def __init__(self, parts: Mapping[str, bytes]) -> None:
        files = unpack(parts["files"])
        self.paths = read_paths(files)
        self.size = len(self.paths)
        self.blob: Ints = files["blob"].astype(np.int64)
        self.rows = files["rows"]
        role_names = [r.decode() for r in unpack_texts(files["roles.text"], files["roles.ends"])]
        self.role = files["role"]
        self.role_names = role_names
        languages = [t.decode() for t in unpack_texts(files["languages.text"], files["languages.ends"])]
        self.languages = [languages[i] for i in files["language"].tolist()]
        units = unpack(parts["units"])
        self.unit_length = units["length"].astype(np.float32)
        self.unit_definition = units["definition"]
        counts = files["units"].astype(np.int64)
        self.unit_start = np.concatenate([[0], np.cumsum(counts)])
        self.unit_blob = np.repeat(np.arange(len(counts)), counts)
        # From the store's numbering of units to this view's: -1 for units of blobs that it does not hold.
        first = files["first_unit"]
        self.local = np.full(int((first + counts).max(initial=0)), -1, np.int32)
        self.local[np.repeat(first - self.unit_start[:-1], counts) + np.arange(int(counts.sum()))] = np.arange(
            int(counts.sum())
        )
        self.blob_length = np.bincount(self.unit_blob, self.unit_length, len(counts)).astype(np.float32)
        self.path_terms = TermTable(unpack(parts["path_terms"]))
        self.graph = Graph.of_columns(unpack(parts["graph"]))
        self.earlier = earlier_paths(parts)
        commits = unpack(parts["commits"])
        self.commits = commits if self.earlier is None else in_line(commits, self.earlier, self.paths)
        self.commit_terms = TermTable(unpack(parts["commit_terms"]))
        self._files_of_row: dict[int, list[int]] = {}
        for file, blob in enumerate(self.blob.tolist()):
            self._files_of_row.setdefault(int(self.rows[blob]), []).append(file)

    def have_role(self, role: str) -> Array:
        """Return for each file whether it has a role, such as `test`."""
        at = self.role_names.index(role) if role in self.role_names else -1
        found: Array = self.role == at
        return found

    def is_source(self, file: int) -> bool:
        """Tell whether a file is code that is no test, no example, not generated and not vendored."""
        return self.role_names[self.role[file]] == "source" and bool(self.languages[self.blob[file]])

    def blob_files(self, row: int) -> list[int]:
        """Return the files whose content is the stored blob of that row id."""
        return self._files_of_row.get(row, [])


def read_paths(files: Mapping[str, Array]) -> list[str]:
    """Return the paths of a view, from the columns of its files."""
    return decode_paths(unpack_texts(files["text"], files["ends"]))

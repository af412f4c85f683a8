"""The paths, modules and stack frames that a task names."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import accumulate

import numpy as np

from noctule.indexer.arrays import Floats
from noctule.indexer.search.query import ALL_FIELDS, TaskQuery, weigh
from noctule.indexer.search.scores import add_each, idf
from noctule.indexer.search.view_columns import ViewColumns

TITLE_PLACE = 3.0
"""What a path of the title counts."""
SHORTEST_SUBJECT, MOST_SUBJECTS = 3, 2
"""Letters of a name that a title may begin with, and source files that are called so."""

_SEPARATORS = re.compile(r"\.|::|#")


class NamedPlaces:
    """Which files written paths, dotted names and frames mean."""

    def __init__(self, view: ViewColumns) -> None:
        self._view = view

    def add_paths(self, task: TaskQuery, found: dict[str, Floats]) -> None:
        """Add which files a task names, by words of their paths, by path, and as modules."""
        for name, fields in (("path", ALL_FIELDS), ("path title", {"title": 1.0})):
            found[name] = self._by_words(weigh(task, fields))
        found["path pairs"] = self._by_words(task.pairs)
        found["scope"] = self._by_scope(task.scope)
        named = np.zeros(self._view.size, np.float32)
        for path, place in task.paths.items():
            files, depth = self.matching_files(path)
            for file in files:
                named[file] = max(named[file], place * min(depth, 3) / len(files))
        subjects = self._subjects(task)
        named[subjects] = np.maximum(named[subjects], TITLE_PLACE / max(len(subjects), 1))
        found["path named"] = named
        modules = np.zeros(self._view.size, np.float32)
        for dotted, place in task.dotted.items():
            files, parts = self._module(dotted)
            for file in files[:5]:
                modules[file] = max(modules[file], place * parts / len(files))
        found["module named"] = modules

    def _subjects(self, task: TaskQuery) -> list[int]:
        """Return the source files that a title begins with the name of, as in `no-var: ...`, if these are few."""
        wanted = task.scope.replace("_", "-")
        if (
            "/" in wanted
            or len(wanted) < SHORTEST_SUBJECT
            or not task.title.lower().lstrip().startswith(f"{task.scope}:")
        ):
            return []
        files = [file for file in self._find_slashed(f"\n/{wanted}/\n") if self._view.is_source(file)]
        return files if len(files) <= MOST_SUBJECTS else []

    def _by_words(self, weights: Mapping[str, float]) -> Floats:
        scores = np.zeros(self._view.size, np.float32)
        named_so = self._view.path_terms.find(weights)
        worth = [weights[term] * idf(len(files), self._view.size) for term, files in named_so.items()]
        add_each(scores, list(named_so.values()), worth)
        return scores

    def _by_scope(self, scope: str) -> Floats:
        """Say which files lie in a part of the project that a title begins with, or are called like it."""
        scores = np.zeros(self._view.size, np.float32)
        wanted = scope.replace("_", "-").strip("/")
        if wanted:
            scores[list(self._find_slashed(f"/{wanted}/"))] = 1
        return scores

    def _find_slashed(self, text: str) -> Iterator[int]:
        """Yield the files whose path between slashes holds a text."""
        every, ends = self._slashed
        at = every.find(text)
        while at >= 0:
            file = bisect_right(ends, at)
            yield file
            at = every.find(text, ends[file])

    @cached_property
    def _slashed(self) -> tuple[str, list[int]]:
        """All paths between slashes, each with the stem of its name below it, and where they end; `_` is `-`."""
        found = []
        for path in self._view.paths:
            folder, _, name = path.lower().replace("_", "-").rpartition("/")
            found.append(f"/{folder}/{name}/\n/{name.partition('.')[0]}/\n")
        return "".join(found), list(accumulate(map(len, found)))

    def add_frames(self, task: TaskQuery, found: dict[str, Floats]) -> None:
        """Add the files of the stack frames of a task, the last frame first."""
        scores = np.zeros(self._view.size, np.float32)
        last = np.zeros(self._view.size, np.float32)
        hits = [files for frame in task.frames if (files := self.matching_files(frame.path)[0])]
        for n, files in enumerate(reversed(hits)):
            for file in files:
                scores[file] = max(scores[file], 1.0 / (len(files) * (1 + n)))
                if n < 3:
                    last[file] = max(last[file], 1.0 / len(files))
        found["frame"] = scores
        found["frame last"] = last

    def matching_files(self, path: str) -> tuple[list[int], int]:
        """Return the files that a written path may mean: those that share its longest ending."""
        parts = [p for p in path.split("/") if p not in ("", ".", "..")]
        if not parts:
            return [], 0
        files, depth = self._by_name.get(parts[-1], []), 1
        for n in range(2, len(parts) + 1):
            ending = "/" + "/".join(parts[-n:])
            longer = [f for f in files if ("/" + self._view.paths[f]).endswith(ending)]
            if not longer:
                break
            files, depth = longer, n
        return files, depth

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        """The files of each name, and of each name without its ending."""
        found: dict[str, list[int]] = {}
        for file, path in enumerate(self._view.paths):
            name = path.rpartition("/")[2]
            found.setdefault(name, []).append(file)
            stem = name.partition(".")[0]
            if stem and stem != name:
                found.setdefault(stem, []).append(file)
        return found

    def _module(self, dotted: str) -> tuple[list[int], int]:
        """Return the files that the longest possible beginning of a dotted name means, and its number of parts."""
        parts = [p for p in _SEPARATORS.split(dotted) if p]
        for end in range(len(parts), 1, -1):
            ending = "/" + "/".join(parts[:end])
            files = [f for f in self._by_name.get(parts[end - 1], ()) if self._stem(f).endswith(ending)]
            if not files:
                files = [f for f in self._by_name.get("__init__", ()) if self._stem(f).endswith(ending + "/__init__")]
            if files:
                return files, end
        return [], 0

    def _stem(self, file: int) -> str:
        return ("/" + self._view.paths[file]).rpartition(".")[0]

"""Who still names, by its path, a file that a change removes or moves: what loads it, and lists of what is built.

Says nothing of a line that another file may satisfy as well, and nothing of comments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from posixpath import dirname, join, normpath

import numpy as np

from noctule.indexer.files.roles import MADE_ELSEWHERE, classify_role, is_change_log
from noctule.indexer.files.text import as_utf8
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.review.change import ChangeSet
from noctule.indexer.review.path_loads import MANIFEST, Load, names_folders, read_loads
from noctule.indexer.review.results import Finding
from noctule.indexer.terms import split_terms

MOST_FILES = 1_000
"""So many files are looked through, those that build the program first."""
LONGEST_LINE = 2_000
_COMMENT = re.compile(r"\s*(?://(?!go:embed)|/?\*|--|;|<!--|#(?!\s*(?:include|import|\[)))")
_PAGES = (".md", ".markdown", ".html")


def find_uses_by_path(ground: ViewFacts, change: ChangeSet, known: Collection[tuple[str, int]]) -> Iterator[Finding]:
    """Yield the lines that name a file that is gone by its path; not those of `known` (path, line from one)."""
    gone: dict[str, str] = {}
    for file in change.files:
        if file.old_path is not None:
            gone[file.old_path] = file.path
        elif file.before is not None and file.after is None:
            gone[file.path] = ""
    if not gone:
        return
    texts = {file.path: file.after for file in change.files if file.after is not None}
    there = {path for number, path in enumerate(ground.index.paths) if path not in gone and ground.is_there(number)}

    def read(path: str) -> Sequence[str]:
        if path in texts:
            return texts[path].decode("utf-8", "replace").split("\n")
        return ground.live_lines(ground.position[path]) if path in ground.position else ()

    folders = _empty_folders(gone, there | texts.keys())
    finder = _Finder(gone, folders, frozenset(there | texts.keys()), read)
    for path, lines in _candidates(ground, texts, gone, has_folders=bool(folders)):
        for number, line in enumerate(lines):
            if len(line) > LONGEST_LINE:
                continue
            found = next(finder.find(path, line), None)
            if found is not None and (path, number + 1) not in known:
                load, target = found
                verb = "loads" if load.is_loaded else "names"
                place = gone.get(target) or folders.get(target)
                done = f"moves to {place}" if place else "removes"
                message = f"this line still {verb} {target}, which this change {done}"
                yield Finding("removed", "warning", path, number + 1, message, target)


def _empty_folders(gone: Mapping[str, str], there: Collection[str]) -> dict[str, str]:
    """Return the folders of which no file is left, each with the folder to which all of its files move, if one is."""
    left = {folder for path in there for folder in _list_parents(path)}
    targets: dict[str, set[str]] = {}
    for old, new in gone.items():
        for folder in _list_parents(old):
            if folder not in left:
                tail = old.removeprefix(folder)
                targets.setdefault(folder, set()).add(new.removesuffix(tail) if new.endswith(tail) else "")
    return {folder: found.pop() if len(found) == 1 else "" for folder, found in targets.items()}


def _list_parents(path: str) -> Iterator[str]:
    while path := dirname(path):
        yield path


def _candidates(
    ground: ViewFacts, texts: Mapping[str, bytes], gone: Collection[str], *, has_folders: bool
) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the files that may name one that is gone, with their lines: what the change edits first."""
    for path, text in texts.items():
        decoded = as_utf8(text)
        if decoded is not None and classify_role(path) not in MADE_ELSEWHERE and not is_change_log(path):
            yield path, decoded.decode("utf-8", "surrogateescape").split("\n")
    found = _files_with_words(ground, {_stem(path) for path in gone})
    if has_folders:
        found += [f for f in range(ground.index.size) if names_folders(ground.path(f)) and f not in found]
    found = [f for f in found if ground.path(f) not in texts and ground.path(f) not in gone]
    found = [f for f in found if ground.role(f) not in MADE_ELSEWHERE and not is_change_log(ground.path(f))]
    found.sort(key=lambda f: (MANIFEST.search(ground.path(f)) is None, ground.is_test(f), ground.path(f)))
    for file in found[:MOST_FILES]:
        if ground.is_there(file) and not ground.has_changed(file):
            yield ground.path(file), ground.live_lines(file)


def _files_with_words(ground: ViewFacts, stems: Set[str]) -> list[int]:
    """Return the files with all words of one of some names, as learned; all files where a name has no word."""
    words = {stem: split_terms(stem) for stem in stems}
    if not all(words.values()):
        return list(range(ground.index.size))
    postings = ground.index.postings(sorted({word for each in words.values() for word in each}))
    blobs: set[int] = set()
    for each in words.values():
        if all(word in postings for word in each):
            held = postings[each[0]].blobs
            for word in each[1:]:
                held = np.intersect1d(held, postings[word].blobs)
            blobs.update(map(int, held))
    return [file for file in range(ground.index.size) if int(ground.index.blob[file]) in blobs]


class _Finder:
    """Which of the files that are gone a line names."""

    def __init__(
        self, gone: Collection[str], folders: Collection[str], there: Set[str], read: Callable[[str], Sequence[str]]
    ) -> None:
        self._gone = gone
        self._folders = folders
        self._there = there
        self._read = read
        self._names_there = {path.rpartition("/")[2] for path in there}
        self._by_name: dict[str, list[str]] = {}
        for path in gone:
            self._by_name.setdefault(path.rpartition("/")[2], []).append(path)
        self._stems = re.compile("|".join(sorted({re.escape(_stem(path)) for path in gone})))
        self._names = re.compile("|".join(sorted({re.escape(path.rpartition("/")[2]) for path in (*gone, *folders)})))

    def find(self, path: str, line: str) -> Iterator[tuple[Load, str]]:
        """Yield what a line loads or lists that is gone."""
        if not (self._names if names_folders(path) else self._stems).search(line) or (
            _COMMENT.match(line) and not path.endswith(_PAGES)
        ):
            return
        for load in read_loads(path, line):
            target = self._resolve(load)
            if target is not None and (load.is_loaded or f"{target}.in" not in self._there):  # a build makes it of that
                yield load, target

    def _resolve(self, load: Load) -> str | None:
        """Return the file that is gone and that a path means; None where another one may be meant."""
        if load.is_folder:
            wanted = [normpath(join(base, load.path)) for base in load.bases]
            return next((path for path in wanted if path in self._folders), None)
        bases = [base for base in load.bases if not load.in_package or not self._is_package(base)]
        wanted = [normpath(join(base, f"{load.path}{ending}")) for base in bases for ending in load.endings]
        if any(path in self._there for path in wanted):
            return None
        near = next((path for path in wanted if path in self._gone), None)
        if near is not None and load.is_member and self._is_in_package(near):
            return None
        return self._find_anywhere(load, near) if load.anywhere else near

    def _find_anywhere(self, load: Load, near: str | None) -> str | None:
        tail = normpath(load.path).lstrip("/")
        while tail.startswith("../"):
            tail = tail[3:]
        found: set[str] = set()
        for ending in load.endings:
            name = f"{tail}{ending}".rpartition("/")[2]
            if name in self._names_there and any(_ends_with(path, f"{tail}{ending}") for path in self._there):
                return None
            found.update(path for path in self._by_name.get(name, ()) if _ends_with(path, f"{tail}{ending}"))
        return near or (found.pop() if len(found) == 1 else None)

    def _is_package(self, folder: str) -> bool:
        init = join(folder, "__init__.py")
        return init in self._there or init in self._gone

    def _is_in_package(self, path: str) -> bool:
        """Tell whether the package of a module that is gone defines a name like it, or takes one from elsewhere."""
        init, name = join(dirname(path), "__init__.py"), re.escape(_stem(path))
        bound = re.compile(
            rf"\s*(?:{name}\s*(?::[^=]*)?=(?!=)|(?:async\s+)?def\s+{name}\b|class\s+{name}\b|{name}\s*,?\s*$"
            rf"|from\s+(?!\.\s).*\bimport\b.*\b{name}\b)|.*\bas\s+{name}\b"
        )
        return init in self._there and any(map(bound.match, self._read(init)))


def _ends_with(path: str, tail: str) -> bool:
    return path == tail or path.endswith(f"/{tail}")


def _stem(path: str) -> str:
    """Return the part of a path that lines have which load it: the folder's name of an index or a package."""
    folder, _, name = path.rpartition("/")
    stem = name[:1] + name[1:].partition(".")[0]
    return folder.rpartition("/")[2] if stem in {"__init__", "index", "mod"} and folder else stem

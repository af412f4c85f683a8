"""A change: which files differ between two states, and which definitions are edited in them. Judges nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from noctule.indexer.errors import BadTask
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.listing_runs import EMPTY_TREE
from noctule.indexer.files.snapshot import Snapshot, of_revision
from noctule.indexer.files.text import as_utf8
from noctule.indexer.history.line_counts import LineEdits
from noctule.indexer.parse.extract import read
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.parse.outline import MOST_BYTES, MOST_PARSE_S
from noctule.indexer.symbols import Definition

HEAD_LINES = 12
"""The head of a definition ends within so many lines."""
VALUES = frozenset({"constant", "variable", "field", "module"})


@dataclass(frozen=True, slots=True)
class EditedFile:
    """A file that differs: its text before and after; None where it is not there, or is no text that we read."""

    path: str
    old_path: str | None
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class EditedDefinition:
    """A definition that was edited; `line` counts from one, in the new text, or in the old one if it was removed.

    `edit` is "added", "removed", "head" (its first lines, up to the body, are others) or "body".
    """

    path: str
    name: str
    qualname: str
    kind: str
    line: int
    edit: str


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """What differs from the commit `base`; `head` is the other commit, or says "index" or "work tree"."""

    base: str
    head: str
    files: tuple[EditedFile, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths that it touches, old names of renamed files among them."""
        old = (file.old_path for file in self.files if file.old_path is not None)
        return tuple(dict.fromkeys([*(file.path for file in self.files), *old]))

    def line_edits(self) -> LineEdits:
        """Return how many lines it adds and removes in each file, wherever in the file they are."""
        return {file.path: count_lines(file) for file in self.files}

    def definitions(self) -> tuple[EditedDefinition, ...]:
        """Return the definitions that it edits, in the order of its files."""
        return tuple(found for file in self.files for found in edited_definitions(file))


def count_lines(file: EditedFile) -> tuple[int, int]:
    """Return how many lines were added and removed; lines that only moved are neither."""
    before, after = (Counter((text or b"").splitlines()) for text in (file.before, file.after))
    return (after - before).total(), (before - after).total()


def read_change(place: RepositoryPlace, base: str, head: str | None, live: Snapshot | None) -> ChangeSet:
    """Return what differs between the commit `base` and `head`: a commit, or None for `live`. GitError."""
    before = {path: file.blob for path, file in of_revision(place, base).files.items()}
    if head is not None:
        after_at = of_revision(place, head)
        after = {path: file.blob for path, file in after_at.files.items()}
    elif live is not None:
        after_at = live
        after = {path: file.blob for path, file in live.files.items()} | dict(live.converted)
    else:
        raise BadTask("a bare repository has no work tree to review", "name two commits, as BASE..HEAD")
    return ChangeSet(base, head or "work tree", tuple(_differences(Git(place), before, after, after_at)))


def read_staged_change(place: RepositoryPlace) -> ChangeSet:
    """Return what differs between the latest commit and the index. GitError."""
    base = place.head or EMPTY_TREE[place.object_format]
    listed = Git(place).run("diff-index", "--cached", "-r", "-z", "--no-renames", base).split(b"\0")
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for entry, name in zip(listed[::2], listed[1::2], strict=False):
        _, _, old, new, status = entry.decode("ascii", "replace").split()
        path = name.decode("utf-8", "surrogateescape")
        if status[0] != "A":
            before[path] = old
        if status[0] != "D":
            after[path] = new
    return ChangeSet(base, "index", tuple(_differences(Git(place), before, after, None)))


def _differences(
    git: Git, before: Mapping[str, str], after: Mapping[str, str], there: Snapshot | None
) -> Iterator[EditedFile]:
    """Yield the files whose blobs differ; a file that is gone and has come elsewhere unchanged was renamed."""
    differing = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    gone = {before[path]: path for path in differing if path not in after}
    moved = {path: gone[after[path]] for path in differing if path not in before and after[path] in gone}
    kept = [path for path in differing if path not in moved.values()]
    contents = dict(git.blobs(sorted({before[path] for path in kept if path in before})))
    if there is None:
        contents |= dict(git.blobs(sorted({after[path] for path in kept if path in after} - contents.keys())))
        news = {path: contents.get(after[path]) for path in kept if path in after}
    else:
        news = dict(there.read_all([path for path in kept if path in there.files]))
    for path in kept:
        old = contents.get(before[path]) if path in before else None
        new = news.get(path)
        yield EditedFile(path, moved.get(path), new if path in moved else old, new)


def edited_definitions(file: EditedFile) -> Iterator[EditedDefinition]:
    """Yield the definitions of a file that were added, removed or edited; those of a renamed file were not."""
    if file.old_path is not None:
        return
    old_lines, old = _outline(file.path, file.before)
    new_lines, new = _outline(file.path, file.after)
    old_by_name: dict[tuple[str, str], list[int]] = {}
    for at, definition in enumerate(old):
        old_by_name.setdefault((definition.qualname, definition.kind), []).append(at)
    for at, definition in enumerate(new):
        twins = old_by_name.get((definition.qualname, definition.kind), [])
        if not twins:
            yield _edited(file, definition, "added")
            continue
        twin = twins.pop(0)
        if _head(old_lines, old[twin]) != _head(new_lines, definition):
            yield _edited(file, definition, "head")
        elif _own_text(old_lines, old, twin) != _own_text(new_lines, new, at):
            yield _edited(file, definition, "body")
    for left in old_by_name.values():
        yield from (_edited(file, old[at], "removed") for at in left)


def _edited(file: EditedFile, definition: Definition, edit: str) -> EditedDefinition:
    line = definition.span.start + 1
    return EditedDefinition(file.path, definition.name, definition.qualname, definition.kind, line, edit)


def _outline(path: str, content: bytes | None) -> tuple[list[str], list[Definition]]:
    """Return the lines of a text and the functions and types that it defines."""
    text = as_utf8(content) if content is not None else None
    language = detect_language(path, (text or b"")[:200].split(b"\n", 1)[0])
    if text is None or language is None or len(text) > MOST_BYTES:
        return [], []
    try:
        symbols, _ = read(text, language, MOST_PARSE_S)
    except TimeoutError:
        return [], []
    return text.decode("utf-8", "replace").split("\n"), [d for d in symbols.definitions if d.kind not in VALUES]


def _head(lines: list[str], definition: Definition) -> str:
    """Return the lines up to the body, white space aside."""
    taken: list[str] = []
    for line in lines[definition.span.start : min(definition.span.stop, definition.span.start + HEAD_LINES)]:
        taken.append(line.partition("//")[0])
        if line.rstrip().endswith((":", "{", ";")):
            break
    return "".join("".join(taken).split())


def _own_text(lines: list[str], definitions: list[Definition], at: int) -> list[str]:
    """Return the lines of a definition that are not those of one inside of it."""
    span = definitions[at].span
    inside: set[int] = set()
    for other in definitions[at + 1 :]:
        if other.span.start >= span.stop:
            break
        inside.update(range(other.span.start, other.span.stop))
    return [
        lines[n].strip() for n in range(span.start, min(span.stop, len(lines))) if n not in inside and lines[n].strip()
    ]

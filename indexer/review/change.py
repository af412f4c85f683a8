"""A change: which files differ between two states, and which definitions are edited in them. Judges nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from noctule.indexer.errors import BadTask
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.listing import SUBMODULE
from noctule.indexer.files.listing_runs import EMPTY_TREE
from noctule.indexer.files.snapshot import Snapshot, of_revision
from noctule.indexer.files.text import as_utf8, blob_id
from noctule.indexer.history.line_counts import LineEdits
from noctule.indexer.parse.heads import DefinitionText, read_texts
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.parse.messages import UNREADABLE
from noctule.indexer.parse.outline import MOST_BYTES, MOST_PARSE_S
from noctule.indexer.symbols import Definition

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

    `edit` is "added", "removed", "head" (what stands before its body says something else) or "body".
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
    unread: tuple[str, ...] = ()
    """Files that differ and are no text that we read, such as pictures."""

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
        after |= {path: blob for path, blob in live.sparse.items() if path in before}
        closed = {
            path for path in before if path not in after and (live.find_reason(path) or "").startswith(UNREADABLE)
        }
        after |= {path: before[path] for path in closed}  # nobody knows what is in them
    else:
        raise BadTask("a bare repository has no work tree to review", "name two commits, as BASE..HEAD")
    git = Git(place)
    unread = _find_unread(git, base, head, after_at, before.keys() | after.keys())
    return ChangeSet(base, head or "work tree", tuple(_differences(git, before, after, after_at)), unread)


def _find_unread(git: Git, base: str, head: str | None, there: Snapshot, known: Set[str]) -> tuple[str, ...]:
    """Return the files that differ and that no snapshot takes up; one of the work tree is hashed to be sure."""
    command = ("diff-index", base) if head is None else ("diff-tree", "-r", base, head)
    listed = git.run(*command[:1], "-z", "--no-renames", *command[1:]).split(b"\0")
    found: list[str] = []
    for entry, name in zip(listed[::2], listed[1::2], strict=False):
        path = name.decode("utf-8", "surrogateescape")
        _, mode, old, new, _ = entry.decode("ascii", "replace").split()
        if path in known or mode == SUBMODULE:
            continue
        if head is None and new.strip("0") == "" and mode.strip("0"):
            try:
                content = (there.root / path).read_bytes()
            except OSError:
                continue
            if blob_id(content, there.object_format) == old:
                continue
        found.append(path)
    return tuple(found)


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
        staged = {path: after[path] for path in kept if path in after and path not in there.files}
        contents |= dict(git.blobs(sorted(set(staged.values()) - contents.keys())))
        news |= {path: contents.get(blob) for path, blob in staged.items()}
    for path in kept:
        if there is not None and path not in after and there.find_reason(path) is not None:
            yield EditedFile(path, None, None, None)  # not gone: a link by now, or too large to be read
            continue
        old = contents.get(before[path]) if path in before else None
        new = news.get(path)
        yield EditedFile(path, moved.get(path), new if path in moved else old, new)


def edited_definitions(file: EditedFile) -> Iterator[EditedDefinition]:
    """Yield the definitions of a file that were added, removed or edited; those of a renamed file were not."""
    if file.old_path is not None:
        return
    old_by_name: dict[tuple[str, str], list[DefinitionText]] = {}
    for each in _texts(file.path, file.before):
        old_by_name.setdefault((each.definition.qualname, each.definition.kind), []).append(each)
    news = _texts(file.path, file.after)
    twins: dict[int, DefinitionText] = {}
    for alike in (True, False):  # overloads have one name: first those whose heads are as before
        for at, each in enumerate(news):
            left = old_by_name.get((each.definition.qualname, each.definition.kind), [])
            twin = next((old for old in left if not alike or old.head == each.head), None)
            if at not in twins and twin is not None:
                left.remove(twin)
                twins[at] = twin
    for at, each in enumerate(news):
        if at not in twins:
            yield _edited(file, each.definition, "added")
        elif twins[at].head != each.head:
            yield _edited(file, each.definition, "head")
        elif twins[at].lines != each.lines:
            yield _edited(file, each.definition, "body")
    for left in old_by_name.values():
        yield from (_edited(file, each.definition, "removed") for each in left)


def _edited(file: EditedFile, definition: Definition, edit: str) -> EditedDefinition:
    line = definition.span.start + 1
    return EditedDefinition(file.path, definition.name, definition.qualname, definition.kind, line, edit)


def _texts(path: str, content: bytes | None) -> list[DefinitionText]:
    """Return the functions and types that a text defines."""
    text = as_utf8(content) if content is not None else None
    language = detect_language(path, (text or b"")[:200].split(b"\n", 1)[0])
    if text is None or language is None or len(text) > MOST_BYTES:
        return []
    try:
        found = read_texts(text, language, MOST_PARSE_S)
    except TimeoutError:
        return []
    return [each for each in found if each.definition.kind not in VALUES]

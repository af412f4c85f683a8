"""Who used, before a change, what it edits or removes, and who still means it after the change.

Uses are resolved as of the state before the change, whatever the index has read since: in a repository that is watched
it has read the change itself, and then nothing uses what is gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from typing import NamedTuple

from noctule.indexer.files.text import as_utf8
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.parse.facts.model import IMPORT, PARAMETER, VALUE, Class, Facts, bare_name, own_names
from noctule.indexer.parse.outline import LiveDefinition, innermost
from noctule.indexer.review.change import ChangeSet, EditedDefinition, EditedFile
from noctule.indexer.review.side import MOST_READ, Side
from noctule.indexer.store.store import Store

MOST_COMPARED = 25_000_000
"""Pairs of lines that are compared to find those that stay; of a larger edit, only its beginning and end stay."""
_SELF = frozenset({"self", "this", "$this", "cls", "static", "Self", "super"})
_RENAMING = re.compile(
    r"\b(?:alias\w*|as|use|using|typedef|\w*define\w*|exports?|delegate\w*|def_delegators?|attr_\w+|setattr|import)\b"
)
"""Words of lines that may give a name to something that has another one."""
_COMMENT = re.compile(r"\s*(?:#(?!\s*define)|//|/?\*|--)")
_ANSWERING = frozenset({"__getattr__", "method_missing", "__call", "__callStatic"})
"""Names of functions that answer for members that nobody wrote."""


class Use(NamedTuple):
    """A line (from zero, after the change) that used a definition; `is_lost`: it means nothing else now."""

    path: str
    line: int
    is_lost: bool


class EarlierUses:
    """The uses of what a change edits or removes, as they were before it."""

    def __init__(
        self,
        store: Store,
        ground: ViewFacts,
        change: ChangeSet,
        edited: Sequence[EditedDefinition],
        read_outlines: Callable[[], Mapping[int, bytes]] = dict,
    ) -> None:
        self._store = store
        self._ground = ground
        self._change = change
        self._names = frozenset(each.name for each in edited if each.edit in {"removed", "head"})
        self._removing = frozenset(each.path for each in edited if each.edit == "removed")
        self._read_outlines = read_outlines
        self._touched = frozenset(change.paths)
        self._stays: dict[str, dict[int, int]] = {}
        self._lines: dict[str, list[str]] = {}
        self._found: dict[EditedDefinition, list[Use]] = {}

    def find(self, definition: EditedDefinition) -> list[Use]:
        """Return the lines outside of the change that used a definition, in files that are as they were first."""
        found = self._found.get(definition)
        if found is None:
            found = self._found[definition] = self._find(definition)
        return found

    def is_bound(self, definition: EditedDefinition) -> bool:
        """Tell whether a name that a definition is gone from has, or may have, another meaning in its place."""
        name, path, owner = definition.name, definition.path, definition.qualname.rpartition(".")[0]
        after = self._after
        for n, each in enumerate(after.definitions(path)):
            if each.qualname == definition.qualname and not after.declares_only(path, n):
                return True
        if any(_renames(name, line) for line in self._new_lines(path)):
            return True
        facts = after.facts(path)
        if owner:
            return facts is not None and self._may_inherit(name, owner, path, facts)
        files = (file for file in self._change.files if file.path == path or _holds(file.after, name))
        return any(self._is_rebound(name, file, path) for file in files)

    def read(self, path: str) -> tuple[Sequence[str], Sequence[LiveDefinition]]:
        """Return the lines of a file after the change and what it defines; none of one that nobody has learned so."""
        if path in self._touched:
            return self._split_after(path), self._after.definitions(path)
        file = self._ground.position[path]
        if not self._ground.is_there(file) or self._ground.has_changed(file):
            return (), ()
        return self._ground.live_lines(file), self._after.definitions(path)

    def facts_before(self, path: str) -> Facts | None:
        """Return the facts of a file before the change, without its uses; None where it has none."""
        return self._before.facts(path)

    def facts_after(self, path: str) -> Facts | None:
        """Return those after the change."""
        return self._after.facts(path)

    def _split_after(self, path: str) -> Sequence[str]:
        if path not in self._lines:
            self._lines[path] = _split(next(file.after for file in self._change.files if file.path == path))
        return self._lines[path]

    # Both sides

    @cached_property
    def _outlines(self) -> Mapping[int, bytes]:
        return self._read_outlines()

    def _side(self, texts: Mapping[str, bytes | None]) -> Side:
        return Side(self._store, self._ground, texts, self._names, self._outlines)

    @cached_property
    def _before(self) -> Side:
        texts: dict[str, bytes | None] = dict.fromkeys(self._touched)
        texts |= {file.old_path or file.path: file.before for file in self._change.files}
        return self._side(texts)

    @cached_property
    def _after(self) -> Side:
        texts: dict[str, bytes | None] = dict.fromkeys(self._touched)
        return self._side(texts | {file.path: file.after for file in self._change.files})

    @cached_property
    def _mix(self) -> Side:
        """What is there after the change, but with the files from which it removes something as they were."""
        texts: dict[str, bytes | None] = dict.fromkeys(self._touched)
        for file in self._change.files:
            texts[file.path] = file.before if file.path in self._removing else file.after
        return self._side(texts)

    @cached_property
    def _by_base_path(self) -> dict[str, EditedFile]:
        return {file.old_path or file.path: file for file in self._change.files}

    # Uses

    def _find(self, definition: EditedDefinition) -> list[Use]:
        if len(self._change.files) > MOST_READ:
            return []
        position = self._position(definition)
        if position is None:
            return []
        target = (definition.path, position)
        is_gone = definition.edit == "removed"
        uses = [(path, line) for path, lines in self._unchanged_users(definition, target) for line in lines]
        found = [Use(path, line, is_gone and not self._is_defined(definition, path, line, line)) for path, line in uses]
        for file in self._change.files:
            found.extend(self._find_in_changed(definition, target, file))
        if is_gone and any(use.is_lost for use in found) and self.is_bound(definition):
            return [use._replace(is_lost=False) for use in found]
        return found

    def _position(self, definition: EditedDefinition) -> int | None:
        """Return the position of a definition before the change."""
        known = self._before.definitions(definition.path)
        alike = [n for n, d in enumerate(known) if (d.qualname, d.kind) == (definition.qualname, definition.kind)]
        if definition.edit == "removed":
            alike = [n for n in alike if known[n].start == definition.line - 1] or alike
        return alike[0] if len(alike) == 1 else None

    def _unchanged_users(
        self, definition: EditedDefinition, target: tuple[str, int]
    ) -> Iterator[tuple[str, Sequence[int]]]:
        """Yield the files that the change leaves alone and that used a definition, with the lines."""
        ground = self._ground
        if self._before.is_learned or definition.edit != "removed":
            file = ground.position.get(definition.path)
            position = target[1]
            if file is not None and not self._before.is_learned:
                rows = ground.file_definitions(file)
                named = [row for row in rows if (row.qualname, row.kind) == (definition.qualname, definition.kind)]
                if len(named) != 1:
                    return
                position = named[0].position
            for user, lines in ground.uses(file, position).items() if file is not None else ():
                if ground.path(user) not in self._touched:
                    yield ground.path(user), lines
            return
        for user in ground.naming(definition.name):
            path = ground.path(user)
            is_asked = path not in self._touched and ground.is_there(user)
            if is_asked and (known := self._before.uses(path).get(target)):
                yield path, known

    def _find_in_changed(
        self, definition: EditedDefinition, target: tuple[str, int], file: EditedFile
    ) -> Iterator[Use]:
        """Yield the uses in a file that the change edits, on lines that it leaves alone."""
        if not (_holds(file.before, definition.name) and _holds(file.after, definition.name)):
            return
        before = file.old_path or file.path
        lines = self._before.uses(before).get(target, ())
        stays = self._match(file) if lines else {}
        for line in lines:
            now = stays.get(line)
            if now is None:
                continue
            means_it = self._still_means(definition, target, file, line, now)
            is_gone = definition.edit == "removed"
            if is_gone or means_it:
                is_lost = is_gone and means_it and not self._is_defined(definition, before, line, now)
                yield Use(file.path, now, is_lost)

    def _is_defined(self, definition: EditedDefinition, path: str, line: int, now: int) -> bool:
        """Tell whether a line that used a definition uses another one of its name now."""
        before, after = self._before, self._after
        file = self._by_base_path.get(path)
        earlier = {
            (target, before.definitions(target)[n].qualname)
            for (target, n), lines in before.uses(path).items()
            if line in lines
        }
        for (target, n), lines in after.uses(path if file is None else file.path).items():
            qualname = after.definitions(target)[n].qualname if now in lines else ""
            if qualname.rpartition(".")[2] != definition.name or after.declares_only(target, n):
                continue
            if (target, qualname) not in earlier or qualname == definition.qualname:
                return True
        return False

    def _still_means(
        self, definition: EditedDefinition, target: tuple[str, int], file: EditedFile, line: int, now: int
    ) -> bool:
        """Tell whether a line of a changed file speaks of the same as before, as far as names and receivers say."""
        before, after = self._before.facts(file.old_path or file.path), self._after.facts(file.path)
        if before is None or after is None:
            return False
        if _find_bindings(after, definition.name) - _find_bindings(before, definition.name):
            return False
        lines = self._split_after(file.path)
        if _is_plain(definition.name, lines[now]):
            return True
        if file.path not in self._removing:
            return now in self._mix.uses(file.path).get(target, ())
        old = innermost(self._before.definitions(file.old_path or file.path), line)
        new = innermost(self._after.definitions(file.path), now)
        if old is None or new is None:
            return False
        return _split(file.before)[old.start : old.stop] == lines[new.start : new.stop]

    # What stands in the place of what is gone

    def _may_inherit(self, name: str, owner: str, path: str, facts: Facts) -> bool:
        """Tell whether a type has a member of a name in another way, or may have it from a base that it had not."""
        now = self._find_class(facts, self._after, path, owner)
        if now is None:
            return False
        if {name, *_ANSWERING} & set(map(bare_name, own_names(facts, now))):
            return True
        known = self._before.facts(path)
        was = self._find_class(known, self._before, path, owner) if known is not None else None
        return was is None or not set(map(repr, now.bases)) <= set(map(repr, was.bases))

    @staticmethod
    def _find_class(facts: Facts, side: Side, path: str, qualname: str) -> Class | None:
        definitions = side.definitions(path)
        return next(
            (c for c in facts.classes if c.definition >= 0 and definitions[c.definition].qualname == qualname), None
        )

    def _is_rebound(self, name: str, file: EditedFile, path: str) -> bool:
        """Tell whether the top of a changed file gives a name a meaning that it had not there, as by an import."""
        after, before = self._after.facts(file.path), self._before.facts(file.old_path or file.path)
        if after is None:
            return False
        mine = {(one.module, one.name) for one in before.imports} if before is not None else set()
        news = {one.name for one in after.imports if (one.module, one.name) not in mine}
        if name in news or (file.path == path and "*" in news):
            return True
        known = _find_bindings(before, name, top=True) if before is not None else set()
        return bool(_find_bindings(after, name, top=True) - known)

    # Lines

    def _match(self, file: EditedFile) -> dict[int, int]:
        """Return where the lines that a change leaves alone stand after it (both from zero)."""
        if file.path not in self._stays:
            self._stays[file.path] = match_lines(_split(file.before), self._split_after(file.path))
        return self._stays[file.path]

    def _new_lines(self, path: str) -> Iterator[str]:
        file = next(file for file in self._change.files if path in {file.path, file.old_path})
        if file.after is not None:
            kept = set(self._match(file).values())
            yield from (line for n, line in enumerate(self._split_after(file.path)) if n not in kept)


def match_lines(before: Sequence[str], after: Sequence[str]) -> dict[int, int]:
    """Return for the lines of a text that stay where they stand after an edit (both from zero)."""
    least = min(len(before), len(after))
    start = next((n for n in range(least) if before[n] != after[n]), least)
    end = next((n for n in range(least - start) if before[-1 - n] != after[-1 - n]), least - start)
    found = {n: n for n in range(start)}
    found |= {len(before) - 1 - n: len(after) - 1 - n for n in range(end)}
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if len(old) * len(new) <= MOST_COMPARED:
        for at, to, size in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
            found |= {start + at + n: start + to + n for n in range(size)}
    return found


def _split(content: bytes | None) -> list[str]:
    return (as_utf8(content or b"") or b"").decode("utf-8", "replace").split("\n")


def _holds(content: bytes | None, name: str) -> bool:
    return content is not None and name.encode() in content


def _renames(name: str, line: str) -> bool:
    """Tell whether a line may give a name to something else."""
    if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line) or _COMMENT.match(line):
        return False
    return bool(_RENAMING.search(line) or re.search(rf"(?<![\w.]){re.escape(name)}\s*[:=](?!=)", line))


def _is_plain(name: str, line: str) -> bool:
    """Tell whether a line names something nowhere behind a receiver, other than the object that it stands in itself."""
    for found in re.finditer(
        rf"(?<![\w$])(?:([\w$]*)([)\]]*\??\s*(?:\.|->|::)\s*))?[$@]*{re.escape(name)}(?!\w)", line
    ):
        receiver, dot = found.groups()
        if dot and receiver not in _SELF:
            return False
    return True


def _find_bindings(facts: Facts, name: str, *, top: bool = False) -> set[str]:
    """Return what gives a name a meaning other than a definition: imports, values and parameters."""
    scopes = facts.scopes[:1] if top else facts.scopes
    bindings = (b for scope in scopes for key, all_of in scope.names.items() if _is_key(key, name) for b in all_of)
    return {repr((b.tag, b.value, b.type)) for b in bindings if b.tag in {VALUE, IMPORT, PARAMETER}}


def _is_key(key: str, name: str) -> bool:
    return key == name or bare_name(key.removeprefix("=")) == name

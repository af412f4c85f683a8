"""A word on a line of a file in, the subject that it means out; nothing where that is doubtful. Reads no file.

What tree-sitter finds says where a name is defined and used, not what it is bound to: imports, scopes and the rarity of
a name stand in for that. A language server of the language knows better, and none of its answers is given here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.parse.outline import innermost
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.symbols import TYPES

WORD = re.compile(r"[^\W\d]\w*")
OWN = re.compile(r"(?:\b(?:self|this|cls|Self|super\(\))|\$this)\s*(?:\.|->|::)\s*$")
MEMBER = re.compile(r"(?:\.|->|::)\s*$")
_MEMBERS_IN_SCOPE = frozenset({"java", "kotlin", "scala", "swift", "csharp", "cpp", "ruby"})
"""Languages in which a type's members are named without their owner."""
_NAMES_IMPORTED = frozenset({"python", "javascript", "typescript", "tsx"})
"""Languages in which a bare name of another file is one that an import names, or takes with a star."""
DEEPEST = 3
"""Through so many modules that pass a name on is it followed."""
SHORTEST = 3
"""A shorter name is too common to mean anything by its rarity alone."""


def find_subject(ground: ViewFacts, path: str, line: int, text: str, column: int) -> str | None:
    """Return what the word at a column of a line means: `path:symbol`, or a path for a module; None if not known.

    `line` counts from zero in the file as it is, `text` is that line, `column` counts its characters.
    """
    file = ground.position.get(path)
    word = next((m for m in WORD.finditer(text) if m.start() <= column <= m.end()), None)
    if file is None or word is None or not ground.is_there(file):
        return None
    learned = ground.find_learned_line(file, line)
    mine = [d for d in ground.file_definitions(file) if d.name == word[0]]
    imports = learned is not None and any(at == learned for _, _, at, _ in ground.imports(file))
    if learned is not None and not imports and learned not in ground.naming(word[0]).get(file, ()):
        # What is no use is a definition's own name, or stands in a comment or a string.
        around = [d for d in mine if d.start <= learned < d.stop]
        defined = innermost(around, learned) or next(iter(around), None)
        return _subject_name(ground, file, defined) if defined is not None else None
    found = _imported_subject(ground, file, learned, word[0])
    if found is not None or imports:
        return found
    before = text[: word.start()]
    if MEMBER.search(before):
        own = _own_member(ground, file, mine, learned) if OWN.search(before) else None
        return _subject_name(ground, file, own) if own is not None else _only(ground, file, word[0], linked=False)
    near = _in_scope(ground, file, mine, learned)
    if near is not None:
        return _subject_name(ground, file, near)
    if ground.language(file) in _NAMES_IMPORTED and not any("*" in names for _, names, _, _ in ground.imports(file)):
        return None  # a local name
    return _only(ground, file, word[0], linked=True)


def around(ground: ViewFacts, path: str, line: int) -> str | None:
    """Return the definition that a line (from zero, of the file as it is) lies in, as `path:symbol`; None for none."""
    file = ground.position.get(path)
    learned = ground.find_learned_line(file, line) if file is not None and ground.is_there(file) else None
    if file is None or learned is None:
        return None
    definition = innermost(ground.file_definitions(file), learned)
    return _subject_name(ground, file, definition) if definition is not None else None


def _subject_name(ground: ViewFacts, file: int, definition: DefinitionRow) -> str:
    return f"{ground.path(file)}:{definition.qualname}"


def _imported_subject(ground: ViewFacts, file: int, line: int | None, word: str, deepest: int = DEEPEST) -> str | None:
    """Return what an import binds a word to, or the module that it names on the line of its import."""
    for module, names, at, targets in ground.imports(file):
        if word in names:
            for target in targets:
                for definition in ground.file_definitions(target):
                    if definition.name == word and definition.parent < 0:
                        return _subject_name(ground, target, definition)
            for target in targets if deepest else ():
                passed_on = (
                    _imported_subject(ground, target, None, word, deepest - 1) if ground.is_facade(target) else None
                )
                if passed_on is not None:
                    return passed_on
            inside = [t for t in targets if _stem(ground.path(t)) == word]
            if inside:
                return ground.path(inside[0])
        elif at == line and targets and word == _last_word(module):
            return ground.path(targets[0])
    return None


def _last_word(module: str) -> str:
    words = WORD.findall(module.rpartition("/")[2].partition(".")[0] if "/" in module else module)
    return words[-1] if words else ""


def _stem(path: str) -> str:
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0]
    return folder.rpartition("/")[2] if stem in ("__init__", "index", "mod") else stem


def _own_member(ground: ViewFacts, file: int, mine: Sequence[DefinitionRow], line: int | None) -> DefinitionRow | None:
    """Return the member of the type around a line."""
    if line is None:
        return None
    around = innermost([d for d in ground.file_definitions(file) if d.kind in TYPES], line)
    return next((d for d in mine if around is not None and d.parent == around.position), None)


def _in_scope(ground: ViewFacts, file: int, mine: Iterable[DefinitionRow], line: int | None) -> DefinitionRow | None:
    """Return the definition of this file that a bare name means: the one whose scope is the narrowest around it."""
    open_types = ground.language(file) in _MEMBERS_IN_SCOPE
    best: tuple[int, DefinitionRow] | None = None
    for definition in mine:
        parent = ground.find_owner(file, definition)
        if parent is None:
            width = 1 << 30
        elif line is not None and parent.start <= line < parent.stop and (open_types or parent.kind not in TYPES):
            width = parent.stop - parent.start
        else:
            continue
        if best is None or width < best[0]:
            best = (width, definition)
    return best[1] if best is not None else None


def _only(ground: ViewFacts, file: int, word: str, *, linked: bool) -> str | None:
    """Return the one definition that a name can mean: of a file that this one uses, else of all there are."""
    language = ground.language(file)
    every = [
        (f, p)
        for f, p in ground.defining([word])[word]
        if ground.is_there(f) and ground.language(f) == language and not (ground.is_test(f) and f != file)
    ]
    known = ground.definitions({f for f, _ in every[:50]}) if len(every) <= 50 else {}
    reachable = set(ground.find_used_files(file))
    near = [(f, p) for f, p in every if f in reachable or file in ground.reachable_users(f)] if known else []
    chosen = near if near else ([] if linked or len(word) < SHORTEST else every)
    if len(chosen) != 1 or not known:
        return None
    (target, position) = chosen[0]
    return _subject_name(ground, target, known[target][position])

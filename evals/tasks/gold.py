"""What the right answer to a task is: files, symbols and lines at its base commit. Reads texts, knows no ranking.

Which definition a changed line belongs to comes from the same grammars that Noctule reads with, since they cover
sixteen languages; the ranking has no part in it. Names that a task's own source gives take their place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from noctule.evals.tasks.patch import FilePatch
from noctule.indexer.files.roles import classify_role
from noctule.indexer.parse.extract import extract_symbols
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.results import Json
from noctule.indexer.symbols import Definition

FUNCTIONS = frozenset({"function", "method"})
HOLDERS = FUNCTIONS | {"class", "interface", "struct", "enum", "trait", "type", "macro"}

Read = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class GoldSymbol:
    """A definition that the change touches; lines from one, both ends included."""

    path: str
    symbol: str
    kind: str
    start_line: int
    end_line: int

    @property
    def is_function(self) -> bool:
        """Whether it is a function or a method."""
        return self.kind in FUNCTIONS


@dataclass(frozen=True, slots=True)
class Gold:
    """The right answer to a task.

    `files` exist at the base, `created` do not; `lines` are those that the change replaces or inserts behind;
    `missing` are files or symbols that the task names and the base lacks; `named` says that the task's text names one
    of the files.
    """

    files: tuple[str, ...]
    created: tuple[str, ...]
    symbols: tuple[GoldSymbol, ...]
    lines: Mapping[str, tuple[int, ...]]
    missing: tuple[str, ...] = ()
    named: bool = False

    @property
    def functions(self) -> tuple[GoldSymbol, ...]:
        """The functions and methods among the symbols."""
        return tuple(s for s in self.symbols if s.is_function)

    def to_json(self) -> Json:
        """Return the answer as a run's folder keeps it."""
        return asdict(self)

    @classmethod
    def of_json(cls, row: Mapping[str, object]) -> Gold:
        """Return the answer that `to_json` wrote."""
        return cls(
            files=tuple(row["files"]),  # type: ignore[arg-type]
            created=tuple(row["created"]),  # type: ignore[arg-type]
            symbols=tuple(GoldSymbol(**s) for s in row["symbols"]),  # type: ignore[attr-defined]
            lines={path: tuple(lines) for path, lines in row["lines"].items()},  # type: ignore[attr-defined]
            missing=tuple(row["missing"]),  # type: ignore[arg-type]
            named=bool(row["named"]),
        )


def make_gold(
    patches: Sequence[FilePatch],
    files: Sequence[str] | None,
    symbols: Sequence[str] | None,
    read: Read,
    text: str = "",
) -> Gold:
    """Work out the right answer; `read` gives a file's content at the base, None where it has none.

    Without `files` the gold files are what the patch modifies or deletes, tests, documentation and generated files
    aside unless there is nothing else.
    """
    by_path = {p.old_path: p for p in patches if p.old_path is not None}
    wanted = list(dict.fromkeys(files if files is not None else _of_patch(by_path)))
    contents = {path: read(path) for path in wanted}
    there = tuple(path for path in wanted if contents[path] is not None)
    created = tuple(dict.fromkeys(p.new_path for p in patches if p.old_path is None and p.new_path is not None))
    absent = [path for path in wanted if path not in there and path not in created]
    touched: list[GoldSymbol] = []
    for path in there:
        touched += _symbols(path, contents[path] or b"", by_path.get(path), symbols)
    found = {f"{s.path}:{s.symbol}" for s in touched}
    lacking = [s for s in symbols or () if s not in found and s.partition(":")[0] in there]
    lines = {path: by_path[path].touched for path in there if path in by_path and by_path[path].touched}
    return Gold(there, created, tuple(touched), lines, (*absent, *lacking), names_any(text, there))


def _of_patch(by_path: Iterable[str]) -> list[str]:
    paths = list(by_path)
    return [p for p in paths if classify_role(p) not in {"test", "docs", "generated", "vendored"}] or paths


def _symbols(path: str, source: bytes, patch: FilePatch | None, named: Sequence[str] | None) -> list[GoldSymbol]:
    language = detect_language(path)
    if language is None:
        return []
    definitions = [d for d in extract_symbols(source, language).definitions if d.kind in HOLDERS]
    touched = definitions_in_hunks(definitions, patch) if patch is not None else []
    if named is not None:
        names = {s.partition(":")[2] for s in named if s.partition(":")[0] == path}
        touched = [d for name in sorted(names) for d in _bearing(name, definitions, touched)]
    return [GoldSymbol(path, d.qualname, d.kind, d.span.start + 1, d.span.stop) for d in touched]


def _bearing(name: str, definitions: Sequence[Definition], touched: Sequence[Definition]) -> list[Definition]:
    """Return the definition of that name: of several, one that the patch touches, else the first."""
    return ([d for d in touched if d.qualname == name] or [d for d in definitions if d.qualname == name])[:1]


def definitions_in_hunks(definitions: Sequence[Definition], patch: FilePatch) -> list[Definition]:
    """Return the functions around what a patch changes, or where none is the innermost types, in source order.

    Text that is inserted between two lines belongs to what holds both of them; what a function defines inside of it
    belongs to that function, as SWE-bench's localisation sets count it.
    """
    places = [(line, line) for line in patch.removed] + [(line, line + 1) for line in patch.inserted_after]
    found: set[int] = set()
    for first, last in places:
        around = [
            i for i, d in enumerate(definitions) if d.span.start + 1 <= first and last <= d.span.stop
        ]  # spans count from zero, half open
        functions = [i for i in around if definitions[i].kind in FUNCTIONS]
        if functions:
            found.add(max(functions, key=lambda i: (len(definitions[i].span), -i)))
        elif around:
            found.add(min(around, key=lambda i: (len(definitions[i].span), -i)))
    return [definitions[i] for i in sorted(found)]


def names_any(text: str, files: Iterable[str]) -> bool:
    """Tell whether a text names one of the files: by its file name, or as a module with its package, in any case."""
    lower = text.lower()
    for path in files:
        folder, _, name = path.lower().rpartition("/")
        stem = name.rpartition(".")[0] or name
        module = [p for p in (*folder.split("/"), stem) if p]
        if module[-1] == "__init__":
            module.pop()
        dotted = ".".join(module[-2:])
        if _is_inside(name, lower) or (len(module) > 1 and _is_inside(dotted, lower)):
            return True
    return False


def _is_inside(name: str, text: str) -> bool:
    return name in text and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None

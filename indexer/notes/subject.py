"""What a user calls a subject in, which file, symbol or directory of the view is meant out."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from noctule.indexer.errors import UnknownSubject
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.printable import printable_line
from noctule.indexer.store.rows import DefinitionRow

MOST_NEAR = 3
MOST_NAMESAKES = 50


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject by its full name; `kind` is "repository", "directory", "file" or "symbol"."""

    name: str
    kind: str
    file: int = -1
    symbol: DefinitionRow | None = None


def find_subject(text: str, ground: ViewFacts, root: Path) -> Subject:
    """Return what `resolve` does, or the only file, directory or definition that a part of its name fits."""
    text = _as_stored(text, ground)
    try:
        return parse_subject(text, ground, root)
    except UnknownSubject:
        name = relative(text, root)
        path, colon, symbol = name.partition(":")
        whole = None if colon else _only_match(name, ground, root)
        file = _only_match(path, ground, root) if colon else None
        found = whole or (f"{file}:{symbol}" if file is not None else None)
        if found is None:
            _refuse_foreign_path(text, name, root)
            raise
        return parse_subject(found, ground, root)


def find_file(text: str, ground: ViewFacts, root: Path) -> str:
    """Return the path of a file that is named in whole, or by a part that fits one file only. UnknownSubject."""
    name = relative(_as_stored(text, ground), root)
    if name in ground.position:
        return name
    fitting = [] if os.path.lexists(root / name) else _files_ending(name, ground)
    if len(fitting) != 1:
        _refuse_foreign_path(text, name, root)
        raise unknown(name, ground, root)
    return fitting[0]


def _refuse_foreign_path(text: str, name: str, root: Path) -> None:
    """Raise where a name leads out of the repository. UnknownSubject."""
    if name == ".." or name.startswith("../"):
        raise UnknownSubject(f"{text} lies outside of {root}", "name what lies in it, or another repository as PATH")


def _as_stored(text: str, ground: ViewFacts) -> str:
    """Return a name whose odd characters and bytes are escaped, as answers print them, as the index has it."""
    if "\\" not in text:
        return text
    odd = {printable_line(part): part for path in ground.index.paths for part in _odd_parts(path)}
    folder, slash, last = text.rpartition("/")
    name, colon, symbol = last.partition(":")
    return "/".join(odd.get(part, part) for part in folder.split("/")) + slash + odd.get(name, name) + colon + symbol


def _odd_parts(path: str) -> list[str]:
    return path.split("/") if printable_line(path) != path else []


def _only_match(name: str, ground: ViewFacts, root: Path) -> str | None:
    """Return the one thing that a name can mean, unless a file that is not indexed yet has that very name."""
    if not name or os.path.lexists(root / name):
        return None
    folders = {path.rpartition("/")[0] for path in ground.index.paths}
    fitting = _files_ending(name, ground) or sorted(f for f in folders if f.endswith(f"/{name}"))
    symbol = _with_dots(name)
    if not fitting and symbol:
        found = [one for one in _defining(ground, [_last(symbol)], MOST_NAMESAKES) if _ends_with(one, symbol)]
        fitting = [one for one in found if not ground.is_test(ground.position[one.partition(":")[0]])] or found
    return fitting[0] if len(fitting) == 1 else None


def _with_dots(name: str) -> str:
    """Return a name such as `Owner.name`, `Owner::name` or `Owner#name` with dots; empty where it names no symbol."""
    dotted = name.replace("::", ".").replace("#", ".").removesuffix("()")
    return dotted if detect_language(name) is None and all(part.isidentifier() for part in dotted.split(".")) else ""


def _last(symbol: str) -> str:
    return symbol.rpartition(".")[2]


def _ends_with(place: str, symbol: str) -> bool:
    """Whether the definition `path:qualname` is called `symbol`, with or without its owners."""
    return f".{place.partition(':')[2]}".endswith(f".{symbol}")


def _files_ending(name: str, ground: ViewFacts) -> list[str]:
    end = f"/{name}"
    return [p for p in ground.index.paths if p.endswith(end) and ground.is_there(ground.position[p])]


def parse_subject(text: str, ground: ViewFacts, root: Path) -> Subject:
    """Find what a path, path:symbol, directory or nothing (the repository) means; UnknownSubject names what is near."""
    name = relative(text, root)
    if name in ("", "."):
        return Subject("", "repository")
    file = ground.position.get(name)
    if file is not None:
        if not ground.is_there(file):
            raise UnknownSubject(f"{name} was deleted", "run `noctule sleep` to bring the index up to date")
        return Subject(name, "file", file)
    if any(path.startswith(name + "/") for path in ground.index.paths):
        return Subject(name, "directory")
    path, colon, symbol = name.rpartition(":")
    while colon and path not in ground.position:
        path, colon, rest = path.rpartition(":")
        symbol = f"{rest}:{symbol}"
    if colon:
        return _symbol(path, symbol, ground)
    raise unknown(name, ground, root)


def relative(text: str, root: Path) -> str:
    """Return a path from the root on, as git names it; one that is given in full may go through links."""
    if Path(text).is_absolute():
        text = os.path.relpath(os.path.realpath(text), os.path.realpath(root))
    return os.path.normpath(text).removesuffix("/") if text else ""


def _symbol(path: str, symbol: str, ground: ViewFacts) -> Subject:
    file = ground.position[path]
    definitions = ground.file_definitions(file)
    wanted = symbol.replace("::", ".").replace("#", ".").strip(".()")
    found = [d for d in definitions if d.qualname == wanted] or [d for d in definitions if d.name == wanted]
    qualnames = list(dict.fromkeys(d.qualname for d in found))
    if len(qualnames) > 1:
        several = _either(f"{path}:{qualname}" for qualname in qualnames)
        raise UnknownSubject(f"{path} defines {len(qualnames)} symbols named {symbol}", f"did you mean {several}?")
    if found:
        return Subject(f"{path}:{found[0].qualname}", "symbol", file, found[0])
    names = [d.qualname for d in definitions]
    near = difflib.get_close_matches(wanted, names, MOST_NEAR, 0.6)
    near += [q for q in names if q.rpartition(".")[2].lower() == wanted.rpartition(".")[2].lower()]
    nearest = _either(f"{path}:{n}" for n in dict.fromkeys(near))
    raise UnknownSubject(f"no symbol {symbol} in {path}", f"did you mean {nearest}?" if near else "")


def unknown(name: str, ground: ViewFacts, root: Path) -> UnknownSubject:
    """Return the error that says that nothing has this name, and what is near; or that it is not indexed yet."""
    path = name if os.path.lexists(root / name) else name.partition(":")[0]
    if path and not path.startswith("../") and os.path.lexists(root / path):
        reason = ground.find_reason(os.path.normpath(path))
        if reason is not None:
            return UnknownSubject(f"{path} is left out of the index: {reason}", "`noctule status` names what else is")
        return UnknownSubject(f"{path} is not in the index", "if it is new and git does not ignore it: `noctule sleep`")
    name = _with_dots(name) or name.partition(":")[0] or name
    what = "file" if "." in name.rpartition("/")[2] and not _with_dots(name) else "file, directory or symbol"
    return UnknownSubject(f"no such {what}: {name} (paths are relative to the repository root)", _advice(name, ground))


def _advice(name: str, ground: ViewFacts) -> str:
    """Suggest what has the same last part, else what has a similar one."""
    last, symbol = name.rpartition("/")[2], _last(_with_dots(name))
    folders = sorted({p.rpartition("/")[0] for p in ground.index.paths} - {""})
    paths = (*ground.index.paths, *folders)
    near = [p for p in paths if p.rpartition("/")[2] == last] or _defining(ground, [symbol or last], MOST_NEAR)
    if not near:
        by_name: dict[str, list[str]] = {}
        for path in paths:
            by_name.setdefault(path.rpartition("/")[2], []).append(path)
        alike = difflib.get_close_matches(last, by_name, MOST_NEAR, 0.7) if len(by_name) < 20_000 else []
        near = [path for n in alike for path in by_name[n]]
        if symbol:
            near += _defining(ground, ground.names_like(symbol, MOST_NEAR), 1)
    near.sort(key=lambda p: (-_likeness(re.split("[/:]", p)[-1], last), -_likeness(p, name)))
    return f"did you mean {_either(near)}?" if near else "if it is new, run `noctule sleep` first"


def _defining(ground: ViewFacts, names: list[str], most: int) -> list[str]:
    """Return the definitions of names as path:symbol, at most so many of each."""
    printable = [name for name in names if name.isprintable()]  # a lone surrogate is not, and no database takes it
    places = [place for at in ground.defining(printable).values() for place in at[:most]]
    known = ground.definitions({file for file, _ in places})
    return [f"{ground.path(file)}:{known[file][position].qualname}" for file, position in places]


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()


def _either(names: Iterable[str]) -> str:
    return " or ".join(list(names)[:MOST_NEAR])

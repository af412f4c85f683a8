"""What a user calls a subject in, which file, symbol or directory of the view is meant out."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from noctule.indexer.errors import UnknownSubject
from noctule.indexer.notes.view_facts import Ground
from noctule.indexer.store.store import DefinitionRow

MOST_NEAR = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject by its full name; `kind` is "repository", "directory", "file" or "symbol"."""

    name: str
    kind: str
    file: int = -1
    symbol: DefinitionRow | None = None


def meant_by(text: str, ground: Ground, root: Path) -> Subject:
    """Find what a path, path:symbol, directory or nothing (the repository) means; UnknownSubject names what is near."""
    name = relative(text, root)
    if name in ("", "."):
        return Subject("", "repository")
    file = ground.position.get(name)
    if file is not None:
        if not ground.is_there(file):
            raise UnknownSubject(f"{name} is gone", "run `noctule sleep` to learn what is there now")
        return Subject(name, "file", file)
    if any(path.startswith(name + "/") for path in ground.index.paths):
        return Subject(name, "directory")
    path, colon, symbol = name.rpartition(":")
    while colon and path not in ground.position:
        path, colon, rest = path.rpartition(":")
        symbol = f"{rest}:{symbol}"
    if colon:
        return _symbol(path, symbol, ground)
    raise UnknownSubject(f"nothing learned is named {text}", _advice(name, ground))


def relative(text: str, root: Path) -> str:
    """Return a path from the root on, as git names it; one that is given in full may go through links."""
    if Path(text).is_absolute():
        text = os.path.relpath(os.path.realpath(text), os.path.realpath(root))
    return os.path.normpath(text).removesuffix("/") if text else ""


def _symbol(path: str, symbol: str, ground: Ground) -> Subject:
    file = ground.position[path]
    definitions = ground.definitions([file])[file]
    wanted = symbol.replace("::", ".").replace("#", ".").strip(".()")
    found = [d for d in definitions if d.qualname == wanted] or [d for d in definitions if d.name == wanted]
    if found:
        return Subject(f"{path}:{found[0].qualname}", "symbol", file, found[0])
    names = [d.qualname for d in definitions]
    near = difflib.get_close_matches(wanted, names, MOST_NEAR, 0.5)
    near += [q for q in names if q.rpartition(".")[2].lower() == wanted.rpartition(".")[2].lower()]
    advice = (
        f"did you mean {_either(f'{path}:{n}' for n in dict.fromkeys(near))}?" if near else "name a definition in it"
    )
    raise UnknownSubject(f"{path} defines no {symbol}", advice)


def _advice(name: str, ground: Ground) -> str:
    """Suggest paths with the same last part, else with a like one, else definitions of that name."""
    last = name.rpartition("/")[2]
    folders = {p.rpartition("/")[0] for p in ground.index.paths} - {""}
    same = [p for p in (*ground.index.paths, *sorted(folders)) if p.rpartition("/")[2] == last]
    if not same and last.isprintable():  # a lone surrogate is none, and no database takes it
        definitions = ground.defining([last])[last]
        known = ground.definitions({f for f, _ in definitions[:MOST_NEAR]})
        same = [f"{ground.path(f)}:{known[f][p].qualname}" for f, p in definitions[:MOST_NEAR]]
    if not same:
        by_name: dict[str, list[str]] = {}
        for path in (*ground.index.paths, *sorted(folders)):
            by_name.setdefault(path.rpartition("/")[2], []).append(path)
        near = difflib.get_close_matches(last, by_name, MOST_NEAR, 0.6) if len(by_name) < 20_000 else []
        same = [path for n in near for path in by_name[n]]
    same.sort(key=lambda p: -difflib.SequenceMatcher(None, p, name).ratio())
    if same:
        return f"did you mean {_either(same)}?"
    return "name a file, path:symbol or directory; what is not learned yet, `noctule sleep` learns"


def _either(names: Iterable[str]) -> str:
    return " or ".join(list(names)[:MOST_NEAR])

"""Which repositories a fleet is to learn: from a list, a folder, or what GitHub's API says of an organisation.

Reads files and folder names alone; no repository is opened, and no network is used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from noctule.indexer.errors import RepositoryError
from noctule.indexer.files.nested import find_repositories, is_repository
from noctule.indexer.results import Value

_SCHEMES = ("https", "http", "ssh", "file")
_WORD = re.compile(r"""(?:"(?P<double>[^"]+)"|'(?P<single>[^']+)')(?!\S)|(?P<plain>\S+)""")
_SCP_LIKE = re.compile(r"(?P<user>[\w.-]+@)?(?P<host>[\w.-]+):(?!:|//)(?P<path>.+)", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Source(Value):
    """One repository: its name, which is unique in a fleet, and its place: a folder of this machine, or an address."""

    name: str
    place: str

    @property
    def is_folder(self) -> bool:
        """Whether it is learned where it lies, without a clone."""
        return self.place.startswith("/")

    @property
    def host(self) -> str:
        """The server that it is fetched from; empty for what lies on this machine."""
        if self.is_folder or self.place.startswith("file:"):
            return ""
        if "://" in self.place:
            return urlsplit(self.place).hostname or ""
        found = _SCP_LIKE.fullmatch(self.place)
        return found["host"] if found is not None else ""


def without_login(place: str) -> str:
    """Return an address without the user name and password that may stand in it."""
    return re.sub(r"(?<=://)[^/]*@", "", place)


def read_list(file: Path) -> list[Source]:
    """Read a file with one address or folder a line, and after it a name if the user wants another. RepositoryError.

    Empty lines are left out, and what follows a word that begins with #. Relative folders are looked up beside the
    file. A folder with spaces in its name may be in quotes, and has to be if a name follows.
    """
    sources = []
    for number, line in enumerate(_read(file).splitlines(), 1):
        words = _split(line, file.parent)
        if not words:
            continue
        if len(words) > 2:
            raise RepositoryError(
                f"{file}, line {number} has {len(words)} words",
                "write one address or folder a line, in quotes if it has spaces, and its name",
            )
        place = _check_place(words[0], f"{file}, line {number}", file.parent)
        sources.append(Source(words[1] if len(words) == 2 else name_of(place), place))
    return unique(sources)


def _split(line: str, beside: Path) -> list[str]:
    """Return the words of a line, which may be in quotes; a line that is a folder as a whole is one word."""
    line = line.strip()
    if line and not line.startswith("#") and (beside / line).is_dir():
        return [line]
    words = []
    for found in _WORD.finditer(line):
        if found["plain"] is not None and found["plain"].startswith("#"):
            break
        words.append(next(word for word in found.groups() if word is not None))
    return words


def read_github(file: Path) -> list[Source]:
    """Read what `gh api orgs/ORG/repos --paginate` or `gh repo list --json nameWithOwner,url` printed. RepositoryError.

    Repositories that are archived or disabled are left out.
    """
    text, sources = _read(file), []
    decoder, at = json.JSONDecoder(), 0
    try:
        while text[at:].strip():  # each page is a list of its own
            at += len(text[at:]) - len(text[at:].lstrip())
            page, at = decoder.raw_decode(text, at)
            if not isinstance(page, list):
                raise TypeError("a page is a list")
            for one in page:
                if not any(one.get(key) for key in ("archived", "isArchived", "disabled")):
                    place = one.get("clone_url") or f"{one['url'].removesuffix('.git')}.git"
                    sources.append(Source(one.get("full_name") or one["nameWithOwner"], place))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RepositoryError(
            f"{file} is not a list of repositories as GitHub's API prints it",
            "make it with `gh api orgs/ORG/repos --paginate > FILE`",
        ) from error
    for number, source in enumerate(sources, 1):
        _check_place(source.place, f"{file}, repository {number}", file.parent)
    return unique(sources)


def find_in(folder: Path) -> list[Source]:
    """Return the repositories that lie in a folder, at most three levels deep; named by their path in it.

    A folder that is a repository itself is the only one. OSError.
    """
    top = folder.resolve()
    if is_repository(top):
        return [Source(name_of(str(top)), str(top))]
    found = find_repositories(top)
    return unique(Source(path.relative_to(top).as_posix().removesuffix(".git"), str(path)) for path in found)


def unique(sources: Iterable[Source]) -> list[Source]:
    """Return sources in the order of their names, each once. RepositoryError where one name means two places."""
    places: dict[str, str] = {}
    for source in sources:
        if places.setdefault(source.name, source.place) != source.place:
            known, other = without_login(places[source.name]), without_login(source.place)
            raise RepositoryError(
                f"two repositories have the name {source.name}: {known} and {other}",
                "write another name behind one of the addresses",
            )
    return [Source(name, places[name]) for name in sorted(places)]


def shard(sources: list[Source], index: int, parts: int) -> list[Source]:
    """Return every `parts`-th source, from the `index`-th on, counted from one: all shards together are all of them."""
    return sorted(sources)[index - 1 :: parts]


def name_of(place: str) -> str:
    """Return the last two parts of an address's path ("owner/name"), or the name of a folder."""
    if place.startswith("/"):
        return Path(place).name.removesuffix(".git")
    path = urlsplit(place).path if "://" in place else place.rpartition(":")[2]
    parts = [part for part in path.removesuffix("/").removesuffix(".git").split("/") if part]
    return "/".join(parts[-2:])


def _check_place(place: str, where: str, beside: Path) -> str:
    """Return an address, or the whole path of a folder. RepositoryError where it is neither, which begins with `where`.

    A whole path may lead to nothing: that one repository is gone, and stops no other.
    """
    scheme, found, _ = place.partition("://")
    if (found and scheme in _SCHEMES) or (not found and _SCP_LIKE.fullmatch(place) and not place.startswith("-")):
        return place
    folder = (beside / place).resolve()
    if not found and "::" not in place and (folder.is_dir() or place.startswith("/")):
        return str(folder)
    raise RepositoryError(
        f"{where}: {without_login(place)[:80]!r} is neither a folder nor an address of a repository",
        f"addresses begin with {', '.join(f'{one}://' for one in _SCHEMES)} or user@host:",
    )


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")  # some editors begin a file with a mark
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise RepositoryError(f"cannot read {file}: {why}") from error

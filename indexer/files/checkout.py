"""Which files git calls unchanged although their bytes differ from its index: a checkout converted them.

git converts line ends, encodings, `$Id$` and what filters ask for. Whether a file is still what the checkout wrote, the
stat data in the index say. Where they do not, because a file was touched or copied, the conversions that need no
program are undone here. No filter runs; what one may have written counts as unchanged while its size is the same.
"""

from __future__ import annotations

import codecs
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from noctule.indexer.files.git import Git
from noctule.indexer.lazy_pattern import lazy_pattern

NAMED_AT_MOST = 100
"""So many paths are named to git on its command line; of more it is asked for all."""

_ATTRIBUTES = ("text", "eol", "ident", "filter", "working-tree-encoding", "crlf")
_STAT = lazy_pattern(
    r"\s*ctime: (\d+):(\d+)\s+mtime: (\d+):(\d+)\s+dev: \d+\tino: (\d+)"
    r"\s+uid: \d+\tgid: \d+\s+size: (\d+)\tflags: \w+\n"
)
_IDENT = lazy_pattern(rb"\$Id: [^$\r\n]*\$")
_SIGN = lazy_pattern(rb"\r\n|\$Id")
"""What line ends and `$Id$` leave in a file."""
_LOW_32 = 0xFFFFFFFF


class IndexStat(NamedTuple):
    """What the file system said of a file when git last wrote or compared it; times in nanoseconds."""

    ctime_ns: int
    mtime_ns: int
    inode: int
    size: int

    def fits(self, seen: os.stat_result) -> bool:
        """Tell whether a file looks as it did then; git keeps 32 bits of the inode, and no nanoseconds everywhere."""
        return (
            _same_time(self.mtime_ns, seen.st_mtime_ns)
            and _same_time(self.ctime_ns, seen.st_ctime_ns)
            and self.inode in {0, seen.st_ino & _LOW_32}
        )


def convert(
    git: Git,
    differing: Mapping[str, str],
    read: Callable[[str], bytes | None],
    is_blob: Callable[[bytes, str], bool],
    attributes: bytes,
) -> dict[str, str]:
    """Return those of the files that git calls unchanged; `differing` maps paths to their blobs in the index.

    `read` returns a file's bytes; `attributes` are the texts of the files that set git's attributes.
    """
    root = git.place.root
    seen = {path: stat for path in differing if (stat := _lstat(root / path)) is not None}
    index = _lstat(git.place.git_dir / "index")
    written_ns = index.st_mtime_ns if index is not None else 0
    is_filtered = b"filter=" in attributes
    # A file that was written after the index cannot be as the index has it.
    older = {path for path in seen if seen[path].st_mtime_ns <= written_ns}
    stats = _index_stats(git, sorted(seen if is_filtered else older))
    fitting = {path for path in older if path in stats and stats[path].fits(seen[path])}
    # git distrusts what was written as late as the index itself, and marks such a file with a size of zero.
    sure = {p for p in fitting if stats[p].mtime_ns < written_ns and stats[p].size == seen[p].st_size & _LOW_32}
    contents = {path: content for path in seen.keys() - sure if (content := read(path)) is not None}
    may_be_any = is_filtered or b"working-tree-encoding" in attributes
    doubtful = [path for path, content in contents.items() if may_be_any or _SIGN.search(content)]
    asked = _attributes(git, {*doubtful, *(fitting - sure)} if attributes else doubtful)
    line_ends = _converts_line_ends(git) if doubtful else False
    found = set(sure)
    for path, said in asked.items():
        sizes = {seen[path].st_size & _LOW_32, 0 if path in fitting else None}
        if _is_said(said.get("filter", "")) and path in stats and stats[path].size in sizes:
            found.add(path)  # only the filter could tell more
        elif path in contents:
            forms = _list_forms(contents[path], said, line_ends)
            if any(is_blob(form, differing[path]) for form in forms):
                found.add(path)
    return {path: differing[path] for path in differing if path in found}


def _list_forms(content: bytes, said: Mapping[str, str], line_ends: bool) -> Iterator[bytes]:
    """Yield the forms in which git may store a content, by the attributes of its path."""
    if said.get("filter") == "lfs":
        oid = hashlib.sha256(content).hexdigest()
        yield b"version https://git-lfs.github.com/spec/v1\noid sha256:%b\nsize %d\n" % (oid.encode(), len(content))
    encoding = said.get("working-tree-encoding", "")
    if _is_said(encoding):
        decoded = _as_utf8(content, encoding)
        if decoded is None:
            return
        content = decoded
    text, eol, crlf = (said.get(name, "") for name in ("text", "eol", "crlf"))
    binary = text == "unset" or (text == "unspecified" and crlf == "unset")
    converts = not binary and (_is_said(text) or _is_said(crlf) or eol in {"lf", "crlf"} or line_ends)
    forms = [content, content.replace(b"\r\n", b"\n")] if converts else [content]
    for form in forms:
        yield form
        if said.get("ident") == "set":
            yield _IDENT.sub(b"$Id$", form)


def _as_utf8(content: bytes, encoding: str) -> bytes | None:
    has_mark = encoding.upper().endswith("-BOM")
    try:
        text = content.decode(codecs.lookup(encoding[:-4] if has_mark else encoding).name)
    except (LookupError, UnicodeError):
        return None
    return text.removeprefix("\ufeff").encode("utf-8", "surrogatepass")


def _is_said(value: str) -> bool:
    return value not in {"", "unspecified", "unset"}


def _index_stats(git: Git, paths: list[str]) -> dict[str, IndexStat]:
    """Ask git for the stat data of its index; what cannot be parsed is not there."""
    if not paths:
        return {}
    named = ("--", *paths) if len(paths) <= NAMED_AT_MOST else ()
    outcome = git.try_run("ls-files", "-z", "--debug", *named)
    if outcome.returncode:
        return {}
    found: dict[str, IndexStat] = {}
    path, *rest = os.fsdecode(outcome.output).split("\0")
    for record in rest:
        stat = _STAT.match(record)
        if stat is None:
            return {}
        ctime_s, ctime, mtime_s, mtime, inode, size = map(int, stat.groups())
        found[path] = IndexStat(ctime_s * 10**9 + ctime, mtime_s * 10**9 + mtime, inode, size)
        path = record[stat.end() :]
    return found


def _attributes(git: Git, paths: Iterable[str]) -> dict[str, dict[str, str]]:
    asked = b"".join(os.fsencode(path) + b"\0" for path in paths)
    if not asked:
        return {}
    outcome = git.try_run("check-attr", "-z", "--stdin", *_ATTRIBUTES, input=asked)
    words = os.fsdecode(outcome.output).split("\0")
    found: dict[str, dict[str, str]] = {}
    for path, name, value in zip(words[::3], words[1::3], words[2::3], strict=False):
        found.setdefault(path, {})[name] = value
    return found


def _converts_line_ends(git: Git) -> bool:
    said = git.try_run("config", "--get", "core.autocrlf").output.strip().lower()
    return said not in {b"", b"false", b"no", b"off", b"0"}


def _same_time(kept_ns: int, seen_ns: int) -> bool:
    if kept_ns % 10**9 == 0:
        return kept_ns == seen_ns - seen_ns % 10**9
    return kept_ns == seen_ns


def _lstat(path: os.PathLike[str]) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None

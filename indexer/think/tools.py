"""What a model may look up while it thinks: lines, words, exact texts, past commits, who uses what. Only reads.

Every answer is bounded, stands behind a fence, and holds no file and no line that must stay on the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from noctule.indexer.errors import GitError
from noctule.indexer.history.log import these
from noctule.indexer.notes.partners import is_telling
from noctule.indexer.notes.phrases import bracket
from noctule.indexer.terms import split_terms
from noctule.indexer.think.evidence import EvidenceSource
from noctule.indexer.think.quotes import DATA, add_fence, limit_tokens, number_lines

if TYPE_CHECKING:
    from noctule.indexer.serve.repository import Repository

MOST_LINES = 120
MOST_TOKENS = 1_500
MOST_FOUND = 8
MOST_SEARCHED, MOST_OF_FILE, MOST_LINES_FOUND = 200, 5, 30
"""So many files are searched for a text, and so many lines told of each and of all."""
MOST_COMMITS = 12
MOST_RELATED = 12
LONGEST_QUERY = 300


def describe_tool(name: str, what: str, **parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a tool as the OpenAI protocol describes one; all its parameters are needed."""
    schema = {"type": "object", "properties": parameters, "required": [*parameters], "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": what, "parameters": schema}}


_PATH = {"type": "string", "description": "a path from the repository's root, as it was shown"}
_LINE = {"type": "integer", "minimum": 1}
LOOKING = (
    describe_tool("read", f"Read lines of a file, at most {MOST_LINES}.", path=_PATH, first=_LINE, last=_LINE),
    describe_tool(
        "search", "Find files and definitions that have to do with some words or names.", query={"type": "string"}
    ),
    describe_tool("find", "Find the lines that hold a text, to the letter.", text={"type": "string", "minLength": 3}),
    describe_tool(
        "commit",
        "Show the files of a commit, and what it changed in one of them, or in as many of the first as fit.",
        id={"type": "string", "description": "its id, as it was shown"},
        path={"type": "string", "description": "one of its files; empty for the first"},
    ),
    describe_tool("history", "List the latest commits of a file or folder, and what changed with it.", path=_PATH),
    describe_tool("related", "List who uses a file and on which line, and what it uses.", path=_PATH),
)


class BadCall(Exception):
    """A tool was called with what it cannot answer; the text says why, for the model."""


class Tools:
    """The tools over one repository; `paths` are the files whose text was handed out."""

    def __init__(self, repository: Repository, source: EvidenceSource) -> None:
        self._repository = repository
        self._source = source
        self.paths: set[str] = set()

    def answer(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Answer one call. BadCall where it cannot be answered."""
        match name:
            case "read":
                return self._read(_text(arguments, "path"), _number(arguments, "first"), _number(arguments, "last"))
            case "search":
                return self._search(_text(arguments, "query"))
            case "find":
                return self._find(_text(arguments, "text"))
            case "commit":
                return self._commit(_text(arguments, "id"), str(arguments.get("path") or ""))
            case "history":
                return self._history(self._files(_text(arguments, "path")), _text(arguments, "path"))
            case "related":
                return self._near_files(self._file(_text(arguments, "path")))
            case _:
                known = ", ".join(str(tool["function"]["name"]) for tool in LOOKING)
                raise BadCall(f"there is no tool {name[:40]!r}; there are {known}, rethink and finish")

    def _file(self, path: str) -> int:
        if not self._source.has_file(path):
            raise BadCall(f"there is no file {path[:200]!r} to look at")
        return self._source.ground.position[path]

    def _files(self, path: str) -> list[int]:
        """Return a file, or the files below a folder."""
        ground = self._source.ground
        if self._source.has_file(path):
            return [ground.position[path]]
        files = [f for f in ground.within(path.strip("/")) if self._source.has_file(ground.path(f))]
        if not files:
            raise BadCall(f"there is no file or folder {path[:200]!r} to look at")
        return files

    def _read(self, path: str, first: int, last: int) -> str:
        self._file(path)
        lines = self._source.lines(path)
        if not 1 <= first <= last:
            raise BadCall("first and last are lines from one on, first before last")
        if first > len(lines):
            raise BadCall(f"{path} has {len(lines)} lines")
        last = min(last, first + MOST_LINES - 1, len(lines))
        self.paths.add(path)
        shown = limit_tokens(number_lines(lines[first - 1 : last], first - 1), MOST_TOKENS)
        return add_fence(f"{path}, of {len(lines)} lines. {DATA}", shown)

    def _search(self, query: str) -> str:
        if not query.strip():
            raise BadCall("the query is empty")
        pack = self._repository.reader.context(query[:LONGEST_QUERY], 0, 3 * MOST_FOUND)
        found = [file for file in pack.files if self._source.has_file(file.path)][:MOST_FOUND]
        lines = []
        for file in found:
            spans = [f"{s.symbol or ''} {s.start_line}-{s.end_line}".strip() for s in file.spans[:4]]
            lines.append(f"{file.path}: {', '.join(spans)}" if spans else file.path)
        return add_fence(f"Likeliest files first. {DATA}", lines) if lines else "Nothing was found."

    def _find(self, text: str) -> str:
        """Find lines that hold a text, in the files that hold all of its words."""
        terms = set(split_terms(text))
        if not terms or len(text) > LONGEST_QUERY:
            raise BadCall("the text has to hold a word that is no stop word, and to be short")
        ground, source = self._source.ground, self._source
        known = ground.index.postings(sorted(terms))
        blobs = set.intersection(*(set(known[t].blobs) if t in known else set[int]() for t in terms))
        files = [f for f in range(ground.index.size) if int(ground.index.blob[f]) in blobs or ground.has_changed(f)]
        files.sort(key=lambda f: (ground.role(f) != "source", ground.path(f)))
        lines: list[str] = []
        for path in [p for p in map(ground.path, files[:MOST_SEARCHED]) if source.has_file(p)]:
            there = [f"{path}:{n}: {line.strip()}" for n, line in enumerate(source.lines(path), 1) if text in line]
            lines += there[:MOST_OF_FILE]
            if len(lines) >= MOST_LINES_FOUND:
                break
        shown = limit_tokens(lines[:MOST_LINES_FOUND], MOST_TOKENS)
        self.paths.update(line.partition(":")[0] for line in shown if not line.startswith("["))
        return add_fence(f"Lines that hold it. {DATA}", shown) if lines else "No line holds it."

    def _commit(self, oid: str, path: str) -> str:
        """Show a commit's message and files, and its changes."""
        told, git = self._source.commit(oid), self._source.ground.git
        if told is None or git is None:
            raise BadCall(f"there is no commit {oid[:64]!r} to look at")
        touched = [line for line in told.lines if self._source.has_file(line)]
        wanted = [path] if path else touched
        if not set(wanted) <= set(touched):
            raise BadCall(f"{path[:200]!r} is not among its files, or not to be looked at")
        lines = list(told.lines)
        if wanted:
            command = ("show", "-p", "-U2", "--format=", "--no-color", "--no-renames", "--end-of-options", told.oid)
            try:
                changes = git.run(*command, "--", *wanted).decode("utf-8", "replace").split("\n")
            except GitError:
                changes = []
            self.paths.update(wanted)
            lines += [line for line in changes if not line.startswith(("index ", "diff "))]
        return add_fence(f"Commit {told.oid[:12]}. {DATA}", self._clean(lines))

    def _history(self, files: list[int], path: str) -> str:
        ground = self._source.ground
        if ground.git is None or not ground.changes.known:
            return "No commits are known."
        oids = ground.changes.oids(ground.changes.latest(files, MOST_COMMITS)[::-1])
        try:
            commits = list(these(ground.git, [oid for oid in oids if ground.has_commit(oid)]))
        except GitError:
            return "No commits are known."
        lines = [f"{c.oid[:12]} {c.message.partition(chr(10))[0][:160]} ({len(c.changes)} files)" for c in commits]
        partners = [p for p in ground.changes.together(files) if is_telling(ground, p)][:MOST_FOUND]
        lines += [
            f"{ground.path(p.file)} changed too in {p.both} of its last {p.of} commits{bracket(p.rule)}"
            for p in partners
            if self._source.has_file(ground.path(p.file))
        ]
        return (
            add_fence(f"Latest commits of {path} first. {DATA}", self._clean(lines))
            if lines
            else "No commits are known."
        )

    def _near_files(self, file: int) -> str:
        ground, source = self._source.ground, self._source
        path = ground.path(file)
        users = [u for u in ground.users(file) if source.has_file(ground.path(u))][:MOST_RELATED]
        at = ground.import_lines(users, file)
        lines = [f"used by {ground.path(u)}" + (f" (line {at[u] + 1})" if u in at else "") for u in users]
        used = [u for u in ground.find_used_files(file) if source.has_file(ground.path(u))][:MOST_RELATED]
        lines += [f"uses {ground.path(u)}" for u in used]
        return add_fence(f"Around {path}. {DATA}", self._clean(lines)) if lines else "Nothing is known to be related."

    def _clean(self, lines: Iterable[str]) -> list[str]:
        return limit_tokens(self._source.guard.clean_lines(filter(self._source.may_say, lines)), MOST_TOKENS)


def _text(arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str):
        raise BadCall(f"{name} has to be a text")
    return value


def _number(arguments: Mapping[str, Any], name: str) -> int:
    value = arguments.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadCall(f"{name} has to be a whole number")
    return value

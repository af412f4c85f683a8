"""What a sentence can be held against: the files as they are now, what stands and is defined in them, and commits.

Files that may not be sent, and lines that hold secrets, are not there for it: a sentence cannot rest on what no model
was shown. Reads one live snapshot; judges nothing.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from noctule.indexer.errors import GitError
from noctule.indexer.files.redaction import redact
from noctule.indexer.files.secret_paths import may_hold_secrets
from noctule.indexer.files.text import LINE_HASH
from noctule.indexer.history.log import these
from noctule.indexer.model_notes.standing import find_span
from noctule.indexer.model_notes.store import Proof
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.parse.embedded import find_code
from noctule.indexer.parse.extract import extract_symbols
from noctule.indexer.parse.languages import by_name
from noctule.indexer.parse.languages.language import no_imports
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.symbols import Definition, Span, Symbols
from noctule.indexer.terms import subterms

SHORTEST_ID = 7
MOST_COMMIT_FILES = 30
WORD = re.compile(r"[^\W\d]\w*")
_PATH = re.compile(r"[\w.@+-]+(?:/[\w.@+-]+)*")


class Guard(Protocol):
    """What says which files and lines may leave the machine."""

    def why_not(self, path: str) -> str:
        """Say why a file may not be sent; empty where it may."""
        ...

    def clean_lines(self, lines: Iterable[str]) -> list[str]:
        """Return as many lines, without those that hold secrets."""
        ...


class LocalGuard:
    """A guard for what is not going anywhere: all files, lines without secrets."""

    def why_not(self, _path: str) -> str:
        """Refuse no file."""
        return ""

    def clean_lines(self, lines: Iterable[str]) -> list[str]:
        """Return the lines without secrets."""
        return redact(lines)


@dataclass(frozen=True, slots=True)
class CommitText:
    """A commit as evidence: its full id, its message and the files that it touched, as far as shown; their number."""

    oid: str
    lines: tuple[str, ...]
    files: int


class EvidenceSource:
    """One live snapshot to hold sentences against."""

    def __init__(self, ground: ViewFacts, guard: Guard | None = None) -> None:
        self.ground = ground
        self.guard = guard or LocalGuard()
        self._lines: dict[str, Sequence[str]] = {}
        self._hashes: dict[str, array[int]] = {}
        self._symbols: dict[str, Symbols] = {}
        self._words: dict[str, bool] = {}
        self._commits: dict[str, CommitText | None] = {}

    # Files

    def has_file(self, path: str) -> bool:
        """Tell whether a file is there and may be spoken of."""
        file = self.ground.position.get(path)
        there = file is not None and self.ground.is_there(file) and not may_hold_secrets(path)
        return there and not self.guard.why_not(path)

    def may_say(self, text: str) -> bool:
        """Tell whether a text names no file that must stay on the machine."""
        for path in {word.rstrip(".") for word in _PATH.findall(text)}:
            known = path in self.ground.position
            # A word of prose ("secrets", "credentials") is a file's name as well.
            if (known and not self.has_file(path)) or ((path[:1] == "." or "/" in path) and may_hold_secrets(path)):
                return False
        return not any(path in text for path in self._secret_paths)

    @cached_property
    def _secret_paths(self) -> tuple[str, ...]:
        """The files that must stay and whose paths are not told by their characters, such as those with blanks."""
        return tuple(p for p in self.ground.index.paths if not _PATH.fullmatch(p) and not self.has_file(p))

    def has_folder(self, path: str) -> bool:
        """Tell whether any file lies below a folder."""
        return path.rstrip("/") in self._folders

    @cached_property
    def _folders(self) -> frozenset[str]:
        found: set[str] = set()
        for path in self.ground.index.paths:
            folder = path.rpartition("/")[0]
            while folder and folder not in found:
                found.add(folder)
                folder = folder.rpartition("/")[0]
        return frozenset(found)

    def resolve_path(self, text: str) -> list[str]:
        """Return the files that a path, or the end of one, means: itself, else all that end in it."""
        text = text.strip("/").removeprefix("./")
        if self.has_file(text):
            return [text]
        return [path for path in self._by_name.get(text.rpartition("/")[2], ()) if f"/{path}".endswith(f"/{text}")]

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self.ground.index.paths:
            if self.has_file(path):
                found.setdefault(path.rpartition("/")[2], []).append(path)
        return found

    def lines(self, path: str) -> Sequence[str]:
        """Return the lines of a file as a model may see them; none for one that it may not."""
        if path not in self._lines:
            file = self.ground.position.get(path)
            shown = self.ground.live_lines(file) if file is not None and self.has_file(path) else ()
            self._lines[path] = self.guard.clean_lines(shown)
        return self._lines[path]

    def hashes(self, path: str) -> array[int]:
        """Return the hash of each line of a file as it is."""
        if path not in self._hashes:
            file = self.ground.position.get(path)
            self._hashes[path] = (self.ground.live_hashes(file) if file is not None else None) or array(LINE_HASH)
        return self._hashes[path]

    def found(self, proof: Proof) -> Proof | None:
        """Return a proof where its lines stand now; None where any of them is gone, or its commit is."""
        if proof.commit:
            return proof if self.commit(proof.commit) is not None else None
        span = find_span(proof, self.ground) if self.has_file(proof.path) else None
        return replace(proof, start=span.start) if span is not None else None

    # What stands in them

    def symbols(self, path: str) -> Symbols:
        """Return what a file defines, uses and imports as it is now, whatever was learned of it."""
        if path not in self._symbols:
            lines = self.lines(path)
            found = find_code(path, "\n".join(lines).encode("utf-8", "replace"))
            self._symbols[path] = (
                Symbols("") if found.language is None or not lines else extract_symbols(found.code, found.language)
            )
        return self._symbols[path]

    def around(self, path: str, span: Span) -> list[Definition]:
        """Return the definitions that some lines lie in, or that begin there, outermost first."""
        return [d for d in self.symbols(path).definitions if d.span.meets(span)]

    def enclosing_definitions(self, path: str, line: int) -> list[Definition]:
        """Return the definitions that a line lies in, outermost first."""
        return [d for d in self.symbols(path).definitions if line in d.span]

    def head(self, path: str, definition: Definition) -> int:
        """Return the line that spells a definition's name first."""
        word = re.compile(rf"(?<!\w){re.escape(definition.name)}(?!\w)")
        lines = self.lines(path)
        span = definition.span
        return next((n for n in range(span.start, min(span.stop, len(lines))) if word.search(lines[n])), span.start)

    def tells_imports(self, path: str) -> bool:
        """Tell whether the language of a file says by paths what it imports."""
        language = self.symbols(path).language
        return bool(language) and by_name(language).imports is not no_imports

    def import_line_numbers(self, path: str, target: str) -> list[int]:
        """Return the lines on which a file imports another, as far as its language tells by paths."""
        symbols = self.symbols(path)
        candidates = by_name(symbols.language).candidates if symbols.language else None
        if candidates is None:
            return []
        whole, folder = f"/{target}", f"/{target}".rpartition("/")[0]
        found = []
        for statement in symbols.imports:
            endings = (("/" + c).rstrip("/") for c in candidates(statement.module, statement.names, path))
            if any(e and (whole.endswith(e) or folder.endswith(e)) for e in endings):
                found.append(self._spelled_line(path, statement.module, statement.line))
        return found

    def _spelled_line(self, path: str, module: str, line: int) -> int:
        """Return the line of a statement, of a grouped one the line that spells the module."""
        lines = self.lines(path)
        quoted = f'"{module}"'
        below = range(line, min(line + 200, len(lines)))
        return next((n for n in below if quoted in lines[n]), line)

    # The repository's words

    def defines(self, name: str) -> bool:
        """Tell whether any file of the repository defines a name."""
        return bool(self.ground.defining([name])[name])

    def load_definitions(self, name: str, most: int = 6) -> list[tuple[str, DefinitionRow]]:
        """Return the definitions of a name, as they were learned; none where there are too many to mean one."""
        places = self.ground.defining([name])[name]
        if not places or len(places) > most:
            return []
        rows = self.ground.definitions({file for file, _ in places})
        return [(self.ground.path(file), rows[file][position]) for file, position in places]

    def knows(self, word: str) -> bool:
        """Tell whether a word, in any of its endings, stands anywhere in the repository."""
        if word not in self._words:
            terms = subterms(word)
            held = self.ground.index.postings(terms) if terms else {}
            self._words[word] = bool(terms) and all(term in held for term in terms)
        return self._words[word]

    # Commits

    def commit(self, oid: str) -> CommitText | None:
        """Return the one commit of the past whose id begins so; None where there is none, or more than one."""
        if oid not in self._commits:
            self._commits[oid] = self._commit(oid)
        return self._commits[oid]

    def _commit(self, oid: str) -> CommitText | None:
        if not re.fullmatch(rf"[0-9a-f]{{{SHORTEST_ID},64}}", oid):
            return None
        whole = [known for known in self._oids if known.startswith(oid)]
        if len(whole) != 1 or not self.ground.has_commit(whole[0]) or self.ground.git is None:
            return None
        try:
            commit = next(these(self.ground.git, whole))
        except (GitError, StopIteration):
            return None
        touched = [c.path for c in commit.changes if not self.guard.why_not(c.path)]
        if not touched and any(c.path in self.ground.position for c in commit.changes):
            return None  # all that it is about must stay
        message = [line for line in commit.message.split("\n") if self.may_say(line)]
        lines = self.guard.clean_lines([*message, *touched[:MOST_COMMIT_FILES]])
        return CommitText(whole[0], tuple(lines), len(commit.changes))

    @cached_property
    def _oids(self) -> tuple[str, ...]:
        changes = self.ground.changes
        return changes.oids(range(len(changes.sizes))) if changes.known else ()

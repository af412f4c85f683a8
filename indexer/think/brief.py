"""A subject in, what a model is shown of it first out: its text, what is known of it already, what may be asked of it.

Nothing in it depends on the machine, the clock or the branch's other work: the same code and history make the same
bytes, so that their hash is the key of the note, and a teammate's note is found by it. Sends nothing.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from noctule.indexer.errors import GitError
from noctule.indexer.forecast import likely_task as likely
from noctule.indexer.history.log import these
from noctule.indexer.history.task_text import unfit
from noctule.indexer.llm import prompts
from noctule.indexer.llm.errors import NotSendable
from noctule.indexer.llm.settings import Choice
from noctule.indexer.notes.subject import Subject, parse_subject
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.parse.outline import innermost
from noctule.indexer.results import Claim
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.symbols import Definition, Span
from noctule.indexer.terms import split_terms
from noctule.indexer.think.evidence import EvidenceSource, Guard
from noctule.indexer.think.quotes import add_fence, limit_tokens, number_lines, on_one_line
from noctule.indexer.tokens import count

if TYPE_CHECKING:
    from noctule.indexer.serve.repository import Repository

SUBJECT_TOKENS = 2_500
KNOWN_TOKENS = 900
ASKED_TOKENS = 500
MOST_OUTLINED = 80
"""Definitions of one file that are listed."""
MOST_DEFINITION, MOST_USERS = 40, 4
"""So many lines of one definition are shown, and so many lines that use it."""
MOST_FILES = 12
PAST = 12
"""Commits of the subject that are looked through for past tasks."""
LIKELIEST = 20
OUTER = frozenset({"variable", "field"})
WIDE = frozenset({"directory", "repository"})


@dataclass(frozen=True)
class PromptContext:
    """What a model is shown first; `paths` are the files that the text comes from, `revision` the commit looked at."""

    subject: str
    kind: str
    text: str
    key: str
    paths: tuple[str, ...]
    revision: str | None

    @property
    def messages(self) -> tuple[Mapping[str, Any], ...]:
        """The messages that every request about this subject begins with."""
        return ({"role": "system", "content": prompts.THINK.text}, {"role": "user", "content": self.text})

    @cached_property
    def tokens(self) -> int:
        """About how many tokens those messages are."""
        return sum(count(str(message["content"])) for message in self.messages)


def write_brief(subject: str, repository: Repository, outgoing: Guard, choice: Choice) -> PromptContext:
    """Write the brief about a subject. UnknownSubject, StoreError; NotSendable where none of it may be sent."""
    reader = repository.reader
    source = EvidenceSource(reader.ground, outgoing)
    meant = parse_subject(subject, reader.ground, repository.root)
    writer = _Writer(meant, source, repository)
    text = "\n\n".join(writer.parts())
    key = _key(text, choice)
    note = reader.notes(meant.name)
    return PromptContext(meant.name, meant.kind, text, key, tuple(sorted(writer.paths)), note.revision)


def _key(text: str, choice: Choice) -> str:
    made_of = [text, prompts.VERSION, choice.think, choice.checker, choice.effort, choice.thoughts]
    return hashlib.blake2b(json.dumps(made_of).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class _Writer:
    """Writes one brief; `paths` are the files whose text stands in it."""

    def __init__(self, subject: Subject, source: EvidenceSource, repository: Repository) -> None:
        self.subject = subject
        self.source = source
        self.repository = repository
        self.paths: set[str] = set()

    @property
    def ground(self) -> ViewFacts:
        return self.source.ground

    @cached_property
    def files(self) -> list[int]:
        """The subject's files that may be sent, those that others use most first."""
        ground = self.ground
        match self.subject.kind:
            case "repository":
                files = list(range(ground.index.size))
            case "directory":
                files = ground.within(self.subject.name)
            case _:
                files = [self.subject.file]
        files = [f for f in files if self.source.has_file(ground.path(f))]
        used = Counter(ground.index.graph.targets[ground.sure].tolist())
        return sorted(files, key=lambda f: (ground.role(f) != "source", -used[f], ground.path(f)))

    def parts(self) -> Iterator[str]:
        """Yield the paragraphs of the brief."""
        if not self.files:
            raise NotSendable(f"nothing of {self.subject.name or 'this repository'} may leave the machine")
        name = f"the {self.subject.kind} `{self.subject.name}`" if self.subject.name else "the repository as a whole"
        yield f"The subject of the note: {on_one_line(name)}."
        yield from self._choose_sections()
        known = self._known_facts()
        if known:
            yield add_fence("Known already from its structure and history, and not to be repeated:", known)
        asked = self._task_lines()
        if asked:
            yield add_fence("What was asked of it or done to it in the past, and what is being worked on:", asked)

    # The subject itself

    def _choose_sections(self) -> Iterator[str]:
        match self.subject.kind:
            case "symbol":
                yield from self._symbol()
            case "file":
                yield from self._file(self.subject.name, SUBJECT_TOKENS)
            case _:
                yield from self._folder()

    def _symbol(self) -> Iterator[str]:
        path = self.ground.path(self.subject.file)
        qualname = self.subject.symbol.qualname if self.subject.symbol is not None else ""
        found = [d for d in self.source.symbols(path).definitions if d.qualname == qualname]
        lines = self.source.lines(path)
        self.paths.add(path)
        for d in found[:1]:
            text = limit_tokens(number_lines(lines[d.span.start : d.span.stop], d.span.start), SUBJECT_TOKENS)
            yield add_fence(f"Its text, in {path}:", text)
            around = [o for o in self.source.around(path, Span(d.span.start, d.span.start + 1)) if o.span != d.span]
            if around:
                yield add_fence("It stands inside of:", [_write_outline(o) for o in around])
            uses = next((uses for row, uses in self._rank_by_use(path) if row.qualname == qualname), {})
            if users := self._users(uses):
                yield add_fence("Who relies on it:", users)

    def _file(self, path: str, tokens: int) -> Iterator[str]:
        lines = self.source.lines(path)
        self.paths.add(path)
        whole = number_lines(lines, 0)
        text = limit_tokens(whole, tokens)
        if text == whole:
            yield add_fence(f"The text of {path}:", text)
            return
        outline = [_write_outline(d) for d in self._outline(path)]
        yield add_fence(f"What {path} defines, by lines:", limit_tokens(outline, tokens // 4))
        yield from self._most_used(path, tokens - tokens // 4)

    def _most_used(self, path: str, tokens: int) -> Iterator[str]:
        """Yield the definitions of a file that other files rely on most, whole or their first lines, with who does."""
        lines, left = self.source.lines(path), tokens
        live = {d.qualname: d.span for d in self._outline(path)}
        shown: list[Span] = []
        for row, uses in self._rank_by_use(path):
            span = live.get(row.qualname)
            if span is None or any(span.meets(other) for other in shown):
                continue
            shown.append(span)
            text = number_lines(lines[span.start : min(span.stop, span.start + MOST_DEFINITION)], span.start)
            users = self._users(uses)
            cost = count("\n".join([*text, *users]))
            if cost > left:
                continue
            left -= cost
            yield add_fence(f"{row.qualname}, in {path}:", text)
            if users:
                yield add_fence("Who relies on it:", users)

    def _rank_by_use(self, path: str) -> list[tuple[DefinitionRow, Mapping[int, array[int]]]]:
        """Return the definitions of a file and who uses each in other files, those that most files use first."""
        ground, file = self.ground, self.ground.position[path]
        found: list[tuple[DefinitionRow, Mapping[int, array[int]]]] = [
            (row, {user: at for user, at in ground.uses(file, row.position).items() if user != file})
            for row in ground.file_definitions(file)
            if row.kind not in OUTER
        ]
        found.sort(key=lambda f: (-sum(0.5 if ground.is_test(user) else 1.0 for user in f[1]), f[0].position))
        return found

    def _users(self, uses: Mapping[int, array[int]]) -> list[str]:
        """Return the lines of other files that use a definition, one of each, tests last."""
        ground, told = self.ground, list[str]()
        for user in sorted(uses, key=lambda u: (ground.is_test(u), -len(uses[u]), ground.path(u))):
            path = ground.path(user)
            if len(told) == MOST_USERS or not self.source.has_file(path) or ground.has_changed(user):
                continue
            lines, inside = self.source.lines(path), ground.file_definitions(user)
            # A line that only imports it says less than one in the code of a definition.
            at = next((n for n in uses[user] if innermost(inside, n) is not None), uses[user][0])
            if at < len(lines):
                self.paths.add(path)
                told.append(f"{path}:{at + 1}: {lines[at].strip()}")
        return self.source.guard.clean_lines(told)

    def _outline(self, path: str) -> list[Definition]:
        definitions = [d for d in self.source.symbols(path).definitions if d.kind not in OUTER]
        return sorted(definitions, key=lambda d: (d.qualname.count("."), d.span.start))[:MOST_OUTLINED]

    def _folder(self) -> Iterator[str]:
        name = self.subject.name
        start = len(name) + 1 if name else 0
        below = Counter(
            p[start:].partition("/")[0] + "/" * ("/" in p[start:]) for p in map(self.ground.path, self.files)
        )
        listing = [f"{entry} ({n} files)" if entry.endswith("/") else entry for entry, n in sorted(below.items())]
        yield add_fence(f"What lies in {name or 'its top folder'}:", limit_tokens(listing, SUBJECT_TOKENS // 4))
        shown = self.files[:MOST_FILES]
        for file in shown:
            path = self.ground.path(file)
            outline = [_write_outline(d) for d in self._outline(path) if "." not in d.qualname and d.kind != "constant"]
            if outline:
                self.paths.add(path)
                yield add_fence(f"What {path} defines, by lines:", limit_tokens(outline, SUBJECT_TOKENS // len(shown)))

    # What is known of it

    def _known_facts(self) -> list[str]:
        note = self.repository.reader.notes(self.subject.name)
        lines = [f"{claim.kind}: {claim.text}" for claim in note.claims if not claim.by and self._may_tell(claim)]
        if self.subject.kind in ("file", "symbol") and self._is_likely():
            lines.append("likely: it is among the files that the next change is likeliest to touch")
        return limit_tokens(self.source.guard.clean_lines(lines), KNOWN_TOKENS)

    def _is_likely(self) -> bool:
        forecast = self.repository.reader.predict((), "", LIKELIEST)
        path = self.ground.path(self.subject.file)
        return not forecast.withheld and any(p.path == path for p in forecast.change_points)

    def _may_tell(self, claim: Claim) -> bool:
        """Tell whether a claim names and rests on no file that must stay on the machine."""
        paths = (evidence.path for evidence in claim.evidence if evidence.path is not None)
        return self.source.may_say(claim.text) and all(self.source.has_file(path) for path in paths)

    # What may be asked of it

    def _task_lines(self) -> list[str]:
        recipes = [f"recipe: {r.text}" for r in self.ground.recipes if self._concerns(r.folder, r.touched)][:4]
        lines = [*self._open_work(), *recipes, *(f"past: {subject}" for subject in self._past_tasks())]
        return limit_tokens(
            self.source.guard.clean_lines(line for line in lines if self.source.may_say(line)), ASKED_TOKENS
        )

    def _concerns(self, folder: str, touched: Sequence[str]) -> bool:
        name = self.subject.name
        if self.subject.kind == "repository":
            return True
        if self.subject.kind == "directory":
            return f"{folder}/".startswith(f"{name}/")
        return self.ground.path(self.subject.file) in touched

    def _past_tasks(self) -> list[str]:
        """Return the subjects of the subject's latest commits that somebody could have asked for."""
        ground = self.ground
        if ground.git is None or not ground.changes.known:
            return []
        oids = ground.changes.oids(ground.changes.latest(self.files, PAST)[::-1])
        try:
            commits = list(these(ground.git, [oid for oid in oids if ground.has_commit(oid)]))
        except GitError:
            return []
        return [f"{c.message.partition(chr(10))[0][:160]} (commit {c.oid[:12]})" for c in commits if unfit(c) is None]

    def _open_work(self) -> list[str]:
        """Return what is being worked on, where it is about this subject."""
        live, place = self.repository.reader.live, self.repository.place
        if live is None or self.subject.kind == "repository":
            return []
        dirty = likely.find_changed_files(place, live)
        mine = {self.ground.path(f) for f in self.files}
        found = ["open: it differs from the latest commit"] if mine.intersection(dirty) else []
        about = set(split_terms(self.subject.name))
        for task in likely.tasks(place, live.revision, ()):
            if task.source.startswith("the branch") and about.intersection(split_terms(task.text)):
                found.append(f"open: {task.text}")
        return found


def _write_outline(definition: Definition) -> str:
    said = definition.signature or definition.qualname
    return f"{definition.span.start + 1}-{definition.span.stop} {definition.kind} {definition.qualname}: {said}"

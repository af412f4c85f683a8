"""Claims and an oracle's answers in, how many of them are true out. Runs nothing.

The unit is a pair: a definition of a source file, and another file that uses it. A claimed pair is *true* if an
identifier in that file means the definition; *related* if one means the same-named member of a type above or below (a
call that dispatches); *unknown* if the oracle does not say what one of them means, and nothing else decides; else
*false*. Lenient precision counts related as true and leaves unknown out; worst counts unknown as false.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.truth.claims import Claims, Group
from benchmarks.truth.oracle import Answers, Use
from noctule.indexer.resolve.types import PRECISE
from noctule.indexer.store.rows import DefinitionRow

TYPES = frozenset({"class", "interface", "struct", "enum", "trait", "type"})
OUTSIDE: Group = (-1, "")
"""What is not in the repository."""
WHOLE = "exports"
"""The name of what a module of JavaScript exports whole, where it has none."""
NONE: frozenset[int] = frozenset()
HEAD_LINES = 8
"""A type's head names what it inherits in its first lines."""
_ALIAS = re.compile(r"\b(\w+) as (\w+)")
"""An import may give a type another name, which a head then names."""
TRUE, RELATED, FALSE, UNKNOWN = "true", "related", "false", "unknown"


@dataclass
class Score:
    """Counts of one repository, or of several added up."""

    verdicts: Counter[str] = field(default_factory=Counter)
    known: int = 0
    missed: int = 0
    files_true: int = 0
    files_false: int = 0
    files_known: int = 0
    files_missed: int = 0
    ways: Counter[tuple[int, str]] = field(default_factory=Counter)
    """Pairs by the way that they were resolved, and the verdict."""
    file_ways: Counter[tuple[int, str]] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, other: Score) -> None:
        """Add the counts of another one."""
        self.verdicts += other.verdicts
        self.ways += other.ways
        self.file_ways += other.file_ways
        for name in ("known", "missed", "files_true", "files_false", "files_known", "files_missed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for kind, found in other.examples.items():
            self.examples[kind] += found

    @property
    def lenient(self) -> float | None:
        """Share of the claimed pairs that are true, of those that the oracle can decide."""
        good = self.verdicts[TRUE] + self.verdicts[RELATED]
        return share(good, good + self.verdicts[FALSE])

    @property
    def worst(self) -> float | None:
        """Share of the claimed pairs that are true, of all."""
        return share(self.verdicts[TRUE] + self.verdicts[RELATED], self.verdicts.total())

    @property
    def recall(self) -> float | None:
        """Share of the oracle's pairs that are claimed."""
        return share(self.known - self.missed, self.known)

    @property
    def files_precision(self) -> float | None:
        """Share of the claimed pairs of files that are true."""
        return share(self.files_true, self.files_true + self.files_false)

    @property
    def files_recall(self) -> float | None:
        """Share of the oracle's pairs of files that are claimed."""
        return share(self.files_known - self.files_missed, self.files_known)


def share(part: int, whole: int) -> float | None:
    """Return a share; None of nothing."""
    return part / whole if whole else None


def score(claims: Claims, answers: Answers, languages: frozenset[str]) -> Score:
    """Judge the claims about the source files that the oracle covers."""
    truth = Truth(claims, answers)
    found = Score()
    for file in sorted(truth.covered):
        if claims.languages[file] not in languages or claims.roles[file] != "source":
            continue
        for definition in claims.definitions[file]:
            truth.judge(file, definition, found)
        truth.judge_users(file, languages, found)
    return found


class Truth:
    """What an oracle's answers mean for our definitions."""

    def __init__(self, claims: Claims, answers: Answers) -> None:
        self.claims = claims
        self.position = {path: file for file, path in enumerate(claims.paths)}
        self.rows: dict[Group, list[DefinitionRow]] = defaultdict(list)
        self.named: dict[tuple[int, str], list[DefinitionRow]] = defaultdict(list)
        for file, rows in claims.definitions.items():
            for row in rows:
                self.rows[file, row.qualname].append(row)
                self.named[file, row.name].append(row)
        self.meant: dict[tuple[int, str], list[tuple[int, frozenset[Group]]]] = defaultdict(list)
        """What the identifiers of a name in a file mean, with their lines; nothing: not known."""
        self.users: dict[Group, dict[int, int]] = defaultdict(dict)
        self.file_users: dict[int, set[int]] = defaultdict(set)
        self.covered = {self.position[use.path] for use in answers.uses if use.path in self.position}
        self.imports: set[tuple[int, int]] = set()
        self.around: set[tuple[int, int]] = set()
        """Importers and the packages of Python around what they import: run by the import, and named by it at most."""
        for importer, imported in answers.imports:
            if importer in self.position and imported in self.position and importer != imported:
                self.imports.add((self.position[importer], self.position[imported]))
                self.covered.add(self.position[imported])
                self.around |= {(self.position[importer], package) for package in self._packages(imported)}
        self.run: dict[tuple[str, str], set[tuple[str, int]]] = defaultdict(set)
        self.possible: set[tuple[int, int]] = set()
        """Files and users of which a build decides whether they belong together: other files define the same, too.

        Or an oracle says that they may.
        """
        self._lines: dict[int, list[str]] = {}
        self.undecided: set[tuple[int, int]] = set()
        """Files and users of which the oracle cannot decide a claim about a definition."""
        self.importers = {importer for importer, _ in self.imports}
        """Also files in which no name is judged."""
        self._take_uses(answers)
        self.above = self._ancestors()

    def _packages(self, path: str) -> Iterator[int]:
        folder = path.rpartition("/")[0]
        while folder and path.endswith((".py", ".pyi")):
            package = self.position.get(f"{folder}/__init__.py")
            if package is not None and folder + "/__init__.py" != path:
                yield package
            folder = folder.rpartition("/")[0]

    def _find_run(self, answers: Answers) -> None:
        """Note what the modules beside stubs take from elsewhere: a checker that follows the stub never says it."""
        beside = {path[:-1] for path in self.claims.paths if path.endswith(".pyi")}
        if not beside:
            return
        near: dict[str, set[str]] = defaultdict(set)
        for importer, imported in answers.imports:
            near[importer].add(imported)
        for use in answers.uses:
            if use.path in beside:
                self.run[use.path, use.name] |= {place for place in use.means if place[0].endswith(".py")}
        for path, name in list(self.run):
            if not self.run[path, name]:
                self.run[path, name] = {p for at in near[path] & beside for p in self.run.get((at, name), ())}

    def _meant_by(self, use: Use) -> Iterator[tuple[str, int]]:
        yield from use.means
        for path, _ in use.means:
            yield from self.run.get((path[:-1], use.name), ()) if path.endswith(".pyi") else ()

    def _take_uses(self, answers: Answers) -> None:
        self._find_run(answers)
        for use in answers.uses:
            file = self.position.get(use.path)
            if file is None or (use.path.endswith(".pyi") and (use.path, use.line) in use.means):
                continue  # what a stub declares is no use of it
            if use.is_guess:
                self._take_guess(use, file)
                continue
            means: set[Group] = set()
            others = self._alternatives(use)
            for path, line in self._meant_by(use):
                target = self.position.get(path)
                if target is None:
                    means.add(OUTSIDE)
                    continue
                if target in others and file in others and target != file:
                    continue  # what a file defines itself is what it means
                group = self._group(target, line, use.name)
                if target in others and group is not None:
                    means.add(group)
                    self.possible.add((target, file))
                    continue
                if group is not None and self._is_implicit(use, file, group):
                    means.add(group)
                    continue
                if target != file and (group is not None or (file, target) not in self.around):
                    self.file_users[target].add(file)
                means.add(group or (target, ""))
                if group is not None and (target, line) != (file, use.line):
                    self.users[group].setdefault(file, use.line)
            self.meant[file, use.name].append((use.line, frozenset(means)))

    def _take_guess(self, use: Use, file: int) -> None:
        places = [(self.position[path], line) for path, line in use.means if path in self.position]
        meant = frozenset(
            group for target, line in places if (group := self._group(target, line, use.name)) is not None
        )
        if meant:
            self.meant[file, use.name].append((use.line, meant))
            self.possible |= {(group[0], file) for group in meant}

    def _alternatives(self, use: Use) -> frozenset[int]:
        """Return the files of C of which a build takes one: each defines the same function, each for its system."""
        found = set()
        for path, line in use.means if len(use.means) > 2 else ():
            file = self.position.get(path, -1)
            group = self._group(file, line, use.name) if path.endswith(".c") else None
            if group is not None and any(self._has_body(file, row) for row in self.rows[group]):
                found.add(file)
        return frozenset(found) if len(found) > 1 else NONE

    def _is_implicit(self, use: Use, file: int, group: Group) -> bool:
        """Tell whether a constructor of C++ runs where nobody names it: a copy, or one type turned into another."""
        owner, _, name = group[1].rpartition(".")
        if owner.rpartition(".")[2] != name or self.claims.languages[file] != "cpp":
            return False
        return not _stands_in(self._read(file)[use.line], name)

    def _has_body(self, file: int, row: DefinitionRow) -> bool:
        if row.kind in {"variable", "constant"}:
            return "extern" not in self._read(file)[row.start].split()
        return self._read(file)[row.stop - 1].rstrip().endswith("}")

    def _read(self, file: int) -> list[str]:
        lines = self._lines.get(file)
        if lines is None:
            path = self.claims.root / self.claims.paths[file]
            lines = self._lines[file] = path.read_text("utf-8", "replace").split("\n")
        return lines

    def _group(self, file: int, line: int, name: str) -> Group | None:
        around = [row for row in self.named.get((file, name), ()) if row.start <= line < max(row.stop, row.start + 1)]
        inner = max(around, key=lambda row: row.start, default=None)
        return None if inner is None else (file, inner.qualname)

    def _ancestors(self) -> Mapping[Group, frozenset[Group]]:
        """Return the types that each type inherits: those that its head names, and theirs."""
        at: dict[tuple[int, int], list[tuple[str, Group]]] = defaultdict(list)
        for (file, name), uses in self.meant.items():
            for line, means in uses:
                at[file, line] += [(name, g) for g in means if any(r.kind in TYPES for r in self.rows.get(g, ()))]
        parents: dict[Group, set[Group]] = defaultdict(set)
        for file, rows in self.claims.definitions.items():
            types = [row for row in rows if row.kind in TYPES]
            aliases = [
                (alias, group)
                for line, text in enumerate(self._read(file) if types else ())
                for spelled, alias in _ALIAS.findall(text)
                for name, group in at.get((file, line), ())
                if name == spelled
            ]
            for row in types:
                tail = row.signature.partition(row.name)[2]
                lines = range(row.start, min(row.start + HEAD_LINES, row.stop))
                known = [named for line in lines for named in at.get((file, line), ())]
                for name, group in known + aliases:
                    if group != (file, row.qualname) and _stands_in(tail, name):
                        parents[file, row.qualname].add(group)
        return {group: frozenset(_reach(parents, group)) for group in list(parents)}

    def _are_related(self, one: Group, other: Group) -> bool:
        owner, others = _owner(one), _owner(other)
        if owner is None or others is None:
            return False
        if self.claims.languages[one[0]] == "go":  # no head says what a type implements
            return self._is_of_interface(one) or self._is_of_interface(other)
        if self._is_protocol(owner) or self._is_protocol(others):
            return True
        return others in self.above.get(owner, ()) or owner in self.above.get(others, ())

    def _is_of_interface(self, group: Group) -> bool:
        rows = self.claims.definitions.get(group[0], ())
        return any(r.parent >= 0 and rows[r.parent].kind == "interface" for r in self.rows.get(group, ()))

    def _is_protocol(self, owner: Group) -> bool:
        """Tell whether a class of Python is a protocol, which others implement without a word of it."""
        if self.claims.languages[owner[0]] != "python":
            return False
        return any(_stands_in(row.signature, "Protocol") for row in self.rows.get(owner, ()))

    def verdict(self, group: Group, name: str, user: int) -> str:
        """Say whether a file uses a definition."""
        if group[1] == WHOLE and (user, group[0]) in self.imports:
            return TRUE  # what a module of JavaScript exports whole has another name where it is required
        uses = self.meant.get((user, name), ())
        found = {g for _, means in uses for g in means}
        if group in found:
            return TRUE
        if any(self._are_related(group, g) for g in found if g[1]):
            return RELATED
        if self._is_fixture(group) and uses:
            return TRUE  # pytest hands it over by the name of a parameter
        return UNKNOWN if not uses or any(not means for _, means in uses) else FALSE

    def _is_fixture(self, group: Group) -> bool:
        if self.claims.languages[group[0]] != "python":
            return False
        row = self.rows[group][0]
        lines = (self.claims.root / self.claims.paths[group[0]]).read_text("utf-8", "replace").split("\n")
        return row.kind == "function" and "fixture" in "\n".join(lines[row.start : row.start + 3])

    def judge(self, file: int, definition: DefinitionRow, into: Score) -> None:
        """Count the claims about a definition, and the uses that no claim tells."""
        group = (file, definition.qualname)
        claimed = self.claims.uses.get(group, frozenset())
        for user in claimed & self.covered:
            verdict = self.verdict(group, definition.name, user)
            into.verdicts[verdict] += 1
            if verdict == UNKNOWN:
                self.undecided.add((file, user))
            into.ways[self.claims.ways.get(group, {}).get(user, PRECISE), verdict] += 1
            if verdict in (FALSE, UNKNOWN):
                into.examples[verdict].append(f"{self._tell(group)} in {self.claims.paths[user]}")
        known = self.users.get(group, {})
        for user, line in known.items():
            if user != file:
                into.known += 1
                if user not in claimed:
                    into.missed += 1
                    into.examples["missed"].append(f"{self._tell(group)} in {self.claims.paths[user]}:{line + 1}")

    def _tell(self, group: Group) -> str:
        return f"{self.claims.paths[group[0]]}:{group[1]}"

    def judge_users(self, file: int, languages: frozenset[str], into: Score) -> None:
        """Count which files are said to use a file, and which do."""
        claimed = self.claims.file_users.get(file, frozenset()) & (self.covered | self.importers)
        known = self.file_users.get(file, set()) | {a for a, b in self.imports if b == file}
        for user, way in self.claims.file_ways.get(file, {}).items():
            if user in self.covered and self.claims.languages[user] in languages:
                into.file_ways[way, TRUE if user in known else FALSE] += 1
        known |= {u for u in claimed - known if (file, u) in self.possible}
        # Of a file in which no name is judged, the oracle knows the imports alone.
        judged = (claimed - known) & self.covered
        false = {u for u in judged if (u, file) not in self.around and (file, u) not in self.undecided}
        into.files_true += len(claimed & known)
        into.files_false += len(false)
        into.files_known += len(known)
        into.files_missed += len(known - claimed)
        into.examples["false file"] += [f"{self.claims.paths[file]} in {self.claims.paths[u]}" for u in false]
        into.examples["missed file"] += [
            f"{self.claims.paths[file]} in {self.claims.paths[u]}" for u in known - claimed
        ]


def _stands_in(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text) is not None


def _owner(group: Group) -> Group | None:
    owner, dot, _ = group[1].rpartition(".")
    return (group[0], owner) if dot else None


def _reach(parents: Mapping[Group, Iterable[Group]], start: Group) -> Iterator[Group]:
    seen: set[Group] = set()
    stack = [start]
    while stack:
        for parent in parents.get(stack.pop(), ()):
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
                yield parent

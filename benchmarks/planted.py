"""Plants true and false sentences about repositories, and counts what the proof of a model's sentences makes of them.

    python -m benchmarks.planted FOLDER [FOLDER ...] [--each 40] [--show]

Sentences are made from what tree-sitter finds: who calls what of another file, who imports, who inherits, which number
a constant holds. False ones are true ones with one thing wrong: a name, the line, the direction, the code (edited
since, in a copy), or the file. The same folders give the same sentences. Nothing in them is written; no model is asked.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from noctule.indexer.model_notes.store import Citation, DraftClaim
from noctule.indexer.serve.repository import Repository
from noctule.indexer.symbols import Definition
from noctule.indexer.think.evidence import EvidenceSource
from noctule.indexer.think.refusal import RefusedClaim
from noctule.indexer.think.verify import verify

SORTS = ("wrong name", "wrong line", "reversed relation", "stale code", "invented file")
FUNCTIONS = frozenset({"function", "method"})
SHORTEST = 4
MOST_A_FILE = 12


@dataclass(frozen=True)
class Fact:
    """Something that is so: a sentence with blanks for names, what fills them, and the lines that show it."""

    form: str
    names: tuple[str, ...]
    cites: tuple[Citation, ...]
    subject: str
    verb: str = ""
    """The relation between the first two names, where the sentence can be turned round."""

    @property
    def saying(self) -> DraftClaim:
        """The sentence."""
        return DraftClaim(self.form.format(*self.names), "invariant", self.cites, 0.9)


@dataclass(frozen=True)
class Planted:
    """A false sentence: what is wrong with it, and whether it names something that is nowhere."""

    sort: str
    saying: DraftClaim
    subject: str
    absent: bool = False


# What is so


def facts(witness: EvidenceSource, seed: int = 0) -> list[Fact]:
    """Return facts about a repository, in an order that is the same each time."""
    found: list[Fact] = []
    for file, path in enumerate(witness.ground.index.paths):
        if witness.ground.role(file) == "source" and witness.symbols(path).language:
            mine = [*calls(witness, path), *imports(witness, path), *bases(witness, path), *values(witness, path)]
            random.Random(f"{seed} {path}").shuffle(mine)
            found.extend(mine[:MOST_A_FILE])
    random.Random(seed).shuffle(found)
    return found


def functions_of(witness: EvidenceSource, path: str) -> list[Definition]:
    """Return the functions of a file whose names are theirs alone in it."""
    definitions = witness.symbols(path).definitions
    names = [d.qualname for d in definitions]
    return [d for d in definitions if d.kind in FUNCTIONS and names.count(d.qualname) == 1 and len(d.name) >= SHORTEST]


def inner(definitions: Sequence[Definition], line: int) -> Definition | None:
    """Return the innermost function around a line."""
    around = [d for d in definitions if line in d.span]
    return max(around, key=lambda d: d.span.start, default=None)


def only_place(witness: EvidenceSource, name: str, beside: str) -> tuple[str, Definition] | None:
    """Return where a name is defined, if that is one place in another file."""
    places = witness.load_definitions(name, 1)
    if len(name) < SHORTEST or len(places) != 1 or places[0][0] == beside:
        return None
    path = places[0][0]
    found = [d for d in witness.symbols(path).definitions if d.name == name]
    return (path, found[0]) if len(found) == 1 and not witness.ground.is_test(witness.ground.position[path]) else None


CALLS = (
    "`{0}` calls `{1}`, which `{2}` defines.",
    "A change to what `{1}` of `{2}` returns reaches `{0}`, which calls `{1}`.",
    "`{0}` depends on `{1}` of `{2}`.",
    "{0}() only gets as far as it does because it goes through {1}(), defined in {2}.",
)


def calls(witness: EvidenceSource, path: str) -> Iterator[Fact]:
    """Yield which function calls what of another file."""
    functions, lines = functions_of(witness, path), witness.lines(path)
    for name, at in witness.symbols(path).references.items():
        place = only_place(witness, name, path)
        if place is None or place[1].kind not in FUNCTIONS:
            continue
        for line in at:
            caller = inner(functions, line)
            if caller is None or caller.name == name or not re.search(rf"(?<!\w){re.escape(name)}\(", lines[line]):
                continue
            head = witness.head(place[0], place[1])
            cites = (Citation(path, line, line + 1), Citation(place[0], head, head + 1))
            form = CALLS[(line + len(name)) % len(CALLS)]
            if "()" in form and (caller.qualname.islower() and "_" not in caller.qualname):
                form = CALLS[0]
            verb = "calls" if "calls" in form else ""
            yield Fact(form, (caller.qualname, name, place[0]), cites, f"{path}:{caller.qualname}", verb)
            break


def imports(witness: EvidenceSource, path: str) -> Iterator[Fact]:
    """Yield which file imports which."""
    for target in witness.ground.find_used_files(witness.ground.position[path])[:4]:
        other = witness.ground.path(target)
        lines = witness.import_line_numbers(path, other)
        if lines:
            form = (
                "`{0}` imports `{1}`."
                if lines[0] % 2
                else "A change in `{1}` reaches `{0}`, since `{0}` imports `{1}`."
            )
            cites = (Citation(path, lines[0], lines[0] + 1),)
            yield Fact(form, (path, other), cites, path, "imports")


def bases(witness: EvidenceSource, path: str) -> Iterator[Fact]:
    """Yield which type inherits from one of another file."""
    from noctule.indexer.think.claim_relations import HEADED

    symbols = witness.symbols(path)
    if symbols.language not in HEADED:
        return
    for d in symbols.definitions:
        if d.kind not in ("class", "interface", "struct") or len(d.name) < SHORTEST:
            continue
        line = witness.head(path, d)
        for name in re.findall(r"[A-Z]\w+", witness.lines(path)[line].partition(d.name)[2]):
            place = only_place(witness, name, path)
            if place is not None and place[1].kind in ("class", "interface", "struct", "trait"):
                head = witness.head(place[0], place[1])
                cites = (Citation(path, line, line + 1), Citation(place[0], head, head + 1))
                form = "`{0}` inherits from `{1}`, so that a change to `{1}` in `{2}` reaches it."
                yield Fact(form, (d.qualname, name, place[0]), cites, f"{path}:{d.qualname}", "inherits from")


_NUMBER = re.compile(r"[=:]\s*(\d[\d_]*(?:\.\d+)?)\b(?!\s*[-+*/<>x.])")


def values(witness: EvidenceSource, path: str) -> Iterator[Fact]:
    """Yield which function rests on a number that another place holds."""
    functions = functions_of(witness, path)
    symbols = witness.symbols(path)
    for d in symbols.definitions:
        if d.kind not in ("constant", "variable", "field") or len(d.name) < SHORTEST or len(d.span) > 1:
            continue
        line = witness.head(path, d)
        number = _NUMBER.search(witness.lines(path)[line].partition(d.name)[2])
        users = [(n, f) for n in symbols.references.get(d.name, ()) if (f := inner(functions, n)) is not None]
        if number is not None and users and sum(x.name == d.name for x in symbols.definitions) == 1:
            at, user = users[0]
            cites = (Citation(path, at, at + 1), Citation(path, line, line + 1))
            form = "What `{0}` does hangs on `{1}`, and that is {2}."
            yield Fact(form, (user.qualname, d.name, number[1]), cites, f"{path}:{user.qualname}")


# What is not so


@dataclass(frozen=True)
class Making:
    """What a false sentence is made with: the other facts, the dice, and who knows what stands where."""

    others: Sequence[Fact]
    chance: random.Random
    witness: EvidenceSource


def made_up(name: str, chance: random.Random) -> str:
    """Return a name that is spelled like another and is nowhere."""
    owner, dot, last = name.rpartition(".")
    if "_" in last:
        return f"{owner}{dot}{last}_{chance.choice(('all', 'sync', 'lazily', 'again'))}q"
    return f"{owner}{dot}{last}{chance.choice(('Pool', 'Later', 'Registry', 'Bridge'))}Q"


def wrong_name(fact: Fact, at: Making) -> Planted | None:
    """Put another name where one is: one that is nowhere, or one of elsewhere."""
    which = at.chance.randrange(2)
    absent = at.chance.random() < 0.5
    if "/" in fact.names[which] or fact.verb == "imports":
        which = 1
    names = list(fact.names)
    if absent:
        old = names[which]
        stem, _, ending = old.rpartition(".")
        names[which] = f"{stem}_bridge_q.{ending}" if "/" in old else made_up(old, at.chance)
    else:
        pool = [o for o in at.others if (o.verb == "imports") == (fact.verb == "imports") and o.subject != fact.subject]
        names[which] = at.chance.choice(pool).names[1]
        if names[which] in fact.names or _stands(names[which], fact, at.witness):
            return None
    return Planted("wrong name", replace(fact, names=tuple(names)).saying, fact.subject, absent)


def _stands(name: str, fact: Fact, witness: EvidenceSource) -> bool:
    """Tell whether a name is so too: the subject's lines name it as well."""
    path, _, symbol = fact.subject.partition(":")
    if "/" in name or not symbol:
        return bool(witness.import_line_numbers(path, name))
    spans = [d.span for d in witness.symbols(path).definitions if d.qualname == symbol]
    text = "\n".join(line for s in spans for line in witness.lines(path)[s.start : s.stop])
    return re.search(rf"(?<!\w){re.escape(name.rpartition('.')[2])}(?!\w)", text) is not None


def wrong_line(fact: Fact, at: Making) -> Planted | None:
    """Name other lines of the same file, or some past its end."""
    first, *rest = fact.cites
    count = len(at.witness.hashes(first.path))
    if at.chance.random() < 0.2:
        moved = replace(first, start=count + 5, stop=count + 6)
    else:
        words = {name.rpartition("/")[2].rpartition(".")[2] for name in fact.names[1:2]}
        words |= {Path(name).stem for name in fact.names[:2] if "/" in name}
        free = [
            n
            for n, line in enumerate(at.witness.lines(first.path)[:count])
            if abs(n - first.start) > 2 and re.search(r"[a-z]{3}", line) and not any(word in line for word in words)
        ]
        if not free:
            return None
        line = at.chance.choice(free)
        moved = replace(first, start=line, stop=line + 1)
    return Planted("wrong line", replace(fact, cites=(moved, *rest)).saying, fact.subject)


def turned_round(fact: Fact, at: Making) -> Planted | None:
    """Say of the two things the other way round what the first does to the second."""
    if not fact.verb:
        return None
    one, other = fact.names[:2]
    place = fact.names[2] if len(fact.names) > 2 else other
    form = at.chance.choice(("`{1}` VERB `{0}`.", "`{1}`, of `{2}`, VERB `{0}` itself.")).replace("VERB", fact.verb)
    form = form if fact.verb != "imports" else "`{1}` imports `{0}`."
    if fact.verb == "imports" and at.witness.import_line_numbers(other, one):
        return None
    turned = Fact(form, (one, other, place), fact.cites, fact.subject)
    return Planted("reversed relation", turned.saying, fact.subject)


def stale(fact: Fact, _at: Making) -> Planted | None:
    """Keep the sentence; what it names is edited away in the copy, see `edited`."""
    return Planted("stale code", fact.saying, fact.subject)


def invented_file(fact: Fact, at: Making) -> Planted | None:
    """Name a file, or a commit, that is not there: as evidence, or in the sentence."""
    path = fact.cites[0].path
    stem, dot, ending = path.rpartition(".")
    invented = f"{stem}_{at.chance.choice(('legacy', 'registry', 'bridge'))}_q{dot}{ending}"
    way = at.chance.randrange(3)
    if way == 0:
        cites = (replace(fact.cites[0], path=invented), *fact.cites[1:])
        return Planted("invented file", replace(fact, cites=cites).saying, fact.subject, absent=True)
    if way == 1:
        commit = Citation("", commit=f"{at.chance.getrandbits(160):040x}")
        return Planted("invented file", replace(fact, cites=(commit,)).saying, fact.subject, absent=True)
    form = f"{fact.form.rstrip('.')}, as `{invented}` does."
    return Planted("invented file", replace(fact, form=form).saying, fact.subject, absent=True)


WAYS: dict[str, Callable[[Fact, Making], Planted | None]] = {
    "wrong name": wrong_name,
    "wrong line": wrong_line,
    "reversed relation": turned_round,
    "stale code": stale,
    "invented file": invented_file,
}


def planted(known: Sequence[Fact], sort: str, each: int, witness: EvidenceSource) -> list[tuple[Fact, Planted]]:
    """Return so many false sentences of a sort, and the facts that they were made of."""
    making = Making(known, random.Random(sort), witness)
    found: list[tuple[Fact, Planted]] = []
    for fact in known:
        made = WAYS[sort](fact, making)
        if made is not None and all(made.saying.text != other.saying.text for _, other in found):
            found.append((fact, made))
        if len(found) == each:
            break
    return found


def edited(root: Path, stale_facts: Iterable[Fact], chance: random.Random) -> None:
    """Edit what the facts rest on: the line is gone, or names something else, or holds another number."""
    touched: dict[str, list[str]] = {}
    for fact in stale_facts:
        cited = fact.cites[0]
        lines = touched.setdefault(cited.path, (root / cited.path).read_text("utf-8", "replace").split("\n"))
        name = fact.names[1]
        word = Path(name).stem if "/" in name else name
        if fact.verb == "imports":
            lines[cited.start] = re.sub(r"\S.*", "pass", lines[cited.start])
        elif fact.names[-1].replace("_", "").replace(".", "").isdigit():
            at = fact.cites[1].start
            number = re.compile(rf"(?<![\w.]){re.escape(fact.names[-1])}(?![\w.])")
            lines[at] = number.sub("77123", lines[at])
        elif word in lines[cited.start] and chance.random() < 0.7:
            lines[cited.start] = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", f"{word}_v7", lines[cited.start])
            for n, line in enumerate(lines):
                lines[n] = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", f"{word}_v7", line)
        else:
            for n, line in enumerate(lines):
                if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", line):
                    lines[n] = re.sub(r"\S.*", "pass", line)
    for path, lines in touched.items():
        (root / path).write_text("\n".join(lines), "utf-8")


# The count


@dataclass(frozen=True)
class Outcome:
    """What became of one sentence: the reason why it was refused, or an empty string."""

    sort: str
    text: str
    absent: bool
    reason: str
    detail: str = ""


def judged(sort: str, saying: DraftClaim, subject: str, absent: bool, witness: EvidenceSource) -> Outcome:
    """Hold one sentence against a repository."""
    proven = verify(saying, witness, subject)
    reason, detail = (proven.reason, proven.detail) if isinstance(proven, RefusedClaim) else ("", "")
    return Outcome(sort, saying.text, absent, reason, detail)


def run(folder: Path, each: int, scratch: Path, names: Iterable[str] | None = None) -> list[Outcome]:
    """Plant sentences about a copy of a repository, and hold them against it, the stale ones after edits.

    `names` are the files to copy; None: those that git tracks.
    """
    root = copied(folder, scratch, tracked(folder) if names is None else names)
    repository = Repository.open(root, cache=scratch / "cache")
    repository.sleep()
    witness = EvidenceSource(repository.reader.ground)
    known = facts(witness)
    false = {sort: planted(known, sort, each, witness) for sort in SORTS}
    used = {id(fact) for fact, _ in false["stale code"]}
    found = [judged("true", fact.saying, fact.subject, False, witness) for fact in known[: 5 * each]]
    for sort in SORTS[:3] + SORTS[4:]:
        found += [judged(sort, p.saying, p.subject, p.absent, witness) for _, p in false[sort]]
    edited(root, [fact for fact in known if id(fact) in used], random.Random(0))
    repository.refresh()
    after = EvidenceSource(repository.reader.ground)
    found += [judged("stale code", p.saying, p.subject, p.absent, after) for _, p in false["stale code"]]
    return found


def tracked(folder: Path) -> list[str]:
    """Return the files that git tracks."""
    listed = subprocess.run(["git", "-C", str(folder), "ls-files", "-z"], capture_output=True, check=True).stdout
    return [name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]


def copied(folder: Path, scratch: Path, names: Iterable[str]) -> Path:
    """Copy files into a repository of their own: the history is not what is asked about."""
    root = scratch / "copy"
    for name in names:
        if (folder / name).is_file() and not (folder / name).is_symlink():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, root / name)
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    for command in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-q", "-m", "Start")):
        subprocess.run(["git", "-C", str(root), *command], capture_output=True, check=True)
    return root


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the counts as a table."""
    lines = [f"{'':20}{'sentences':>10}{'refused':>9}{'passed':>8}   reasons"]
    for sort in ("true", *SORTS):
        mine = [o for o in outcomes if o.sort == sort]
        reasons: dict[str, int] = {}
        for o in mine:
            if o.reason:
                reasons[o.reason] = reasons.get(o.reason, 0) + 1
        told = ", ".join(f"{r} {n}" for r, n in sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
        refused = sum(reasons.values())
        lines.append(f"{sort:20}{len(mine):>10}{refused:>9}{len(mine) - refused:>8}   {told}")
    absent = [o for o in outcomes if o.absent]
    gone = sum(bool(o.reason) for o in absent)
    lines.append(f"{'names what is absent':20}{len(absent):>10}{gone:>9}{len(absent) - gone:>8}")
    return "\n".join(lines)


def main(given: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planted", description=__doc__)
    parser.add_argument("folders", metavar="FOLDER", nargs="+", type=Path)
    parser.add_argument(
        "--each", type=int, default=40, help="false sentences of each sort; five times as many true ones"
    )
    parser.add_argument("--show", action="store_true", help="list the true ones refused and the false ones passed")
    args = parser.parse_args(given)
    for folder in args.folders:
        with tempfile.TemporaryDirectory() as scratch:
            outcomes = run(folder, args.each, Path(scratch))
        print(f"{folder.resolve().name}\n{table(outcomes)}")
        if args.show:
            for o in outcomes:
                if bool(o.reason) == (o.sort == "true"):
                    print(f"  {o.sort}: {o.text}  [{o.reason} {o.detail}]")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

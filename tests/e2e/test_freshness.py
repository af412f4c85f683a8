"""Whatever is done to a repository, and whenever its sleeper is killed: no claim is false, no span points elsewhere.

Random edits, renames, moves, switches, rebases, stashes, deletions and reverts on a real repository, while the real
worker processes learn and are killed. What is served is held against the files as they are on disk, and, when all is
learned, against what a store that is built from nothing serves. A failure names its seed and the steps up to it.

    NOCTULE_FRESHNESS_STEPS=5000 pytest tests/e2e/test_freshness.py     as many steps as that instead of a few
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import signal
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import pytest

from noctule.indexer.background.messages import WORKER, DoJob, JobProgress, PlannedJob, RefreshTexts
from noctule.indexer.background.sleep_loop import Sleeper
from noctule.indexer.errors import UnknownSubject
from noctule.indexer.files.line_tracking import hash_span
from noctule.indexer.files.text import line_hashes
from noctule.indexer.llm.settings import Choice
from noctule.indexer.results import Claim, Freshness, Note, Pack
from noctule.indexer.runtime.budget import Amounts, Limits
from noctule.indexer.runtime.child import Child, ChildExit, ChildReply, Workplace
from noctule.indexer.runtime.idle import Thresholds
from noctule.indexer.runtime.messages import Message
from noctule.indexer.serve.repository import Repository
from noctule.indexer.serve.status import view_blobs
from noctule.indexer.think.messages import JobFailed
from tests.patience import PATIENCE_S, soon
from tests.repositories import Repository as Made

STEPS = int(os.environ.get("NOCTULE_FRESHNESS_STEPS") or 60)
SEEDS = [int(os.environ.get("NOCTULE_FRESHNESS_SEED") or 1)]
WORDS = "cart price tax money order mail stock label parcel invoice refund ledger".split()
FOLDERS = ("", "shop/", "shop/goods/", "tests/", "lager-é/")
HEADING = re.compile(r"== (\d+)-(\d+) \w+ (\S+)(?: \(first (\d+) of \d+ lines\))?$")
LISTED = re.compile(r"\d+\. (.+?)(?: \([^()]*\))?$")


WEIGHTS = {
    "edit": 10, "insert_above": 5, "rewrite": 2, "edit_within_the_same_second": 3, "create": 4, "delete": 2,
    "rename": 3, "move": 2, "copy": 1, "swap": 1, "become_a_folder": 1, "become_a_link": 1, "become_binary": 1,
    "ignore": 1, "stage_some": 2, "commit": 6, "amend": 1, "switch": 4, "branch": 2, "merge": 2, "rebase": 2,
    "stash": 2, "unstash": 2, "reset": 1, "revert": 2, "restore": 2, "clean": 1, "touch": 1,
}  # fmt: skip


class Developer:
    """Does one thing after the other to a repository, at random; git itself says what cannot be done."""

    def __init__(self, made: Made, chance: random.Random) -> None:
        self.made = made
        self.chance = chance
        self.made_up = 0
        self.done: list[str] = []

    def files(self) -> list[str]:
        """The files of the work tree."""
        root = self.made.root
        found = (p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file() and not p.is_symlink())
        return sorted(path for path in found if not path.startswith(".git/"))

    def sources(self) -> list[str]:
        return [path for path in self.files() if path.endswith(".py")]

    def step(self) -> None:
        """Do one thing."""
        weighted = [(getattr(self, name), weight) for name, weight in WEIGHTS.items()]
        action = self.chance.choices([a for a, _ in weighted], [w for _, w in weighted])[0]
        self.done.append(f"{action.__name__} {action() or ''}".strip())

    # Texts

    def function(self) -> str:
        """Return a function whose name and body no other has."""
        self.made_up += 1
        name = f"{self.chance.choice(WORDS)}_{self.chance.choice(WORDS)}_{self.made_up}"
        used = self.chance.choice(re.findall(r"def (\w+)", self.text()) or ["len"])
        said = f"{self.chance.choice(WORDS)} number {self.made_up}"
        return f"def {name}(value):\n    # {said}\n    return {used}(value)\n\n\n"

    def text(self) -> str:
        sources = self.sources()
        return self.read(self.chance.choice(sources)) if sources else ""

    def read(self, path: str) -> str:
        return (self.made.root / path).read_text("utf-8", errors="surrogateescape")

    def write(self, path: str, text: str) -> str:
        try:
            self.made.write(path, text.encode("utf-8", "surrogateescape"))
        except OSError as error:  # a file where a folder would be, or the other way round
            return f"{path}: {error.strerror}"
        return path

    def some(self) -> str | None:
        sources = self.sources()
        return self.chance.choice(sources) if sources else None

    def fresh_path(self) -> str:
        return f"{self.chance.choice(FOLDERS)}{self.chance.choice(WORDS)}_{self.chance.randrange(8)}.py"

    # Edits

    def edit(self) -> str:
        path = self.some()
        if path is None:
            return self.create()
        lines = self.read(path).splitlines(keepends=True)
        bodies = [n for n, line in enumerate(lines) if line.startswith("    # ")]
        if bodies:
            self.made_up += 1
            lines[self.chance.choice(bodies)] = f"    # {self.chance.choice(WORDS)} changed {self.made_up}\n"
        return self.write(path, "".join(lines) + (self.function() if self.chance.random() < 0.4 else ""))

    def insert_above(self) -> str | None:
        path = self.some()
        if path is None:
            return None
        text = self.read(path)
        module = self.chance.choice(self.sources()).removesuffix(".py").replace("/", ".")
        above = self.chance.choice(["# moved\n" * self.chance.randrange(1, 5), self.function(), f"import {module}\n"])
        return self.write(path, above + text)

    def rewrite(self) -> str:
        return self.write(self.some() or self.fresh_path(), "".join(self.function() for _ in range(3)))

    def edit_within_the_same_second(self) -> str | None:
        """Change a text, and keep its size and time: what rests on these alone does not notice."""
        path = self.some()
        if path is None:
            return None
        target = self.made.root / path
        seen, text = target.stat(), target.read_bytes()
        target.write_bytes(text.replace(b"value", b"other") if b"value" in text else text.replace(b"other", b"value"))
        os.utime(target, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        return path

    def create(self) -> str:
        imported = self.some()
        head = f"import {imported.removesuffix('.py').replace('/', '.')}\n\n\n" if imported else ""
        return self.write(
            self.fresh_path(), head + "".join(self.function() for _ in range(self.chance.randrange(1, 4)))
        )

    def delete(self) -> str | None:
        path = self.some()
        if path is not None and len(self.sources()) > 3:
            (self.made.root / path).unlink()
        return path

    def rename(self) -> str | None:
        path, target = self.some(), self.fresh_path()
        if path is None or os.path.lexists(self.made.root / target):
            return None
        if self.write(target, self.read(path)) == target:
            (self.made.root / path).unlink()
        return f"{path} to {target}"

    def move(self) -> str | None:
        path = self.some()
        return f"{path}: {self.git('mv', path, self.fresh_path())}" if path is not None else None

    def copy(self) -> str | None:
        path = self.some()
        return self.write(self.fresh_path(), self.read(path)) if path is not None else None

    def swap(self) -> str | None:
        sources = self.sources()
        if len(sources) < 2:
            return None
        one, other = self.chance.sample(sources, 2)
        texts = self.read(one), self.read(other)
        self.write(one, texts[1])
        self.write(other, texts[0])
        return f"{one} with {other}"

    def become_a_folder(self) -> str | None:
        path = self.some()
        if path is None:
            return None
        (self.made.root / path).unlink()
        return self.write(f"{path}/inside.py", self.function())

    def become_a_link(self) -> str | None:
        path = self.some()
        if path is None or len(self.sources()) < 4:
            return None
        (self.made.root / path).unlink()
        (self.made.root / path).symlink_to("/etc/hostname")
        return path

    def become_binary(self) -> str | None:
        path = self.some()
        if path is not None and len(self.sources()) > 3:
            (self.made.root / path).write_bytes(b"\0\1\2" * self.chance.randrange(1, 9))
        return path

    def ignore(self) -> str:
        return self.write(".gitignore", f"{self.chance.choice(WORDS)}_{self.chance.randrange(8)}.py\n")

    def touch(self) -> str | None:
        path = self.some()
        if path is not None:
            (self.made.root / path).touch()
        return path

    # git

    def git(self, *args: str) -> str:
        done = self.made.attempt(*args)
        return f"git {args[0]}: {done.returncode}"

    def stage_some(self) -> str:
        return self.git("add", "--", *self.chance.sample(self.files(), min(2, len(self.files()))))

    def commit(self) -> str:
        self.made.clock += 60
        self.git("add", "-A")
        return self.git(
            "commit", "-q", "-m", f"Change the {self.chance.choice(WORDS)} of the {self.chance.choice(WORDS)}"
        )

    def amend(self) -> str:
        return self.git("commit", "-q", "--amend", "-a", "-m", "Said otherwise")

    def branches(self) -> list[str]:
        return self.made.git("branch", "--format=%(refname:short)").split("\n")

    def switch(self) -> str:
        how = self.chance.choice([[], ["--force"], ["--detach"]])
        return self.git("checkout", "-q", *how, self.chance.choice(self.branches()).split(" ")[-1].rstrip(")"))

    def branch(self) -> str:
        self.made_up += 1
        return self.git("checkout", "-q", "-b", f"branch-{self.made_up}")

    def settled(self, *args: str) -> str:
        """Run what may stop at a conflict: leave it there for a while, or go back."""
        said = self.git(*args)
        if said.endswith(": 0") or self.chance.random() < 0.3:
            return said
        return said + self.git(args[0], "--abort")

    def merge(self) -> str:
        return self.settled("merge", "-q", "-m", "Together", self.chance.choice(self.branches()).split(" ")[-1])

    def rebase(self) -> str:
        return self.settled("rebase", "-q", self.chance.choice(self.branches()).split(" ")[-1])

    def revert(self) -> str:
        return self.settled("revert", "--no-edit", f"HEAD~{self.chance.randrange(3)}")

    def stash(self) -> str:
        return self.git("stash", "push", "-q", *self.chance.choice([[], ["--include-untracked"]]))

    def unstash(self) -> str:
        return self.git("stash", "pop", "-q")

    def reset(self) -> str:
        return self.git(
            "reset", "-q", self.chance.choice(["--hard", "--soft", "--mixed"]), f"HEAD~{self.chance.randrange(3)}"
        )

    def restore(self) -> str:
        return self.git("checkout", "-q", f"HEAD~{self.chance.randrange(4)}", "--", self.some() or ".")

    def clean(self) -> str:
        return self.git("clean", "-q", "-f", "-d")


class Workers:
    """The two processes that a sleeper has, asked and killed by the test."""

    def __init__(self, root: Path, cache: Path, chance: random.Random) -> None:
        self._place = Workplace(root, cache, 1.0)
        self._chance = chance
        self._saves = random.Random(1)  # what else is done does not hang on which files are named
        self._said: SimpleQueue[ChildReply | ChildExit] = SimpleQueue()
        self._children: dict[str, Child] = {}
        self.kills = 0

    def ask(self, *, kill: bool) -> None:
        """Have one of them do its work; with `kill`, end it at any moment of that."""
        if self._chance.random() < 0.7:
            files = [p.relative_to(self._place.root).as_posix() for p in self._place.root.rglob("*.*") if p.is_file()]
            saved = self._saves.sample(sorted(files), min(len(files), self._saves.randrange(4)))
            self._ask("refresh", RefreshTexts(tuple(saved)), kill=kill)
        else:
            job = PlannedJob(self._chance.choice(["refresh", "history"]), "", "", 0.0, Amounts(), urgent=True)
            self._ask("learn", DoJob(job, self._chance.choice([0.05, 30.0, 30.0]), Choice()), kill=kill)

    def _ask(self, role: str, message: Message, *, kill: bool) -> None:
        child = self._children.get(role)
        if child is None:
            child = self._children[role] = Child(WORKER, role, self._place, self._said.put)
        child.ask(message)
        try:
            self._answer(self._chance.random() ** 2 * 0.3 if kill else PATIENCE_S)
        except Empty:
            assert kill, "the worker did not answer"
            del self._children[role]
            child.close()
            while not self._said.empty():
                self._said.get()
            self.kills += 1

    def _answer(self, within_s: float) -> None:
        until = time.monotonic() + within_s
        while True:
            reply = self._said.get(timeout=max(until - time.monotonic(), 0.0))
            assert isinstance(reply, ChildReply), "a worker ended by itself"
            if not isinstance(reply.message, JobProgress):
                assert not isinstance(reply.message, JobFailed), reply.message
                return

    def close(self) -> None:
        for child in self._children.values():
            child.close()


class Judge:
    """Holds what is served against the files on disk."""

    def __init__(self, made: Made, cache: Path, chance: random.Random) -> None:
        self.made = made
        self.cache = cache
        self.chance = chance
        self.claims = self.spans = self.rebuilds = 0

    def opened(self, cache: Path | None = None) -> Repository:
        return Repository.open(self.made.root, cache=cache or self.cache)

    def look(self) -> None:
        """Ask for a task and for notes, and check all that is said."""
        repository = self.opened()
        if not repository.knows():
            return
        known = self.known_history(repository)
        try:
            pack = repository.context(self.task())
            notes = [
                self.noted(repository, subject) for subject in ("", *self.chance.sample(self.known(repository), 2))
            ]
        finally:
            repository.refresh()
        self.check_freshness(repository, pack, known)
        self.check_pack(pack)
        for answer in (pack, *filter(None, notes)):
            for claim in answer.claims:
                self.check_claim(claim, answer)

    def freshness(self) -> Freshness | None:
        repository = self.opened()
        try:
            return repository.reader.freshness if repository.knows() else None
        finally:
            repository.refresh()

    def is_fresh(self) -> bool:
        freshness = self.freshness()
        return freshness is not None and freshness.state == "fresh"

    def task(self) -> str:
        return " ".join(self.chance.sample(WORDS, 3)) + f" in {self.chance.choice(WORDS)}_{self.chance.randrange(8)}.py"

    def known(self, repository: Repository) -> list[str]:
        paths = repository.reader.index.paths
        return [*paths, "shop", "tests"] if len(paths) > 1 else ["shop", "tests", *paths]

    @staticmethod
    def noted(repository: Repository, subject: str) -> Note | None:
        try:
            return repository.notes(subject)
        except UnknownSubject:
            return None

    def lines(self, path: str) -> list[str]:
        return (self.made.root / path).read_bytes().decode("utf-8", "replace").split("\n")

    @staticmethod
    def known_history(repository: Repository) -> str | None:
        store = repository.open_store()
        assert store is not None
        view = store.view(repository.view_name)
        store.close()
        return view.revision if view is not None else None

    def check_freshness(self, repository: Repository, pack: Pack, known: str | None) -> None:
        """Compare what a pack says with the files; `known` is the history that was known before the question."""
        store = repository.open_store()
        assert store is not None
        try:
            view = store.view(repository.view_name)
            assert view is not None
            learned = view_blobs(store, view)
        finally:
            store.close()
        live = {path: file.blob for path, file in repository.snapshot().files.items()}
        changed = {path for path in live.keys() | learned.keys() if live.get(path) != learned.get(path)}
        assert set(pack.freshness.pending) == changed
        assert pack.freshness.state == ("pending" if changed or view.partial else "fresh")
        assert pack.freshness.history in (known, view.revision)  # more of it may be read meanwhile

    def check_pack(self, pack: Pack) -> None:
        for file in pack.files:
            assert (self.made.root / file.path).is_file(), file.path
        for symbol in pack.symbols:
            self.spans += 1
            name = symbol.symbol.rpartition(".")[2]
            text = self.lines(symbol.path)[symbol.start_line - 1 : symbol.end_line]
            assert re.match(rf"\s*(?:def|class) {name}\b", text[0]) or (len(text) == 1 and name in text[0]), symbol
            assert not [line for line in text[1:] if re.match(r"def ", line)], symbol
        path, rest = "", iter(pack.text.split("\n"))
        for line in rest:
            if listed := LISTED.match(line):
                path = listed[1]
            elif heading := HEADING.match(line):
                start, stop = int(heading[1]), int(heading[2])
                shown = [next(rest) for _ in range(stop - start + 1)]
                assert shown == self.lines(path)[start - 1 : stop], (path, line)

    def check_claim(self, claim: Claim, answer: Pack | Note) -> None:
        self.claims += 1
        for evidence in claim.evidence:
            if evidence.path is not None and evidence.start_line is not None and evidence.end_line is not None:
                live = line_hashes((self.made.root / evidence.path).read_bytes())
                assert hash_span(live[evidence.start_line - 1 : evidence.end_line]) == evidence.hash, claim
            for commit in evidence.commits:
                within = answer.freshness.history
                assert within is not None
                assert self.made.attempt("merge-base", "--is-ancestor", commit, within).returncode == 0, claim
        if claim.kind in ("dependents", "tests", "uses"):
            for path in re.findall(r"[\w/é.-]+\.py(?![\w~/])", claim.text):
                assert (self.made.root / path).is_file(), claim
                if claim.kind == "dependents" and claim.subject.endswith(".py"):
                    stem = claim.subject.rpartition("/")[2].removesuffix(".py")
                    assert stem in "".join(self.lines(path)), claim

    def compare(self) -> None:
        """Learn all, and hold it against a store that is built from nothing."""
        other = self.cache.with_name("rebuilt")
        shutil.rmtree(other, ignore_errors=True)
        self.opened().sleep()
        self.opened(other).sleep()
        task, again = self.task(), random.Random(self.chance.random())
        subjects = ["", *again.sample(self.known(self.opened()), 2)]
        incremental, rebuilt = (self.served(cache, task, subjects) for cache in (self.cache, other))
        self.rebuilds += 1
        assert incremental == rebuilt

    def served(self, cache: Path, task: str, subjects: list[str]) -> list[Any]:
        """Return all that is answered but times, and but what a fit says, which serves for fifty commits."""
        repository = self.opened(cache)
        try:
            answers = [repository.context(task), *(self.noted(repository, subject) for subject in subjects)]
            told = [json.loads(json.dumps(answer.to_json())) for answer in answers if answer is not None]
        finally:
            repository.refresh()
        for answer in told:
            answer.pop("elapsed_ms", None)
            del answer["freshness"]["learned_at"]
            answer["claims"] = [claim for claim in answer["claims"] if claim["kind"] != "likely"]
        return told


def begun(tmp_path: Path, seed: int) -> tuple[Developer, random.Random]:
    made, chance = Made(tmp_path / "shop"), random.Random(seed)
    developer = Developer(made, chance)
    made.write("README.md", "# Shop\n")
    for _ in range(6):
        developer.create()
    developer.commit()
    return developer, chance


@pytest.mark.timeout(max(900, 4 * STEPS))
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_done_nothing_that_is_served_is_false(tmp_path: Path, seed: int) -> None:
    developer, chance = begun(tmp_path, seed)
    workers = Workers(developer.made.root, tmp_path / "cache", chance)
    judge = Judge(developer.made, tmp_path / "cache", chance)
    try:
        for number in range(STEPS):
            developer.step()
            if chance.random() < 0.8:
                workers.ask(kill=chance.random() < 0.4)
            if chance.random() < 0.2:
                developer.step()
            judge.look()
            if number % 12 == 11:
                judge.compare()
    except BaseException:
        print(f"seed {seed}, after:", *developer.done, sep="\n  ")
        raise
    finally:
        workers.close()
    print(
        f"{STEPS} steps, {workers.kills} kills, {judge.claims} claims, {judge.spans} spans, {judge.rebuilds} rebuilds"
    )
    assert judge.spans
    assert judge.claims


@pytest.mark.timeout(max(900, 4 * STEPS))
def test_a_sleeper_misses_nothing_and_survives_the_end_of_its_children(tmp_path: Path) -> None:
    developer, chance = begun(tmp_path, 11)
    judge = Judge(developer.made, tmp_path / "cache", chance)
    sleeper = Sleeper(judge.opened(), Thresholds(after_s=3600), Limits(), 1.0)
    sleeper.start()
    try:
        for _ in range(max(STEPS // 3, 12)):
            developer.step()
            if chance.random() < 0.2:
                for pid in set(sleeper.status.pids) - {os.getpid()}:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            assert soon(judge.is_fresh), judge.freshness()
            judge.look()
        judge.compare()
    except BaseException:
        print("after:", *developer.done, sep="\n  ")
        raise
    finally:
        sleeper.close()
    assert sleeper.failure is None

"""Bits of a store that flip: each command answers as it did before, and nothing ends in an unexpected error.

`make flips FLIPS=400 [REPO=clone]` tries more of them, and says what came of them.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import Noctule
from tests.e2e.repositories import Repo
from tests.e2e.test_bad_input import TASK

FLIPS = int(os.environ.get("FLIPS", "4"))
REPO = os.environ.get("REPO", "")
SEED = int(os.environ.get("SEED", "0"))
ANSWERS = ("context", "notes", "predict")
KILLED = """
import os, pathlib, sys
from noctule.indexer.store.store import Store
store = Store(pathlib.Path(sys.argv[1]), fold=False)  # as a server has it
with store.transaction():
    store.add_cost("sleep", 1.0, 1.0, 1)
os.kill(os.getpid(), 9)
"""


@dataclass(frozen=True)
class Subject:
    """A learned repository, and a copy of its store to begin each flip with."""

    repo: Repo
    noctule: Noctule
    sound: Path

    def put_back(self) -> None:
        shutil.rmtree(self.noctule.cache)
        shutil.copytree(self.sound, self.noctule.cache)

    def ask(self, name: str) -> object:
        """Return what a command answers, but for how long it took; or how it failed."""
        path = "shop/cart.py" if not REPO else self.largest()
        command = {
            "context": ("context", self.repo.path, "--task", TASK if not REPO else path),
            "notes": ("notes", self.repo.path, path),
            "predict": ("predict", self.repo.path),
            "sleep": ("sleep", self.repo.path),
        }[name]
        ran = self.noctule(*command, *([] if name == "sleep" else ["--json"]))
        if ran.code:
            return ran.code, ran.err
        if name == "sleep":
            return None
        answer = json.loads(ran.out)
        answer.pop("elapsed_ms", None)
        answer["freshness"].pop("learned_at")
        return answer

    def largest(self) -> str:
        names = self.repo.git("ls-files").splitlines()
        return max(
            names, key=lambda name: ((self.repo.path / name).suffix != ".md", (self.repo.path / name).stat().st_size)
        )

    def flip(self, chance: random.Random) -> str:
        """Flip a bit of a file of the store: of any, or of one that is drawn by its size. Say which."""
        files = sorted(f for f in self.noctule.cache.rglob("*") if f.is_file() and f.stat().st_size)
        sizes = [f.stat().st_size for f in files] if chance.random() < 0.5 else [1] * len(files)
        (file,) = chance.choices(files, sizes)
        data = bytearray(file.read_bytes())
        # One flip in four falls into the first page, which holds the counters and the schema of a database.
        at = chance.randrange(min(4096, len(data)) if chance.random() < 0.25 else len(data))
        data[at] ^= 1 << (bit := chance.randrange(8))
        file.write_bytes(data)
        return f"bit {bit} of byte {at} of {file.name}"


@pytest.fixture(params=["at rest", "of a server that was killed"])
def subject(request: pytest.FixtureRequest, noctule: Noctule, shop: Repo, tmp_path: Path) -> Subject:
    repo = shop
    if REPO:
        repo = Repo(tmp_path / "clone")
        shop.git("clone", "--quiet", "--shared", REPO, str(repo.path))
    noctule.ok("sleep", repo.path)
    if request.param != "at rest":
        subprocess.run([sys.executable, "-c", KILLED, noctule.store_file().parent], check=False)
        assert noctule.store_file().with_name("store.db-wal").stat().st_size
    shutil.copytree(noctule.cache, tmp_path / "sound")
    return Subject(repo, noctule, tmp_path / "sound")


@pytest.mark.timeout(max(300, 60 * FLIPS))
def test_answers_from_a_store_with_a_flipped_bit_are_the_clean_ones(subject: Subject) -> None:
    clean = {name: subject.ask(name) for name in ANSWERS} | {"sleep": None}
    wrong: Counter[str] = Counter()
    for seed in range(SEED, SEED + FLIPS):
        chance = random.Random(seed)
        subject.put_back()
        place = subject.flip(chance)
        for name in chance.sample([*ANSWERS, "sleep"], len(ANSWERS) + 1):
            found = subject.ask(name)
            if found != clean[name]:
                kind = "failed" if isinstance(found, tuple) else "differs"
                print(f"seed {seed}: {place}: {name} {kind}", found if kind == "failed" else "", flush=True)
                wrong[f"{name} {kind}"] += 1
        if (seed - SEED) % 50 == 49:
            print(f"{seed - SEED + 1} flips: {dict(wrong)}", flush=True)
    print(
        f"{FLIPS} flips, {len(ANSWERS) + 1} commands after each: {dict(wrong) or 'as before, each of them'}", flush=True
    )

    assert wrong == {}

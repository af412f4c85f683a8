"""Runs the real `noctule` command; NOCTULE_COMMAND names another one, such as that of an installed wheel."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.repositories import ENOUGH_COMMITS, Repo, make_pair, make_shop
from tests.patience import PATIENCE_S
from tests.repositories import put_back

ROOT = Path(__file__).resolve().parents[2]


def _command() -> tuple[list[str], dict[str, str]]:
    named = os.environ.get("NOCTULE_COMMAND")
    if named:
        return [named], {}
    script = Path(sys.executable).parent / "noctule"
    if script.exists():
        return [str(script)], {}
    return [sys.executable, "-m", "noctule.lsp_server.cli.main"], {"PYTHONPATH": str(ROOT)}


PROGRESS = re.compile(r"Indexing .*|[a-z]+(: [\d,]+ .*)?")
"""Lines of progress, which a command that takes longer than some seconds prints."""


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line of an error; before it only that something unknown is learned first, and how far that is."""
        lines = [line for line in self.err.splitlines() if not PROGRESS.fullmatch(line)]
        assert len(lines) == 1, self.err
        assert lines[0].startswith("noctule: "), self.err
        return lines[0]


@dataclass(frozen=True)
class Noctule:
    """The command, with a store of the test's own."""

    cache: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(
        self,
        *args: str | bytes | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        before: Callable[[], None] | None = None,
        **settings: Any,
    ) -> subprocess.Popen[bytes]:
        command, extra = _command()
        environment = {k: v for k, v in os.environ.items() if k not in ("NOCTULE_DEBUG", "COLUMNS", "PYTHONPATH")}
        environment |= {"NOCTULE_CACHE_DIR": str(self.cache), **extra, **self.environment, **(env or {})}
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [*command, *args],
            cwd=cwd or self.cache.parent,
            env=environment,
            preexec_fn=before,  # noqa: PLW1509 - limits of the child; no thread runs here
            **(streams | settings),
        )

    def __call__(
        self, *args: str | bytes | Path, stdin: bytes | None = None, timeout: float = PATIENCE_S, **how: Any
    ) -> Ran:
        """Run to the end. No traceback ever reaches the user, whatever happens."""
        settings = {"stdin": subprocess.PIPE} if stdin is not None else {}
        with self.start(*args, **settings, **how) as process:
            try:
                out, err = process.communicate(stdin, timeout=timeout)
            except BaseException:
                process.kill()
                raise
        ran = Ran(process.returncode, (out or b"").decode(), err.decode())  # no `out` where a test takes it elsewhere
        assert "Traceback" not in ran.err, ran.err
        return ran

    def ok(self, *args: str | bytes | Path, **how: Any) -> Ran:
        """Run a command that succeeds."""
        ran = self(*args, **how)
        assert ran.code == 0, ran.err
        return ran

    def json(self, *args: str | bytes | Path, **how: Any) -> Any:
        """Run a command that succeeds, and return its one JSON document in ASCII."""
        out = self.ok(*args, "--json", **how).out
        assert out.isascii()
        assert out.endswith("\n")
        assert out.count("\n") == 1
        return json.loads(out)

    def store_file(self) -> Path:
        """Return the file of the only store there is."""
        (path,) = self.cache.rglob("store.db")
        return path


@pytest.fixture
def noctule(tmp_path: Path) -> Noctule:
    (tmp_path / "cache").mkdir()
    return Noctule(tmp_path / "cache")


_make_shop_once = cache(make_shop)


@pytest.fixture(scope="session")
def pristine_shop(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return _make_shop_once(tmp_path_factory.getbasetemp() / "pristine/shop")


@pytest.fixture
def shop(pristine_shop: Repo, tmp_path: Path) -> Repo:
    """A shop to change; nothing is known about it."""
    shutil.copytree(pristine_shop.path, tmp_path / "shop", symlinks=True)
    return Repo(tmp_path / "shop")


@dataclass(frozen=True)
class Known:
    """A repository that was learned, and the command that knows it. Not to be changed."""

    repo: Repo
    noctule: Noctule


@cache
def _make_known(folder: Path) -> Known:
    """Learn once for all folders of tests that name the fixture in a conftest of their own."""
    (folder / "cache").mkdir(parents=True)
    shop = make_shop(folder / "shop", ENOUGH_COMMITS)
    noctule = Noctule(folder / "cache")
    noctule.ok("sleep", shop.path)
    return Known(shop, noctule)


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    return _make_known(tmp_path_factory.getbasetemp() / "known")


def restore(folder: Path, make: Callable[[Path], Repo]) -> Known:
    """Return a repository to change and the command that knows it: learned once, and as it was for each test."""

    def learn(folder: Path) -> Known:
        known = Known(make(folder / "shop"), Noctule(folder / "cache"))
        known.noctule.cache.mkdir()
        known.noctule.ok("sleep", known.repo.path)
        return known

    return put_back(folder, learn)


@pytest.fixture
def pair(tmp_path_factory: pytest.TempPathFactory) -> Known:
    return restore(tmp_path_factory.getbasetemp() / "pair", make_pair)

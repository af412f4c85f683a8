"""The Python API: what docs/python.md shows runs, importing it costs nothing, and its types are shipped."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import noctule
from docs.generate import INTERNAL
from noctule import NoctuleError, Repository
from tests.repositories import Repository as Made

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/python.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
LOGIN = "def login(name, password):\n    # a colon in the password\n    return password.partition(':')[0] == name\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = Made(tmp_path / "shop")
    made.commit("Log in with a password", {"shop/login.py": LOGIN, "shop/cart.py": "def total(items):\n    pass\n"})
    monkeypatch.chdir(made.root)
    monkeypatch.setenv("NOCTULE_CACHE_DIR", str(tmp_path / "cache"))
    return made.root


def test_the_code_of_the_page_runs_from_its_top_to_its_end(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}

    for block in BLOCKS:
        exec(compile(block, "docs/python.md", "exec"), names)

    printed = capsys.readouterr().out
    assert "password.partition(':')[0] == name" in printed
    assert "fresh\n" in printed
    assert "no/such/file.py" in printed.splitlines()[-1]


def test_an_open_repository_learns_and_names_later_commits(here: Path) -> None:
    with Repository.open() as repository:
        repository.sleep()
        later = Made(here).commit("Count", {"shop/cart.py": "def total(items):\n    return len(items)\n"})
        repository.refresh()
        before = repository.status()
        report = repository.sleep()

    assert (before.revision, before.freshness.state) == (later, "pending")
    assert (report.revision, report.commits_read) == (later, 1)


def test_what_the_command_refuses_is_refused(here: Path) -> None:
    refused = [
        lambda one: one.context("log in", files=-3),
        lambda one: one.likely(files=0),
        lambda one: one.predict(k=0),
        lambda one: one.review(precision=9),
    ]
    with Repository.open() as repository:
        repository.sleep()
        for ask in refused:
            with pytest.raises(NoctuleError) as told:
                ask(repository)
            assert told.value.advice.startswith("give ")

        assert repository.predict("shop/login.py").given == repository.predict(["shop/login.py"]).given


def test_the_first_block_has_five_lines() -> None:
    assert len([line for line in BLOCKS[0].splitlines() if line]) <= 5


def call_of(name: str) -> str:
    """Return how a method is called, with its defaults, as the page shows it."""
    shown = []
    for parameter in inspect.signature(getattr(Repository, name)).parameters.values():
        default = parameter.default
        if default is inspect.Parameter.empty:
            shown.append(parameter.name)
        elif parameter.name != "pace":
            value = "…" if callable(default) else '""' if default == "" else default
            shown.append(f"{parameter.name}={value}")
    return f"`{name}({', '.join(part for part in shown if part != 'self')})`"


def test_the_page_shows_each_public_method_with_its_defaults() -> None:
    public = {
        name for name, value in vars(Repository).items() if inspect.isfunction(value) and name[0] != "_"
    } - INTERNAL

    assert [name for name in sorted(public) if call_of(name) not in PAGE] == []


def test_all_that_is_public_can_be_imported_and_is_on_the_page() -> None:
    for name in noctule.__all__:
        assert getattr(noctule, name) is not None
        assert name == "__version__" or f"`{name}" in PAGE or f".{name}`" in PAGE
    with pytest.raises(AttributeError, match="nothing_like_this"):
        _ = noctule.nothing_like_this


def test_importing_noctule_loads_nothing_else_and_asking_for_a_repository_no_numpy() -> None:
    code = (
        "import sys; before = set(sys.modules); import noctule; print(*sorted(set(sys.modules) - before))\n"
        "from noctule import Repository; print('numpy' in sys.modules)"
    )

    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert ran.stdout.splitlines() == ["__future__ noctule", "False"]


def test_the_types_are_shipped() -> None:
    assert (Path(noctule.__file__).parent / "py.typed").exists()

"""One import name: beside noctule, a user's own packages called `evals` or `indexer` keep working."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.repositories import Repository

ROOT = Path(__file__).resolve().parents[2]
OURS = ("indexer", "lsp_server", "evals")


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check")
    run(*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT, cwd=folder)
    return next(folder.glob("noctule-*.whl"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel; what it depends on comes from the environment of the tests."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    python = folder / "bin/python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--no-deps", wheel, cwd=folder)
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    # A path in a .pth file is searched, but .pth files inside of it are not read: the checkout stays out of reach.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def test_the_wheel_holds_one_import_name(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    folders = {name.split("/")[0] for name in names}

    assert {name for name in folders if not name.endswith((".dist-info", ".data"))} == {"noctule"}
    assert [name.split("/", 1)[1] for name in names if ".data/" in name] == ["scripts/noctule"]


def test_the_three_folders_of_the_source_cannot_be_imported(environment: Path, tmp_path: Path) -> None:
    run(
        environment / "python", "-c", "import noctule, noctule.indexer, noctule.lsp_server, noctule.evals", cwd=tmp_path
    )

    for name in OURS:
        done = subprocess.run(
            [environment / "python", "-c", f"import {name}"], cwd=tmp_path, stderr=subprocess.PIPE, check=False
        )
        assert (done.returncode, b"ModuleNotFoundError" in done.stderr) == (1, True)


@pytest.mark.parametrize("name", OURS)
def test_a_project_with_a_package_of_that_name_works_beside_noctule(
    name: str, environment: Path, tmp_path: Path
) -> None:
    project = Repository(tmp_path / "project")
    project.commit(
        "Prices are added",
        {
            f"{name}/__init__.py": "def add_prices(one, other):\n    return one + other\n",
            "test_prices.py": (
                f"import noctule\nfrom {name} import add_prices\n\ndef test_sum():\n    assert add_prices(1, 2) == 3\n"
            ),
        },
    )
    tree = project.root
    cache = ("env", f"NOCTULE_CACHE_DIR={tmp_path / 'cache'}")

    assert "1 passed" in run(environment / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tree)
    run(*cache, environment / "noctule", "sleep", cwd=tree)
    answer = run(*cache, environment / "noctule", "context", "--task", "add_prices ignores the discount", cwd=tree)
    assert f"{name}/__init__.py" in answer
    run(*cache, environment / "noctule", "eval", "--help", cwd=tree)

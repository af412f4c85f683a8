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
    assert [name.split("/", 1)[1] for name in names if ".data/" in name] == [
        "data/share/man/man1/noctule.1",
        "scripts/noctule",
    ]


def test_the_three_folders_of_the_source_cannot_be_imported(environment: Path, tmp_path: Path) -> None:
    run(
        environment / "python", "-c", "import noctule, noctule.indexer, noctule.lsp_server, noctule.evals", cwd=tmp_path
    )

    for name in OURS:
        done = subprocess.run(
            [environment / "python", "-c", f"import {name}"], cwd=tmp_path, stderr=subprocess.PIPE, check=False
        )
        assert (done.returncode, b"ModuleNotFoundError" in done.stderr) == (1, True)


def test_a_project_with_packages_of_these_names_works_beside_noctule(environment: Path, tmp_path: Path) -> None:
    project = Repository(tmp_path / "project")
    for name in OURS:
        project.commit(
            f"Prices are added in {name}",
            {
                f"{name}/__init__.py": f"def add_prices_{name}(one, other):\n    return one + other\n",
                f"test_{name}.py": (
                    f"import noctule\nfrom {name} import add_prices_{name}\n\n\n"
                    f"def test_sum():\n    assert add_prices_{name}(1, 2) == 3\n"
                ),
            },
        )
    tree = project.root
    cache = ("env", f"NOCTULE_CACHE_DIR={tmp_path / 'cache'}")

    assert "3 passed" in run(environment / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tree)
    run(*cache, environment / "noctule", "sleep", cwd=tree)
    task = " and ".join(f"add_prices_{name}" for name in OURS)
    answer = run(*cache, environment / "noctule", "context", "--task", f"{task} ignore the discount", cwd=tree)
    assert all(f"{name}/__init__.py" in answer for name in OURS)
    run(*cache, environment / "noctule", "eval", "--help", cwd=tree)

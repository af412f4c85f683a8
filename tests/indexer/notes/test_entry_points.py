"""In which file the commands of manifests start."""

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.indexer.notes.entry_points import declared_commands, mains
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

FILES = {
    "pyproject.toml": (
        '[project]\nname = "shop"\nscripts."shop.old" = "shop:main"\nscripts.shop = "shop:main"\n\n'
        "[project.entry-points.pytest11]\n"
        'plugin = "shop.api:main"\n\n'
        '[tool.poetry.scripts]\nsell = "shop.stars:sell"\ncheck = "_pytests.run:start"\n'
    ),
    "shop/__init__.py": "try:\n    from ._main import main\nexcept ImportError:\n    def main():\n        pass\n",
    "shop/_main.py": "def main():\n    pass\n",
    "shop/api.py": "def main():\n    pass\n",
    "_pytests/run.py": "def start():\n    pass\n",
    "shop/stars.py": "from shop.sales import *\n",
    "shop/sales.py": "def sell():\n    pass\n",
    "old/setup.py": (
        "setup(\n    entry_points={\n        'console_scripts': ['age=ages.cli:run'],\n"
        "    },\n    other='a=ages:b',\n)\n"
    ),
    "old/ages/__init__.py": "",
    "old/ages/cli.py": "def run():\n    pass\n",
    "web/package.json": '{\n  "name": "@shop/web",\n  "bin": "./bin/../bin/web.js"\n}\n',
    "web/bin/web.js": "run()\n",
    "rust/Cargo.toml": '[package]\nname = "till"\n\n[[bin]]\nname = "count"\npath = "src/count.rs"\n',
    "rust/src/main.rs": "fn main() {}\n",
    "rust/src/count.rs": "fn main() {}\n",
    "cmd/till/main.go": "package main\n\nfunc main() {}\n",
    "examples/show.go": "package main\n\nfunc main() {}\n",
    "examples/draw.c": "int main(void) { return 0; }\n",
    "till/till_test/check.c": "int main(void) { return 0; }\n",
    "gen.go": "//go:build ignore\n\npackage main\n\nfunc main() {}\n",
    "lib.go": "package lib\n\nfunc main() {}\n",
}


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    folder: Path = tmp_path_factory.mktemp("entries")
    made = Made(folder / "repo")
    made.commit("Start", FILES)
    repository = Repository.open(made.root, cache=folder / "cache")
    repository.sleep()
    return repository


def test_a_command_starts_in_the_file_that_defines_its_function(learned: Repository) -> None:
    ground = learned.reader.ground

    found = {entry.command: ground.path(entry.file) for entry in declared_commands(ground)}

    assert [entry.line for entry in declared_commands(ground) if entry.command == "shop"] == [3]
    assert found == {
        "shop.old": "shop/_main.py",
        "shop": "shop/_main.py",
        "sell": "shop/sales.py",
        "check": "_pytests/run.py",
        "age": "old/ages/cli.py",
        "web": "web/bin/web.js",
        "till": "rust/src/main.rs",
        "count": "rust/src/count.rs",
    }


def test_a_go_program_is_a_main_package_that_is_built(learned: Repository) -> None:
    ground = learned.reader.ground

    assert [ground.path(f) for f, _ in mains(ground)[0] if ground.language(f) == "go"] == ["cmd/till/main.go"]


def test_what_is_left_out_of_the_programs_is_said(learned: Repository) -> None:
    told = [claim.text for claim in learned.notes().claims if claim.kind == "entry point"]

    assert (
        "Programs start in cmd/till/main.go; 3 other files with a main function belong to examples and tests." in told
    )

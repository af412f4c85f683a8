"""Who names, by its path, a file that a change removes or moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

NAMES = ("my-code.cc", "c++parts.cc", "part@2x.cc", "2d.cc", "v1.2-part.cc")
FILES = {
    "lib/shop.rb": 'require "shop/till"\nrequire_relative "shop/cart"\n# require_relative "shop/cart"\n',
    "lib/shop/till.rb": "module Shop\n  autoload :Cart, 'shop/cart'\n  autoload :Json, 'json'\nend\n",
    "lib/shop/cart.rb": "VALUE = 1\n",
    "src/main.c": '#include "box.h"\n#include <stdio.h>\n  #  include "../inc/lid.h"\n// #include "box.h"\n',
    "src/box.h": "#define BOX 1\n",
    "inc/lid.h": "#define LID 1\n",
    "inc/stdio.h": "#define OWN 1\n",
    "CMakeLists.txt": "add_executable(shop src/main.c src/extra.c)\n# src/extra.c\nconfigure_file(a.h.in a.h)\n",
    "Makefile": "OBJS = src/main.o src/extra.o\n",
    "meson.build": "executable('shop', 'src/main.c', 'src/extra.c')\n",
    "a.h.in": "#define A\n",
    "a.h": "#define A\n",
    "src/extra.c": "int unused_value;\n",
    "web/index.php": "<?php\nrequire_once __DIR__ . '/../php/tools.php';\n"
    "include dirname(__DIR__) . '/php/tools.php';\n",
    "php/tools.php": "<?php\nfunction tool() { return 1; }\n",
    "composer.json": '{"autoload": {"files": ["php/tools.php"], "psr-4": {"A\\\\": "php/"}}}\n',
    "package.json": '{\n "main": "./js/start",\n "files": ["js/start.js"], "./js/start": 1,\n'
    ' "scripts": {"a": "node js/start.js"}\n}\n',
    "jsconfig.json": '{"paths": {"./js/start": []}}\n',
    "js/start.js": "module.exports = 1\n",
    "js/use.js": 'const a = require("./start")\nconst b = require("./start.js")\nimport("./other")\n',
    "js/other.js": "module.exports = 2\n",
    "pyproject.toml": '[project.scripts]\nshop = "shopping.cli:main"\n',
    "shopping/__init__.py": "from .names import label\nprices = 1\n",
    "shopping/cli.py": "from . import names, prices\nfrom shopping import names as n\n"
    "import shopping.names\nimport json\n",
    "shopping/names.py": "label = 'a'\n",
    "shopping/prices.py": "",
    "shopping/json.py": "",
    "src/lib.rs": "mod crate_part;\nmod whole;\n",
    "src/crate_part.rs": "",
    "src/whole/mod.rs": 'const T: &str = include_str!("../box.txt");\n',
    "src/box.txt": "text\n",
    "run.sh": 'source "$HERE/tools/env.sh"\nbash tools/env.sh\n',
    "tools/env.sh": "A=1\n",
    "README.md": "* [How](docs/how.md)\n* [To](docs/how-to.md)\n* [Usage](docs/01-usage.md)\n"
    "* [About](docs/about.md)\n",
    "docs/how-to.md": "Text.\n",
    "docs/01-usage.md": "Text.\n",
    "docs/about.md": "Text.\n",
    "native/CMakeLists.txt": "add_executable(my my-code.cc c++parts.cc part@2x.cc 2d.cc v1.2-part.cc)\n",
    **{f"native/{name}": "int v;\n" for name in NAMES},
    "native/use.cc": '#include "my-defs.h"\n',
    "native/my-defs.h": "#define MY 1\n",
    "bin/start.sh": "source bin/set-env.sh\n. bin/.settings.sh\n",
    "bin/set-env.sh": "A=1\n",
    "bin/.settings.sh": "A=1\n",
    "tool/package.json": '{"bin": {"tool": "bin/run-all.js"}}\n',
    "tool/bin/run-all.js": "run()\n",
    "docs/how.md": "Text.\n",
}
REMOVED = {
    "lib/shop/cart.rb": ["lib/shop.rb:2 loads", "lib/shop/till.rb:2 loads"],
    "src/box.h": ["src/main.c:1 loads"],
    "inc/lid.h": ["src/main.c:3 loads"],
    "inc/stdio.h": [],
    "a.h": [],
    "src/extra.c": ["CMakeLists.txt:1 names", "Makefile:1 names", "meson.build:1 names"],
    "php/tools.php": ["composer.json:1 names", "web/index.php:2 loads", "web/index.php:3 loads"],
    "js/start.js": ["js/use.js:1 loads", "js/use.js:2 loads", *(f"package.json:{n} names" for n in (2, 3, 4))],
    "js/other.js": ["js/use.js:3 loads"],
    "shopping/cli.py": ["pyproject.toml:2 names"],
    "shopping/names.py": [f"shopping/{place} loads" for place in ("__init__.py:1", "cli.py:1", "cli.py:2", "cli.py:3")],
    "shopping/prices.py": [],
    "shopping/json.py": [],
    "src/crate_part.rs": ["src/lib.rs:1 loads"],
    "src/box.txt": ["src/whole/mod.rs:1 loads"],
    "tools/env.sh": ["run.sh:1 loads", "run.sh:2 loads"],
    "docs/how.md": ["README.md:1 names"],
    "docs/how-to.md": ["README.md:2 names"],
    "docs/01-usage.md": ["README.md:3 names"],
    "docs/about.md": ["README.md:4 names"],
    **{f"native/{name}": ["native/CMakeLists.txt:1 names"] for name in NAMES},
    "native/my-defs.h": ["native/use.cc:1 loads"],
    "bin/set-env.sh": ["bin/start.sh:1 loads"],
    "bin/.settings.sh": ["bin/start.sh:2 loads"],
    "tool/bin/run-all.js": ["tool/package.json:1 names"],
}


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Path]:
    made = Made(tmp_path_factory.mktemp("removed") / "repo")
    made.commit("Start", dict(FILES))
    cache = tmp_path_factory.mktemp("cache")
    with Repository.open(made.root, cache=cache) as repository:
        repository.sleep()
    return made, cache


def _said(repository: Repository) -> list[str]:
    return sorted(
        f"{one.path}:{one.line} {one.message.split()[3]}"
        for one in repository.review().findings
        if one.message.startswith("this line still")
        and "." in one.subject.rpartition("/")[2]
        and ":" not in one.subject
    )


@pytest.mark.parametrize("removed", REMOVED)
def test_a_file_that_is_gone_is_still_named_by_what_loads_or_lists_it(learned: tuple[Made, Path], removed: str) -> None:
    made, cache = learned
    (made.root / removed).unlink()
    with Repository.open(made.root, cache=cache) as repository:
        said = _said(repository)
    made.git("checkout", "-q", ".")

    assert said == sorted(REMOVED[removed])


def test_a_file_that_moves_is_named_with_its_new_place(learned: tuple[Made, Path]) -> None:
    made, cache = learned
    made.git("mv", "src/crate_part.rs", "src/part.rs")
    with Repository.open(made.root, cache=cache) as repository:
        found = [one for one in repository.review().findings if one.path == "src/lib.rs"]
    made.git("reset", "-q", "--hard")

    assert [one.message for one in found] == [
        "this line still loads src/crate_part.rs, which this change moves to src/part.rs"
    ]


def test_a_file_that_becomes_a_folder_or_comes_in_another_language_is_not_missed(learned: tuple[Made, Path]) -> None:
    made, cache = learned
    for old, new in (("src/crate_part.rs", "src/crate_part/mod.rs"), ("js/other.js", "js/other.ts")):
        made.write(new, (made.root / old).read_text())
        (made.root / old).unlink()
    made.git("add", "-A")
    with Repository.open(made.root, cache=cache) as repository:
        said = _said(repository)
    made.git("reset", "-q", "--hard")

    assert said == []


def test_what_the_index_has_read_since_changes_nothing(learned: tuple[Made, Path], tmp_path: Path) -> None:
    made, _ = learned
    base = made.git("rev-parse", "HEAD")
    (made.root / "php/tools.php").unlink()
    made.git("commit", "-qam", "Gone")
    with Repository.open(made.root, cache=tmp_path) as repository:
        repository.sleep()
        found = [f"{one.path}:{one.line}" for one in repository.review(base, "HEAD").findings]
    made.git("reset", "-q", "--hard", base)

    assert found == ["composer.json:1", "web/index.php:2", "web/index.php:3"]


FOLDERS = {
    "settings.gradle.kts": 'rootProject.name = "shop"\ninclude(":app", ":lib:core")\n'
    'include(\n    ":lib:web",\n)\n// include(":app")\n',
    "old/settings.gradle": "include 'inner', ':app'\nproject(':inner').projectDir = file('inner')\n",
    "old/inner/build.gradle": "",
    "app/build.gradle.kts": "",
    "lib/core/build.gradle.kts": "",
    "lib/web/build.gradle.kts": "",
    "lib/build.gradle.kts": "",
    "phpunit.xml.dist": '<phpunit bootstrap="tests/start.php">\n <testsuite>\n'
    '  <directory suffix="Test.php">./tests/Unit</directory>\n'
    "  <file>tests/OneTest.php</file>\n </testsuite>\n</phpunit>\n",
    "tests/start.php": "<?php\n",
    "tests/OneTest.php": "<?php\n",
    "tests/Unit/TillTest.php": "<?php\n",
    "tests/Unit/CartTest.php": "<?php\n",
    "mix.exs": 'defmodule Shop.MixProject do\n  def paths(:test), do: ["lib", "test/support"]\n'
    '  def extras, do: ["guides/start.md"]\nend\n',
    "test/support/case.ex": "",
    "guides/start.md": "Text.\n",
    "guides/end.md": "Text.\n",
}
FOLDERS_REMOVED = {
    "app": ["settings.gradle.kts:2 app"],
    "lib/core": ["settings.gradle.kts:2 lib/core"],
    "lib/web": ["settings.gradle.kts:4 lib/web"],
    "old/inner": ["old/settings.gradle:1 old/inner", "old/settings.gradle:2 old/inner"],
    "tests/Unit": ["phpunit.xml.dist:3 tests/Unit"],
    "tests/Unit/TillTest.php": [],
    "tests/start.php": ["phpunit.xml.dist:1 tests/start.php"],
    "tests/OneTest.php": ["phpunit.xml.dist:4 tests/OneTest.php"],
    "test/support": ["mix.exs:2 test/support"],
    "guides/start.md": ["mix.exs:3 guides/start.md"],
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Path]:
    made = Made(tmp_path_factory.mktemp("built") / "repo")
    made.commit("Start", dict(FOLDERS))
    cache = tmp_path_factory.mktemp("cache")
    with Repository.open(made.root, cache=cache) as repository:
        repository.sleep()
    return made, cache


@pytest.mark.parametrize("removed", FOLDERS_REMOVED)
def test_a_folder_that_is_gone_is_still_named_by_what_builds_or_tests_it(
    built: tuple[Made, Path], removed: str
) -> None:
    made, cache = built
    made.git("rm", "-rq", removed)
    with Repository.open(made.root, cache=cache) as repository:
        found = [one for one in repository.review().findings if one.message.startswith("this line still names")]
    made.git("reset", "-q", "--hard")

    assert sorted(f"{one.path}:{one.line} {one.subject}" for one in found) == FOLDERS_REMOVED[removed]


def test_a_folder_that_moves_is_named_with_its_new_place(built: tuple[Made, Path]) -> None:
    made, cache = built
    made.commit("Write the app", {"app/main.kt": "fun main() {\n    println(1)\n    println(2)\n}\n"})
    made.git("mv", "app", "till")
    with Repository.open(made.root, cache=cache) as repository:
        found = [one for one in repository.review().findings if one.path == "settings.gradle.kts"]
    made.git("reset", "-q", "--hard", "HEAD~1")

    assert [one.message for one in found] == ["this line still names app, which this change moves to till"]

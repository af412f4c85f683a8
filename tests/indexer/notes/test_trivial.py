"""What is true and helps nobody is not told: one repository, in which each such shape was found by reading notes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

FILES = {
    "kit/__init__.py": "from kit.saw import cut\nfrom kit.nail import hit\n",
    "kit/saw.py": "def cut():\n    return 1\n",
    "kit/nail.py": "def hit():\n    return 2\n\n\ndef pull():\n    return 3\n",
    "kit/plane.py": "from kit.nail import hit, pull\n\n\ndef flat():\n    return hit() + pull()\n",
    "kit/drill.py": "from kit.nail import hit\n\n\ndef bore():\n    return hit()\n",
    "kit/vice.py": "from kit.nail import hit\n\n\ndef hold():\n    return hit()\n",
    "shop.py": "from kit.vice import hold\n",
    "yard.py": "from kit.vice import hold\n",
    "gate.py": "from kit.vice import hold\n",
    "router.ts": "export const method = 'GET'\n",
    "quick/router.ts": "import { method } from '../router'\nexport const route = () => method\n",
    "quick/router.test.ts": "import { method } from '../router'\nimport { route } from './router'\nroute()\nmethod\n",
    "tests/test_saw.py": "from kit.saw import cut\n\n\ndef test_cut():\n    assert cut()\n",
    "tests/test_nail.py": "from kit.nail import hit\n\n\ndef test_hit():\n    assert hit()\n",
    "lib/dock.rb": "require_relative 'dock/pier'\n",
    "lib/dock/pier.rb": "class Pier\n  def land\n    1\n  end\nend\n",
    "test/some.py": "from kit.vice import hold\n\n\ndef some():\n    return hold()\n",
    "test/test_vices.py": "from test.some import some\n\n\ndef test_some():\n    assert some()\n",
    "lib/server.js": "exports.serve = () => 1\n",
    "examples/lib/server.js": "exports.show = () => 1\n",
    "lib/plugin.js": "exports.plug = () => 1\n",
    "test/server.test.js": "run()\n",
    "test/plugin.test.js": "run()\n",
    "integration/server.js": "exports.join = () => 1\n",
    "CHANGELOG.md": "Begin\n",
    "sizes.toml": "saw = 1\n",
    "mill/Wheel.java": "package mill;\npublic class Wheel {\n  public Wheel() {}\n  public void turn() {}\n}\n",
    "mill/Left.java": "package mill;\nclass Left { Wheel go() { return new Wheel(); } }\n",
    "mill/Right.java": "package mill;\nclass Right { Wheel go() { return new Wheel(); } }\n",
    "api/list.txt": "a\n",
}
MORE = {
    "go.mod": "module example.org/yard\n",
    "bay/berth.go": "package bay\n\nfunc Berth() int { return 1 }\n",
    "bay/berth_test.go": 'package bay\n\nimport "testing"\n\nfunc TestBerth(t *testing.T) { Berth() }\n',
    "bay/other_test.go": 'package bay\n\nimport "testing"\n\nfunc TestOther(t *testing.T) { Berth() }\n',
    "bay/rope.go": "package bay\n\nfunc Rope() int { return 1 }\n",
    "bay/rope_test.go": "package bay\n",
    "playground/app.js": "run()\n",
    "test/app.test.js": "run()\n",
    "src/weld.ts": "export const weld = () => 1\nexport const flux = 1\n",
    "test/bench/weld.ts": "import { weld } from '../../src/weld'\nweld()\n",
    "src/a.ts": "import { weld } from './weld'\nweld()\n",
    "src/b.ts": "import { weld } from './weld'\nweld()\n",
    "src/c.ts": "import { weld, flux } from './weld'\nweld(flux)\n",
    "tin/__init__.py": "from tin.melt import melt\n",
    "tin/melt.py": "def melt():\n    return 1\n",
    "use_tin.py": "from tin import melt\n\nmelt()\n",
    "zinc/__init__.py": "SOLID = 1\n",
    "zinc/pour.py": "def pour():\n    return 1\n",
    "use_zinc.py": "from zinc import pour\n\npour.pour()\n",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Return what is told of each file."""
    folder: Path = tmp_path_factory.mktemp("trivial")
    made = Made(folder / "repo")
    made.commit("Begin", dict(FILES))
    made.commit("More", dict(MORE))
    for n in range(4):  # a saw changes with its sizes, its tests with others, and a sweep goes over everything
        saw = {"kit/saw.py": f"{FILES['kit/saw.py']}# {n}\n", "sizes.toml": f"saw = {n}\n", "CHANGELOG.md": f"{n}\n"}
        made.commit(f"Saw {n}", saw)
        helped = ("kit/vice.py", "test/some.py")
        made.commit(f"Help {n}", {p: f"{FILES[p]}# {n}\n" for p in helped})
        made.commit(f"Tests {n}", {p: f"{FILES[p]}# {n}\n" for p in ("tests/test_saw.py", "tests/test_nail.py")})
        swept = ("kit/plane.py", "kit/drill.py", "shop.py", "yard.py", "gate.py", "quick/router.ts", "router.ts")
        made.commit(f"Sweep {n}", {p: f"{FILES[p]}\n" + "\n" * n for p in swept})
    for n in range(10):
        made.commit(f"Other {n}", {"README.md": f"{n}\n"})
    for n in range(6):
        made.commit(f"List {n}", {"api/list.txt": f"{n}\n"})
    repository = Repository.open(made.root, cache=folder / "cache")
    repository.sleep()
    subjects = (*FILES, *MORE, "api", "mill/Wheel.java:Wheel")
    return {subject: " ".join(c.text for c in repository.notes(subject).claims) for subject in subjects}


def test_what_changes_together_is_told_but_for_logs_sweeps_and_tests(told: Mapping[str, str]) -> None:
    assert "sizes.toml changed in 5 of the last 5 commits" in told["kit/saw.py"]
    assert "CHANGELOG.md" not in told["kit/saw.py"]
    assert "kit/drill.py changed" not in told["kit/plane.py"]
    assert "changed in" not in told["tests/test_saw.py"]


def test_a_facade_of_the_own_folder_alone_is_no_user_worth_telling(told: Mapping[str, str]) -> None:
    assert "Used by" not in told["kit/saw.py"]
    assert "Used by 4 files" in told["kit/nail.py"]


def test_a_file_that_loads_its_own_folder_is_no_user_worth_telling(told: Mapping[str, str]) -> None:
    assert told["lib/dock/pier.rb"] == ""


def test_a_helper_of_tests_tests_nothing(told: Mapping[str, str]) -> None:
    assert "Tested by" not in told["kit/vice.py"]
    assert "Exercised by test/some.py" in told["kit/vice.py"]


def test_the_names_of_a_file_are_told_where_there_is_a_choice(told: Mapping[str, str]) -> None:
    assert "Most used in other files: hit (4 files)." in told["kit/nail.py"]
    assert "Most used" not in told["kit/vice.py"]


def test_a_test_of_the_same_name_belongs_to_the_nearest_source(told: Mapping[str, str]) -> None:
    assert "Exercised by quick/router.test.ts" in told["router.ts"]
    assert "same name" not in told["router.ts"]


def test_a_name_alone_is_told_where_one_source_bears_it(told: Mapping[str, str]) -> None:
    assert told["lib/plugin.js"] == "A test has the same name: test/plugin.test.js."
    assert told["integration/server.js"] == ""


def test_a_folder_with_one_file_and_a_constructor_are_what_others_tell(told: Mapping[str, str]) -> None:
    assert "Most changed" not in told["api"]
    assert "Used by" in told["mill/Wheel.java:Wheel"]
    assert "Members" not in told["mill/Wheel.java:Wheel"]


def test_the_test_beside_a_source_is_known_and_the_others_are_told(told: Mapping[str, str]) -> None:
    assert "Beside its own test, exercised by bay/other_test.go." in told["bay/berth.go"]
    assert told["bay/rope.go"] == ""


def test_a_benchmark_tests_nothing_and_neither_is_a_playground_tested(told: Mapping[str, str]) -> None:
    assert "Exercised by test/bench/weld.ts." in told["src/weld.ts"]
    assert "same name" not in told["playground/app.js"]


def test_that_a_file_is_used_for_what_it_is_called_is_not_told(told: Mapping[str, str]) -> None:
    assert "Used by src/" in told["src/weld.ts"]
    assert "Most used" not in told["src/weld.ts"]


def test_a_package_is_not_used_by_who_takes_one_of_its_modules(told: Mapping[str, str]) -> None:
    assert "Used by use_tin.py" in told["tin/__init__.py"]
    assert "use_zinc.py" not in told["zinc/__init__.py"]
    assert "Used by use_zinc.py" in told["zinc/pour.py"]

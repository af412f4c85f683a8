"""Files that were saved are parsed early; what comes of it is what comes of parsing them when they are listed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from noctule.indexer.files.text import blob_id
from noctule.indexer.parse.early_parsers import EarlyParsers
from noctule.indexer.parse.pool import Parsed, ParseJob, Parsers

pytestmark = pytest.mark.true_start
FILES = {f"pkg/m{i}.py": f"def run_{i}(size):\n    return helper_{i}(size)\n" for i in range(4)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = Path(os.path.realpath(tmp_path), "tree")
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


@pytest.fixture
def early(root: Path) -> Iterator[EarlyParsers]:
    parsers = EarlyParsers(Parsers(root, revision=False, processes=1, nice=0))
    yield parsers
    parsers.close()


def jobs(root: Path, *paths: str) -> list[ParseJob]:
    contents = [(path, (root / path).read_bytes()) for path in paths]
    return [ParseJob(5 + n, path, blob_id(c, "sha1"), len(c)) for n, (path, c) in enumerate(contents)]


def parse(parsers: EarlyParsers | Parsers, wanted: list[ParseJob]) -> list[Parsed]:
    parsers.begin(wanted)
    return sorted(parsers.results(), key=lambda parsed: parsed.job.position)


def symbols(parsed: list[Parsed]) -> list[tuple[int, str, list[str]]]:
    return [(p.job.position, p.job.path, [name for _, name, *_ in p.digest_or_raise.definitions]) for p in parsed]


@pytest.mark.parametrize("saved", [[], ["pkg/m1.py"], ["pkg/m0.py", "pkg/m1.py"], ["pkg/m3.py"], list(FILES)])
def test_it_does_not_matter_what_was_parsed_early(root: Path, early: EarlyParsers, saved: list[str]) -> None:
    wanted = jobs(root, "pkg/m0.py", "pkg/m1.py", "pkg/m2.py")
    with Parsers(root, revision=False, processes=1, nice=0) as plain:
        expected = symbols(parse(plain, wanted))

    early.parse_early(root, saved, "sha1")
    found = symbols(parse(early, wanted))

    assert found == expected
    assert symbols(parse(early, wanted)) == expected  # a second list of jobs, as where some are served first


def test_a_file_that_is_written_again_meanwhile_is_parsed_as_it_is_listed(root: Path, early: EarlyParsers) -> None:
    early.parse_early(root, ["pkg/m0.py"], "sha1")
    (root / "pkg/m0.py").write_text("def written_again():\n    pass\n")

    found = parse(early, jobs(root, "pkg/m0.py"))

    assert symbols(found) == [(5, "pkg/m0.py", ["written_again"])]


def test_what_nobody_lists_afterwards_is_no_hindrance(root: Path, early: EarlyParsers) -> None:
    early.parse_early(root, ["pkg/m0.py"], "sha1")
    early.parse_early(root, ["pkg/m1.py"], "sha1")
    early.begin([])

    assert list(early.results()) == []
    assert [path for _, path, _ in symbols(parse(early, jobs(root, "pkg/m0.py", "pkg/m1.py")))] == list(FILES)[:2]


def test_what_is_no_file_of_the_tree_is_not_opened(root: Path, early: EarlyParsers) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("def secret():\n    pass\n")
    (root / "linked").symlink_to(outside)
    (root / "link.py").symlink_to(outside / "secret.py")
    os.mkfifo(root / "pipe.py")
    saved = ["linked/secret.py", "link.py", "pipe.py", "gone.py", "pkg", "a\0b", "../outside/secret.py"]

    early.parse_early(root, saved, "sha1")

    assert early.process_ids == []
    assert symbols(parse(early, jobs(root, "pkg/m2.py"))) == [(5, "pkg/m2.py", ["run_2"])]

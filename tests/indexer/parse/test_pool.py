from __future__ import annotations

import os
import signal
import threading
from array import array
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from noctule.indexer.errors import ParserLost
from noctule.indexer.files.text import blob_id
from noctule.indexer.parse import pool
from noctule.indexer.parse.digest import Lexicon, digest
from noctule.indexer.parse.pool import Parsed, ParseJob, Parsers
from noctule.indexer.parse.pool_child import LAST_LINE
from tests.repositories import Repository

pytestmark = pytest.mark.true_start
FILES = {f"pkg/m{i:02}.py": f"def run_{i}(size):\n    return helper_{i}(size)\n" * (30 - i) for i in range(12)}
LARGEST = "pkg/m00.py"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "repository")
    repository.commit(files=dict(FILES))
    return repository


def jobs_of(files: dict[str, str]) -> list[ParseJob]:
    contents = {path: content.encode() for path, content in files.items()}
    return [ParseJob(i, path, blob_id(c, "sha1"), len(c)) for i, (path, c) in enumerate(contents.items())]


@contextmanager
def parsers_in(repository: Repository, *, revision: bool = False, slowest_s: float = 20.0) -> Iterator[Parsers]:
    with Parsers(repository.root, revision=revision, processes=1, nice=0, slowest_s=slowest_s) as parsers:
        yield parsers


def in_order(parsed: list[Parsed]) -> list[Parsed]:
    return sorted(parsed, key=lambda p: p.job.position)


def symbols(parsed: Parsed) -> list[str]:
    return [qualname for _, qualname, *_ in parsed.digest_or_raise.definitions]


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def end_starts(folder: Path, monkeypatch: pytest.MonkeyPatch, numbers: Collection[int]) -> None:
    """Have the children with these numbers, counted from 1, killed while they start; an empty list: all of them."""
    folder.mkdir()
    count = folder / "count"
    (folder / "sitecustomize.py").write_text(
        f"import os, signal\nwith open({str(count)!r}, 'ab') as f: f.write(b'.')\n"
        f"if not {list(numbers)} or os.path.getsize({str(count)!r}) in {list(numbers)}:\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(folder))


def starts(folder: Path) -> int:
    return (folder / "count").stat().st_size


def test_children_say_of_every_file_what_digesting_it_here_says(repository: Repository) -> None:
    with Parsers(repository.root, revision=False, processes=2, nice=0) as parsers:
        results = in_order(list(parsers.digest(jobs_of(FILES))))

    assert [r.job.path for r in results] == list(FILES)
    for result, content in zip(results, FILES.values(), strict=True):
        lexicon = Lexicon()
        here, there = digest(content.encode(), result.job.path, lexicon), result.digest_or_raise
        assert result.failure == ""
        assert there.line_hashes == here.line_hashes.tobytes()
        assert there.unit_definitions == array("i", here.units).tobytes()
        assert symbols(result) == [d.qualname for d in here.symbols.definitions]
        assert dict(zip(there.used_names, array("I", there.used_counts), strict=True)) == {
            name: len(lines) for name, lines in here.symbols.references.items()
        }
        counted: Counter[tuple[int, str]] = Counter()
        for term, unit, n in zip(array("I", there.terms), array("I", there.units), there.counts, strict=True):
            counted[unit, there.vocabulary[term]] += n
        assert counted == {
            (u, lexicon.terms[t]): min(n, 255) for u, terms in enumerate(here.counts) for t, n in terms.items()
        }
        assert array("H", there.lengths).tolist() == [sum(terms.values()) for terms in here.counts]


def test_a_revision_is_read_from_git_and_not_from_the_work_tree(repository: Repository) -> None:
    for path in FILES:
        (repository.root / path).write_text("changed = True\n")

    with parsers_in(repository, revision=True) as parsers:
        results = in_order(list(parsers.digest([*jobs_of(FILES), ParseJob(len(FILES), "gone.py", "1" * 40, 5)])))

    assert symbols(results[0]) == ["run_0"] * 30
    assert [r.failure for r in results[:-1]] == [""] * len(FILES)
    assert (results[-1].digest, results[-1].failure) == (None, "its object is missing from the repository")


def test_a_file_that_changes_or_vanishes_while_it_is_read_costs_only_itself(repository: Repository) -> None:
    jobs = jobs_of(FILES)
    (repository.root / jobs[1].path).write_text("changed = True\n")
    (repository.root / jobs[2].path).unlink()

    with parsers_in(repository) as parsers:
        results = in_order(list(parsers.digest(jobs)))

    assert {r.job.path: r.failure for r in results if r.failure} == {
        jobs[1].path: "it changed while it was read",
        jobs[2].path: "unreadable: No such file or directory",
    }
    assert all((r.digest is None) == bool(r.failure) for r in results)


def test_a_child_that_is_killed_costs_the_symbols_of_the_file_it_was_at(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_starts(tmp_path / "ends", monkeypatch, [1])
    with parsers_in(repository) as parsers:
        results = in_order(list(parsers.digest(jobs_of(FILES))))

    assert starts(tmp_path / "ends") == 2
    assert len(results) == len(FILES)
    assert {r.job.path: r.failure for r in results if r.failure} == {
        LARGEST: "the parser failed; the file is searched as plain text"
    }
    assert symbols(results[0]) == []
    assert "run_0" in results[0].digest_or_raise.vocabulary
    assert results[0].digest_or_raise.broken
    assert symbols(results[1]) == ["run_1"] * 29


def test_a_child_that_hangs_costs_the_symbols_of_the_file_it_was_at(repository: Repository) -> None:
    with parsers_in(repository, slowest_s=5) as parsers:
        before = list(parsers.digest(jobs_of({LARGEST: FILES[LARGEST]})))
        [hanging] = parsers.process_ids
        os.kill(hanging, signal.SIGSTOP)
        results = in_order(list(parsers.digest(jobs_of(FILES))))
        assert not alive(hanging)

    assert before[0].failure == ""
    assert [r.job.path for r in results if r.failure] == [LARGEST]
    assert [symbols(r)[:1] for r in results] == [[], *([f"run_{i}"] for i in range(1, 12))]


def test_a_child_that_gets_no_processor_is_waited_for(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "is_stopped", lambda _process: False)  # as if it only stood in line
    with parsers_in(repository, slowest_s=0.5) as parsers:
        list(parsers.digest(jobs_of({LARGEST: FILES[LARGEST]})))
        [waiting] = parsers.process_ids
        os.kill(waiting, signal.SIGSTOP)
        threading.Timer(2.0, os.kill, (waiting, signal.SIGCONT)).start()
        results = in_order(list(parsers.digest(jobs_of(FILES))))
        assert parsers.process_ids == [waiting]

    assert not [r.job.path for r in results if r.failure]


def test_a_file_that_ends_a_child_as_plain_text_too_is_given_up(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_starts(tmp_path / "ends", monkeypatch, [2, 3])
    with parsers_in(repository) as parsers:
        list(parsers.digest(jobs_of({"pkg/m01.py": FILES["pkg/m01.py"]})))
        [first] = parsers.process_ids
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        results = in_order(list(parsers.digest(jobs_of(FILES))))

    assert starts(tmp_path / "ends") == 4
    assert len(results) == len(FILES)
    failures = {r.job.path: (r.digest is None, r.failure) for r in results if r.failure}
    assert failures == {LARGEST: (True, "error: the process that parsed it ended")}


def test_where_no_child_stays_alive_the_work_ends_with_a_reason(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_starts(tmp_path / "ends", monkeypatch, [])
    with (
        parsers_in(repository) as parsers,
        pytest.raises(ParserLost, match="the processes that parse files end at once"),
    ):
        list(parsers.digest(jobs_of(FILES)))

    assert starts(tmp_path / "ends") == 2


def test_children_end_with_the_parent_s_block(repository: Repository) -> None:
    with parsers_in(repository) as parsers:
        list(parsers.digest(jobs_of(FILES)))
        [process] = parsers.process_ids
        assert alive(process)

    assert not alive(process)


def test_work_that_is_given_up_midway_leaves_no_child(repository: Repository) -> None:
    with parsers_in(repository) as parsers:
        next(parsers.digest(jobs_of(FILES)))
        [process] = parsers.process_ids

    assert not alive(process)


def test_a_repository_that_holds_a_package_of_our_name_is_not_what_runs(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = f"open({str(tmp_path / 'sprung')!r}, 'w')\n"
    files = {
        "indexer/__init__.py": trap,
        "indexer/parse/pool_child.py": trap,
        "sitecustomize.py": trap,
        "numpy.py": trap,
    }
    repository.commit(files=dict(files))
    monkeypatch.chdir(repository.root)

    with parsers_in(repository) as parsers:
        results = list(parsers.digest(jobs_of(files)))

    assert [r.failure for r in results] == [""] * len(files)
    assert not (tmp_path / "sprung").exists()


def test_uses_past_the_last_line_that_can_be_counted_are_left_out(repository: Repository) -> None:
    content = "early()\n" + "\n" * (LAST_LINE - 2) + "last()\nlate()\nearly()\n"
    repository.write("long.py", content)

    with parsers_in(repository) as parsers:
        [result] = parsers.digest(jobs_of({"long.py": content}))

    uses = dict(zip(result.digest_or_raise.used_names, array("I", result.digest_or_raise.used_counts), strict=True))
    assert {name: n for name, n in uses.items() if n} == {"early": 1, "last": 1}
    assert sorted(array("H", result.digest_or_raise.used_lines)) == [0, LAST_LINE - 1]

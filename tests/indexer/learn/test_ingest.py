"""In which order files are read that were never seen, and what is known when that is cut short."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from noctule.indexer.files.git import discover
from noctule.indexer.learn.ingest import worth_first
from noctule.indexer.parse.pool import ParseJob
from noctule.indexer.serve.repository import Repository as Noctule
from tests.repositories import Repository

HOT = "deep/down/hot.py"


def lively(root: Path, cold: Mapping[str, str]) -> Repository:
    """Make a repository in which one small file changes again and again."""
    repository = Repository(root)
    repository.commit("Begin", {**cold, HOT: "x = 0\n"})
    for number in range(12):
        repository.commit(f"Turn {number}", {HOT: f"x = {number}\n"})
    return repository


def jobs_of(repository: Repository) -> list[ParseJob]:
    place = discover(repository.root)
    assert place is not None
    files = Noctule.open(repository.root).snapshot().files
    return [ParseJob(at, path, file.blob, file.size) for at, (path, file) in enumerate(files.items())]


def test_what_changes_often_for_its_size_is_read_first(tmp_path: Path) -> None:
    repository = lively(tmp_path / "r", {f"cold{n}.py": "y = 1\n" * 9_000 for n in range(5)})
    jobs = jobs_of(repository)

    ordered = worth_first(jobs, discover(repository.root), "HEAD")

    assert ordered is not None
    assert ordered[0].path == HOT
    assert sorted(job.position for job in ordered) == list(range(6))


def test_where_there_is_no_past_files_keep_the_order_that_is_soonest_done(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    repository.write("a.py")

    assert worth_first(jobs_of(repository), None, None) is None
    assert worth_first(jobs_of(repository), discover(repository.root), None) is None
    unreadable = worth_first(jobs_of(repository), discover(repository.root), "0" * 40)
    assert unreadable is not None
    assert [job.path for job in unreadable] == ["a.py"]


def test_a_cold_repository_that_is_cut_short_knows_what_changes_often(tmp_path: Path) -> None:
    body = "\n".join(f"def step_{n}(value):\n    return value * {n} + other_{n}(value)\n" for n in range(3_000))
    repository = lively(tmp_path / "r", {f"cold{n:02}.py": f"# {n}\n{body}" for n in range(60)})
    noctule = Noctule.open(repository.root, cache=tmp_path / "cache")

    report = noctule.sleep(deadline_s=0.7)

    store = noctule.open_store()
    assert store is not None
    held = {oid for (oid, _) in store.blob_ids((f.blob, "python") for f in noctule.snapshot().files.values())}
    store.close()
    # A machine may be so quick that all is read, or so slow that nothing is; the hot file is never the one that is not.
    assert report.complete or not held or noctule.snapshot().files[HOT].blob in held

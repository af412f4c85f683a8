"""Each planned job does exactly what its plan says, on real repositories."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from noctule.indexer.background import jobs
from noctule.indexer.background.jobs import Job
from noctule.indexer.background.planner import make_plan
from noctule.indexer.background.runners import RUNNERS, JobRun
from noctule.indexer.learn.ingest import language_hint
from noctule.indexer.runtime.budget import Limits
from noctule.indexer.serve.repository import Repository, ignore
from noctule.indexer.store.rows import ViewRow
from tests.patience import PATIENCE_S
from tests.repositories import Repository as Made

FILES = 40
"""More than are read as a refresh."""


@pytest.fixture(autouse=True)
def short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a repository of some small files read in parts: of one file, of one more, of two, four and so on."""
    monkeypatch.setattr(jobs, "LEAST_PART_S", 0.0)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(tmp_path / "wide")
    made.commit("Steps", {f"part_{n:02}.py": f"def step_{n}(value):\n    return value * {n}\n" for n in range(FILES)})
    made.commit("Read me", {"README.md": "Steps\n"})
    return made


@pytest.fixture
def repository(made: Made, tmp_path: Path) -> Repository:
    return Repository.open(made.root, cache=tmp_path / "cache")


def anew(repository: Repository) -> Repository:
    """The repository as another process would open it."""
    return Repository.open(repository.root, cache=repository.folder.parent)


def jobs_of(repository: Repository, *kinds: str) -> list[Job]:
    wanted = kinds or ("refresh", "parse", "history")
    return [job for job in make_plan(anew(repository), Limits())[0].jobs if job.kind in wanted]


def run(repository: Repository, job: Job, allowed_s: float = PATIENCE_S) -> str:
    until = time.monotonic() + allowed_s
    work = JobRun(anew(repository), until, 1, ignore, job.subject, job.task, job.files, urgent=job.urgent)
    return RUNNERS[job.kind](work)


def read(repository: Repository) -> set[str]:
    """The files whose content the store has."""
    store = repository.open_store()
    if store is None:
        return set()
    try:
        files = repository.snapshot(store).files
        known = store.blob_ids((file.blob, language_hint(path)) for path, file in files.items())
        return {path for path, file in files.items() if (file.blob, language_hint(path)) in known}
    finally:
        store.close()


def view_of(repository: Repository) -> ViewRow:
    store = repository.open_store()
    assert store is not None
    try:
        view = store.view(repository.view_name)
    finally:
        store.close()
    assert view is not None
    return view


def test_each_job_of_a_cold_plan_does_its_part_and_leaves_the_others(made: Made, repository: Repository) -> None:
    planned = jobs_of(repository)
    parts = [job for job in planned if job.kind == "parse"]
    assert len(parts) > 1

    for done, job in enumerate(planned):
        before = read(repository)
        assert run(repository, job) == "done"

        assert read(repository) - before == set(job.files)
        rest = jobs_of(repository)
        assert [(job.kind, job.files) for job in rest] == [(job.kind, job.files) for job in planned[done + 1 :]]
        if job.kind == "parse":
            view = view_of(repository)
            assert (view.partial, view.revision) == (job is not parts[-1], None)
    assert view_of(repository).revision == made.git("rev-parse", "HEAD")
    assert anew(repository).context("step_7").freshness.state == "fresh"


def test_a_part_that_is_read_is_answered_from_before_the_others_are(repository: Repository) -> None:
    first = jobs_of(repository)[0]

    run(repository, first)

    assert set(repository.reader.index.paths) == set(first.files)


def test_history_reads_commits_and_no_file(made: Made, repository: Repository) -> None:
    repository.sleep()
    made.commit("One more", {"README.md": "More steps\n"})
    refresh, history = jobs_of(repository)
    head = made.git("rev-parse", "HEAD")

    assert run(repository, history) == "stopped"  # the view lacks a file, which is not its to read
    assert view_of(repository).revision != head
    assert run(repository, refresh) == "done"
    assert view_of(repository).revision != head
    assert run(repository, history) == "done"

    assert view_of(repository).revision == head
    assert jobs_of(repository) == []


def test_a_large_switch_is_read_in_parts_while_the_view_before_it_serves(made: Made, repository: Repository) -> None:
    repository.sleep()
    for n in range(FILES):
        made.write(f"part_{n:02}.py", f"def other_{n}(value): ...\n")
    parts = jobs_of(repository, "parse", "refresh")
    before = view_of(repository)

    for job in parts:
        assert view_of(repository) == before
        assert run(repository, job) == "done"

    assert len(parts) > 1
    assert {path for job in parts for path in job.files} >= {f"part_{n:02}.py" for n in range(FILES)}
    assert jobs_of(repository) == []
    assert anew(repository).context("other_7").symbols[0].symbol == "other_7"

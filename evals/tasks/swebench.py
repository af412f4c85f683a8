"""Files of issues with the patches that solved them, in the forms of SWE-bench, Multi-SWE-bench and Loc-Bench.

Each row needs a repository, a base commit, a text and a patch; a question needs the files that answer it instead of a
patch. Rows that lack one, or whose patch does not parse, are named and skipped: a damaged row must not cost the rest.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from noctule.evals.errors import BadPatch, BadTaskFile
from noctule.evals.tasks import patch as patches
from noctule.evals.tasks.task import Task


@dataclass(frozen=True, slots=True)
class Loaded:
    """The tasks of a file, and which rows are none: (name of the row, why)."""

    tasks: tuple[Task, ...]
    skipped: tuple[tuple[str, str], ...]


def load(file: Path) -> Loaded:
    """Read a file of tasks: one JSON object per line, or one JSON list; gzip where its name says so. BadTaskFile."""
    tasks: dict[str, Task] = {}
    skipped: list[tuple[str, str]] = []
    for number, row in enumerate(read_rows(file), 1):
        name = f"row {number}"
        try:
            if not isinstance(row, Mapping):
                raise _Unusable("it is not a JSON object")
            name = str(row.get("instance_id") or row.get("id") or name)
            task = _task(row, name)
            patches.read(task.patch)
        except (_Unusable, BadPatch) as reason:
            skipped.append((name, str(reason)))
            continue
        if task.id in tasks:
            skipped.append((name, "its id stands in the file twice"))
            continue
        tasks[task.id] = task
    if not tasks and not skipped:
        raise BadTaskFile(f"{file} holds no task", "give a file with one JSON object per line")
    return Loaded(tuple(tasks.values()), tuple(skipped))


class _Unusable(Exception):
    """A row that is no task, and why."""


def read_rows(file: Path) -> Iterator[object]:
    """Yield the rows of a file as they stand there; None for one that is not JSON. BadTaskFile."""
    try:
        data = file.read_bytes()
        text = (gzip.decompress(data) if file.name.endswith(".gz") else data).decode("utf-8-sig", "replace")
    except OSError as error:
        raise BadTaskFile(f"cannot read {file}: {error.strerror or error}", "name a readable file") from error
    if text.lstrip().startswith("["):
        try:
            yield from json.loads(text)
        except ValueError as error:
            raise BadTaskFile(f"{file} is not valid JSON: {error}") from error
        return
    for line in text.split("\n"):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError:
                yield None


def _task(row: Mapping[str, object], name: str) -> Task:
    if "question" in row:
        return _question(row, name)
    base, resolved = row.get("base"), row.get("resolved_issues")
    commit = row.get("base_commit") or (base.get("sha") if isinstance(base, Mapping) else None)
    repository = row.get("repo")
    if row.get("org") and repository:
        repository = f"{row['org']}/{repository}"
    text = row.get("problem_statement")
    if not text and isinstance(resolved, list):
        text = "\n\n".join(_issue(issue) for issue in resolved if isinstance(issue, Mapping)) or _issue(row)
    patch = row.get("patch") or row.get("fix_patch")
    _require({"repo": repository, "base_commit": commit, "problem_statement": text, "patch": patch})
    return Task(
        id=name,
        kind="issue",
        repository=str(repository),
        base=str(commit),
        text=str(text),
        patch=str(patch),
        pair=name,
        created_at=str(row.get("created_at") or ""),
        gold_files=_names(row.get("gold_files")),
        gold_symbols=_names(row.get("gold_functions") or row.get("edit_functions")),
    )


def _question(row: Mapping[str, object], name: str) -> Task:
    files = _names(row.get("gold_files"))
    commit = row.get("base_commit") or row.get("commit")
    _require(
        {"repo": row.get("repo"), "commit": commit, "question": row["question"], "gold_files": "".join(files or ())}
    )
    return Task(
        id=name,
        kind="question",
        repository=str(row["repo"]),
        base=str(commit),
        text=str(row["question"]),
        patch="",
        pair=name,
        gold_files=files,
    )


def _require(wanted: Mapping[str, object]) -> None:
    missing = [field for field, value in wanted.items() if not isinstance(value, str) or not value.strip()]
    if missing:
        raise _Unusable(f"it lacks {', '.join(missing)}")


def _issue(issue: Mapping[str, object]) -> str:
    return f"{issue.get('title') or ''}\n{issue.get('body') or ''}".strip()


def _names(value: object) -> tuple[str, ...] | None:
    return tuple(str(v) for v in value) if isinstance(value, list) and value else None

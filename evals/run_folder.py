"""The folder of a run: what was asked, and one line for each answer, never rewritten. Runs and scores nothing.

    run.json        the format's version, what the run is about, and the commands that filled it
    tasks.jsonl     one task per line
    results.jsonl   one line per task and solver, with everything needed to score it again

A line that a crash or a full disk has torn off is dropped when the run goes on; every whole line stays.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from typing import Self

from noctule.evals.errors import OtherTasks, RunError, RunOfAnotherVersion
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.indexer.results import Json
from noctule.indexer.runtime.scratch_file import replace_file

FORMAT = 1
GOLD, SLEEP = "gold", "sleep"
"""Rows that are no solver's: the right answer, and what learning the base cost."""
CLAIMS = "claims"
"""Rows of notes that were followed to later commits."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the results: `status` is "ok", "none" (does not apply), "failed" or "skipped" (could not be run)."""

    task: str
    solver: str
    status: str
    seconds: float = 0.0
    answer: Mapping[str, object] | None = None
    error: str | None = None

    def to_json(self) -> Json:
        """Return the row as the file keeps it."""
        return asdict(self)


@dataclass(frozen=True)
class Results:
    """All of a run, read for scoring; of several rows for one task and solver, the last counts."""

    folder: Path
    about: Mapping[str, object]
    tasks: Mapping[str, Task]
    gold: Mapping[str, Gold]
    answers: Mapping[str, Mapping[str, SolverAnswer]]  # solver -> task -> answer
    seconds: Mapping[str, Mapping[str, float]]
    sleep: Mapping[str, Mapping[str, float]]  # task -> what learning its base cost, over all attempts
    failed: Sequence[Row]
    skipped: Mapping[str, str]  # task or row -> why
    absent: Mapping[str, str]  # solver that could not be asked at all -> why

    @classmethod
    def read(cls, folder: Path) -> Results:
        """Read a run. RunError."""
        about = read_about(folder)
        tasks = {t.id: t for t in _tasks(folder)}
        rows = list(read_rows(folder))
        last = {(r.task, r.solver): r for r in rows}
        answers: dict[str, dict[str, SolverAnswer]] = {}
        seconds: dict[str, dict[str, float]] = {}
        gold: dict[str, Gold] = {}
        failed: list[Row] = []
        skipped: dict[str, str] = {}
        absent: dict[str, str] = {}
        for (task, solver), row in last.items():
            if row.status == "failed":
                failed.append(row)
            elif row.status == "skipped" and solver and not task:
                absent[solver] = row.error or ""
            elif row.status == "skipped":
                skipped[task] = row.error or ""
            elif row.status == "ok" and row.answer is not None:
                if solver == GOLD:
                    gold[task] = Gold.of_json(row.answer)
                elif solver != SLEEP:
                    answers.setdefault(solver, {})[task] = SolverAnswer.of_json(row.answer)
                    seconds.setdefault(solver, {})[task] = row.seconds
        absent = {solver: why for solver, why in absent.items() if solver not in answers}
        return cls(folder, about, tasks, gold, answers, seconds, _slept(rows), failed, _not_run(skipped, last), absent)


def _slept(rows: Iterable[Row]) -> dict[str, dict[str, float]]:
    """Add up what learning each base cost: what a stopped run had learned, its continuation finds known."""
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.solver == SLEEP and row.answer is not None:
            measures = found.setdefault(row.task, {})
            told = {name: value for name, value in row.answer.items() if isinstance(value, int | float)}
            contents = max(_contents(measures), _contents(told))
            for name, value in told.items():
                measures[name] = measures.get(name, 0.0) + value
            measures["known"] = contents - measures.get("parsed", 0.0)
    return found


def _contents(measures: Mapping[str, float]) -> float:
    """Return how many file contents a base has: those that were parsed for it, and those that were known."""
    return measures.get("parsed", 0.0) + measures.get("known", 0.0)


def _not_run(skipped: Mapping[str, str], rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return what was skipped for good: a clone that was absent at first may have been found later."""
    answered = {task for task, solver in rows if solver}
    return {name: why for name, why in skipped.items() if name not in answered}


class Run:
    """A run's folder, open for adding to it; one process at a time."""

    def __init__(self, folder: Path, about: Mapping[str, object], command: str, commits: str = "") -> None:
        """Begin a run, or go on with one that is about the same. RunError.

        `commits` is what the addresses of its commits on the web begin with, if that is known.
        """
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = open_lines(folder / "results.jsonl")
        except OSError as error:
            raise describe_unwritable(folder, error) from error
        try:
            self._begin(about, command, commits)
        except BaseException:
            self._file.close()
            raise
        self.tasks = {t.id: t for t in _tasks(folder)}
        self._status = {(r.task, r.solver): r.status for r in read_rows(folder)}

    def _begin(self, about: Mapping[str, object], command: str, commits: str) -> None:
        if (self.folder / "run.json").exists():
            before = read_about(self.folder)
            if before["about"] != dict(about):
                raise OtherTasks(
                    f"the run in {self.folder} is about something else: {_difference(before['about'], about)}",
                    "name another folder with --out",
                )
            commands = [*_list(before["commands"]), command]
        else:
            if any(read_rows(self.folder)):
                raise RunError(f"{self.folder} holds results and no run.json", "name another folder with --out")
            commands = [command]
        told = {"format": FORMAT, "about": dict(about), "commits": commits, "commands": list(dict.fromkeys(commands))}
        _replace(self.folder / "run.json", json.dumps(told, indent=2) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def cache(self) -> Path:
        """Where stores of this run lie unless the user names a folder."""
        return self.folder / "cache"

    def add_tasks(self, tasks: Iterable[Task]) -> None:
        """Add tasks that the run does not have yet. OtherTasks where one of the same id differs; RunError."""
        fresh: list[Task] = []
        for task in tasks:
            known = self.tasks.get(task.id)
            if known is None:
                fresh.append(task)
            elif known != task:
                raise OtherTasks(f"task {task.id} is another one in {self.folder}", "name another folder with --out")
        try:
            with open_lines(self.folder / "tasks.jsonl") as file:
                for task in fresh:
                    append_line(file, encode_line(task.to_json()))
        except OSError as error:
            raise describe_unwritable(self.folder, error) from error
        self.tasks.update((task.id, task) for task in fresh)

    def is_done(self, task: str, solver: str, *, failed_too: bool = True) -> bool:
        """Tell whether there is a result: an answer, none, or a failure."""
        return self._status.get((task, solver)) in ({"ok", "none", "failed"} if failed_too else {"ok", "none"})

    def add(self, row: Row) -> None:
        """Add a result; it is in the file when this returns. RunError."""
        try:
            append_line(self._file, encode_line(row.to_json()))
        except OSError as error:
            raise describe_unwritable(self.folder, error) from error
        self._status[row.task, row.solver] = row.status


def open_lines(path: Path) -> FileIO:
    """Open a file of lines for appending, alone, without the torn line that may end it."""
    file = FileIO(path, "ab+")  # unbuffered: a line is in the file or it is not
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise RunError(f"another process is adding to {path.parent}", "wait for it, or name another --out") from error
    file.truncate(_whole_bytes(file))
    return file


def _whole_bytes(file: FileIO) -> int:
    """Return the size up to the last line end."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - 65536)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def append_line(file: FileIO, line: bytes) -> None:
    """Write a whole line at the end; what a full disk tears off is cut when the run is opened again."""
    written = 0
    while written < len(line):
        written += file.write(line[written:])


def encode_line(value: Json) -> bytes:
    """Return a value as a line of a run's file."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False).encode() + b"\n"


def _replace(path: Path, text: str) -> None:
    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise describe_unwritable(path.parent, error) from error


def describe_unwritable(folder: Path, error: OSError) -> RunError:
    """Say that a run cannot be added to, and what to do: what it holds is whole."""
    advice = "make room: the same command goes on from there" if error.errno == errno.ENOSPC else "name another --out"
    return RunError(f"cannot write to {folder}: {error.strerror or error}", advice)


def read_about(folder: Path) -> dict[str, object]:
    """Return what `run.json` says. RunError."""
    try:
        about = json.loads((folder / "run.json").read_text())
        version = about["format"]
    except FileNotFoundError as error:
        raise RunError(f"{folder} is not a run: it has no run.json", "name the folder of --out") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{folder}/run.json cannot be read: {error}", "name another folder") from error
    if version != FORMAT:
        raise RunOfAnotherVersion(
            f"{folder} was written in format {version}, and this is format {FORMAT}",
            "read it with the version of noctule that wrote it, or name another folder",
        )
    return dict(about)


def _difference(before: object, now: Mapping[str, object]) -> str:
    mine = dict(before) if isinstance(before, Mapping) else {}
    keys = [k for k in sorted({*mine, *now}) if mine.get(k) != now.get(k)]
    return ", ".join(f"{k} is {mine.get(k)!r} there and {now.get(k)!r} here" for k in keys)


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def _tasks(folder: Path) -> Iterator[Task]:
    yield from (Task.of_json(row) for row in read_lines(folder / "tasks.jsonl"))


def read_rows(folder: Path) -> Iterator[Row]:
    """Yield the results of a run, in the order in which they came. RunError."""
    for row in read_lines(folder / "results.jsonl"):
        try:
            yield Row(**row)  # type: ignore[arg-type]
        except TypeError as error:
            raise RunError(f"{folder}/results.jsonl has a line that is not a result: {error}") from error


def read_lines(path: Path) -> Iterator[dict[str, object]]:
    """Yield the whole lines of a file; the last one may be torn."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from error
    for number, line in enumerate(content.split(b"\n")[:-1], 1):
        try:
            value = json.loads(line)
        except ValueError as error:
            raise RunError(f"line {number} of {path} is not JSON: {error}", "name another folder") from error
        yield value

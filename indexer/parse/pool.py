"""Digests blobs in child processes: a grammar that crashes or hangs on one file costs that file alone.

The parent sends batches of paths or blob ids; a child reads the bytes itself, digests them and sends back one message
for each, so that source text never crosses the pipe. Knows no store.
"""

from __future__ import annotations

import marshal
import os
import selectors
import subprocess
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from noctule.indexer.errors import ParserLost
from noctule.indexer.parse.messages import CHANGED, LENGTH, UNREADABLE
from noctule.indexer.runtime.process_state import cpu_seconds, is_stopped
from noctule.indexer.runtime.python_child import start_python

SLOWEST_S = 20.0
"""A file that takes more processor time is set aside as plain text; so a busy machine sets aside the same files."""
LONGEST_S = 600.0
"""So long is waited for a child that computes little, on a machine that has far too much to do."""
_BATCH_BYTES = 300_000
_BATCH_FILES = 64
_BYTES_EACH = 1_000_000
"""To start a child takes as long as it takes to digest a third of this; where there is less, fewer are started."""


@dataclass(frozen=True, slots=True)
class ParseJob:
    """A blob to digest: its position in the caller's list, its path in the snapshot, its id and its size in bytes."""

    position: int
    path: str
    blob: str
    size: int
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """What came back for a job. `failure` says why there are no symbols, or why there is nothing (`digest` is None)."""

    job: ParseJob
    digest: PackedDigest | None
    failure: str

    @property
    def changed(self) -> bool:
        """Whether the file was no longer what the snapshot says, or could not be read at that moment."""
        return self.digest is None and self.failure.startswith((CHANGED, UNREADABLE))

    @property
    def digest_or_raise(self) -> PackedDigest:
        """The digest of a job that gave one."""
        assert self.digest is not None
        return self.digest


@dataclass(frozen=True, slots=True)
class PackedDigest:
    """A digest as it crosses the pipe: definitions as tuples, term counts as columns over a child's own vocabulary.

    `used_names` come with how many lines use each (uint32) and these lines, one name after the other (uint16). `terms`
    are uint32 positions in the child's vocabulary, `units` uint32, `counts` uint8; `lengths` uint16 for each
    unit; `vocabulary` is shared by all digests of the child and grows.
    """

    vocabulary: Vocabulary
    language: str
    text: bool
    generated: bool
    broken: bool
    line_hashes: bytes
    definitions: list[tuple[str, str, str, int, int, str, str, int]]
    used_names: list[str]
    used_counts: bytes
    used_lines: bytes
    imports: list[tuple[str, tuple[str, ...], int]]
    unit_definitions: bytes
    lengths: bytes
    terms: bytes
    units: bytes
    counts: bytes
    package: str
    facts: bytes


class Vocabulary(list[str]):
    """The terms that one child has seen, in the order of their numbers; equal only to itself."""

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    waiting: deque[ParseJob] = field(default_factory=deque)
    since: float = 0.0
    cpu_s: float | None = None
    """Its processor time at `since`."""
    buffer: bytearray = field(default_factory=bytearray)

    def renew(self) -> None:
        """Begin to wait anew."""
        self.since, self.cpu_s = time.monotonic(), cpu_seconds(self.process.pid)

    def hangs(self, slowest_s: float, longest_s: float) -> bool:
        """Tell whether it is at one file for too long: it took `slowest_s` of processor time, or stands still."""
        waited_s = time.monotonic() - self.since
        if not self.waiting or waited_s <= slowest_s:
            return False
        now_s = cpu_seconds(self.process.pid)
        if now_s is None or self.cpu_s is None or waited_s > longest_s or is_stopped(str(self.process.pid)):
            return True
        return now_s - self.cpu_s > slowest_s


class Parsers:
    """A few child processes that digest blobs, one list of jobs after the other; use as a context manager.

    With `own_sessions` Ctrl-C at a terminal reaches the caller alone, which ends its children in order; without, they
    belong to the caller's process group and are stopped and killed with it. Without `facts` digests have none.
    """

    def __init__(
        self,
        place: Path,
        *,
        revision: bool,
        processes: int = 2,
        nice: int = 10,
        slowest_s: float = SLOWEST_S,
        longest_s: float = LONGEST_S,
        own_sessions: bool = True,
        facts: bool = True,
    ) -> None:
        self._place = place
        self._facts = facts
        self._own_sessions = own_sessions
        self._slowest_s, self._longest_s = slowest_s, longest_s
        self._revision = revision
        self._processes = processes
        self._wanted = processes
        self._nice = nice
        self._children: list[_Child] = []
        self._selector = selectors.DefaultSelector()
        self._batches: deque[list[ParseJob]] = deque()
        self._open_jobs = 0
        self._answered = False

    def __enter__(self) -> Parsers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the children, whatever they are at."""
        for child in self._children:
            child.process.kill()
        for child in self._children:
            _close(child.process)
        self._children = []
        self._selector.close()

    def start_early(self) -> None:
        """Start the children ahead of their first jobs."""
        while len(self._children) < self._processes:
            self._start()

    @property
    def process_ids(self) -> list[int]:
        """The live children, for whoever measures them."""
        return [c.process.pid for c in self._children]

    def begin(self, jobs: Sequence[ParseJob], *, as_given: bool = False) -> None:
        """Start the children on these jobs, largest first or in their own order; `results` gives what comes back."""
        self._open_jobs = len(jobs)
        self._batches = deque(_batches(jobs if as_given else sorted(jobs, key=lambda j: -j.size)))
        self._wanted = min(self._processes, 1 + sum(job.size for job in jobs) // _BYTES_EACH)
        for child in [c for c in self._children if c.process.poll() is not None]:
            self._drop(child)  # it ended between two lists: no file of this one is to blame
        while len(self._children) < min(self._wanted, len(self._batches)):
            self._start()
        for child in self._children:
            if self._batches:
                self._send(child, self._batches.popleft())

    def digest(self, jobs: Sequence[ParseJob]) -> Iterator[Parsed]:
        """Digest all jobs; results come in the order in which they are ready."""
        self.begin(jobs)
        return self.results()

    def results(self) -> Iterator[Parsed]:
        """Yield what becomes of the jobs begun, in the order in which they are ready."""
        batches = self._batches
        while self._open_jobs:
            for key, _ in self._selector.select(timeout=1.0):
                child = key.data
                done, alive = self._receive(child)
                for parsed in done:
                    retry = _plain(parsed)
                    if retry is not None:
                        batches.appendleft([retry])
                        continue
                    self._open_jobs -= 1
                    yield parsed
                if not alive:
                    yield from self._count_lost(self._bury(child, batches, "the process that parsed it ended"))
                elif not child.waiting and batches:
                    self._send(child, batches.popleft())
            yield from self._count_lost(self._end_hanging(batches))
            while batches and len(self._children) < self._wanted:
                self._send(self._start(), batches.popleft())

    def _count_lost(self, parsed: list[Parsed]) -> list[Parsed]:
        self._open_jobs -= len(parsed)
        return parsed

    def _start(self) -> _Child:
        mode, kind = "revision" if self._revision else "work", "facts" if self._facts else "outline"
        arguments = [str(self._place), mode, str(self._nice), kind]
        options = {"stderr": subprocess.DEVNULL, "bufsize": 0, "start_new_session": self._own_sessions}
        process = start_python("noctule.indexer.parse.pool_child", *arguments, function="work", options=options)
        child = _Child(process)
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, child)
        self._children.append(child)
        return child

    def _send(self, child: _Child, batch: list[ParseJob]) -> None:
        message = marshal.dumps([(os.fsencode(j.path), j.blob, j.plain) for j in batch])
        child.waiting.extend(batch)
        child.renew()
        assert child.process.stdin is not None
        rest = LENGTH.pack(len(message)) + message
        try:
            while rest:  # a write that is stopped, as what can wait is, may end before its end
                rest = rest[child.process.stdin.write(rest) :]
        except BrokenPipeError:
            return  # its end of file follows on the other pipe, where the batch is taken back

    def _receive(self, child: _Child) -> tuple[list[Parsed], bool]:
        assert child.process.stdout is not None
        try:
            chunk = child.process.stdout.read(1 << 20)
        except BlockingIOError:
            return [], True
        if chunk is None:
            return [], True
        child.buffer += chunk
        child.renew()  # half an answer is a sign of life too
        done = []
        while len(child.buffer) >= LENGTH.size:
            (length,) = LENGTH.unpack_from(child.buffer)
            if len(child.buffer) < LENGTH.size + length:
                break
            message = marshal.loads(bytes(child.buffer[LENGTH.size : LENGTH.size + length]))
            del child.buffer[: LENGTH.size + length]
            done.append(_decode_parsed(child, child.waiting.popleft(), message))
            self._answered = True
        return done, bool(chunk)

    def _end_hanging(self, batches: deque[list[ParseJob]]) -> list[Parsed]:
        why = f"parsing took longer than {self._slowest_s:g} s"
        hanging = [c for c in self._children if c.hangs(self._slowest_s, self._longest_s)]
        return [parsed for child in hanging for parsed in self._bury(child, batches, why)]

    def _drop(self, child: _Child) -> None:
        child.process.kill()
        if child.process.stdout is not None:
            self._selector.unregister(child.process.stdout)
        _close(child.process)
        self._children.remove(child)

    def _bury(self, child: _Child, batches: deque[list[ParseJob]], why: str) -> list[Parsed]:
        """End a child and take its work back: the file it was at is tried once more as plain text, then given up."""
        self._drop(child)
        if not child.waiting:
            return []
        culprit = child.waiting.popleft()
        if child.waiting:
            batches.appendleft(list(child.waiting))
        if not culprit.plain:
            batches.appendleft([ParseJob(culprit.position, culprit.path, culprit.blob, culprit.size, plain=True)])
            return []
        if not self._answered:
            raise ParserLost(
                f"the processes that parse files end at once: {culprit.path}: {why}",
                "check that memory is free, or install noctule again",
            )
        return [Parsed(culprit, None, f"error: {why}")]


def _plain(parsed: Parsed) -> ParseJob | None:
    job = parsed.job
    if parsed.failure and parsed.digest is None and not job.plain and parsed.failure.startswith("error"):
        return ParseJob(job.position, job.path, job.blob, job.size, plain=True)
    return None


def _batches(jobs: Sequence[ParseJob]) -> Iterator[list[ParseJob]]:
    batch: list[ParseJob] = []
    size = 0
    for job in jobs:
        batch.append(job)
        size += job.size
        if size >= _BATCH_BYTES or len(batch) >= _BATCH_FILES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.wait()


def _decode_parsed(child: _Child, job: ParseJob, message: tuple[str, list[str], tuple[Any, ...] | None]) -> Parsed:
    failure, fresh, columns = message
    child.vocabulary.extend(fresh)
    if columns is None:
        return Parsed(job, None, failure)
    if job.plain:
        failure = failure or "the parser failed; the file is searched as plain text"
    return Parsed(job, PackedDigest(child.vocabulary, *columns), failure)

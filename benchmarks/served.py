"""What a command and a hook take that a running `noctule watch` answers, beside `python -c pass`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.process import CommandFailed, middle, timed
from benchmarks.subject import NOCTULE, Subject
from benchmarks.table import Row, amount

MOST_MS, MOST_P95_MS = 60.0, 90.0
MOST_HOOK_MS, MOST_HOOK_P95_MS = 50.0, 80.0
MOST_AT_REST_MB = 120.0
QUESTIONS = 40
STARTS = 20
LOADED_WITHIN_S = 60.0
AT_REST_S = 5.0
SHARE_OF_OWN = 0.5
"""A command that takes less processor time than this share of what it takes by itself was answered."""


def rows(subject: Subject) -> Iterator[Row]:
    """Ask as many new processes as there are tasks; the subject has a warm store."""
    tasks = subject.tasks(QUESTIONS)
    bare = middle(timed([sys.executable, "-c", "pass"], subject.environment) for _ in range(STARTS)).seconds * 1000
    with _watching(subject, tasks[0]) as process:
        commands = sorted(1000 * subject.noctule("context", f"--task={task}").seconds for task in tasks)
        hooks = sorted(_hooked(subject, task, number) for number, task in enumerate(tasks))
        time.sleep(AT_REST_S)
        memory = _resident_mb(process)
    for what, taken, most, most_p95 in (
        ("context, noctule running", commands, MOST_MS, MOST_P95_MS),
        ("hook, noctule running", hooks, MOST_HOOK_MS, MOST_HOOK_P95_MS),
    ):
        p50, p95 = taken[len(taken) // 2], taken[-(-len(taken) * 95 // 100) - 1]
        said = f"median of {len(taken)}; python -c pass: {amount(bare, 'ms')}"
        yield Row(subject.name, f"{what}, whole process", p50, "ms", most, said)
        yield Row(subject.name, f"{what}, p95", p95, "ms", most_p95)
        yield Row(subject.name, f"{what} / python -c pass", p50 / bare, "x")
    if memory is not None:
        yield Row(subject.name, "watch that answers, memory at rest", memory, "MB", MOST_AT_REST_MB, "resident set")


@contextmanager
def _watching(subject: Subject, task: str) -> Iterator[int]:
    """Run `noctule watch`, and wait until it answers commands."""
    own = middle(subject.noctule("context", f"--task={task}", "--no-service") for _ in range(3)).cpu_seconds
    environment = {**os.environ, **subject.environment, "NOCTULE_IDLE_AFTER_S": "3600"}
    watch = subprocess.Popen([NOCTULE, "watch", subject.tree, "--quiet"], env=environment)
    try:
        until = time.monotonic() + LOADED_WITHIN_S
        while subject.noctule("context", f"--task={task}").cpu_seconds > SHARE_OF_OWN * own:
            if time.monotonic() > until:
                raise CommandFailed("noctule watch answers no command")
        yield watch.pid
    finally:
        watch.terminate()
        watch.wait()


def _hooked(subject: Subject, task: str, number: int) -> float:
    """Return how many milliseconds the hook of an agent takes at the start of a session."""
    event: Mapping[str, object] = {
        "hook_event_name": "UserPromptSubmit",
        "session_id": f"bench {time.time()} {number}",
        "prompt": task,
        "cwd": str(subject.tree),
    }
    command: Sequence[str | Path] = [NOCTULE, "hook", "claude-code"]
    started = time.perf_counter()
    environment = {**os.environ, **subject.environment}
    subprocess.run(command, input=json.dumps(event).encode(), stdout=subprocess.DEVNULL, env=environment, check=True)
    return (time.perf_counter() - started) * 1000


def _resident_mb(process: int) -> float | None:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS")), None)

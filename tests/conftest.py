"""What all tests share: a git that knows nothing of this machine's configuration, unhurried properties, fast files.

Temporary files of the tests live in memory where there is room: each test makes repositories and databases, and waiting
until each has reached the disk took most of the time. `TMPDIR` says where else they go.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Generator, Iterator
from itertools import chain
from pathlib import Path

import psutil
import pytest
from hypothesis import settings

from tests import forked_processes
from tests.patience import soon

_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}

# A busy machine is not a failure; and CI says the same of the same commit, while runs by people explore.
settings.register_profile("noctule", deadline=None, derandomize=bool(os.environ.get("CI")))


_MEMORY = Path("/dev/shm")
_NAME = "noctule-tests-"
_ROOM_BYTES = 2 << 30
_FOLDER: pytest.StashKey[Path] = pytest.StashKey()
_MODEL_WORKERS = 1
"""Workers that run the modules with a model: each of them imports litellm into a process, which takes 6 s."""
_WITH_MODEL = (
    "tests/indexer/background/test_thinking.py",
    "tests/e2e/test_think.py",
    "tests/evals/experiments/test_model_notes.py",
    "tests/indexer/llm/test_worker_client.py",
    "tests/lsp_server/lsp/test_thinking.py",
    "tests/indexer/fleet/test_engine.py",
    "tests/indexer/think/test_over_http.py",
    "tests/indexer/llm/test_client.py",
    "tests/indexer/llm/test_retry.py",
    "tests/indexer/llm/test_anthropic.py",
    "tests/evals/stateful/test_command.py",
    "tests/evals/stateful/test_question_arms.py",
    "tests/e2e/test_live.py",
    "tests/e2e/test_models.py",
    "tests/e2e/test_planted_secrets.py",
)
"""Modules whose tests ask a model through litellm; those that take longest first."""
_LONG = (
    "tests/indexer/background/test_sleep_loop.py",
    "tests/test_docs.py",
    "tests/e2e/test_walk.py",
    "tests/e2e/test_store_faults.py",
    "tests/lsp_server/mcp/test_http.py",
    "tests/e2e/test_freshness.py",
    "tests/lsp_server/lsp/test_workspace.py",
    "tests/indexer/search/test_confidence.py",
)
"""Other modules with tests that take longest, as they are dealt out to the workers."""
_SERVERS: pytest.StashKey[forked_processes.ForkServers | None] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Isolate git before any test or fixture runs it, and say where temporary files go."""
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "XDG_RUNTIME_DIR"):
        os.environ.pop(variable, None)
    os.environ.update(_GIT)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell has what it starts with `&`
        signal.signal(signal.SIGINT, signal.default_int_handler)
    settings.load_profile("noctule")
    _set_temporary_folder(config)
    config.stash[_SERVERS] = forked_processes.install()


def _set_temporary_folder(config: pytest.Config) -> None:
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK) or shutil.disk_usage(_MEMORY).free < _ROOM_BYTES:
        return
    for folder in _MEMORY.glob(f"{_NAME}*"):  # of runs that were killed
        if not psutil.pid_exists(int(folder.name.split("-")[2])):
            shutil.rmtree(folder, ignore_errors=True)
    config.stash[_FOLDER] = Path(tempfile.mkdtemp(prefix=f"{_NAME}{os.getpid()}-", dir=_MEMORY))
    config.stash[_FOLDER].chmod(0o755)  # some tests look at their files as another user
    os.environ["TMPDIR"] = str(config.stash[_FOLDER])  # for the workers of xdist and for all commands too
    tempfile.tempdir = None


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the servers that fork, and remove the temporary files."""
    if (collected := _collected(config)) is not None:
        collected.unlink(missing_ok=True)
    if (servers := config.stash.get(_SERVERS, None)) is not None:
        servers.close()
    if _FOLDER in config.stash:
        shutil.rmtree(config.stash[_FOLDER], ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Have one worker compile the tests, and the others read what it wrote: else each compiles them all, in 10 s.

    What is collected stays to the end: no garbage is looked for in it, neither meanwhile nor later.
    """
    collected = _collected(session.config)
    if collected is not None and os.environ["PYTEST_XDIST_WORKER"] != "gw0":
        soon(collected.exists)
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
        if collected is not None:  # also where something could not be collected
            collected.touch()


def _collected(config: pytest.Config) -> Path | None:
    given = getattr(config, "workerinput", None)
    return Path(tempfile.gettempdir(), f"noctule-collected-{given['testrunuid']}") if given is not None else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have each worker begin with some of the modules that take long: begun last, all would wait for them alone.

    With `--dist worksteal` each worker is given one part of the list, and takes the tests of its part in their order.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    if workers == 1:
        return
    dealt = {name: number % min(_MODEL_WORKERS, workers) for number, name in enumerate(_WITH_MODEL)}
    others = range(_MODEL_WORKERS, workers) or range(workers)
    dealt |= {name: others[number % len(others)] for number, name in enumerate(_LONG)}
    long: dict[str, list[pytest.Item]] = {name: [] for name in dealt}
    rest: list[pytest.Item] = []
    for item in items:
        long.get(item.path.relative_to(config.rootpath).as_posix(), rest).append(item)
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        first = list(chain.from_iterable(long[name] for name in dealt if dealt[name] == worker))
        more = max(0, (len(items) - len(ordered)) // (workers - worker) - len(first))
        ordered += first + rest[:more]
        del rest[:more]
    items[:] = ordered + rest


@pytest.fixture(autouse=True)
def _true_start(request: pytest.FixtureRequest) -> Iterator[None]:
    """Have all processes of a test executed where it is marked `true_start`."""
    servers = request.config.stash[_SERVERS]
    if servers is None or request.node.get_closest_marker("true_start") is None:
        yield
        return
    with servers.switched_off():
        yield

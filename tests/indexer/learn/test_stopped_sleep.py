"""A sleep that waits for one that was stopped says so, and ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from noctule.indexer.errors import StoreUnavailable
from noctule.indexer.learn import sleep as sleep_module
from noctule.indexer.runtime.process_state import is_stopped
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

ROOT = Path(__file__).parents[3]
HOLD = """
import sys, time
from pathlib import Path
from noctule.indexer.store.lease import lease
with lease(Path(sys.argv[1])) as held:
    assert held.acquire()
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_sleep_does_not_wait_for_one_that_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sleep_module, "LONGEST_STOP_S", 0.2)
    made = Made(tmp_path / "shop")
    made.commit(files={"cart.py": "x = 1\n"})
    repository = Repository.open(made.root, cache=tmp_path / "cache")
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(repository.folder)], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        os.kill(holder.pid, signal.SIGSTOP)

        with pytest.raises(StoreUnavailable, match=f"process {holder.pid} .* is stopped"):
            repository.sleep()
        assert is_stopped(str(holder.pid))
    finally:
        holder.kill()
        holder.communicate()
    assert repository.sleep().complete
    repository.close()


def test_a_process_that_runs_or_is_gone_is_not_stopped() -> None:
    assert not is_stopped(str(os.getpid()))
    assert not is_stopped("")
    assert not is_stopped("999999999")

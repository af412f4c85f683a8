"""What a measured command took."""

from __future__ import annotations

import sys

import pytest

from benchmarks.process import CommandFailed, timed

HOLD = "import time; held = b'x' * int(6e7); time.sleep(0.5)"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_is_that_of_child_processes_too() -> None:
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}]); print('done')"

    spent = timed([sys.executable, "-c", parent], {}, memory=True)

    assert spent.output == b"done\n"
    assert spent.peak_bytes is not None
    assert 60e6 < spent.peak_bytes < 120e6


def test_processor_time_is_that_of_child_processes_too() -> None:
    work = "import time\nwhile time.process_time() < 0.3: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])"

    spent = timed([sys.executable, "-c", parent], {})

    assert 0.3 <= spent.cpu_seconds < 3
    assert spent.seconds >= 0.3


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(CommandFailed, match=r"exit code 3: no such thing"):
        timed([sys.executable, "-c", "import sys; print('no such thing', file=sys.stderr); sys.exit(3)"], {})

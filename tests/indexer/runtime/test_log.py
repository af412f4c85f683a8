"""The log of background processes: off by default, key=value lines, the same file for all processes."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from noctule.indexer.defaults import LOG_FILE_VARIABLE, LOG_VARIABLE
from noctule.indexer.runtime.log import Log, start_logging, write_log
from noctule.indexer.runtime.log_lines import KeyValueFormatter


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    logger = logging.getLogger("noctule")
    before = list(logger.handlers), logger.level, logger.propagate
    monkeypatch.delenv(LOG_VARIABLE, raising=False)
    monkeypatch.delenv(LOG_FILE_VARIABLE, raising=False)
    yield
    for handler in set(logger.handlers) - set(before[0]):
        logger.removeHandler(handler)
        handler.close()
    logger.level, logger.propagate = before[1:]


def lines(path: Path) -> list[dict[str, str]]:
    return [dict(part.split("=", 1) for part in line.split(" ")) for line in path.read_text().splitlines()]


def test_nothing_is_logged_unless_somebody_asks(capfd: pytest.CaptureFixture[str]) -> None:
    start_logging()
    Log("noctule.indexer.one").info("begun", kind="parse")

    assert capfd.readouterr() == ("", "")


def test_what_nobody_asked_for_needs_no_import() -> None:
    text = (
        "import sys; from noctule.indexer.runtime.log import Log, start_logging; start_logging(); "
        "Log('noctule.indexer.one').info('begun', kind='parse'); print('logging' in sys.modules)"
    )
    environment = {name: value for name, value in os.environ.items() if name not in (LOG_VARIABLE, LOG_FILE_VARIABLE)}
    done = subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("False\n", "")


def test_a_file_takes_what_happens_and_with_debug_each_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LOG_VARIABLE, "")
    monkeypatch.setenv(LOG_FILE_VARIABLE, "")
    write_log(tmp_path / "log")
    start_logging()
    Log("noctule.indexer.one").info("begun", kind="parse")
    Log("noctule.indexer.one").debug("step", number=1)

    (line,) = lines(tmp_path / "log")
    assert (line["level"], line["at"], line["event"], line["kind"]) == ("info", "one", "begun", "parse")
    assert (tmp_path / "log").stat().st_mode & 0o077 == 0


def test_a_value_never_breaks_a_line() -> None:
    record = logging.LogRecord("noctule.indexer.one", logging.INFO, "", 0, "job over", (), None)
    record.fields = {"subject": 'a "b"\n=c', "seconds": 1.23456, "why": ""}

    told = KeyValueFormatter().format(record)

    assert 'event="job over" subject="a \\"b\\"\\n=c" seconds=1.235 why=""' in told
    assert "\n" not in told

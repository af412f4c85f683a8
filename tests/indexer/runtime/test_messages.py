"""Messages between processes: what one writes the other reads, and nothing else."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import pytest

from noctule.indexer.background.messages import REQUESTS, WORKER, DoJob, MakePlan, PlanMade, PlannedJob
from noctule.indexer.llm.settings import Choice
from noctule.indexer.runtime.budget import Amounts, Limits
from noctule.indexer.runtime.messages import Decoder, Message, encode
from noctule.indexer.think.messages import THINKER, JobEnded, JobFailed, Think

JOB = PlannedJob("parse", "a.py", "", 0.5, Amounts(1.0, 2.0), urgent=True, files=("a.py", "b\udcff.py"))


@pytest.mark.parametrize(
    "message",
    [
        DoJob(JOB, 30.0, Choice(think="openai/one")),
        MakePlan(Limits(cpu_s_per_day=math.inf), Choice(), urgent=True),
        Think("a.py", "", "k", 9.0, Limits(), Choice(), "secret"),
        PlanMade((JOB, JOB), ("gate tasks",), "does not pay", None),
        JobEnded("stopped", "the time is over"),
        JobFailed("no disk"),
    ],
)
def test_a_message_is_read_as_it_was_written(message: Message) -> None:
    decoder = Decoder(*REQUESTS, Think, *WORKER.replies, *THINKER.replies)

    line = encode(message)

    assert (line.count(b"\n"), line[-1:]) == (1, b"\n")
    assert decoder.decode(line) == message


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b'{"message": "JobEn',
        b"[1]",
        b'{"outcome": "done"}',
        b'{"message": "Think"}',
        b'{"message": "JobEnded"}',
        b'{"message": "JobEnded", "outcome": "done", "more": 1}',
    ],
)
def test_a_line_that_is_torn_or_of_another_version_is_no_message(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"message|value|char"):
        Decoder(JobEnded, JobFailed).decode(line)


def test_a_key_is_in_no_text_that_a_message_is_shown_as() -> None:
    message = Think("a.py", "", "k", 9.0, Limits(), Choice(), "secret")

    assert "secret" not in repr(message)


def test_a_message_names_its_type_beside_its_fields() -> None:
    @dataclass(frozen=True, slots=True)
    class Counted(Message):
        files: int

    assert json.loads(encode(Counted(3))) == {"message": "Counted", "files": 3}

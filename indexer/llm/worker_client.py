"""Starts the process that talks to a provider, and sends it requests. Knows no budget.

The process is started by the first request, works on several at a time, and is killed to abandon what is under way:
nothing else ends a request within a second for certain. Whatever it says is data.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import time
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from threading import Condition, Event, Thread
from typing import cast

from noctule.indexer.llm.errors import NoModel, Stopped
from noctule.indexer.llm.key import VARIABLE, Key
from noctule.indexer.llm.messages import (
    Answer,
    AskFacts,
    AskModel,
    AskScores,
    Connection,
    ModelAnswer,
    ModelFacts,
    ModelFault,
    TextScores,
)
from noctule.indexer.llm.settings import Choice
from noctule.indexer.runtime.log import Log
from noctule.indexer.runtime.messages import Decoder, Message, encode
from noctule.indexer.runtime.python_child import start_python

log = Log(__name__)

LOST = ModelFault("cut", "the process that calls the provider ended", billed=True)
LATE = ModelFault("unreachable", "the answer took too long", billed=True, late=True)
LOOKED_S = 0.05
MOST_COUNTED_S = 1.0
STARTED_S = 120.0
"""The library takes seconds to import, and much longer on a machine that is busy or just booted."""


@dataclass(eq=False)
class _Life:
    """One life of the process."""

    answers: dict[int, Answer] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    ended: bool = False


class WorkerClient:
    """The worker process, for any number of threads; it runs in `folder`, and reads nothing there."""

    def __init__(self, choice: Choice, key: Key, folder: Path, *, is_strict: bool = False) -> None:
        self._choice = choice
        self._key = key
        self._folder = folder
        self._is_strict = is_strict
        self._changed = Condition()
        self._life: _Life | None = None
        self._numbers = itertools.count(1)
        self._decoder = Decoder(ModelFacts, ModelAnswer, TextScores, ModelFault)
        self._facts: dict[str, ModelFacts] = {}

    def facts(self, model: str, stop: Event) -> ModelFacts | ModelFault:
        """Return what is known of a model without asking anybody. NoModel, Stopped."""
        if model not in self._facts:
            answer = self._exchange(AskFacts(model), stop, STARTED_S)
            if not isinstance(answer, ModelFacts):
                return cast("ModelFault", answer)
            self._facts[model] = answer
        return self._facts[model]

    def ask(self, request: AskModel, stop: Event, limit_s: float) -> ModelAnswer | ModelFault:
        """Have one request sent and return its answer or its fault. NoModel; Stopped within a second of `stop`."""
        return cast("ModelAnswer | ModelFault", self._exchange(request, stop, limit_s))

    def score(self, request: AskScores, stop: Event, limit_s: float) -> TextScores | ModelFault:
        """Have a text scored. NoModel, Stopped."""
        return cast("TextScores | ModelFault", self._exchange(request, stop, limit_s))

    def _exchange(self, request: AskFacts | AskModel | AskScores, stop: Event, limit_s: float) -> Answer:
        number = next(self._numbers)
        life = self._send(replace(request, id=number))
        waited, looked = 0.0, time.monotonic()
        with self._changed:
            while number not in life.answers:
                if stop.is_set() or life.ended or waited > limit_s:
                    break
                self._changed.wait(LOOKED_S)
                # This process and the other may be stopped for hours meanwhile: that is no time of the provider's.
                waited += min(time.monotonic() - looked, MOST_COUNTED_S)
                looked = time.monotonic()
            answer = life.answers.pop(number, None)
        if answer is not None:
            return answer
        if stop.is_set():
            self.close()
            raise Stopped("thinking was stopped")
        if not life.ended:
            self.close()
            return LATE
        return LOST

    def close(self) -> None:
        """Abandon all that is under way; the next request begins anew."""
        with self._changed:
            life, self._life = self._life, None
        if life is not None and life.process is not None:
            life.process.kill()

    def _send(self, request: Message) -> _Life:
        with self._changed:
            life = self._life
            if life is None or life.ended:
                life = self._life = self._start()
            _write(life, request)
        return life

    def _start(self) -> _Life:
        """Start the process in a thread that lives as long: on Linux the kernel ends it with that thread."""
        if find_spec("litellm") is None:
            raise NoModel("the package that calls models is not installed", "run: pip install 'noctule[models]'")
        life = _Life()
        started = Event()
        Thread(target=self._listen, args=(life, started), name="provider", daemon=True).start()
        started.wait()
        if life.process is None:
            raise NoModel("the process that calls models cannot be started", "check that the machine has free memory")
        log.info("provider process started", child=life.process.pid)
        choice = self._choice
        _write(life, Connection(self._key.tell(), choice.address, choice.timeout_s, self._is_strict))
        return life

    def _listen(self, life: _Life, started: Event) -> None:
        environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
        try:
            life.process = process = start_python(
                "noctule.indexer.llm.worker", str(os.getpid()), options={"env": environment, "cwd": self._folder}
            )
        except OSError:
            life.ended = True
            return
        finally:
            started.set()
        assert process.stdout is not None
        assert process.stdin is not None
        for line in process.stdout:
            with contextlib.suppress(ValueError):  # torn by its end
                answer = cast("Answer", self._decoder.decode(line))
                with self._changed:
                    life.answers[answer.id] = answer
                    self._changed.notify_all()
        process.wait()
        log.info("provider process ended", child=process.pid, code=process.returncode)
        process.stdout.close()
        with self._changed:
            life.ended = True
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            self._changed.notify_all()


def _write(life: _Life, message: Message) -> None:
    assert life.process is not None
    stdin = life.process.stdin
    assert stdin is not None
    with contextlib.suppress(BrokenPipeError):  # its end is told of by the listener
        stdin.write(encode(message))
        stdin.flush()

"""Starts the process that talks to a provider, and sends it requests. Knows no budget.

The process is started by the first request, works on several at a time, and is killed to abandon what is under way:
nothing else ends a request within a second for certain. Whatever it says is data.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from threading import Condition, Event, Thread
from typing import Any

from noctule.indexer.defaults import DEBUG_VARIABLE
from noctule.indexer.llm.errors import NoModel, Stopped
from noctule.indexer.llm.key import VARIABLE, Key
from noctule.indexer.llm.settings import Choice
from noctule.indexer.runtime.python_child import python_command

Message = Mapping[str, Any]
LOST: Message = {"fault": "cut", "text": "the process that calls the provider ended", "billed": True}
LATE: Message = {"fault": "unreachable", "text": "the answer took too long", "billed": True, "late": True}
LOOKED_S = 0.05
MOST_COUNTED_S = 1.0
STARTED_S = 120.0
"""The library takes seconds to import, and much longer on a machine that is busy or just booted."""


@dataclass(eq=False)
class _Talk:
    """One life of the process."""

    answers: dict[int, Message] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    ended: bool = False


class WorkerClient:
    """The worker process, for any number of threads; it runs in `folder`, and reads nothing there."""

    def __init__(self, choice: Choice, key: Key, folder: Path) -> None:
        self._choice = choice
        self._key = key
        self._folder = folder
        self._changed = Condition()
        self._talk: _Talk | None = None
        self._numbers = itertools.count(1)
        self._facts: dict[str, Message] = {}

    def facts(self, model: str, stop: Event) -> Message:
        """Return what is known of a model without asking anybody. NoModel, Stopped."""
        if model not in self._facts:
            answer = self.ask({"do": "facts", "model": model}, stop, STARTED_S)
            if "to" not in answer:
                return answer
            self._facts[model] = answer
        return self._facts[model]

    def ask(self, message: Message, stop: Event, limit_s: float) -> Message:
        """Have one request sent and return its answer or its fault. NoModel; Stopped within a second of `stop`."""
        number = next(self._numbers)
        talk = self._sent({**message, "id": number})
        waited, looked = 0.0, time.monotonic()
        with self._changed:
            while number not in talk.answers:
                if stop.is_set() or talk.ended or waited > limit_s:
                    break
                self._changed.wait(LOOKED_S)
                # This process and the other may be stopped for hours meanwhile: that is no time of the provider's.
                waited += min(time.monotonic() - looked, MOST_COUNTED_S)
                looked = time.monotonic()
            answer = talk.answers.pop(number, None)
        if answer is not None:
            return answer
        if stop.is_set():
            self.close()
            raise Stopped("thinking was stopped")
        if not talk.ended:
            self.close()
            return LATE
        return LOST

    def close(self) -> None:
        """Abandon all that is under way; the next request begins anew."""
        with self._changed:
            talk, self._talk = self._talk, None
        if talk is not None and talk.process is not None:
            talk.process.kill()

    def _sent(self, message: Message) -> _Talk:
        with self._changed:
            talk = self._talk
            if talk is None or talk.ended:
                talk = self._talk = self._begun()
            assert talk.process is not None
            stdin = talk.process.stdin
            assert stdin is not None
            with contextlib.suppress(BrokenPipeError):  # its end is told of by the listener
                stdin.write(json.dumps(message).encode() + b"\n")
                stdin.flush()
        return talk

    def _begun(self) -> _Talk:
        """Start the process in a thread that lives as long: on Linux the kernel ends it with that thread."""
        if find_spec("litellm") is None:
            raise NoModel("the package that calls models is not installed", "run: pip install 'noctule[models]'")
        talk = _Talk()
        started = Event()
        Thread(target=self._listen, args=(talk, started), name="provider", daemon=True).start()
        started.wait()
        if talk.process is None:
            raise NoModel("the process that calls models cannot be started", "check that the machine has free memory")
        hello = {"key": self._key.tell(), "address": self._choice.address, "timeout_s": self._choice.timeout_s}
        stdin = talk.process.stdin
        assert stdin is not None
        with contextlib.suppress(BrokenPipeError):
            stdin.write(json.dumps(hello).encode() + b"\n")
            stdin.flush()
        return talk

    def _listen(self, talk: _Talk, started: Event) -> None:
        try:
            talk.process = process = subprocess.Popen(
                [*python_command("noctule.indexer.llm.worker"), str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if os.environ.get(DEBUG_VARIABLE) else subprocess.DEVNULL,
                env={name: value for name, value in os.environ.items() if name != VARIABLE},
                cwd=self._folder,
            )
        except OSError:
            talk.ended = True
            return
        finally:
            started.set()
        assert process.stdout is not None
        assert process.stdin is not None
        for line in process.stdout:
            with contextlib.suppress(ValueError, KeyError, TypeError):  # torn by its end
                answer = json.loads(line)
                with self._changed:
                    talk.answers[answer["id"]] = answer
                    self._changed.notify_all()
        process.wait()
        process.stdout.close()
        with self._changed:
            talk.ended = True
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            self._changed.notify_all()

"""The process that thinks about one subject for the sleeper, and ends. Holds a key in memory, and nowhere else.

It is told by one line of JSON on standard input what to think about and with what, and answers with one on standard
output. The end of its input tells it to stop; so does the end of its parent. It may be stopped and continued like all
that works for the sleeper, and holds no lock of the store meanwhile; the provider is talked to by a process of its own
(`indexer.llm.worker`), in the same process group.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Thread
from typing import IO, Any

from noctule.indexer.errors import NoctuleError
from noctule.indexer.runtime.parent_watch import die_with_parent

Message = Mapping[str, Any]


def main() -> None:
    """Think for the parent: `process PARENT ROLE ROOT CACHE CORES_SHARE`."""
    parent, _, root, cache, share = sys.argv[1:]
    die_with_parent(int(parent))
    from noctule.indexer.runtime.nice import lower

    lower(float(share))
    source, sink = sys.stdin.buffer, os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no answer
    message = json.loads(source.readline())
    stop = Event()
    Thread(target=_stop_at_end, args=(source, stop), name="input", daemon=True).start()
    answer = json.dumps(answered(message, Path(root), Path(cache), stop)).encode() + b"\n"
    while answer:
        answer = answer[os.write(sink, answer) :]


def _stop_at_end(source: IO[bytes], stop: Event) -> None:
    while source.readline():
        pass
    stop.set()


def answered(message: Message, root: Path, cache: Path, stop: Event) -> Message:
    """Return what came of thinking: an outcome, or what failed."""
    from noctule.indexer.llm.errors import Stopped
    from noctule.indexer.llm.key import Key
    from noctule.indexer.llm.settings import Choice
    from noctule.indexer.runtime.budget import Limits
    from noctule.indexer.serve.repository import Repository
    from noctule.indexer.think import job

    until = time.monotonic() + message["wall_s"]
    means = job.Means(Choice(**message["choice"]), Key(message["model_key"]), Limits(**message["limits"]), stop)
    try:
        repository = Repository.open(root, at=message["revision"] or None, cache=cache)
        (subject,) = message["files"]
        note = job.done(repository, subject, message["key"], means, until)
    except Stopped as stopped:
        return {"outcome": "stopped", "why": str(stopped)}
    except (NoctuleError, OSError) as error:
        return {"failed": str(error), "advice": getattr(error, "advice", ""), "fault": type(error).__name__}
    return {"outcome": "done", **job.said_of(note)}

"""The process that thinks about one subject for the sleeper, and ends. Holds a key in memory, and nowhere else.

It is asked by one message (`indexer.think.messages`), and answers with one. The end of its input tells it to stop; so
does the end of its parent. It may be stopped and continued like all that works for the sleeper, and holds no lock of
the store meanwhile. A process of its own talks to the provider (`indexer.llm.worker`), in the same process group.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from threading import Event, Thread

from noctule.indexer.errors import NoctuleError
from noctule.indexer.runtime.log import Log
from noctule.indexer.runtime.parent_pipe import ParentPipe
from noctule.indexer.think.messages import JobEnded, JobFailed, Think

log = Log(__name__)


def main() -> None:
    """Think for the parent: `worker PARENT ROLE ROOT CACHE CORES_SHARE`."""
    parent, _, root, cache, share = sys.argv[1:]
    pipe = ParentPipe(int(parent), Think)
    from noctule.indexer.runtime.nice import lower

    lower(float(share))
    request = pipe.receive()
    if isinstance(request, Think):
        stop = Event()
        Thread(target=_stop_at_end, args=(pipe, stop), name="input", daemon=True).start()
        pipe.send(think(request, Path(root), Path(cache), stop))


def _stop_at_end(pipe: ParentPipe, stop: Event) -> None:
    while pipe.receive() is not None:
        pass
    stop.set()


def think(request: Think, root: Path, cache: Path, stop: Event) -> JobEnded | JobFailed:
    """Have a note written; return how that ended."""
    from noctule.indexer.llm.errors import Stopped
    from noctule.indexer.llm.key import Key
    from noctule.indexer.serve.repository import Repository
    from noctule.indexer.think import job

    until = time.monotonic() + request.wall_s
    context = job.JobContext(request.choice, Key(request.model_key), request.limits, stop)
    log.info("thinking", subject=request.subject, revision=request.revision)
    try:
        with Repository.open(root, at=request.revision or None, cache=cache) as repository:
            note = job.write(repository, request.subject, request.key, context, until)
    except Stopped as stopped:
        return JobEnded("stopped", str(stopped))
    except (NoctuleError, OSError) as error:
        log.info("thinking failed", subject=request.subject, fault=type(error).__name__)
        return JobFailed(str(error), getattr(error, "advice", ""))
    log.info("thought", subject=request.subject, claims=len(note.claims) if note is not None else 0)
    return JobEnded("done")

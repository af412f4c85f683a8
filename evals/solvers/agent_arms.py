"""The arms of the agents' experiment, and what each is told in its first message. Runs nothing.

All arms get the same text but for one section. What that section says comes from the base commit and its ancestors, but
for notes that are stale or a stranger's on purpose.
"""

from __future__ import annotations

import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from noctule.evals.errors import AgentError, UnknownSolver
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.task import Task
from noctule.indexer.defaults import BUDGET_TOKENS
from noctule.indexer.files.git import Git
from noctule.indexer.model_notes.store import ModelNote, NoteStore
from noctule.indexer.results import Claim
from noctule.indexer.think.evaluate import notes_at_commit
from noctule.indexer.tokens import count

PREFIX = "agent:"
COLD, PACK, COMMAND, TEST_TIME = "cold", "pack", "command", "test-time"
PACK_AND_NOTES = "pack+notes"
NOTES, STALE, SHUFFLED = "notes", "stale-notes", "shuffled-notes"
ARMS = (COLD, PACK, PACK_AND_NOTES, COMMAND, NOTES, STALE, SHUFFLED, TEST_TIME)
DEFAULT_ARMS = (COLD, PACK, COMMAND)

STALE_COMMITS = 1000
LIKELY_FILES = 20

RULES = """\
Answer every time with at least one call of the tool "bash". Each command runs in a new shell in the repository's
folder, so a change of directory or of variables does not last. Change the source files so that what is asked for is
done. You have {steps} steps; each result says which one it is. When you are done, run this and nothing else:
echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT

[Step 0/{steps}]"""
ABOUT_PACK = "What is known about where this task leads, worked out beforehand from this repository; it may be wrong:"
ABOUT_NOTES = "Notes about this repository, written beforehand; they may be wrong or out of date:"
ABOUT_COMMAND = f"""\
The command `noctule context --task TEXT` prints where in this repository a task leads, with the source to read, worked
out beforehand for the commit that you begin with. Add `--budget TOKENS` for more than {BUDGET_TOKENS} tokens."""
NO_COMMAND = "#!/bin/sh\necho 'noctule: not found' >&2\nexit 127\n"
"""What the other arms have in its place, since the user's own may be in PATH."""


def first_message(task: Task, section: str, steps: int) -> str:
    """Return the first message of an arm."""
    asked = f"Solve this in the repository whose folder you are in.\n\n<task>\n{task.text.strip()}\n</task>"
    return "\n\n".join(part for part in (asked, section, RULES.format(steps=steps)) if part)


def make_section(
    arm: str,
    task: Task,
    ground: BaseCheckout,
    other: BaseCheckout | None,
    budget_tokens: int,
    written: Sequence[ModelNote] = (),
) -> str:
    """Return what an arm is told beside the task; `other` is where stale or shuffled notes come from.

    `written` are notes of a model, for the pack that shows them.
    """
    if arm == PACK:
        text = ground.pack(task.text, budget_tokens).text
        return f"{ABOUT_PACK}\n\n{text}" if text else ""
    if arm == PACK_AND_NOTES:
        text = pack_with_notes(task, ground, budget_tokens, written)
        return f"{ABOUT_PACK}\n\n{text}" if text else ""
    if arm == COMMAND:
        return ABOUT_COMMAND
    if arm in {NOTES, STALE, SHUFFLED}:
        text = notes(ground if other is None else other, budget_tokens)
        return f"{ABOUT_NOTES}\n\n{text}" if text else ""
    return ""


def pack_with_notes(task: Task, ground: BaseCheckout, budget_tokens: int, written: Sequence[ModelNote]) -> str:
    """Return the pack with what stands of a model's notes that were written at the base or before it. AgentError."""
    known = notes_at_commit(ground.repository, written, ground.base)
    if not known:
        raise AgentError(f"no note of a model was written at {ground.base[:12]} or before it")
    with tempfile.TemporaryDirectory(prefix="noctule-") as folder:
        NoteStore(Path(folder)).put(*known)
        ground.repository.reader.serve("all", Path(folder))
        try:
            return ground.repository.context(task.text, budget_tokens).text
        finally:
            ground.repository.reader.serve("gated")


def notes(ground: BaseCheckout, budget_tokens: int) -> str:
    """Return notes of the repository and of its likeliest change points, as many as the tokens hold.

    They are written before any task is known, so nothing of the task chooses among them.
    """
    kept: list[str] = []
    spent = 0
    for line in _notes(ground):
        cost = count(line + "\n")
        if spent + cost > budget_tokens:
            break
        kept.append(line)
        spent += cost
    return "\n".join(kept)


def _notes(ground: BaseCheckout) -> Iterator[str]:
    repository = ground.repository
    yield from _claims("The repository", repository.notes("").claims)
    likely = [change.path for change in repository.predict(k=LIKELY_FILES).change_points]
    code = set(ground.code)
    # Where the history is too short for a forecast, what was touched last takes its place.
    for path in dict.fromkeys(likely) or [p for p in ground.latest_touches if p in code][:LIKELY_FILES]:
        yield from _claims(path, repository.notes(path).claims)


def _claims(subject: str, claims: Sequence[Claim]) -> Iterator[str]:
    if claims:
        yield f"{subject}:"
    yield from (f"- {claim.text}" for claim in claims)


def stale_base(ground: BaseCheckout) -> str:
    """Return an ancestor: so many commits back, or half of the history where that is shorter. AgentError."""
    git = Git(ground.place)
    length = int(git.run("rev-list", "--count", "--first-parent", "--end-of-options", ground.base, "--"))
    back = min(STALE_COMMITS, length // 2)
    if back < 1:
        raise AgentError(f"{ground.base[:12]} has no ancestor whose notes could be stale")
    return git.resolve(f"{ground.base}~{back}")


def context_command(ground: BaseCheckout, cache: Path) -> str:
    """Return a program that passes `noctule context` on to what was learned of the base commit, and nothing else."""
    ask = [sys.executable, "-P", "-m", "noctule.lsp_server.cli.main", "context", str(ground.place.root)]
    return f"""\
#!/bin/sh
if [ "$1" != context ]; then echo "noctule: only 'noctule context --task TEXT' is at hand" >&2; exit 2; fi
shift
if [ "$1" = . ]; then shift; fi
NOCTULE_CACHE_DIR={shlex.quote(str(cache.resolve()))} exec {shlex.join(ask)} "$@" --at {ground.base}
"""


def parse_arms(names: Sequence[str]) -> tuple[str, ...]:
    """Return the arms by their names, each once, in the order of the experiment. UnknownSolver."""
    return pick_arms([*names, PACK] if TEST_TIME in names else names, ARMS)  # it is held against what the pack's spent


def pick_arms(names: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return the arms of an experiment by their names, each once, in its order. UnknownSolver."""
    for name in names:
        if name not in known:
            raise UnknownSolver(f"unknown arm {name!r}", f"use one of {', '.join(known)}")
    return tuple(arm for arm in known if arm in names)

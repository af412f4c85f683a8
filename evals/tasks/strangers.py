"""Which title of another repository each task meets: what is said where nothing is right. Reads no repository."""

from __future__ import annotations

from collections.abc import Sequence

from noctule.evals.tasks.task import Task


def find_strangers(tasks: Sequence[Task]) -> dict[str, str]:
    """Return for each task the title of one of another repository; questions are about none in particular."""
    titled = [task for task in sorted(tasks, key=lambda t: t.id) if task.kind != "question"]
    found: dict[str, str] = {}
    for at, task in enumerate(titled):
        after = (*titled[at + len(titled) // 2 :], *titled[: at + len(titled) // 2])
        other = next((one for one in after if one.repository != task.repository), None)
        if other is not None:
            found[task.id] = other.text.strip().partition("\n")[0]
    return found

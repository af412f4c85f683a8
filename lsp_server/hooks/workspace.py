"""A prompt in a folder that holds several repositories: where it leads in all of them, said once in a session."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.defaults import BUDGET_TOKENS
from noctule.lsp_server.hooks.session_log import NAMED, TASK, WAITING, SessionLog
from noctule.lsp_server.text.printable import printable

if TYPE_CHECKING:
    from noctule.indexer.serve.workspace_results import WorkspaceMember
    from noctule.lsp_server.hooks.event import HookEvent

HEADING = "Where this task probably leads in these repositories, by noctule; its tools `context` and `notes` tell more."


def find_workspace(folder: Path) -> list[WorkspaceMember]:
    """Return the repositories that a folder holds, if it lies in none itself."""
    if any(os.path.lexists(parent / ".git") for parent in (folder, *folder.parents)):
        return []
    from noctule.lsp_server.workspaces import find_chosen_members

    return find_chosen_members(folder)


def say_in_workspace(
    event: HookEvent, task: str, least_sure: float, found: Sequence[WorkspaceMember]
) -> tuple[str, list[Callable[[], object]]]:
    """Return what a task leads to in the repositories of a folder, and what to do when that is out. NoctuleError."""
    from noctule.indexer.serve.workspace import Workspace
    from noctule.indexer.serve.workspace_members import MemberThread
    from noctule.indexer.store.reference import RepositoryRef

    members = {one.name: one for one in found}
    threads = {name: MemberThread(one.root) for name, one in members.items()}
    try:
        pack = Workspace(event.folder, threads).context(task, BUDGET_TOKENS)
    finally:
        for thread in threads.values():
            thread.close()
    if pack.abstained or not pack.text or pack.files[0].probability < least_sure:
        return "", []
    shown = [one.repository for one in pack.repositories if one.budget_tokens]
    logs = [SessionLog(RepositoryRef.find(Path(members[name].root)).folder, event.session) for name in shown]
    named = {file.path for file in pack.files}
    if all(named.issubset(log.texts(NAMED)) for log in logs) or not all(log.add(NAMED, named) for log in logs):
        return "", []
    text = f"{HEADING}\n{printable(pack.text)}"

    def keep_task() -> None:
        from noctule.indexer.files.redaction import without_secrets

        for log in logs:
            log.replace(TASK, without_secrets(task))

    if event.is_heard:
        return text, [keep_task]
    for log in logs:
        log.replace(WAITING, text)
    return "", [keep_task]

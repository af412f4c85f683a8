"""What the user has added to workspaces, and taken out of them: one small file in the cache folder. No repository
has a say in it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from noctule.indexer.errors import StoreUnavailable
from noctule.indexer.runtime.private_folder import make_private_folder, refuse_links
from noctule.indexer.runtime.scratch_file import replace_file
from noctule.indexer.serve.workspace_members import Chosen, find_members
from noctule.indexer.serve.workspace_results import WorkspaceMember
from noctule.indexer.store.location import cache_folder

FILE = "workspaces.json"


def read_chosen(folder: Path) -> Chosen:
    """Return what the user has chosen for a folder; what cannot be read was not chosen."""
    entry = _read().get(os.path.realpath(folder), {})
    return Chosen(frozenset(entry.get("added", ())), frozenset(entry.get("removed", ())))


def find_chosen_members(folder: Path) -> list[WorkspaceMember]:
    """Return the repositories of a folder that somebody works in; none where it is one repository, or holds none.

    Nobody means all of their home folder, or what is around it. RepositoryError.
    """
    top = Path(os.path.realpath(folder))
    if not top.is_dir() or Path(os.path.realpath(Path.home())).is_relative_to(top):
        return []
    try:
        return find_members(top, read_chosen(top))
    except OSError:
        return []


def choose(folder: Path, repository: Path, *, add: bool) -> None:
    """Add a repository to a folder's workspace, or take it out. StoreUnavailable."""
    known = _read()
    top, root = os.path.realpath(folder), os.path.realpath(repository)
    chosen = read_chosen(folder)
    added, removed = (chosen.added | {root}, chosen.removed - {root}) if add else (
        chosen.added - {root}, chosen.removed | {root})  # fmt: skip
    known[top] = {"added": sorted(added), "removed": sorted(removed)}
    file = cache_folder() / FILE
    try:
        make_private_folder(file.parent)
        refuse_links(file)
        replace_file(file, json.dumps(known, indent=1).encode())
    except OSError as error:
        raise StoreUnavailable(f"cannot write {file}: {error.strerror}", "check its folder") from error


def _read() -> dict[str, dict[str, list[str]]]:
    try:
        known = json.loads((cache_folder() / FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}

"""Temporary git folders in which a repository's own objects or index are read as they would not be in its own."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path

from noctule.indexer.errors import RepositoryError


def with_copied_index(
    owner: object, environment: Mapping[str, str], git_dir: Path, shared: Sequence[Path]
) -> dict[str, str]:
    """Return an environment in which git reads copies of an index and of what it shares; they live as long as `owner`.

    git looks for the shared part in its own folder alone, so that it is given another one, as of a linked worktree.
    """
    import shutil

    folder = _make_temporary_folder(owner)
    for name in ("HEAD", "index", "config.worktree", *(path.name for path in shared)):
        with contextlib.suppress(FileNotFoundError):
            shutil.copy2(git_dir / name, folder / name)
    return {**environment, "GIT_DIR": str(folder), "GIT_INDEX_FILE": str(folder / "index")}


def _make_temporary_folder(owner: object) -> Path:
    """Make a temporary folder that lives as long as its owner."""
    # Both take longer to import than the rest of this floor, and few repositories need them.
    import shutil
    import tempfile

    try:
        folder = Path(tempfile.mkdtemp(prefix="noctule-"))
    except OSError as error:
        raise RepositoryError(
            f"this repository needs a temporary folder to be read: {error.strerror}",
            "set TMPDIR to a folder with room",
        ) from error
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    return folder


def without_promisors(owner: object, environment: Mapping[str, str], object_format: str) -> dict[str, str]:
    """Return an environment in which the objects of a partial clone are an ordinary repository's.

    Where a promisor is configured, git treats the first object that is not there as fatal, even with fetching switched
    off. An empty git directory over the same objects reports it as missing. It lives as long as its owner.
    """
    empty = _make_temporary_folder(owner)
    for folder in ("objects", "refs"):
        (empty / folder).mkdir()
    (empty / "HEAD").write_text("ref: refs/heads/none\n")
    (empty / "config").write_text(
        f"[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = {object_format}\n"
    )
    there = {**environment, "GIT_DIR": str(empty), "GIT_COMMON_DIR": str(empty)}
    there.pop("GIT_WORK_TREE", None)
    return there

"""Which repository a clone is one of: the first commit of its main line, and the kind of its object ids.

Clones, forks, worktrees and copies of a repository have the same one, wherever they lie. A remote address is only a
hint for people. Only the line of first parents is followed: a project that is merged in brings further roots with it.
"""

from __future__ import annotations

from noctule.indexer.errors import GitError
from noctule.indexer.files.git import OBJECT_ID, Git, RepositoryPlace

DEFAULT = "refs/remotes/origin/HEAD"


def find_identity(place: RepositoryPlace) -> str | None:
    """Return what names a repository on every machine, such as `sha1-4b82...`; None for one that cannot be told.

    A shallow clone does not have its first commit, and a new repository has none yet.
    """
    if place.shallow or place.head is None:
        return None
    git = Git(place)
    for start in (DEFAULT, "HEAD"):
        asked = ("rev-list", "--first-parent", "--max-parents=0", "--end-of-options", start, "--")
        try:
            found = git.try_run(*asked).output.decode("ascii", "replace").split()
        except GitError:
            return None
        if found and OBJECT_ID.match(found[0]):
            return f"{place.object_format}-{found[0]}"
    return None

"""Where a commit is shown on the web: the address of a remote in, the beginning of the addresses of its commits out."""

from __future__ import annotations

import re

from noctule.indexer.files.git import Git, RepositoryPlace

_REMOTE = re.compile(
    r"(?:https://|ssh://|git://|(?=[\w.-]+@[\w.-]+:))(?:[^@/]+@)?([\w.-]+)(?::\d+)?[:/]([\w./~-]+?)(?:\.git)?/?"
)
_PATHS = {"github.com": "commit", "gitlab.com": "-/commit", "codeberg.org": "commit", "bitbucket.org": "commits"}


def commits_address(remote: str) -> str:
    """Return what the addresses of a remote's commits begin with; empty for a host whose addresses are not known."""
    found = _REMOTE.fullmatch(remote.strip())
    path = _PATHS.get(found[1].lower()) if found else None
    return f"https://{found[1].lower()}/{found[2]}/{path}/" if found and path else ""


def read_commits_address(place: RepositoryPlace) -> str:
    """Return the same for the remote that a clone came from."""
    outcome = Git(place).try_run("config", "--get", "remote.origin.url")
    return commits_address(outcome.output.decode(errors="replace")) if outcome.returncode == 0 else ""

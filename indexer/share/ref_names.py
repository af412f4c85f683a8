"""Under which name somebody publishes: a branch, or a place of its own for a pull request. Opens no store."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.redaction import holds_secret
from noctule.indexer.share.objects import BadAddress, ShareError

HEADS, PULLS = "heads/", "pulls/"
_PULL_REQUEST = re.compile(r"[\w.-]{1,100}", re.ASCII)
_NO_BRANCH = re.compile(r"[\0-\x20~^:?*\[\\\x7f]|\.\.|^[/.-]|[/.]$|//|/\.|@\{")
"""What git allows in no name of a branch."""


class NoBranch(ShareError):
    """A commit is checked out and no branch: there is nothing to publish as."""


class RefName(NamedTuple):
    """A branch, or the number of a pull request; the other is empty."""

    branch: str = ""
    pull_request: str = ""

    @property
    def full(self) -> str:
        """The name of the ref."""
        return f"{PULLS}{self.pull_request}" if self.pull_request else f"{HEADS}{self.branch}"


def read_ref_name(text: str) -> RefName:
    """Read the name that a user gives: `main`, `heads/main` or `pulls/7`. ShareError."""
    if text.startswith(PULLS):
        number = text.removeprefix(PULLS)
        if not _PULL_REQUEST.fullmatch(number) or number.startswith("."):
            raise BadAddress(f"{text[:80]!r} names no pull request", "give pulls/ and its number")
        return RefName(pull_request=number)
    branch = text.removeprefix(HEADS)
    if not branch or _NO_BRANCH.search(branch):
        raise BadAddress(f"{text[:80]!r} is not a valid name of a branch", "give a branch, or pulls/ and a number")
    return RefName(branch)


def choose_ref(named: str, place: RepositoryPlace, environment: Mapping[str, str]) -> RefName:
    """Return what to publish as: what was named, what the CI says that it runs for, or the branch. ShareError.

    A job of a pull request runs code that nobody has accepted yet: it never publishes as a branch.
    """
    chosen = read_ref_name(named) if named else None
    number = _pull_request_of(environment)
    if number is not None and (chosen is None or not chosen.pull_request):
        if chosen is not None or not number:
            raise ShareError("a job of a pull request moves no branch", "give --ref pulls/ and its number")
        return RefName(pull_request=number)
    if chosen is not None:
        return chosen
    head = os.fsdecode(Git(place).try_run("symbolic-ref", "--quiet", "--short", "HEAD").output).strip()
    branch = head or _branch_of(environment)
    if not branch:
        raise NoBranch("no branch is checked out", "name one with --ref")
    if holds_secret(branch):
        raise ShareError("the name of the branch looks as if it held a secret", "publish under another one with --ref")
    return RefName(branch)


def ref_of_job(environment: Mapping[str, str]) -> str:
    """Return the ref of the pull request that a job runs for; empty where it runs for none. ShareError."""
    number = _pull_request_of(environment)
    if number == "":
        raise ShareError("the number of the pull request is not known", "run this for a branch")
    return f"{PULLS}{number}" if number else ""


def _pull_request_of(environment: Mapping[str, str]) -> str | None:
    """Return the number of the pull request that a job of GitHub or GitLab runs for; None where it runs for none."""
    if environment.get("GITHUB_EVENT_NAME", "").startswith("pull_request"):
        found = re.fullmatch(r"refs/pull/(\d+)/\w+", environment.get("GITHUB_REF", ""))
        return found[1] if found is not None else ""
    number = environment.get("CI_MERGE_REQUEST_IID", "")
    return number if number.isdecimal() else None


def _branch_of(environment: Mapping[str, str]) -> str:
    """Return the branch that a job runs for: CI checks out a commit, and no branch."""
    if environment.get("GITHUB_REF", "").startswith("refs/heads/"):
        return environment["GITHUB_REF"].removeprefix("refs/heads/")
    return environment.get("CI_COMMIT_BRANCH", "")

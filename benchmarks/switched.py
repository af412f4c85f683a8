"""Sleep after a switch to a branch 100 commits away: only blobs that were never seen may be parsed."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks.subject import Subject
from benchmarks.table import Row, amount

COMMITS = 100


def rows(subject: Subject) -> Iterator[Row]:
    """Switch there and back; there, at most the blobs that differ are parsed, and back again none."""
    before = subject.git("rev-parse", "HEAD").decode().strip()
    there, distance = away(subject)
    unseen = len(_blobs(subject, there) - _blobs(subject, before))
    for what, revision, most in (("sleep, branch switched", there, unseen), ("sleep, switched back", before, 0)):
        subject.git("checkout", "-q", "--detach", revision)
        spent = subject.noctule("sleep", "--json")
        parsed = json.loads(spent.output)["parsed_blobs"]
        said = f"{distance} commits away, {amount(spent.seconds, 's')}"
        yield Row(subject.name, f"{what}: blobs parsed", parsed, "", most, said)


def away(subject: Subject) -> tuple[str, int]:
    """Return the nearest commit that lacks 100 commits of HEAD, and how many it lacks: a merge brings several."""
    line = subject.git("rev-list", "--first-parent", f"--max-count={COMMITS + 1}", "HEAD").decode().split()
    low, high = 0, len(line) - 1
    while low < high:
        middle = (low + high) // 2
        if _lacks(subject, line[middle]) < COMMITS:
            low = middle + 1
        else:
            high = middle
    return line[low], _lacks(subject, line[low])


def _lacks(subject: Subject, commit: str) -> int:
    return int(subject.git("rev-list", "--count", f"{commit}..HEAD"))


def _blobs(subject: Subject, revision: str) -> set[bytes]:
    return {entry.split(None, 3)[2] for entry in subject.git("ls-tree", "-r", "-z", revision).split(b"\0") if entry}

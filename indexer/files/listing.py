"""What git lists of a work tree or of a commit, parsed. Runs no git, reads no file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

SUBMODULE = "160000"
EXECUTABLE = "100755"


class Listing(NamedTuple):
    """What `ls-files -v -s -c -o` lists.

    `indexed` maps the paths of the index to their blobs; `trusted` are those that git believes to be unchanged without
    looking. `skipped` are more paths of this kind, which a sparse checkout may leave out of the work tree on purpose.
    `executable` are those of the index that may be executed.
    """

    indexed: dict[str, str]
    trusted: frozenset[str]
    executable: frozenset[str]
    skipped: dict[str, str]
    others: tuple[str, ...]
    left_out: dict[str, str]

    @classmethod
    @lru_cache(maxsize=1)  # a service asks again before each answer, and mostly nothing has moved
    def of(cls, listing: bytes) -> Listing:
        """Parse the records of the listing."""
        indexed: dict[str, str] = {}
        others: list[str] = []
        trusted: set[str] = set()
        executable: set[str] = set()
        skipped: dict[str, str] = {}
        left_out: dict[str, str] = {}
        for record in os.fsdecode(listing).split("\0")[:-1]:
            tag, rest = record[0], record[2:]
            if tag == "?":
                if rest.endswith("/"):
                    left_out[rest] = "nested repository"
                else:
                    others.append(rest)
                continue
            entry, _, path = rest.partition("\t")
            mode, blob, _ = entry.split(" ")
            if mode == SUBMODULE:
                left_out[f"{path}/"] = "submodule"
            elif tag in "Ss":
                skipped[path] = blob
            else:
                indexed[path] = blob
                if mode == EXECUTABLE:
                    executable.add(path)
                if tag.islower():
                    trusted.add(path)
        return cls(indexed, frozenset(trusted), frozenset(executable), skipped, tuple(others), left_out)


def unlistable(complaint: bytes) -> dict[str, str]:
    """Return the folders that git could not open, from its warnings."""
    found = re.findall(r"^warning: could not open directory '(.+)': (.+)$", os.fsdecode(complaint), re.MULTILINE)
    return {folder: f"unreadable: {reason.lower()}" for folder, reason in found}


def tree_entries(listing: bytes) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield (mode, kind, id, size, name) of what `ls-tree -z -l` lists."""
    for record in listing.split(b"\0")[:-1]:
        entry, name = record.split(b"\t", 1)
        mode, kind, oid, size = entry.decode("ascii").split()
        yield mode, kind, oid, size, os.fsdecode(name)

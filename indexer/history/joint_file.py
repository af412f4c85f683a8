"""The joint changes of a workspace on disk: one small file in the cache folder. Learns nothing."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from noctule.indexer.errors import StoreUnavailable
from noctule.indexer.history.joint_changes import JointRule, JointRules
from noctule.indexer.runtime.private_folder import make_private_folder, refuse_links
from noctule.indexer.runtime.scratch_file import replace_file
from noctule.indexer.store.location import cache_folder

FOLDER = "workspaces"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class JointFile:
    """What was learned of a workspace: up to which commit of each repository, and the rules from one to another.

    `commits` and `rules` go by the repositories' names; `roots` are their folders.
    """

    commits: Mapping[str, str] = field(default_factory=dict)
    roots: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[tuple[str, str], JointRules] = field(default_factory=dict)


def read_joint_file(workspace: Path) -> JointFile:
    """Return what was learned of a workspace; nothing where that is nothing, or cannot be read."""
    try:
        kept = json.loads(_file(workspace).read_bytes())
        if kept["format"] != FORMAT:
            return JointFile()
        rules = {(pair["from"], pair["to"]): _rules(pair) for pair in kept["pairs"]}
        return JointFile(kept["commits"], kept["roots"], rules)
    except (OSError, ValueError, KeyError, TypeError):
        return JointFile()


def write_joint_file(workspace: Path, learned: JointFile) -> None:
    """Keep what was learned of a workspace in place of what is there. StoreUnavailable."""
    file = _file(workspace)
    pairs = [{"from": of, "to": to, **asdict(rules)} for (of, to), rules in learned.rules.items()]
    kept = {"format": FORMAT, "commits": dict(learned.commits), "roots": dict(learned.roots), "pairs": pairs}
    try:
        make_private_folder(file.parent)
        refuse_links(file)
        replace_file(file, json.dumps(kept).encode())
    except OSError as error:
        raise StoreUnavailable(f"cannot write {file}: {error.strerror}", "check its folder") from error


def forget_joint_files(root: Path, cache: Path | None = None) -> None:
    """Remove what was learned of all workspaces that a repository is part of."""
    for file in _files(cache):
        try:
            roots = json.loads(file.read_bytes())["roots"].values()
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            roots = [str(root)]
        if str(root) in roots:
            file.unlink(missing_ok=True)


def _file(workspace: Path) -> Path:
    digest = hashlib.blake2b(os.fsencode(os.path.realpath(workspace)), digest_size=6).hexdigest()
    return cache_folder() / FOLDER / f"{digest}.json"


def _files(cache: Path | None) -> Iterator[Path]:
    return ((cache or cache_folder()) / FOLDER).glob("*.json")


def _rules(pair: Mapping[str, object]) -> JointRules:
    rules = [JointRule(**{**rule, "commits": tuple(rule["commits"])}) for rule in pair["rules"]]  # type: ignore[attr-defined]
    return JointRules(tuple(rules), pair["right"], pair["trials"])  # type: ignore[arg-type]

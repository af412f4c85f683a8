"""Which files of other repositories of a workspace changed together with files here, if they still exist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from noctule.indexer.files.git import Git
from noctule.indexer.history.joint_changes import AUTHOR_S, JointRule, JointRules
from noctule.indexer.history.joint_file import read_joint_file
from noctule.indexer.results import Claim, Evidence
from noctule.indexer.serve.repository import Repository
from noctule.indexer.serve.workspace_members import Asking
from noctule.indexer.serve.workspace_results import path_from_workspace

KIND = "changes in other repositories"
PRIOR_TRIALS = 2
"""The record of one rule is averaged with this many trials at the mean rate of all rules of its two repositories."""


@dataclass(frozen=True, slots=True)
class JointPartner:
    """A file (`repository`, `path`) that changes when another one (`of`) does, with the chance of that."""

    of: tuple[str, str]
    repository: str
    path: str
    chance: float
    claim: Claim

    @property
    def name(self) -> str:
        """Its path as seen from the workspace."""
        return path_from_workspace(self.repository, self.path)


@dataclass(frozen=True, slots=True)
class JointEvidence:
    """The joint changes that were learned of a workspace."""

    workspace: Path

    def find(self, files: Sequence[tuple[str, str]], asking: Asking) -> list[JointPartner]:
        """Return the files that change together with some files (repository, path): the likeliest first, each once.

        Files that no longer exist are left out, and rules that were learned from commits that are not checked out.
        """
        learned, wanted = read_joint_file(self.workspace), set(files)  # another process may have learned since
        found = [
            _partner(of, to, rule, joint)
            for (of, to), joint in learned.rules.items()
            for rule in joint.rules
            if (of, rule.path) in wanted and {of, to} <= asking.members.keys()
        ]
        paths: dict[str, set[str]] = {}
        for one in found:
            paths.setdefault(one.of[0], set()).add(one.of[1])
            paths.setdefault(one.repository, set()).add(one.path)
        there = asking.ask(paths, lambda name: _find_there(paths[name], learned.commits.get(name, "")), looks=False)
        found.sort(key=lambda one: (-one.chance, one.repository, one.path, one.of))
        best: dict[tuple[str, str], JointPartner] = {}
        for one in found:
            if one.of[1] in there.get(one.of[0], ()) and one.path in there.get(one.repository, ()):
                best.setdefault((one.repository, one.path), one)
        return list(best.values())


def _find_there(paths: set[str], learned: str) -> Callable[[Repository], set[str]]:
    """Return a question: which of some files are there; none where the commit of the lesson is no part of the past."""

    def find(repository: Repository) -> set[str]:
        place = repository.ref.look_up_head().place
        if place is None or place.head is None:
            return set()
        if place.head != learned and Git(place).try_run("merge-base", "--is-ancestor", learned, place.head).returncode:
            return set()
        return {path for path in paths.intersection(repository.reader.index.paths) if (repository.root / path).exists()}

    return find


def _partner(of: str, to: str, rule: JointRule, joint: JointRules) -> JointPartner:
    path, other = path_from_workspace(of, rule.path), path_from_workspace(to, rule.other)
    chance = (rule.right + PRIOR_TRIALS * joint.right / joint.trials) / (rule.trials + PRIOR_TRIALS)
    text = (
        f"{other} changed too with {rule.both} of the latest {rule.latest} commits that changed {path}, by the same "
        f"author within {AUTHOR_S // 3600} hours or for the same ticket. Expected so, it came true "
        f"{rule.right} of {rule.trials} times."
    )
    evidence = Evidence(None, None, None, None, rule.commits)
    return JointPartner((of, rule.path), to, rule.other, chance, Claim(text, path, KIND, (evidence,)))

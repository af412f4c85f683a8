"""The few claims that a pack is better for: what goes with the ranked files and is not among them. Knows no budget."""

from __future__ import annotations

from collections.abc import Sequence

from noctule.indexer.notes.drafts import Draft, check_drafts
from noctule.indexer.notes.partners import LEAST_TOGETHER, is_telling
from noctule.indexer.notes.phrases import share
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.results import Claim

SUBJECTS = 2
"""Only what ranks this high is worth a claim: the lower, the likelier is it to lead astray."""
MOST = 6
CHANGED_TOO = frozenset({"source", "test", "config", "build"})
"""What changes with everything, such as a list of changes, says nothing about one edit."""


def claims_for_pack(ground: ViewFacts, ranked: Sequence[int], most: int = MOST) -> tuple[Claim, ...]:
    """Return the most useful claims about a ranking, the first first, held against the live files."""
    among = set(ranked)
    found: list[tuple[float, int, str, Draft]] = []
    for rank, file in enumerate(ranked[:SUBJECTS]):
        for worth, draft in _about(ground, file, rank, among):
            found.append((worth / (1 + 0.5 * rank), rank, ground.path(file), draft))
    found.sort(key=lambda f: (-f[0], f[1]))
    claims: list[Claim] = []
    said: set[str] = set()
    for _, _, subject, one in found:
        if one.text in said or len(claims) == most:
            continue
        said.add(one.text)
        claims += check_drafts([one], subject, ground)[0]
    return tuple(claims)


def _about(ground: ViewFacts, file: int, rank: int, among: set[int]) -> list[tuple[float, Draft]]:
    """Return claims about one file with their worth; each names the file, as it stands among others."""
    path = ground.path(file)
    if ground.is_test(file):
        return []
    partners = ground.changes.together([file], least=LEAST_TOGETHER)
    found: list[tuple[float, Draft]] = []
    telling = [
        p for p in partners if is_telling(ground, p) and p.file not in among and ground.role(p.file) in CHANGED_TOO
    ]
    for partner in telling[:2]:
        text = f"{ground.path(partner.file)} changed in {share(partner.both, partner.of, partner.rule, path)}."
        found.append((0.4 + partner.share, Draft("changes with", text, (), partner.commits)))
    if rank == 0:
        folder = path.rpartition("/")[0]
        mine = [r for r in ground.recipes if r.folder == folder and path not in r.touched][:1]
        found += [(0.35, Draft("recipe", r.text, (), r.commits)) for r in mine]
    return found

"""Which tests exercise a file, and which files a test exercises: by name, by import and by changing together."""

from __future__ import annotations

from dataclasses import dataclass

from noctule.indexer.files.test_pairs import find_pairs, pair_key
from noctule.indexer.notes.changes import Partner
from noctule.indexer.notes.drafts import Draft, LearnedLines
from noctule.indexer.notes.phrases import share
from noctule.indexer.notes.view_facts import SURE, ViewFacts

MOST_TESTS = 3
LEAST_TOGETHER = 3
LEAST_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Link:
    """Why a test and a source belong together."""

    test: int
    source: int
    named: bool
    imports: bool
    together: Partner | None

    @property
    def weight(self) -> float:
        """How sure it is."""
        return 2.0 * self.named + 1.0 * self.imports + (1.5 * self.together.share if self.together else 0.0)

    @property
    def why(self) -> str:
        """The reasons in words, seen from the source."""
        return self.reasons("this file")

    def reasons(self, source: str) -> str:
        """The reasons in words, with what the source is called in them."""
        why = ["same name"] if self.named else []
        if self.imports:
            why.append("imports it")
        if self.together is not None:
            why.append(f"changed in {share(self.together.both, self.together.of, source)}")
        return ", ".join(why)


def find_tests(ground: ViewFacts, source: int, partners: list[Partner]) -> list[Link]:
    """Return the tests of a source, the surest first."""
    named = [ground.position[p] for p in _pairs(ground, source)]
    importing = [u for u in ground.users(source) if ground.is_test(u)]
    return _links(ground, source, named, importing, partners, tests=True)


def find_sources(ground: ViewFacts, test: int, partners: list[Partner]) -> list[Link]:
    """Return the sources that a test exercises, the surest first."""
    named = [ground.position[p] for p in _pairs(ground, test)]
    used = [f for f, _, sure in ground.index.graph.used(test) if sure >= SURE]
    return _links(ground, test, named, used, partners, tests=False)


def _links(
    ground: ViewFacts, subject: int, named: list[int], imported: list[int], partners: list[Partner], *, tests: bool
) -> list[Link]:
    often = {p.file: p for p in partners if p.both >= LEAST_TOGETHER and p.share >= LEAST_SHARE}
    likely = {*named, *often, *imported}
    links = []
    for other in likely:
        fits = ground.is_test(other) if tests else ground.role(other) == "source"
        if fits and ground.is_there(other) and ground.language(other):
            test, source = (other, subject) if tests else (subject, other)
            links.append(Link(test, source, other in named, other in imported, often.get(other)))
    links.sort(key=lambda k: (-k.weight, ground.path(k.test), ground.path(k.source)))
    return links


def _pairs(ground: ViewFacts, file: int) -> tuple[str, ...]:
    """Return the partners by name, looking only at files whose name could pair."""
    path, key = ground.path(file), pair_key(ground.path(file))
    rough = [p for p in map(ground.path, ground.bearing(key)) if pair_key(p) == key]
    return find_pairs({path, *rough}).get(path, ())


def drafts_of_tests(ground: ViewFacts, source: int, links: list[Link]) -> list[Draft]:
    """Say which tests exercise a source."""
    sure = [k for k in links if k.named or k.together is not None][:MOST_TESTS]
    shown = sure or [k for k in links if k.imports][:1]
    lines = ground.import_lines([k.test for k in shown if k.imports], source)
    drafts = []
    for link in shown:
        places = (LearnedLines.line(link.test, lines[link.test]),) if link.test in lines else ()
        commits = link.together.commits if link.together is not None else ()
        names = (link.test,) if link.named and not places else ()
        if places or commits or names:
            drafts.append(Draft("tests", f"Tested by {ground.path(link.test)}: {link.why}.", places, commits, names))
    return drafts


def drafts_of_sources(ground: ViewFacts, links: list[Link]) -> list[Draft]:
    """Say which sources a test exercises, beyond what its imports show."""
    drafts = []
    for link in [k for k in links if k.named or k.together is not None][:2]:
        why = ["same name"] if link.named else []
        commits: tuple[int, ...] = ()
        if link.together is not None:
            why.append(f"changed together in {share(link.together.both, link.together.of)}")
            commits = link.together.commits
        names = (link.source,) if link.named and not commits else ()
        drafts.append(Draft("tests", f"Tests {ground.path(link.source)}: {', '.join(why)}.", (), commits, names))
    return drafts

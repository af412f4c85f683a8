"""Which tests exercise a file: those that use it for sure. Its name and changing together are only further reasons."""

from __future__ import annotations

import re
from dataclasses import dataclass

from noctule.indexer.files.roles import TEST_FOLDERS, is_test_name
from noctule.indexer.files.test_pairs import find_pairs, pair_key
from noctule.indexer.notes.changes import Partner
from noctule.indexer.notes.drafts import Draft, LearnedLines
from noctule.indexer.notes.phrases import count_phrase, share
from noctule.indexer.notes.view_facts import ViewFacts

_SYSTEM = re.compile(
    r"_(linux|windows|darwin|freebsd|netbsd|openbsd|solaris|aix|js|wasm|plan9|unix|posix|others?)(?:_test)?\.go$"
)
_BENCHMARK = re.compile(
    r"(?:^|/)(?:bench|benches|benchmarks?|perf)/|(?:^|[_.-])bench(?:mark)?s?(?=[_.-])|Bench(?:mark)?s?\.\w+$"
)
_ASIDE = frozenset({"playground", "playgrounds", "sandbox", "scripts", "script", "tools", "website", "demo"})
"""Folders of what is tested by hand: a test of such a name is about something else."""
_LAYOUT = TEST_FOLDERS | {"src", "lib", "main", "java", "kotlin", "scala", "python"}
MOST_TESTS = 2
LEAST_TOGETHER = 3
LEAST_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Link:
    """Why a test and a source belong together; `uses` is whether the test is known to use the source.

    One that `helps` is a file that other tests use; one that `measures` is a benchmark.
    """

    test: int
    named: bool
    uses: bool
    together: Partner | None
    helps: bool = False
    measures: bool = False

    @property
    def weight(self) -> float:
        """How sure it is."""
        return 2.0 * self.named + 3.0 * self.uses + (1.5 * self.together.share if self.together else 0.0)

    @property
    def is_meant(self) -> bool:
        """Tell whether the test is about the source, and does not only use it by the way."""
        return self.uses and not self.measures and (self.named or (self.together is not None and not self.helps))

    def reasons(self, source: str = "this file") -> str:
        """The reasons in words, with what the source is called in them."""
        why = ["same name"] if self.named else []
        if self.uses:
            why.append("uses it")
        if self.together is not None:
            together = self.together
            why.append(f"changed in {share(together.both, together.of, together.rule, source)}")
        return ", ".join(why)


def find_tests(ground: ViewFacts, source: int, partners: list[Partner]) -> list[Link]:
    """Return the tests of a source, the surest first; of those that only use it, the one that uses it most."""
    named = [ground.position[p] for p in _pairs(ground, source)]
    using = [u for u in ground.users(source) if ground.is_test(u)]
    often = {p.file: p for p in partners if p.both >= LEAST_TOGETHER and p.share >= LEAST_SHARE}
    order = {test: place for place, test in enumerate(using)}
    links = [
        Link(test, test in named, test in order, often.get(test), is_helper(ground, test), _measures(ground, test))
        for test in {*named, *often, *using}
        if ground.is_test(test)
        and ground.is_there(test)
        and ground.language(test)
        and not _is_for_another_system(ground.path(test), ground.path(source))
    ]
    return sorted(
        links, key=lambda k: (k.helps or k.measures, -k.weight, order.get(k.test, len(order)), ground.path(k.test))
    )


def is_helper(ground: ViewFacts, test: int) -> bool:
    """Tell whether a file among the tests is none by its name, and others of them use it."""
    return not is_test_name(ground.path(test).rpartition("/")[2]) and any(map(ground.is_test, ground.users(test)))


def _measures(ground: ViewFacts, test: int) -> bool:
    """Tell whether a file among the tests is a benchmark by its path."""
    return _BENCHMARK.search(ground.path(test)) is not None


def _is_for_another_system(test: str, source: str) -> bool:
    """Tell whether a Go test is built for a system that the source is not for: it means a namesake of the source."""
    built_for, meant_for = _SYSTEM.search(test), _SYSTEM.search(source)
    return built_for is not None and meant_for is not None and built_for[1] != meant_for[1]


def _pairs(ground: ViewFacts, file: int) -> tuple[str, ...]:
    """Return the partners by name, looking only at files whose name could pair; each is nearest to the other."""
    path, key = ground.path(file), pair_key(ground.path(file))
    rough = [p for p in map(ground.path, ground.bare_paths.find_text(key)) if pair_key(p) == key]
    pairs = find_pairs({path, *rough})
    return tuple(other for other in pairs.get(path, ()) if path in pairs.get(other, ()))


def drafts_of_tests(ground: ViewFacts, source: int, links: list[Link]) -> list[Draft]:
    """Say which tests exercise a source; where none is known to, which bears its name."""
    using = [k for k in links if k.uses]
    own = [k for k in links if _goes_without_saying(ground, source, k)]
    using = [k for k in using if k not in own]
    told = [k for k in using if k.is_meant][:MOST_TESTS]
    others = [k for k in using if not k.is_meant]
    lines = ground.import_lines([k.test for k in (told or others[:1])], source)
    if told:
        left = len(using) - len(told)
        more = f"; {count_phrase(left, 'more test file')} {'use' if left > 1 else 'uses'} it" if left else ""
        said = [f"Tested by {ground.path(k.test)}: {k.reasons()}" for k in told]
        said[0] += more
        return [_draft(ground, k, f"{text}.", lines.get(k.test)) for k, text in zip(told, said, strict=True)]
    if others:
        more = f" and by {count_phrase(len(using) - 1, 'more test file')}" if len(using) > 1 else ""
        best = others[0]
        beside = "Beside its own test, exercised" if own and own[0].uses else "Exercised"
        return [_draft(ground, best, f"{beside} by {ground.path(best.test)}{more}.", lines.get(best.test))]
    named = [k for k in links if k.named and not k.uses and k not in own and _means_alone(ground, source, k.test)]
    return [_draft(ground, k, f"A test has the same name: {ground.path(k.test)}.", None) for k in named[:1]]


def _means_alone(ground: ViewFacts, source: int, test: int) -> bool:
    """Tell whether a test bears the name of no source but this one, in the same part of the repository."""
    aside = ground.path(source).partition("/")[0] in _ASIDE and ground.path(source).count("/") > 0
    if len(_pairs(ground, test)) > 1 or ground.role(source) != "source" or aside:
        return False
    one, other = ([part for part in ground.path(f).split("/")[:-1] if part not in _LAYOUT] for f in (source, test))
    shared = sum(a == b for a, b in zip(one, other, strict=False))
    return shared == min(len(one), len(other)) and not ground.is_facade(source)


def _goes_without_saying(ground: ViewFacts, source: int, link: Link) -> bool:
    """Tell whether nobody has to be told of a test: it lies beside the source and bears its name."""
    beside = ground.path(link.test).rpartition("/")[0] == ground.path(source).rpartition("/")[0]
    return beside and link.named


def _draft(ground: ViewFacts, link: Link, text: str, line: int | None) -> Draft:
    places = () if line is None else (LearnedLines.line(link.test, line),)
    commits = link.together.commits if link.together is not None and link.uses else ()
    doubtful = link.uses and ground.has_changed(link.test) and not places
    return Draft("tests", text, places, commits, () if places else (link.test,), doubtful)

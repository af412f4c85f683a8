"""Notes in, Markdown or plain text out, as an editor shows them: a few lines for a hover, all of it for a document.

What comes from the repository acts on nothing: no character of it is taken for Markdown, and no link is made of it but
to the lines of evidence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from noctule.indexer.printable import printable_line
from noctule.indexer.results import Claim, Evidence, Forecast, Note
from noctule.lsp_server.text.numbers import age, count, percent
from noctule.lsp_server.text.source_link import NO_NOTES

_SPECIAL = re.compile(r"([\\`*{}\[\]<>#|~&$!]|(?<![^\W_])_|_(?![^\W_]))|(?<=http)(:)|(?<=https)(:)|(?<=www)(\.)|(@)")
SHOWN = 6
"""So many claims are shown in a hover; of a kind that there are several of, only the first."""
_SOONEST = ("users", "dependents", "changes with", "tests", "fixes", "subtypes", "entry point", "recipe")
_PLACE = re.compile(r"`([^`\n]+?):(\d+)(?:-(\d+))?`")
Link = Callable[[Evidence], str | None]
Age = Callable[[Evidence], float | None]
"""How many seconds ago the latest commit of some evidence was made; None where it rests on lines alone."""


@dataclass(frozen=True, slots=True)
class ChangeChance:
    """The probability that the next change touches a file, and how such forecasts did on past commits.

    Where a symbol of the file is spoken of, `file` is the name of the file, whose figure it is.
    """

    probability: float | None
    hit_rate: float
    trials: int
    file: str = ""

    @classmethod
    def of(cls, forecast: Forecast, path: str, *, is_symbol: bool = False) -> ChangeChance | None:
        """Look a file up; None where forecasts are withheld. What is not listed is less likely than what is."""
        if forecast.withheld or not forecast.hit_rate:
            return None
        points = {point.path: point.probability for point in forecast.change_points if point.symbol is None}
        name = path.rpartition("/")[2] if is_symbol else ""
        return cls(points.get(path), forecast.hit_rate.get("recall@10", 0.0), forecast.trials, name)


def escape(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", printable_line(text))


def code(text: str) -> str:
    """Return text as a code span, in which nothing is Markdown but the backtick."""
    shown = printable_line(text)
    fence = "`" * (max((len(run) for run in re.findall(r"`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def chance_line(chance: ChangeChance) -> str:
    """Say how likely the next change touches the file, and how good such words were."""
    likely = "less likely to change next than other files" if chance.probability is None else ""
    likely = likely or f"{percent(chance.probability or 0.0)} likely to change in the next commit"
    found = f"{percent(chance.hit_rate)} of the files that {count(chance.trials, 'past commit')} changed"
    subject = f"the file {chance.file} is " if chance.file else ""
    return f"{subject}{likely} (the top 10 covered {found})"


def select_claims(claims: Sequence[Claim]) -> list[Claim]:
    """Return the claims for a hover: the first of each kind, what depends on it first."""
    first: dict[str, Claim] = {}
    for claim in claims:
        first.setdefault(claim.kind, claim)
    rank = {kind: place for place, kind in enumerate(_SOONEST)}
    return sorted(first.values(), key=lambda claim: rank.get(claim.kind, len(rank)))[:SHOWN]


def hover(
    note: Note, ages: Age, chance: ChangeChance | None, *, markdown: bool, more: str | None, learned_s: float
) -> str:
    """Return a few lines on a subject; empty where there is nothing to say. `more` is the address of the whole note."""
    claims = select_claims(note.claims)
    if not claims and chance is None:
        return ""
    plain = (lambda text: text) if not markdown else escape
    mark = "- " if not markdown else "* "
    lines = [f"{mark}{plain(_with_age(claim.told, claim, ages))}" for claim in claims]
    if chance is not None and chance.probability is not None:
        lines.append(f"{mark}{plain(_sentence(chance_line(chance)))}")
    head = f"**noctule** {code(note.subject)}" if markdown else f"noctule: {printable_line(note.subject)}"
    foot = [f"indexed {age(learned_s)}, lines checked just now"]
    if note.withheld:
        foot.append(f"{count(sum(note.withheld.values()), 'fact')} left out: the evidence has changed")
    left = len(note.claims) - len(claims)
    if left > 0:
        foot.append(f"{left:,} more")
    said = plain("; ".join(foot))
    if more is not None and markdown:
        said = f"{said} · [show all]({more})"
    return "\n".join([head, "", *lines, "", said]) if markdown else "\n".join([head, *lines, said])


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _with_age(text: str, claim: Claim, ages: Age) -> str:
    """Say within a sentence how long ago the latest commit was made that it rests on."""
    known = [seconds for evidence in claim.evidence if (seconds := ages(evidence)) is not None]
    if not known:
        return text
    stop = "." if text.endswith(".") else ""
    return f"{text.removesuffix('.')} (latest {age(min(known))}){stop}"


def document(note: Note, repository: str, ages: Age, chance: ChangeChance | None, link: Link) -> str:
    """Return the whole note as a Markdown document; evidence is cited as `path:first-last`, and linked if it can be."""
    lines = [f"# {code(note.subject or repository)}", ""]
    if chance is not None:
        lines += [escape(_sentence(chance_line(chance))), ""]
    if not note.claims:
        lines += [NO_NOTES, ""]
    for kind, claims in _by_kind(note.claims).items():
        lines += [f"## {escape(kind)}", ""]
        for claim in claims:
            by = f" (by {claim.by})" if claim.by else ""
            lines.append(f"* {escape(_with_age(claim.text, claim, ages) + by)}")
            lines += [f"  * {render_citation(evidence, link)}" for evidence in claim.evidence]
        lines.append("")
    if note.withheld:
        withheld = ", ".join(f"{number} {kind}" for kind, number in note.withheld.items())
        lines += [escape(f"Left out, because their evidence has changed: {withheld}."), ""]
    return "\n".join(lines)


def _by_kind(claims: Sequence[Claim]) -> Mapping[str, list[Claim]]:
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        found.setdefault(claim.kind, []).append(claim)
    return found


def render_citation(evidence: Evidence, link: Link) -> str:
    """Return evidence as a citation."""
    if evidence.path is None:
        return ", ".join(code(commit[:10]) for commit in evidence.commits)
    first, last = evidence.start_line, evidence.end_line
    place = evidence.path if first is None else f"{evidence.path}:{first}" + (f"-{last}" if last != first else "")
    target = link(evidence)
    return f"[{code(place)}]({target})" if target is not None else code(place)


@dataclass(frozen=True, slots=True)
class CitedLines:
    """A citation in a note's document: on which line between which characters, and the lines (from one) it means."""

    line: int
    start: int
    stop: int
    path: str
    first: int
    last: int


def citations(lines: Sequence[str]) -> list[CitedLines]:
    """Return the citations of lines in a note's document."""
    return [
        CitedLines(number, match.start(1), match.end() - 1, match[1], int(match[2]), int(match[3] or match[2]))
        for number, line in enumerate(lines)
        for match in _PLACE.finditer(line)
    ]

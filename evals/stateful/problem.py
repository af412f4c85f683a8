"""Apple's and AIME's files in, problems out: context, question, and the right number. The split is worked out here.

No data set comes with this program: users bring the files as they downloaded them.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from noctule.evals.errors import BadTaskFile
from noctule.evals.stateful.marking import parse_gold
from noctule.evals.stateful.split import split

GSM, AIME = "gsm", "aime"
_ASKED = re.compile(
    r"(?:[Ff]ind|[Ww]hat is|[Cc]ompute|[Dd]etermine)(?: the remainder when| the difference between)?"
    r" (?P<sum>.+?)(?: is divided by \d+| and \d+)?"
)
_SUM = re.compile(r"(?:[a-z\d+^* -]|[A-Z](?![A-Z]| *[A-Z]))+")
"""Letters that stand for numbers; two capitals beside each other are points."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem in two parts. Those of one `cluster` are variants of one text, so that they count as one.

    `is_posed`: the context alone states what is asked for, and the question is only bookkeeping ("Find m+n.").
    """

    id: str
    kind: str
    part: str
    cluster: str
    context: str
    question: str
    gold: Decimal
    is_posed: bool = False
    is_moved: bool = False
    source: str = ""
    """The context that it shares with others; empty where it has one of its own."""

    @property
    def subject(self) -> str:
        """What a note is about: the context, whatever is asked of it."""
        return self.source or self.id

    @property
    def is_contest(self) -> bool:
        """Whether answers are integers from 0 to 999 in a box."""
        return self.kind == AIME


def load(files: Sequence[Path], kind: str) -> list[Problem]:
    """Read problems of some files. BadTaskFile, which names the line."""
    found: dict[str, Problem] = {}
    for file in files:
        before = len(found)
        for number, row in _rows(file):
            try:
                problem = _problem(row, number, kind, _part(file, kind))
            except ValueError as error:
                raise BadTaskFile(
                    f"{file}, line {number}: {error}",
                    "a line is a JSON object with a text ('question' or 'problem') and its number ('answer')",
                ) from error
            if problem.id in found:
                raise BadTaskFile(f"{file}, line {number}: {problem.id} stands there twice")
            found[problem.id] = problem
        if len(found) == before:
            raise BadTaskFile(f"{file} holds no problem", "give a file with one JSON object per line")
    return list(found.values())


def select(problems: Sequence[Problem], per_cluster: int, limit: int | None, seed: int) -> list[Problem]:
    """Draw some problems of each cluster, in an order in which any first ones are spread over clusters and parts."""
    draw = random.Random(seed)
    by_cluster: dict[str, list[Problem]] = {}
    for problem in problems:
        by_cluster.setdefault(problem.cluster, []).append(problem)
    rounds: list[tuple[int, float, Problem]] = []
    for name in sorted(by_cluster):
        # All are put in order, so that a larger selection holds the smaller ones.
        order = draw.sample(by_cluster[name], len(by_cluster[name]))
        rounds += [(at, draw.random(), problem) for at, problem in enumerate(order)]
    rounds.sort(key=lambda entry: entry[:2])
    return [problem for at, _, problem in rounds if at < per_cluster][:limit]


def is_bookkeeping(question: str) -> bool:
    """Tell whether a question only asks to combine what its context has asked for."""
    plain = " ".join(re.sub(r"\\[()]|\\cdot\b|[$.?]", " ", question).split())
    asked = _ASKED.fullmatch(plain)
    if re.fullmatch(r"[Ff]ind the sum of these \w+ values of [a-z]", plain):
        return True
    return (
        asked is not None
        and all(len(word) <= 3 for word in re.findall(r"[A-Za-z]+", asked["sum"]))
        and bool(_SUM.fullmatch(asked["sum"]))
    )


def _rows(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        data = file.read_bytes()
        text = (gzip.decompress(data) if file.name.endswith(".gz") else data).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise BadTaskFile(f"cannot read {file}: {why}", "name a readable file") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise BadTaskFile(f"{file}, line {number}: it is not JSON", "one JSON object per line is needed") from error
        if not isinstance(row, Mapping):
            raise BadTaskFile(f"{file}, line {number}: it is not a JSON object")
        yield number, row


def _problem(row: Mapping[str, Any], number: int, kind: str, part: str) -> Problem:
    text = row.get("question") or row.get("problem") or row.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ValueError("it holds no text")
    answer = row.get("solution") if "####" in str(row.get("solution")) else row.get("answer")
    gold = parse_gold(answer) if answer is not None and not isinstance(answer, bool) else None
    if gold is None:
        raise ValueError("its answer holds no number")
    parts = split(text, has_tex=kind == AIME)
    if kind == AIME:
        if gold != int(gold) or not 0 <= gold <= 999:
            raise ValueError(f"its answer is {gold}, and not an integer from 0 to 999")
        # Who has judged it by hand knows better than a rule.
        judged = row.get("context_poses_it")
        is_posed = bool(parts.context) and (judged if isinstance(judged, bool) else is_bookkeeping(parts.question))
        name = str(row.get("id", row.get("ID", row.get("problem_idx", number))))
        id_ = name if name.startswith("20") else f"{part}-{name}"
        return Problem(id_, kind, part, id_, parts.context, parts.question, gold, is_posed, parts.is_moved)
    template = row.get("template", row.get("id", row.get("original_id", number)))
    cluster = f"{part}-{template}"
    id_ = f"{cluster}-{row.get('instance', number)}"
    return Problem(id_, kind, part, cluster, parts.context, parts.question, gold, is_moved=parts.is_moved)


def _part(file: Path, kind: str) -> str:
    """Return what the problems of a file are called: P1, P2, a year, or the name of the file."""
    name = file.name.partition(".")[0]
    pattern = r"20\d\d" if kind == AIME else r"(?i)(?<![a-z])p\d"
    found = re.search(pattern, name)
    return found[0].upper() if found else name

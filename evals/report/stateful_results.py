"""A run of the paper's experiments, read for scoring: answers by arm and budget, sleeps, scores. Judges nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from noctule.evals.errors import RunError
from noctule.evals.run_folder import Row, read_about, read_rows
from noctule.evals.scorers.clusters import ItemScore
from noctule.evals.scorers.currencies import Currency
from noctule.evals.scorers.frontier import ItemAnswer
from noctule.evals.stateful.anticipate import ANTICIPATED
from noctule.evals.stateful.arms import EQUAL, SAMPLES, SLEEP, TEST, k_of, parse_cell
from noctule.evals.stateful.experiment import SLEPT
from noctule.evals.stateful.forecast import PROXIES, SCORED
from noctule.evals.stateful.multi import GENERATED
from noctule.evals.stateful.request import RequestRecord, read_requests
from noctule.indexer.llm.usage import Usage

ALL = "all"
ANSWER_FACTS = (
    *("part", "cluster", "subject", "gold", "number", "right", "cut", "unboxed", "posed", "usage", "dollars"),
    *("dropped", "sent", "holds_gold"),
)
"""What the row of an answer holds."""


@dataclass(frozen=True)
class StatefulAnswer:
    """One answer of one arm."""

    problem: str
    run: int
    facts: Mapping[str, Any]

    @property
    def cluster(self) -> str:
        """The unit that intervals are drawn over."""
        return str(self.facts["cluster"])

    @property
    def item(self) -> str:
        """The problem and the run, which pair it with the answers of other arms."""
        return f"{self.problem}#{self.run}"

    @property
    def right(self) -> float:
        """1 where it is right."""
        return float(self.facts["right"])

    @cached_property
    def usage(self) -> Usage | None:
        """The tokens; None where the provider told none."""
        told = self.facts["usage"]
        return None if told is None else Usage(**told)


@dataclass(frozen=True)
class Stratum:
    """Some of the problems, by a name."""

    name: str
    holds: Callable[[Mapping[str, Any]], bool]


class StatefulRun:
    """All of a run."""

    def __init__(
        self, folder: Path, about: Mapping[str, Any], rows: Sequence[Row], requests: Sequence[RequestRecord]
    ) -> None:
        self.folder = folder
        self.about: Mapping[str, Any] = about["about"]
        self.commands = [str(c) for c in about.get("commands", [])]
        self.requests = requests
        last = {(row.task, row.solver): row for row in rows}
        self.failed = [row for row in last.values() if row.status == "failed"]
        self.skipped = [row for row in last.values() if row.status == "skipped"]
        self.answers: dict[str, dict[str, list[StatefulAnswer]]] = {}
        self.sleeps: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
        self.scores: dict[str, dict[str, Mapping[str, Any]]] = {}
        self.questions: dict[str, Mapping[str, Any]] = {}
        for _, row in sorted(last.items()):
            if row.status != "ok" or row.answer is None:
                continue
            try:
                self._keep(row.task, row.solver, dict(row.answer))
            except (KeyError, TypeError, ValueError) as error:
                raise RunError(
                    f"{folder}/results.jsonl has a result that is none of this experiment: {row.solver} of {row.task}",
                    "it was changed: name another folder with --out",
                ) from error
        for by_subject in self.sleeps.values():
            for mine in by_subject.values():
                mine.sort(key=lambda facts: facts["number"])

    def _keep(self, task: str, solver: str, facts: dict[str, Any]) -> None:
        """Put a result where it belongs. KeyError, TypeError, ValueError where it is none of this experiment."""
        if solver in {PROXIES, SCORED, ANTICIPATED}:
            self.scores.setdefault(solver, {})[task] = facts
        elif solver == GENERATED:
            self.questions[task] = facts
        elif solver.split("#", maxsplit=1)[0].split(" ", maxsplit=1)[0] == SLEPT:
            name, _, number = solver.rpartition("#")
            cost_of(facts, Currency.ALL)
            self.sleeps.setdefault(name, {}).setdefault(task, []).append({**facts, "number": int(number)})
        else:
            arm, budget, at = parse_cell(solver)
            answer = StatefulAnswer(task, at, {key: facts[key] for key in ANSWER_FACTS})
            cost_of(answer.facts, Currency.ALL)
            self.answers.setdefault(arm, {}).setdefault(budget, []).append(answer)

    @cached_property
    def arms(self) -> list[str]:
        """The arms that answered at several budgets, `test` and `sleep` first."""
        order = {TEST: 0, SLEEP: 1}
        plain = [arm for arm in self.answers if arm not in {SAMPLES, EQUAL}]
        return sorted(plain, key=lambda arm: (order.get(arm, 2), k_of(arm) or 0, arm))

    @cached_property
    def budgets(self) -> list[str]:
        """The budgets, the smallest first."""
        known = ["minimal", "low", "medium", "high"]
        names = {budget for arm in self.arms for budget in self.answers[arm]}
        return sorted(names, key=lambda b: known.index(b) if b in known else int(b) if b.isdecimal() else 99)

    @cached_property
    def strata(self) -> list[Stratum]:
        """All problems, and the parts that stand apart."""
        answers = [a for by_budget in self.answers.values() for found in by_budget.values() for a in found]
        found = [Stratum(ALL, lambda _: True)]
        parts = sorted({str(a.facts["part"]) for a in answers})
        if len(parts) > 1:
            found += [Stratum(part, lambda facts, part=part: facts["part"] == part) for part in parts]  # type: ignore[misc]
        if any(a.facts["posed"] for a in answers):
            found.append(Stratum("context poses the problem", lambda facts: bool(facts["posed"])))
            found.append(Stratum("context does not", lambda facts: not facts["posed"]))
        return found

    def of(self, arm: str, budget: str, stratum: Stratum | None = None) -> list[StatefulAnswer]:
        """Return the answers of an arm at a budget."""
        found = self.answers.get(arm, {}).get(budget, [])
        return found if stratum is None else [a for a in found if stratum.holds(a.facts)]

    def rights(self, arm: str, budget: str, stratum: Stratum | None = None) -> dict[str, ItemScore]:
        """Return right and wrong by problem and run."""
        found = self.of(arm, budget, stratum)
        return {a.item: ItemScore(a.item, a.cluster, a.right) for a in found}

    def costs(self, arm: str, budget: str, currency: Currency, stratum: Stratum | None = None) -> list[ItemScore]:
        """Return what answers cost, as far as the provider told it."""
        found = []
        for answer in self.of(arm, budget, stratum):
            cost = cost_of(answer.facts, currency)
            if cost is not None:
                found.append(ItemScore(answer.item, answer.cluster, cost))
        return found

    def curve(self, arm: str, currency: Currency, stratum: Stratum | None = None) -> dict[str, list[ItemAnswer]]:
        """Return what an arm reaches at which cost, by budget."""
        curve: dict[str, list[ItemAnswer]] = {}
        for budget in self.budgets:
            told = [(a, cost_of(a.facts, currency)) for a in self.of(arm, budget, stratum)]
            mine = [ItemAnswer(a.item, a.cluster, a.right, cost) for a, cost in told if cost is not None]
            if mine:
                curve[budget] = mine
        return curve

    def slept(self, arm: str, budget: str, currency: Currency, stratum: Stratum | None = None) -> list[ItemScore]:
        """Return what the sleeps of an arm cost for each of its contexts, all of its k together."""
        found: dict[str, ItemScore] = {}
        for answer in self.of(arm, budget, stratum):
            subject = str(answer.facts["subject"])
            costs = [cost_of(facts, currency) for facts in self.notes_of(arm, budget, subject)]
            if costs and None not in costs:
                found[subject] = ItemScore(subject, answer.cluster, sum(c for c in costs if c is not None))
        return list(found.values())

    def notes_of(self, arm: str, budget: str, subject: str) -> list[Mapping[str, Any]]:
        """Return the sleeps whose notes an arm shows."""
        k = k_of(arm)
        effort = arm.removeprefix(f"{SLEEP} effort=") if arm.startswith(f"{SLEEP} effort=") else ""
        how = "hot" if k else arm if arm in {"hindsight", "merged"} else ""
        for own in (effort or budget, ""):
            name = " ".join(part for part in (SLEPT, how, own) if part)
            if subject in self.sleeps.get(name, {}):
                return self.sleeps[name][subject][: k or 1]
        return []


def cost_of(facts: Mapping[str, Any], currency: Currency) -> float | None:
    """Return what an answer or a sleep cost; None where nobody told it."""
    if currency is Currency.DOLLARS:
        return None if facts["dollars"] is None else float(facts["dollars"])
    usage = facts["usage"]
    return None if usage is None else currency.tokens(Usage(**usage))


def read_stateful(folder: Path) -> StatefulRun:
    """Read a run. RunError."""
    about = read_about(folder)
    return StatefulRun(folder, about, list(read_rows(folder)), list(read_requests(folder)))

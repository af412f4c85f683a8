"""What the pack would have spared recorded agents, as a table and as means: both bounds, with and without a cache."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from noctule.evals.report.figures import amount, points
from noctule.evals.report.page import Table
from noctule.evals.report.scored import Scored, Subset
from noctule.evals.scorers import paired
from noctule.evals.scorers.paired import PairedEstimate
from noctule.evals.solvers.reading import CUTS

BOUNDS = ("low", "high")


@dataclass(frozen=True, slots=True)
class ReplayedRun:
    """The runs of one agent against one pack: each as it was ("cold") and with the pack, by bound."""

    agent: str
    solver: str
    runs: Sequence[Mapping[str, object]]

    def figures(self, bound: str, key: str) -> list[float]:
        """Return one number of each run."""
        return [_figures(run[bound])[key] for run in self.runs]

    def mean_saving(self, bound: str, key: str) -> PairedEstimate | None:
        """Return the mean of what the pack saves a run; negative where it costs more."""
        return paired.estimate(
            [c - w for c, w in zip(self.figures("cold", key), self.figures(bound, key), strict=True)]
        )

    def share(self, bound: str, key: str) -> float | None:
        """Return what the pack saves of all that was spent."""
        whole = sum(self.figures("cold", key))
        return 1 - sum(self.figures(bound, key)) / whole if whole else None

    def describe_reading(self) -> str:
        """Say how much of what the runs read before their first right edit the pack shows or names."""
        read, quoted, named = (self._sum(f"lines_{what}") for what in ("read", "quoted", "named"))
        told = [run for run in self.runs if _number(run, "lines_read")]
        whole = sum(_number(run, "lines_named") == _number(run, "lines_read") for run in told)
        offered = np.median([_number(run, "lines_offered") for run in self.runs])
        tokens = float(np.median([_number(run, "pack_tokens") for run in self.runs]))
        return (
            f"Of the lines read before the first right edit {_share(quoted, read)} stand in the pack, "
            f"{_share(named, read)} in it or in a range that it names; all of them in {whole} of {len(told)} runs; "
            f"packs of {tokens:,.0f} tokens and {offered:,.0f} lines in the median."
        )

    def describe_respect(self) -> str:
        """Say how much of what else the runs read and changed the second half of a pack names, by its length."""
        read, others = self._sum("elsewhere_read"), self._sum("other_files")
        cuts = (
            f"{_share(self._sum(f'elsewhere_{cut}'), read)} and {self._sum(f'files_{cut}')} at {cut:,} tokens "
            f"({np.median([_number(run, f'offered_{cut}') for run in self.runs]):,.0f} lines)"
            for cut in CUTS
        )
        return (
            f"Of {read:,} lines read outside of what was changed, and of {others} other files of the change, "
            f"the second half names {', '.join(cuts)}."
        )

    def _sum(self, name: str) -> int:
        return sum(_number(run, name) for run in self.runs)


def _number(run: Mapping[str, object], name: str) -> int:
    value = run.get(name, 0)
    return int(value) if isinstance(value, int | float) else 0


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"


def replays(scored: Scored, subset: Subset) -> list[ReplayedRun]:
    """Return the replays of a run, by solver and agent."""
    found = []
    for solver in (s for s in scored.solvers if s.startswith("recorded")):
        runs = list(_runs(scored, solver, subset))
        for agent in sorted({str(run["run"]) for run in runs}):
            found.append(ReplayedRun(agent, solver, [run for run in runs if run["run"] == agent]))
    return found


def _runs(scored: Scored, solver: str, subset: Subset) -> Iterable[Mapping[str, object]]:
    for task, answer in scored.run.answers[solver].items():
        runs = answer.detail.get("runs")
        if task in subset.tasks and isinstance(runs, list):
            yield from runs


def _figures(value: object) -> Mapping[str, float]:
    assert isinstance(value, Mapping)
    return value


def table(scored: Scored, subset: Subset) -> Table:
    """Return what the pack would have spared recorded agents, both bounds."""
    rows = []
    for one in replays(scored, subset):
        for bound in BOUNDS:
            cells = [
                f"{np.median(one.figures(bound, 'steps')):,.0f}",
                points(paired.estimate([float(steps > 0) for steps in one.figures(bound, "steps")])),
                f"{np.median(one.figures(bound, 'tokens')):,.0f}",
            ]
            for key in ("prompt_tokens", "prompt_cost"):
                cells += [amount(one.mean_saving(bound, key)), percent(one.share(bound, key))]
            rows.append([f"{one.agent}, {one.solver}", bound, str(len(one.runs)), *cells])
    return Table(
        [
            *("recorded agent, pack", "bound", "n runs", "steps spared, median", "runs with a step spared"),
            *("tokens spared, median", "prompt tokens saved, mean (95%)", "share of all"),
            *("at cached prices, mean (95%)", "share of all"),
        ],
        rows,
        labels=2,
        note=(
            "Tokens are characters / 4. Low: only steps before the first edit whose whole result the pack shows. "
            "High: these, and all searching and reading before the first look at a gold file, if the pack names that "
            "file. The pack's tokens are carried through every turn that is left; a negative saving is a loss. Cached "
            "prices: what a prompt repeats of the one before costs a tenth."
        ),
    )


def tokens(scored: Scored, subset: Subset) -> Table | None:
    """Return a run's prompt tokens apart: fresh ones, those from the cache, and output; None where no run tells."""
    rows = []
    for one in replays(scored, subset):
        if not all("cached_tokens" in _figures(run["cold"]) for run in one.runs):
            continue
        for arm in ("cold", *BOUNDS):
            sent, cached, output = (one.figures(arm, k) for k in ("prompt_tokens", "cached_tokens", "output_tokens"))
            fresh = [s - c for s, c in zip(sent, cached, strict=True)]
            means = [f"{np.mean(values):,.0f}" for values in (fresh, cached, output)]
            rows.append([f"{one.agent}, {one.solver}", arm, str(len(one.runs)), *means])
    return (
        Table(
            ["recorded agent, pack", "arm", "n runs", "input, not cached", "input, cached", "output"],
            rows,
            labels=2,
            note="Mean tokens of a run. Cold: as recorded. Low, high: with the pack, without the steps of that bound.",
        )
        if rows
        else None
    )


def percent(share: float | None) -> str:
    """Return a signed share in percent."""
    return "-" if share is None else f"{100 * share:+.1f}%"

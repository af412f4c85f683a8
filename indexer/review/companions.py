"""Which files a change usually also touches: the past in, scored files out. Knows no git, no text and no store.

A file is scored from what past commits like the change touched. The weights are shared by all repositories
(`noctule eval review --fit` prints them); from which score on a file is named follows from this repository's own past:
complete commits, each as it is and with one file taken out, each seen with the commits before it only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from noctule.indexer.arrays import Array, Doubles
from noctule.indexer.files.roles import MADE_ELSEWHERE, classify_role
from noctule.indexer.forecast.features import LEFT_OUT, CommitFeatures, CommitWalk, Past, PathNames
from noctule.indexer.history.counts import describe_rule
from noctule.indexer.history.history import MASS, MASS_FILES, MERGE, History, Ints
from noctule.indexer.history.line_counts import LineCounts, LineEdits

COLUMNS = (
    *("short share", "short chance", "long chance", "latest share", "reverse share", "similar commits"),
    *("same stem", "support", "agreement", "change size", "recency", "last together", "missing test"),
    *("same directory", "is test", "popularity"),
    *("short x reverse", "similar x size", "short x support", "long x similar", "stem x short", "chance x size"),
    *("edited lines", "added lines", "test x added", "stem x added", "small edit", "stem x small"),
)
"""What a file is scored from; shares and chances are log-odds. An edit of a line or two seldom needs another file."""

MOST_CHANGED = 20
"""So many files of a change are looked at: a larger one says little about what it lacks."""
LOOK_BACK = 200
LATEST = 30
"""So many commits of a file are counted in what is said of it."""
FEWEST_TOGETHER = 2
SMALL = 4
"""An edit of so many lines, added and removed, is a small one."""
TRIALS = 300
LEAST_TRIALS = 40
LEAST_RIGHT = 5
"""So many files have to be found in past changes before one is named in a new one."""
MOST_ALARMS = 0.05
"""At most so many of the complete past changes may be told that a file is missing."""


@dataclass(frozen=True, slots=True)
class Companion:
    """A file that changed in `both` of the last `of` commits to `partner`, and how likely the change lacks it.

    `rule` says what those commits leave out, or is empty.
    """

    path: str
    partner: str
    both: int
    of: int
    rule: str
    commits: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Record:
    """How such hints did on past changes: `least` is the score from which on a file is named; None where none is.

    `precision` is the share of the named files that were the one taken out, `recall` the share of those taken out that
    were named, `alarms` how many of 100 complete changes were told that something is missing.
    """

    least: float | None
    precision: float
    recall: float
    alarms: float
    trials: int


@dataclass(frozen=True, eq=False)
class ScoredFiles:
    """Files that a change may lack, by number: their evidence, one row for each, and who speaks for them."""

    files: Ints
    evidence: Doubles
    partners: Ints
    weights: Doubles
    bias: float

    @property
    def scores(self) -> Doubles:
        """Log-odds of each file."""
        return np.asarray(self.evidence @ self.weights + self.bias, np.float64)


class PastChanges:
    """A repository's past, to ask what a change lacks; `lines` says how large past edits were, where that is known."""

    def __init__(self, history: History, lines: LineCounts | None = None) -> None:
        self.history = history
        self._lines = lines or {}
        self._plain = np.flatnonzero((history.flags & MERGE) == 0)
        self.past = Past.of(history)
        self._names = PathNames.of(history.paths)
        roles = [classify_role(path) for path in history.paths]
        self._tests = np.array([role == "test" for role in roles], bool)
        self._made = np.array([role in MADE_ELSEWHERE for role in roles], bool)

    def companions(
        self, changed: Sequence[str], live: Sequence[str], edits: LineEdits | None = None
    ) -> list[Companion]:
        """Return the files of `live` that the change may lack, the likeliest first; `edits` count for known pasts."""
        numbers = {path: n for n, path in enumerate(self.history.paths) if self.history.current[n] == n}
        files = [numbers[path] for path in changed if path in numbers]
        now = CommitWalk(self.history, self.past).to(len(self.past.flags))
        there = np.zeros(len(self.history.paths), bool)
        there[[numbers[path] for path in live if path in numbers]] = True
        known = (edits or {}) if self._lines else {}
        found = self.score(now, files, there, known) if 0 < len(files) <= MOST_CHANGED else None
        if found is None:
            return []
        scores = found.scores
        return [self._describe(found, at, float(scores[at])) for at in np.argsort(-scores, kind="stable").tolist()]

    def _describe(self, found: ScoredFiles, at: int, score: float) -> Companion:
        file, partner = int(found.files[at]), int(found.partners[at])
        latest = self.past.files.before(partner, len(self.past.flags), LATEST)
        both = np.intersect1d(latest, self.past.files.row(file))
        plain = np.flatnonzero((self.history.flags & MERGE) == 0)
        oids = tuple(self.history.oids[int(plain[commit])] for commit in both[-3:].tolist())
        rule = self._describe_left_out(partner, int(plain[latest[0]]))
        paths = self.history.paths
        return Companion(paths[file], paths[partner], len(both), len(latest), rule, oids, score)

    def _describe_left_out(self, file: int, since: int) -> str:
        """Say which commits to a file are not counted, from a commit on."""
        rows = np.unique(self.history.rows[self.history.files == file])
        flags = self.history.flags[rows[rows >= since]]
        passed = flags[((flags & LEFT_OUT) != 0) & ((flags & MERGE) == 0)]
        return describe_rule(passed, np.where(passed & MASS, MASS_FILES + 1, 0))

    def record(self, precision: float, trials: int = TRIALS) -> Record:
        """Choose the least score with which past changes were told what they lacked with this precision."""
        complete: list[float] = []
        lacking: list[tuple[float, Doubles]] = []
        for whole, missing, others in self.trials(trials):
            complete.append(whole)
            if missing is not None:
                lacking.append((missing, others))
        return choose(complete, lacking, precision)

    def trials(self, most: int = TRIALS) -> Iterator[tuple[float, float | None, Doubles]]:
        """Yield for each past change the best score as it is; then, with a file taken out, that file's and the others'.

        The file's score is None where the change has one file only, and far below all others where nothing names it.
        """
        for now, touched, left in self._moments(most):
            whole = self.score(now, touched, now.alive, self._read_line_edits(now))
            best = float(whole.scores.max(initial=-np.inf)) if whole is not None else -np.inf
            if left is None:
                yield best, None, np.empty(0)
                continue
            found = self.score(now, [file for file in touched if file != left], now.alive, self._read_line_edits(now))
            if found is None:
                yield best, -np.inf, np.empty(0)
                continue
            scores, is_it = found.scores, found.files == left
            yield best, float(scores[is_it].max(initial=-np.inf)), scores[~is_it]

    def examples(self, most: int) -> Iterator[tuple[Doubles, Array]]:
        """Yield evidence with whether each file was the one taken out; complete changes lack nothing."""
        for now, touched, left in self._moments(most):
            edits = self._read_line_edits(now)
            whole = self.score(now, touched, now.alive, edits)
            if whole is not None:
                yield whole.evidence, np.zeros(len(whole.files), bool)
            found = self.score(now, [f for f in touched if f != left], now.alive, edits) if left is not None else None
            if found is not None:
                yield found.evidence, found.files == left

    def _moments(self, most: int) -> Iterator[tuple[CommitFeatures, list[int], int | None]]:
        """Yield the newest usable commits, oldest first: files as they were, those it touched, the one to take out."""
        usable = np.flatnonzero(self.past.usable)
        chosen = usable[len(usable) * 15 // 100 :][-most:]
        walk = CommitWalk(self.history, self.past)
        for commit in chosen.tolist():
            now = walk.to(commit)
            touched = [file for file in self.past.commits.row(commit).tolist() if now.alive[file]]
            own = [file for file in touched if not self._made[file]]
            if 0 < len(touched) <= MOST_CHANGED:
                left = own[int(np.random.default_rng(commit).integers(len(own)))] if own else None
                yield now, touched, left if len(touched) > 1 else None

    def _read_line_edits(self, now: CommitFeatures) -> LineEdits:
        """Return how many lines the commit that comes next added and removed in each file."""
        return self._lines.get(self.history.oids[int(self._plain[now.time])], {})

    def score(self, now: CommitFeatures, changed: Sequence[int], there: Array, edits: LineEdits) -> ScoredFiles | None:
        """Return the evidence for all files that have changed together with one of `changed`; None where none has."""
        joint = _JointCommits.of(self.past, now, changed)
        if joint is None:
            return None
        candidates = (joint.together.max(axis=0) >= FEWEST_TOGETHER) & there & ~self._made
        candidates[list(changed)] = False
        files = np.flatnonzero(candidates)
        if not len(files):
            return None
        short = joint.shares(files, half_life=20, prior=1)
        best = short.argmax(axis=0)
        c = {
            **self._history_columns(joint, files, short),
            **self._path_columns(now, changed, files),
        }
        c |= {
            "short x reverse": c["short share"] * c["reverse share"],
            "similar x size": c["similar commits"] * c["change size"],
            "short x support": c["short share"] * c["support"],
            "long x similar": c["long chance"] * c["similar commits"],
            "stem x short": c["same stem"] * c["short share"],
            "chance x size": c["short chance"] * c["change size"],
        }
        c |= self._edit_columns(now, changed, best, edits, c)
        evidence = np.column_stack([c[name] for name in COLUMNS]).astype(np.float64)
        partners = np.asarray(changed, np.int32)[best]
        return ScoredFiles(files.astype(np.int32), evidence, partners, _WEIGHTS, _BIAS)

    def _history_columns(self, joint: _JointCommits, files: Array, short: Doubles) -> dict[str, Array]:
        """Return what past commits say of files; `short` has the shares of the latest ones, by changed file."""
        past, now, count = self.past, joint.now, len(joint.latest)
        distinct, inverse = np.unique(joint.commits, return_inverse=True)
        alike = np.bincount(inverse) / np.sqrt(count * np.maximum(past.sizes[distinct], 1))
        votes = (alike * np.exp2((distinct - now.time) / 3000)) ** 3
        seen, by = past.commits.gather(distinct)
        ever = np.array([int(np.searchsorted(past.files.row(f), now.time)) for f in files.tolist()])
        last = np.zeros(past.file_count)
        for rows in joint.latest:
            if len(rows):
                last[past.commits.row(int(rows[-1]))] += 1
        return {
            "short share": _odds(short.max(axis=0)),
            "short chance": _odds(_any(short)),
            "long chance": _odds(_any(joint.shares(files, half_life=300, prior=2))),
            "latest share": _odds(joint.shares(files, half_life=1e9, prior=1, most=5).max(0)),
            "reverse share": _odds(np.bincount(seen, minlength=past.file_count)[files] / (ever + 2)),
            "similar commits": _odds(np.bincount(seen, votes[by], past.file_count)[files] / (votes.sum() + 0.3)),
            "support": np.log1p(joint.together[:, files].max(axis=0)),
            "agreement": (short > 0.3).mean(axis=0),
            "change size": np.full(len(files), np.log(count)),
            "recency": -np.log1p(now.time - now.last[files]),
            "last together": last[files] / count,
            "popularity": np.log(now.churn[2][files] + 0.1),
        }

    def _path_columns(self, now: CommitFeatures, changed: Sequence[int], files: Array) -> dict[str, Array]:
        """Return what the paths of files say beside those of the changed ones."""
        mine, theirs = now.path_of[files], now.path_of[list(changed)]
        return {
            "same stem": np.isin(self._names.stems[mine], self._names.stems[theirs]),
            "same directory": np.isin(self._names.directories[mine], self._names.directories[theirs]),
            "is test": self._tests[files],
            "missing test": self._tests[files] & ~self._tests[list(changed)].any(),
        }

    def _edit_columns(
        self, now: CommitFeatures, changed: Sequence[int], best: Array, edits: LineEdits, c: Mapping[str, Array]
    ) -> dict[str, Array]:
        """Return what the sizes of the edits say; `best` is for each file the changed one that speaks for it most."""
        counts = [edits.get(self.history.paths[int(now.path_of[file])], (0, 0)) for file in changed]
        total = sum(map(sum, counts))
        added = np.log1p(np.array([first for first, _ in counts], np.float64))[best]
        small = np.full(len(best), 0 < total <= SMALL)
        return {
            "edited lines": np.full(len(best), np.log1p(total)),
            "added lines": added,
            "test x added": c["missing test"] * added,
            "stem x added": c["same stem"] * added,
            "small edit": small,
            "stem x small": c["same stem"] * small,
        }


@dataclass(frozen=True, eq=False)
class _JointCommits:
    """The latest commits of each changed file, and which files those commits touched.

    `commits` are all of them, one file's after the other's. For each file that one touched, `keys` has the number of
    the changed file times the count of all files, plus its own, and `owners` the place of the commit. `together` counts
    the common commits of each changed file with each file.
    """

    now: CommitFeatures
    latest: list[Ints]
    commits: Ints
    owners: Array
    keys: Array
    together: Array

    @classmethod
    def of(cls, past: Past, now: CommitFeatures, changed: Sequence[int]) -> _JointCommits | None:
        """Read them; None where no changed file has a commit."""
        latest = [past.files.before(file, now.time, LOOK_BACK) for file in changed]
        if not any(map(len, latest)):
            return None
        count, width = len(changed), past.file_count
        commits = np.concatenate(latest)
        touched, owners = past.commits.gather(commits)
        keys = np.repeat(np.arange(count), [len(rows) for rows in latest])[owners] * width + touched
        together = np.bincount(keys, minlength=count * width).reshape(count, width)
        return cls(now, latest, commits, owners, keys, together)

    def shares(self, files: Array, *, half_life: float, prior: float, most: int = LOOK_BACK) -> Doubles:
        """Return which share of each changed file's commits touched each of `files`; old ones count for less."""
        weights = [_fade(len(rows), half_life, most) for rows in self.latest]
        shape = self.together.shape
        both = np.bincount(self.keys, np.concatenate(weights)[self.owners], self.together.size).reshape(shape)
        totals = np.array([w.sum() + prior for w in weights])
        return np.asarray(both[:, files] / totals[:, None], np.float64)


def choose(complete: Sequence[float], lacking: Sequence[tuple[float, Doubles]], precision: float) -> Record:
    """Choose the least score that keeps the precision and the rate of false alarms on past changes."""
    trials = len(lacking)
    silent = Record(None, 0.0, 0.0, 0.0, trials)
    if trials < LEAST_TRIALS:
        return silent
    right = np.array([score for score, _ in lacking])
    wrong = np.concatenate([others for _, others in lacking])
    whole = np.array(complete)
    best = silent
    for least in np.unique(right[np.isfinite(right)])[::-1]:
        found, mistaken = int((right >= least).sum()), int((wrong >= least).sum())
        alarms = float((whole >= least).mean())
        if alarms > MOST_ALARMS:
            break
        if found >= LEAST_RIGHT and found >= precision * (found + mistaken):
            best = Record(float(least), found / (found + mistaken), found / trials, 100 * alarms, trials)
    return best


def _fade(count: int, half_life: float, most: int) -> Doubles:
    """Return the weights of so many commits, oldest first; those before the latest `most` weigh nothing."""
    ages = np.arange(count - 1, -1, -1)
    return np.asarray(np.where(ages < most, np.exp2(-ages / half_life), 0), np.float64)


def _odds(share: Doubles) -> Doubles:
    held = np.clip(share, 1e-3, 0.999)
    return np.asarray(np.log(held / (1 - held)), np.float64)


def _any(shares: Doubles) -> Doubles:
    """The chance that at least one row comes true, were they independent."""
    return np.asarray(-np.expm1(np.log1p(-np.minimum(shares, 0.99)).sum(axis=0)), np.float64)


_WEIGHTS = np.array(
    [
        *(0.4258, 0.34, -0.9134, 0.0728, 0.0704, 0.8981, 0.4507, 0.317),
        *(-0.0073, -0.1603, 0.0927, 0.4431, 0.1163, 0.2994, -0.2002, -0.0767),
        *(0.0879, -0.0724, 0.0618, -0.0188, -0.1926, 0.0973, -0.0671, 0.0605),
        *(0.1783, 0.1827, -0.1128, -0.3495),
    ]
)
_BIAS = -1.6525
"""What `noctule eval review --fit` prints for eleven public repositories: docs/review.md names them."""

"""A live agent on a task: what it modified, whether tests pass, and what that cost. Knows no scores.

The agent's work tree is made for the task and removed afterwards; its conversation and its patch stay in the run's
folder, as does every request to the model, so that all figures can be worked out again.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from noctule.evals.errors import AgentError, AgentsMissing, CheckoutFailed, NothingToEqual
from noctule.evals.solvers import agent_arms as arms
from noctule.evals.solvers.agent_checkout import Checkout, scored_paths
from noctule.evals.solvers.agent_shell import EditWatch, Shell
from noctule.evals.solvers.agent_usage import AgentRequest
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.indexer.defaults import BUDGET_TOKENS
from noctule.indexer.files.git import RepositoryPlace
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.retry import RetryPolicy
from noctule.indexer.llm.settings import Choice, Prices
from noctule.indexer.llm.worker_client import WorkerClient
from noctule.indexer.model_notes.store import ModelNote, NoteStore
from noctule.indexer.store.reference import RepositoryRef

NEEDED = ("minisweagent", "litellm", "mcp")  # litellm imports the last as soon as a call has tools
TEST_TIME_STEPS = 4
"""How many times the steps of the other arms the test-time arm may take; its tokens are what bounds it."""


@dataclass(frozen=True, slots=True)
class AgentCheck:
    """How a solved task is tested: a patch that brings the tests, and a command that succeeds when they pass."""

    command: str
    patch: str = ""


@dataclass(frozen=True)
class AgentSettings:
    """What all arms of a run share; `spent` is filled while the run goes: task -> tokens of the pack's arm."""

    choice: Choice
    folder: Path
    cache: Path
    steps: int = 30
    budget_tokens: int = BUDGET_TOKENS
    command_timeout_s: float = 60.0
    test_timeout_s: float = 1800.0
    prices: Prices | None = None
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    keep_variables: tuple[str, ...] = ()
    checks: Mapping[str, AgentCheck] = field(default_factory=dict)
    strangers: Mapping[str, tuple[RepositoryPlace, str]] = field(default_factory=dict)
    spent: MutableMapping[str, int] = field(default_factory=dict)


def require_agents() -> None:
    """Make sure that what agents need is installed. AgentsMissing."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise AgentsMissing(
            f"live agents need mini-swe-agent and litellm, and {' and '.join(missing)} cannot be imported",
            "install them with: pip install 'noctule[agents]'",
        )


class Agent:
    """One arm of the experiment."""

    def __init__(self, arm: str, settings: AgentSettings) -> None:
        self._arm = arm
        self._settings = settings
        self._grounds: dict[tuple[Path, str], BaseCheckout] = {}
        self._key = Key.of_environment()
        self._worker = WorkerClient(settings.choice, self._key, settings.folder)

    def close(self) -> None:
        """End the process that reaches the model."""
        self._worker.close()

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer:
        """Let the agent work on the task. AgentError."""
        from noctule.evals.solvers import agent_session as session  # mini-swe-agent is an extra

        settings, arm = self._settings, self._arm
        budget = self._budget(task)
        steps = settings.steps * (TEST_TIME_STEPS if arm == arms.TEST_TIME else 1)
        other = self._other(task, ground)
        section = arms.make_section(arm, task, ground, other, settings.budget_tokens, self._model_notes(ground))
        model = session.AgentModel(settings.choice, self._worker, self._key, settings.retries, settings.prices)
        with Checkout(ground.place, task.base) as checkout:
            checkout.offer("noctule", self._command(ground))
            folders = checkout.tree, checkout.home, checkout.commands
            shell = EditWatch(
                Shell(*folders, settings.command_timeout_s, settings.keep_variables), checkout, gold.files
            )
            ended = session.converse(
                model,
                shell,
                arms.first_message(task, section, steps),
                steps,
                self._record,
                (task.id, arm),
                self._file(task, "jsonl"),
                budget,
            )
            modified, created = checkout.changes()
            self._file(task, "patch").write_text(checkout.patch(), encoding="utf-8", errors="surrogateescape")
            tested = self._test(task, checkout, shell)
        clone = (str(ground.place.root), str(ground.place.common_dir))
        measures: dict[str, float] = {
            **ended.account.measures(),
            "steps": ended.steps,
            "submitted": float(ended.status == "Submitted"),
            "created": len(created),
            "asked_noctule": sum("noctule context" in c for c in ended.commands),
            "looked_outside": sum(any(path in c for path in clone) for c in ended.commands),
            # Whoever never came to a right file took all of his calls for nothing.
            "first_right_edit": shell.first_right_edit or ended.steps + 1,
            "new_input": ended.account.usage.read - ended.account.usage.cached,
            **({} if tested is None else {"tests_passed": float(tested[0])}),
        }
        return SolverAnswer(
            files=tuple(scored_paths(modified)),
            tokens=ended.account.usage.tokens,
            abstained=not modified,
            measures=measures,
            detail={
                "status": ended.status,
                "modified": modified,
                "created": created,
                "section_characters": len(section),
                "tests": "" if tested is None else tested[1],
            },
        )

    def _model_notes(self, ground: BaseCheckout) -> tuple[ModelNote, ...]:
        """Return the notes that models wrote for a repository, as the user's own store keeps them."""
        if self._arm != arms.PACK_AND_NOTES:
            return ()
        return NoteStore(RepositoryRef.find(ground.place.root).folder).notes()

    def _command(self, ground: BaseCheckout) -> str:
        """Return what `noctule` is to the agent's commands."""
        if self._arm != arms.COMMAND:
            return arms.NO_COMMAND
        assert ground.repository  # what the command asks has to be learned
        return arms.context_command(ground, self._settings.cache)

    def _budget(self, task: Task) -> int | None:
        """Return the tokens that the test-time arm has to spend: what the pack's arm spent, as sleep spends none."""
        if self._arm != arms.TEST_TIME:
            return None
        if task.id not in self._settings.spent:
            raise NothingToEqual(f"the arm {arms.PACK} has no answer whose tokens could be equalled")
        return self._settings.spent[task.id]

    def _other(self, task: Task, ground: BaseCheckout) -> BaseCheckout | None:
        """Return the repository at the commit that stale or shuffled notes are about. AgentError."""
        if self._arm == arms.STALE:
            place, base = ground.place, arms.stale_base(ground)
        elif self._arm == arms.SHUFFLED:
            if task.repository not in self._settings.strangers:
                raise AgentError("shuffled notes need tasks of two repositories")
            place, base = self._settings.strangers[task.repository]
        else:
            return None
        key = (place.common_dir, base)
        if key not in self._grounds:
            self._grounds[key] = BaseCheckout(place, base, self._settings.cache)
        return self._grounds[key]

    def _test(self, task: Task, checkout: Checkout, shell: EditWatch) -> tuple[bool, str] | None:
        check = self._settings.checks.get(task.id)
        if check is None:
            return None
        if check.patch.strip():
            try:
                checkout.apply(check.patch)
            except CheckoutFailed as error:
                return False, f"the tests' patch does not apply: {error}"
        outcome = shell.run(check.command, self._settings.test_timeout_s)
        return outcome.status == 0, outcome.output

    def _file(self, task: Task, ending: str) -> Path:
        """Return where something of this arm and task is kept."""
        name = re.sub(r"[^\w.-]", "_", task.id).lstrip(".") or "task"
        return self._settings.folder / "agents" / self._arm / f"{name}.{ending}"

    def _record(self, request: AgentRequest) -> None:
        """Keep a request before anything else can go wrong."""
        add_request(self._settings.folder, request)


def make(name: str, settings: AgentSettings) -> Agent:
    """Return the arm of a solver's name, as "agent:cold"."""
    return Agent(name.removeprefix(arms.PREFIX), settings)


def add_request(folder: Path, request: AgentRequest) -> None:
    """Add a line to the run's requests."""
    with (folder / "requests.jsonl").open("a", encoding="ascii") as file:
        file.write(json.dumps(asdict(request)) + "\n")


def mend_requests(folder: Path) -> None:
    """End a line that a crash has torn, so that the next one stands alone."""
    path = folder / "requests.jsonl"
    if path.exists() and (content := path.read_bytes()) and not content.endswith(b"\n"):
        with path.open("a", encoding="ascii") as file:
            file.write("\n")


def read_requests(folder: Path) -> list[AgentRequest]:
    """Read the requests of a run, lines that a crash has torn left out; none where no agent was asked."""
    found: list[AgentRequest] = []
    path = folder / "requests.jsonl"
    for line in path.read_text(encoding="ascii", errors="replace").split("\n") if path.exists() else ():
        try:
            found.append(AgentRequest.of_json(json.loads(line)))
        except (ValueError, KeyError, TypeError):
            continue
    return found

"""`noctule eval agent`: live agents on issues, with and without what noctule knows."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.evals.commands.execution import (
    cache_of,
    model_ending,
    run_folder_path,
    show_verdict,
    typed_command,
    unanswered,
)
from noctule.evals.commands.swebench import record_skips, require_some, with_clones
from noctule.indexer.defaults import BUDGET_TOKENS
from noctule.lsp_server.cli.arguments import add_command, amount, positive_number
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noctule.evals.run_folder import Run
    from noctule.evals.solvers.agent import AgentCheck, AgentSettings
    from noctule.evals.tasks.task import Task
    from noctule.indexer.files.git import RepositoryPlace
    from noctule.lsp_server.cli.arguments import Commands

LONGEST_PAUSE_S, LONGEST_ASKED_S = 60.0, 900.0
"""An agent that gives up has spent its tokens for nothing, so it waits longer than a sleeper does."""
_DESCRIPTION = """\
Let an agent (mini-swe-agent, with any model that litellm reaches) work on each issue of a file in SWE-bench form, once
for each arm. It costs money, and THE AGENT RUNS COMMANDS ON THIS MACHINE with your rights: use a container, or a
machine with nothing to lose, and say so with --yes. Needs: pip install 'noctule[agents]'"""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "agent", run, "live agents, with and without noctule", _DESCRIPTION)
    parser.add_argument("file", metavar="FILE", help="the tasks: one JSON object per line, or a JSON list; .gz is read")
    parser.add_argument("--clones", metavar="DIR", required=True, help="a folder with a clone of each repository")
    parser.add_argument("--model", metavar="NAME", required=True, help="as litellm names it: openai/gpt-5-mini, ...")
    parser.add_argument("--arm", metavar="NAME", nargs="+", help="the arms (default: cold pack command)")
    parser.add_argument(
        "--steps", metavar="N", type=positive_number, default=30, help="steps of an agent (default: 30)"
    )
    parser.add_argument(
        "--budget", metavar="TOKENS", type=positive_number, default=BUDGET_TOKENS, help="of pack and notes"
    )
    parser.add_argument("--repo", metavar="OWNER/NAME", nargs="+", help="only the tasks of these repositories")
    parser.add_argument("--limit", metavar="N", type=positive_number, help="only the first N tasks that are left")
    parser.add_argument("--tests", metavar="COMMAND", help="run in the work tree afterwards; 0 says that they pass")
    parser.add_argument("--api-base", metavar="URL", help="where the model is served")
    parser.add_argument(
        "--prices",
        metavar=("INPUT", "CACHED", "OUTPUT"),
        type=amount,
        nargs=3,
        help="dollars for a million tokens (default: as litellm knows them)",
    )
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=positive_number, default=600, help="of a request (default: 600)"
    )
    parser.add_argument(
        "--command-timeout", metavar="SECONDS", type=positive_number, default=60, help="of a command (default: 60)"
    )
    parser.add_argument("--attempts", metavar="N", type=positive_number, default=6, help="at a request (default: 6)")
    parser.add_argument(
        "--pause",
        metavar="SECONDS",
        type=amount,
        default=2.0,
        help="before a second attempt, then doubled (default: 2)",
    )
    parser.add_argument("--env", metavar="NAME", nargs="+", default=(), help="variables that commands may see")
    parser.add_argument("--out", metavar="RUN", help="the folder of the run (default: one in noctule's cache folder)")
    parser.add_argument("--cache", metavar="DIR", help="where the run keeps what it learns (default: RUN/cache)")
    parser.add_argument("--retry-failed", action="store_true", help="ask again where an answer failed before")
    parser.add_argument("--yes", action="store_true", help="the agent may run commands on this machine")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Run the agents and print the verdict."""
    from noctule.evals.errors import NotAllowed
    from noctule.evals.run_folder import Run
    from noctule.evals.solvers.agent import require_agents
    from noctule.evals.solvers.agent_arms import DEFAULT_ARMS, PREFIX, parse_arms
    from noctule.evals.tasks import swebench

    names = [PREFIX + arm for arm in parse_arms(args.arm or DEFAULT_ARMS)]
    if not args.yes:
        raise NotAllowed(
            "an agent runs commands on this machine with your rights, so nothing was started",
            "use a container or a machine with nothing to lose, and give --yes",
        )
    require_agents()
    file = Path(args.file)
    loaded = swebench.load(file)
    tasks = [t for t in loaded.tasks if not args.repo or t.repository in args.repo][: args.limit]
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    about = {
        **{"kind": "agent", "file": file.name, "sha256": digest},
        **{"model": args.model, "steps": args.steps, "budget": args.budget, "tests": args.tests},
    }
    folder = run_folder_path(args, f"agent-{file.name.partition('.')[0]}-{digest[:8]}{model_ending(args.model)}")
    skipped = dict(loaded.skipped)
    there = require_some(with_clones(tasks, Path(args.clones), skipped), file, skipped)
    with Run(folder, about, typed_command()) as into:
        record_skips(into, skipped, terminal)
        _fill(into, there, names, args, terminal)
    show_verdict(into.folder, terminal)
    return Exit.OK


def _fill(
    into: Run,
    tasks: Sequence[tuple[RepositoryPlace, Task]],
    names: Sequence[str],
    args: argparse.Namespace,
    terminal: Terminal,
) -> None:
    """Ask every arm that has not answered yet, one after another: an arm may be held against one before it."""
    from noctule.evals.experiments.runner import Desk, make_jobs
    from noctule.evals.run_folder import GOLD, SLEEP
    from noctule.evals.solvers.agent import make, mend_requests
    from noctule.evals.solvers.agent_arms import PACK, PREFIX
    from noctule.indexer.results import Progress
    from noctule.lsp_server.cli.progress import ProgressLine

    into.add_tasks(task for _, task in tasks)
    mend_requests(into.folder)
    settings = _settings(into, tasks, args)
    jobs = make_jobs(unanswered(into, tasks, names, args), 1)
    total, done = sum(job.size for job in jobs), 0
    if known := len(tasks) * len(names) - total:
        terminal.remark(f"{known:,} answers are in {into.folder} already.")
    with Desk(settings.cache, {}, lambda name, _: make(name, settings)) as desk, ProgressLine(terminal) as progress:
        for job in jobs:
            for row in desk.work(job, lambda _task, _solver: None):
                into.add(row)
                if row.solver == PREFIX + PACK and row.answer is not None:
                    settings.spent[row.task] = _tokens(row.answer["tokens"])
                done += row.solver not in {GOLD, SLEEP}
                progress(Progress("asking", done, total, "answers"))


def _settings(into: Run, tasks: Sequence[tuple[RepositoryPlace, Task]], args: argparse.Namespace) -> AgentSettings:
    from noctule.evals.run_folder import Results
    from noctule.evals.solvers.agent import AgentSettings
    from noctule.evals.solvers.agent_arms import PACK, PREFIX
    from noctule.indexer.errors import BadTask
    from noctule.indexer.llm.retry import RetryPolicy
    from noctule.indexer.llm.settings import Choice, Prices

    before = Results.read(into.folder).answers.get(PREFIX + PACK, {})
    try:
        choice = Choice(think=args.model, address=args.api_base or "", timeout_s=args.timeout)
    except ValueError as error:
        raise BadTask(str(error)) from error
    read, cached, written = args.prices or (0.0, 0.0, 0.0)
    return AgentSettings(
        choice=choice,
        folder=into.folder,
        cache=cache_of(into, args),
        steps=args.steps,
        budget_tokens=args.budget,
        command_timeout_s=args.command_timeout,
        prices=Prices(read, cached, read, written) if args.prices else None,
        retries=RetryPolicy(args.attempts, args.attempts, max(0.0, args.pause), LONGEST_PAUSE_S, LONGEST_ASKED_S),
        keep_variables=tuple(args.env),
        checks=_checks(Path(args.file), args.tests),
        strangers=_strangers(tasks),
        spent={task: _tokens(answer.tokens) for task, answer in before.items()},
    )


def _tokens(told: object) -> int:
    return told if isinstance(told, int) else 0


def _strangers(tasks: Sequence[tuple[RepositoryPlace, Task]]) -> dict[str, tuple[RepositoryPlace, str]]:
    """Give each repository the next one of the file by name, at the base of its first task."""
    first: dict[str, tuple[RepositoryPlace, str]] = {}
    for place, task in tasks:
        first.setdefault(task.repository, (place, task.base))
    names = sorted(first)
    return {name: first[names[(at + 1) % len(names)]] for at, name in enumerate(names)} if len(names) > 1 else {}


def _checks(file: Path, command: str | None) -> dict[str, AgentCheck]:
    """Return how each task is tested: with its row's `test_command` or the user's, and its `test_patch` if any."""
    from noctule.evals.solvers.agent import AgentCheck
    from noctule.evals.tasks.swebench import read_rows

    found: dict[str, AgentCheck] = {}
    for row in read_rows(file):
        if isinstance(row, dict) and (mine := row.get("test_command") or command):
            found[str(row.get("instance_id"))] = AgentCheck(str(mine), str(row.get("test_patch") or ""))
    return found

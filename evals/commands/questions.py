"""`noctule eval questions`: questions about a repository, and the files that answer them."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from noctule.evals.commands.execution import add_run_options, cache_of
from noctule.evals.commands.looking import add_looking_options, ask_model, parse_looking_arms
from noctule.evals.commands.model_run import add_model_options
from noctule.evals.commands.swebench import add_file_options, run_file
from noctule.lsp_server.cli.arguments import add_command
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noctule.evals.run_folder import Run
    from noctule.evals.stateful.chat import Chat
    from noctule.evals.stateful.question_arms import QuestionSolver
    from noctule.evals.tasks.task import Task
    from noctule.indexer.files.git import RepositoryPlace
    from noctule.indexer.llm.usage import Usage
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Ask each question of a file at its commit, and hold the answers against the files that hold what it asks for. A row has
an id, a repo, a commit, a question and gold_files. Needs clones of the repositories, bare or not. With --model, a model
looks through each repository in so many steps and answers, with what is known ahead and without."""
_SOLVERS = ("pack", "bm25", "path", "grep", "explorer", "explorer+pack")


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "questions", run, "questions with the files that answer them", _DESCRIPTION)
    add_file_options(parser)
    add_model_options(parser)
    add_run_options(parser)
    add_looking_options(parser, "cold,pack,notes,pack+notes,stale,shuffled", "3,6,12")
    parser.set_defaults(trajectories=(), aider=None)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Run the questions and print the verdict."""

    def also(into: Run, tasks: Sequence[tuple[RepositoryPlace, Task]]) -> None:
        if args.model:
            _ask_model(into, tasks, args, terminal)

    return run_file("questions", _SOLVERS, args, terminal, also, args.model)


def _ask_model(
    into: Run, tasks: Sequence[tuple[RepositoryPlace, Task]], args: argparse.Namespace, terminal: Terminal
) -> None:
    from noctule.evals.stateful.question_arms import (
        ARMS,
        DEFAULT_ARMS,
        QuestionReader,
        QuestionSolver,
        likely_usage,
        pick_strangers,
    )

    arms = parse_looking_arms(args.arms, ARMS, DEFAULT_ARMS)

    def likely(steps: Sequence[int]) -> tuple[int, Usage]:
        return likely_usage([task for _, task in tasks], arms, steps)

    def make(chat: Chat) -> partial[QuestionSolver]:
        return partial(QuestionSolver, QuestionReader(chat, cache_of(into, args), pick_strangers(tasks)))

    ask_model(into, tasks, arms, likely, make, args, terminal)

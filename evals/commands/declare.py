"""`noctule eval`, as the command line finds it through the entry-point group `noctule.commands`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noctule.lsp_server.cli.arguments import Commands

_DESCRIPTION = """\
Measure what noctule finds, at what cost, on tasks whose answer is known: issues with the patches that solved them, or a
repository's own commits. Each task is asked at its base commit; nothing later is seen. A stopped run goes on where it
was when the same command is given again."""


def declare(commands: Commands) -> None:
    """Add the command with its subcommands."""
    from noctule.evals.commands import (
        adoption,
        agent,
        claims,
        features,
        fit,
        forecast,
        history,
        questions,
        report,
        review,
        schedule,
        stateful,
        swebench,
        tests,
        thinking,
    )  # they import much; help for others must not wait

    parser = commands.add_parser("eval", help="measure it on tasks with known answers", description=_DESCRIPTION)
    subcommands = parser.add_subparsers(title="subcommands", metavar="SUBCOMMAND", required=True)
    on_tasks = (swebench, questions, history, features, forecast, fit, thinking)
    for command in (*on_tasks, schedule, review, tests, claims, agent, adoption, stateful, report):
        command.declare(subcommands)

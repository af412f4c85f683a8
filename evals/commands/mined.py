"""What `history`, `features` and `forecast` share: tasks mined from one repository, run and judged."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from noctule.evals.commands.execution import fill, run_folder_path, select_solvers, show_verdict, typed_command
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from noctule.evals.tasks.history import Mined
    from noctule.indexer.files.git import RepositoryPlace
    from noctule.indexer.results import Progress

DEFAULT_SOLVERS = ("oracle", "grep", "bm25", "path", "recency", "pack", "explorer", "explorer+pack", "forecast")


class Miner(Protocol):
    """How tasks are mined from a repository."""

    def __call__(
        self,
        place: RepositoryPlace,
        name: str,
        revision: str,
        last: int,
        *,
        progress: Callable[[Progress], None] | None = None,
    ) -> Mined:
        """Return the newest tasks up to a revision."""
        ...


def mine_and_run(
    kind: str,
    mine: Miner,
    args: argparse.Namespace,
    terminal: Terminal,
    solvers_by_default: Sequence[str] = DEFAULT_SOLVERS,
) -> int:
    """Mine, run, and print the verdict."""
    from noctule.evals.run_folder import Run
    from noctule.evals.tasks.web import read_commits_address
    from noctule.indexer.errors import RepositoryError
    from noctule.lsp_server.cli.progress import ProgressLine

    solvers = select_solvers(args, solvers_by_default)
    place, name, head = open_subject(args)
    since = getattr(args, "since", None)
    about = {"kind": kind, "repository": name, "head": head, "last": args.last, **({"since": since} if since else {})}
    folder = run_folder_path(args, f"{kind}-{name}-{head[:12]}-{args.last}{f'-{since}' if since else ''}")
    with Run(folder, about, typed_command(), read_commits_address(place)) as into:
        tasks = list(into.tasks.values())
        if not tasks:
            with ProgressLine(terminal) as progress:
                mined = mine(place, name, head, args.last, progress=progress)
            tasks = list(mined.tasks)
            _tell(mined, into.folder, terminal)
        if not tasks:
            raise RepositoryError(
                f"none of the commits of {args.path} makes a task", "its history is too short or too uniform to measure"
            )
        fill(into, ((place, task) for task in tasks), solvers, args, terminal)
    show_verdict(into.folder, terminal)
    return Exit.OK


def export_at_one_base(mine: Miner, args: argparse.Namespace, terminal: Terminal) -> int:
    """Mine, and write the tasks to a file: masked, or as they were written."""
    import json

    from noctule.evals.tasks.export import rows_at_one_base
    from noctule.lsp_server.cli.progress import ProgressLine
    from noctule.lsp_server.text.numbers import count

    place, name, head = open_subject(args)
    with ProgressLine(terminal) as progress:
        mined = mine(place, name.replace("__", "/", 1), head, args.last, progress=progress)
    rows = rows_at_one_base(place, mined.tasks, masked=not args.as_written)
    Path(args.fit_tasks).write_text("".join(json.dumps(row) + "\n" for row in rows))
    terminal.remark(f"{count(len(rows), 'task')} in {args.fit_tasks}")
    return Exit.OK


def open_subject(args: argparse.Namespace) -> tuple[RepositoryPlace, str, str]:
    """Return the repository that is meant, what to call it, and the newest commit to look at. RepositoryError."""
    from noctule.evals.tasks.history import repository_name
    from noctule.indexer.errors import RepositoryError
    from noctule.indexer.files.git import Git, discover

    place = discover(Path(args.path))
    if place is None:
        raise RepositoryError(f"{args.path} is not a git repository, so it has no history", "name a repository")
    if args.at is None and place.head is None:
        raise RepositoryError(f"{args.path} has no commit yet, so there is nothing to ask for", "commit first")
    name = repository_name(Path(args.path) if Path(args.path).name not in {"", ".."} else place.root)
    return place, name, Git(place).resolve(args.at or "HEAD")


def _tell(mined: Mined, folder: Path, terminal: Terminal) -> None:
    """Say which commits were chosen, here and in the run's folder."""
    import json

    from noctule.lsp_server.text.numbers import count

    commits = len({task.pair for task in mined.tasks})
    left_out = ", ".join(f"{reason}: {number:,}" for reason, number in mined.left_out.items())
    terminal.remark(f"{count(commits, 'task')} of {count(mined.seen, 'commit')}; left out: {left_out or 'none'}.")
    (folder / "mined.json").write_text(json.dumps({"commits_seen": mined.seen, "left_out": mined.left_out}) + "\n")

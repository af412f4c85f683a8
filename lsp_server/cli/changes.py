"""Which change a command is about: `BASE..HEAD`, `BASE...HEAD`, `BASE`, the index or the work tree."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import Parser, add_path
from noctule.lsp_server.cli.target import is_path, open_with_index
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.cli.workspace import find_workspace, refuse_workspace
from noctule.lsp_server.text.numbers import short

if TYPE_CHECKING:
    from noctule.indexer.files.git import Git
    from noctule.indexer.review.results import Review


def add_change(parser: Parser) -> None:
    """Add PATH, CHANGE, `--staged` and `--worktree`."""
    add_path(parser, "a git repository, or a folder in one")
    parser.add_argument(
        "change",
        metavar="CHANGE",
        nargs="?",
        default="",
        help="BASE..HEAD or BASE...HEAD for commits; BASE for all since this branch left BASE (default: what is not "
        "committed yet)",
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--staged", action="store_true", help="what `git commit` would take")
    instead.add_argument("--worktree", action="store_true", help="what is not committed yet, which is the default")
    parser.exclude("CHANGE", "--staged")
    parser.exclude("CHANGE", "--worktree")


def answer_review(args: argparse.Namespace, terminal: Terminal, precision: float | None) -> Review:
    """Return the review of the change that the arguments name. UnknownRevision, BadTask, StoreError."""
    if not args.change and not is_path(args.path, args):
        args.path, args.change = ".", args.path
    from noctule.indexer.errors import BadTask  # help must not wait for these
    from noctule.indexer.files.git import Git, discover
    from noctule.indexer.files.nested import is_repository
    from noctule.indexer.serve.reviews import require_repository

    if args.change and (args.staged or args.worktree):
        raise BadTask(f"{args.change} has no effect with --staged or --worktree", "leave one of them out")

    if not is_repository(Path(args.path)):
        refuse_workspace("this command", *find_workspace(args))
    base, dots, head = args.change.partition("..")
    from_merge_base, head = head.startswith("."), head.removeprefix(".")
    place = require_repository(discover(Path(args.path)), Path(args.path).resolve(), args.change or "HEAD")
    if place.bare and not args.change:
        raise BadTask(
            f"{place.root} is a bare repository, so all of it is committed", "name a change, such as HEAD~1..HEAD"
        )
    if not args.change:
        args.at = None
        return open_with_index(args, terminal).review(head="index" if args.staged else None, precision=precision)
    git = Git(place)
    commit = git.resolve(head or "HEAD")
    if from_merge_base or not dots:
        base = merge_base(git, base or "HEAD", commit)
    # What is indexed of the work tree does for its own commit; any other is indexed first.
    args.at = None if commit == place.head and not place.bare else commit
    return open_with_index(args, terminal).review(base or "HEAD", commit if dots else None, precision)


def merge_base(git: Git, one: str, other: str) -> str:
    """Return the latest commit that two have in common; `one` itself where they have none."""
    found = git.try_run("merge-base", git.resolve(one), git.resolve(other))
    return found.output.decode("ascii", "replace").split()[0] if found.returncode == 0 else one


def say_no_change(review: Review) -> str:
    """Say between which states no changed file was found."""
    return f"Nothing differs between {short(review.base)} and {name_head(review)}."


def name_head(review: Review) -> str:
    """Name the end of a change: a commit, the index or the work tree."""
    return f"the {review.head}" if review.head in {"index", "work tree"} else short(review.head)

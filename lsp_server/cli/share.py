"""`noctule share`: publish what was learned, and take over what others published."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import add_command, add_json, add_path, path
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.layout import LabelledRow
from noctule.lsp_server.cli.progress import ProgressLine
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.settings_sources import are_given
from noctule.lsp_server.text.numbers import count, duration, size

if TYPE_CHECKING:
    from noctule.indexer.serve.repository import Repository
    from noctule.indexer.share.results import Pulled, Pushed, ShareStatus
    from noctule.indexer.share.signatures import Trust
    from noctule.lsp_server.cli.arguments import Commands, Parser, Run
    from noctule.lsp_server.settings import Settings

_DESCRIPTION = """\
Publish what was learned of a repository, so that other machines need not learn it, or take over what others published.
Nothing that is taken over is believed: it is compared with your own files and commits."""
_PUSH = """\
Publish what is known of the commit that is checked out; learn it first where it is not known. Text of files, your
settings and your name are not part of it."""
_PULL = """\
Take over what is published of the nearest ancestor of the commit that is checked out. It is checked against your own
files; one difference refuses all of it."""
_STATUS = "Show what is published of this repository, and how many commits came after it."


def declare(commands: Commands) -> None:
    """Add the command with its subcommands."""
    share = commands.add_parser("share", help="publish or take over what was learned", description=_DESCRIPTION)
    subcommands = share.add_subparsers(title="subcommands", metavar="SUBCOMMAND", required=True)
    pushing = _add(subcommands, "push", _push, "publish what was learned of a commit", _PUSH)
    pushing.add_argument("--at", metavar="REV", help="publish this commit (default: the one that is checked out)")
    pushing.add_argument("--force", action="store_true", help="move the branch also to a commit that is not newer")
    _add(subcommands, "pull", _pull, "take over what others published", _PULL)
    _add(subcommands, "status", _status, "show what is published", _STATUS)


def _add(subcommands: Commands, name: str, run: Run, summary: str, description: str) -> Parser:
    parser = add_command(subcommands, name, run, summary, description)
    add_path(parser)
    parser.add_argument("--to", metavar="URL", default="", help="the place (default: the setting share.url)")
    parser.add_argument("--ref", metavar="NAME", type=path, help="a branch, or 'pulls/' and a number")
    add_json(parser)
    return parser


def _push(args: argparse.Namespace, terminal: Terminal) -> int:
    """Publish."""
    from noctule.indexer.share.objects import PlaceMissing
    from noctule.indexer.share.push import Publisher, push
    from noctule.indexer.share.signatures import Signer

    settings = _settings()
    url = _address(args, settings)
    if not (args.to or settings.share.push):
        raise PlaceMissing("publishing is off here", "set share.push where it is allowed, or name --to URL")
    signer = Signer.of_file(Path(settings.share.key).expanduser()) if settings.share.key else None
    publisher = Publisher(args.ref or "", os.environ, args.force, signer, _trust(settings), settings.model)
    with ProgressLine(terminal) as progress:
        pushed = push(Path(args.path), url, publisher, at=args.at, progress=progress)
    terminal.write_json(pushed) if args.json else terminal.show(pushed_lines(pushed, url))
    return Exit.OK


def _pull(args: argparse.Namespace, terminal: Terminal) -> int:
    """Take over."""
    from noctule.indexer.share.pull import pull

    settings = _settings()
    url = _address(args, settings)
    with ProgressLine(terminal) as progress:
        pulled = pull(Path(args.path), url, _trust(settings), ref=args.ref or "", progress=progress)
    terminal.write_json(pulled) if args.json else terminal.show(pulled_lines(pulled, url))
    return Exit.OK


def _status(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print what is published."""
    from noctule.indexer.share.status import status

    settings = _settings()
    url = args.to or settings.share.url
    found = status(Path(args.path), url, _trust(settings), ref=args.ref or "", may_push=settings.share.push)
    terminal.write_json(found) if args.json else terminal.show(status_lines(found))
    return Exit.OK


def pull_first(repository: Repository, terminal: Terminal) -> None:
    """Take over a published index for a repository without one, if the user named a place.

    A failure is one line: the repository can be indexed here as well.
    """
    from noctule.indexer.errors import NoctuleError

    if not are_given():
        return  # most users have no settings, and would wait for the modules that read them
    settings = _settings()
    if not settings.share.url or repository.at is not None or repository.place is None or repository.knows():
        return
    from noctule.indexer.share.pull import pull

    try:
        with ProgressLine(terminal) as progress:
            pulled = pull(repository.root, settings.share.url, _trust(settings), progress=progress)
    except NoctuleError as error:
        terminal.remark(f"Nothing was taken over: {error}; the repository is indexed here.")
        return
    if pulled.commit:
        terminal.remark(pulled_lines(pulled, settings.share.url)[0].text)


def _settings() -> Settings:
    from noctule.lsp_server.settings import Settings

    return Settings.load()


def _address(args: argparse.Namespace, settings: Settings) -> str:
    from noctule.indexer.share.objects import PlaceMissing

    url = str(args.to or settings.share.url)
    if not url:
        raise PlaceMissing(
            "no address to share at is configured", "name one with --to URL, or set share.url (docs/share.md)"
        )
    return url


def _trust(settings: Settings) -> Trust:
    from noctule.indexer.share.signatures import Trust

    return Trust.of_lines(settings.share.trusted)


def pushed_lines(pushed: Pushed, url: str) -> list[LabelledRow]:
    """Return the result of a push in a few lines."""
    where = f"{pushed.ref} stands there" if pushed.moved else f"{pushed.ref} is newer and lists it"
    lines = [
        f"Published {pushed.commit[:10]} at {url}: {where}",
        f"  {count(pushed.blobs, 'file')}, {count(pushed.commits, 'commit')}; sent {pushed.pieces_sent:,} of "
        f"{count(pushed.pieces, 'piece')}, {size(pushed.bytes_sent)}, in {duration(pushed.seconds)}",
    ]
    if pushed.left_out:
        lines.append(f"  left out: {count(pushed.left_out, 'file')} that may hold secrets or could not be read")
    return [LabelledRow(line) for line in lines]


def pulled_lines(pulled: Pulled, url: str) -> list[LabelledRow]:
    """Return the result of a pull in a few lines."""
    if not pulled.commit:
        return [LabelledRow(f"Nothing is published at {url} that leads to this commit")]
    later = f", {count(pulled.behind, 'commit')} before yours" if pulled.behind else ""
    lines = [
        f"Took over {pulled.commit[:10]} of {pulled.ref}{later}: {count(pulled.blobs, 'file')} and "
        f"{count(pulled.commits, 'commit')} in {duration(pulled.seconds)}",
        f"  read {size(pulled.bytes_read)} in {count(pulled.pieces, 'piece')}; checked {pulled.checked_blobs:,} files "
        f"and {pulled.checked_commits:,} commits against this clone",
    ]
    return [LabelledRow(line) for line in lines]


def status_lines(found: ShareStatus) -> list[LabelledRow]:
    """Return what is published, in a few lines."""
    if not found.url:
        advice = "name a place with --to URL, or set share.url (docs/share.md)"
        return [LabelledRow(f"Nothing is shared: {advice}"), LabelledRow(f"  repository: {found.repository}")]
    lines = [f"{found.repository} at {found.url}"]
    if found.published:
        lines.append(f"  nearest: {found.published[:10]} of {found.ref}, {count(found.behind, 'commit')} before yours")
    else:
        lines.append("  nothing is published that leads to your commit")
    lines += [f"  {one.name}: {one.commit[:10]}, {count(one.published, 'commit')} listed" for one in found.refs]
    where = "here without --to (share.push is on)" if found.may_push else "only where --to names it (share.push is off)"
    lines.append(f"  `noctule share push` publishes {where}")
    if found.trusted:
        lines.append(f"  only what {count(found.trusted, 'key')} signed is read")
    return [LabelledRow(line) for line in lines]

"""`noctule fleet`: index many repositories, on this machine or on a cluster."""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.lsp_server.cli.arguments import add_command, add_json, path, positive_amount, positive_number
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.layout import LabelledRow
from noctule.lsp_server.cli.progress import ProgressLine
from noctule.lsp_server.cli.terminal import Terminal
from noctule.lsp_server.text.numbers import count, duration, size

if TYPE_CHECKING:
    from noctule.indexer.fleet.engine import Engine
    from noctule.indexer.fleet.fleet import FleetPlan
    from noctule.indexer.fleet.messages import Attempt, AttemptOutcome
    from noctule.indexer.fleet.report import FleetReport
    from noctule.indexer.fleet.sources import Source
    from noctule.lsp_server.cli.arguments import Commands, Parser

_DESCRIPTION = """\
Index many repositories: clone or fetch each one, index it, publish what was learned if you name a place, and write a
report. A broken repository does not stop the others. You can stop it at any time; the same command continues."""

LEAST_BYTES = 100_000_000
"""No process that parses gets by with less."""
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000, "t": 1_000_000_000_000}


def declare(commands: Commands) -> None:
    """Add the command with its one subcommand."""
    fleet = commands.add_parser("fleet", help="index many repositories", description=_DESCRIPTION)
    subcommands = fleet.add_subparsers(title="subcommands", metavar="SUBCOMMAND", required=True)
    parser = add_command(subcommands, "sleep", run, "index many repositories", _DESCRIPTION)
    parser.add_argument(
        "place",
        metavar="LIST|DIR",
        nargs="?",
        type=path,
        help="a file with one address or folder a line, or a folder that holds repositories",
    )
    parser.add_argument(
        "--github-org-file",
        metavar="FILE",
        type=path,
        help="a list that `gh api orgs/ORG/repos --paginate` printed",
    )
    parser.add_argument("--at", metavar="REV", default="", help="index this branch, tag or commit of each repository")
    parser.add_argument("--depth", metavar="N", type=positive_number, default=0, help="clone at most N commits each")
    parser.add_argument("--shard", metavar="I/N", type=_shard, default=(1, 1), help="only the I-th of N equal parts")
    parser.add_argument("--to", metavar="URL", default="", help="publish what was learned there")
    _add_means(parser)
    add_json(parser)


def _add_means(parser: Parser) -> None:
    parser.add_argument(
        "--budget-dollars",
        metavar="X",
        type=positive_amount,
        default=0.0,
        help="then have the model of your settings write notes, for at most X dollars in all repositories together",
    )
    parser.add_argument("--engine", choices=("local", "ray"), default="local", help="where it runs")
    parser.add_argument("--workers", metavar="N", type=positive_number, default=0, help="at most N at once")
    parser.add_argument(
        "--max-memory-per-task",
        metavar="SIZE",
        type=_bytes,
        default=_bytes("1.5GB"),
        help="memory that one repository may take (default: 1.5GB)",
    )
    parser.add_argument(
        "--fetches-per-minute",
        metavar="N",
        type=positive_number,
        default=60,
        help="ask each server for at most N clones a minute (default: 60)",
    )
    parser.add_argument(
        "--out", metavar="DIR", type=path, help="folder of the report and the record (default: in the cache folder)"
    )


def _shard(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a part such as '1/8'")
    return int(found[1]), int(found[2])


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", text.strip().lower())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a size such as '1.5GB'")
    if float(found[1]) * _UNITS[found[2]] < LEAST_BYTES:
        least = f"{LEAST_BYTES // _UNITS['m']}MB"
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is less than {least}, which any repository takes")
    return int(float(found[1]) * _UNITS[found[2]])


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Learn all repositories and report."""
    from noctule.indexer.fleet.fleet import run as run_fleet
    from noctule.indexer.fleet.journal import FleetJournal
    from noctule.indexer.fleet.report import make_report, render_page

    sources = _sources(args)
    plan = _plan(args, sources)
    out = Path(args.out) if args.out else _default_folder(plan)
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    journal = FleetJournal(out / "journal.jsonl")
    finished = journal.read(_key(plan))
    if finished:
        terminal.remark(f"{count(len(finished), 'repository')} of the stopped run are finished; the rest follows.")
    started = time.monotonic()
    engine = _open_engine(args, out)

    def tell(attempt: Attempt, outcome: AttemptOutcome, again: bool) -> None:
        if not outcome.is_over:
            next_ = "it is tried again" if again else outcome.advice
            terminal.remark(f"{attempt.name}: {outcome.why}; {next_}")

    try:
        with ProgressLine(terminal) as progress:
            outcomes = run_fleet(plan, engine, journal, finished, progress, tell)
        dollars = engine.limits.spent()
    finally:
        engine.close()
    page = out / "report.html"
    report = make_report(outcomes, args.engine, args.to, time.monotonic() - started, dollars, str(page))
    page.write_text(render_page(report), "utf-8")
    terminal.write_json(report) if args.json else terminal.show(summary(report))
    return Exit.FAILED if report.failed else Exit.OK


def _sources(args: argparse.Namespace) -> list[Source]:
    from noctule.indexer.errors import RepositoryError
    from noctule.indexer.fleet.sources import find_in, read_github, read_list, shard, unique

    found: list[Source] = []
    if args.place is not None:
        place = Path(args.place)
        found += find_in(place) if place.is_dir() else read_list(place)
    if args.github_org_file is not None:
        found += read_github(Path(args.github_org_file))
    if not found:
        raise RepositoryError("there is no repository to index", "name a list, a folder or --github-org-file")
    return shard(unique(found), *args.shard)


def _plan(args: argparse.Namespace, sources: list[Source]) -> FleetPlan:
    import os

    from noctule.indexer.fleet.fleet import FleetPlan
    from noctule.indexer.fleet.messages import Attempt
    from noctule.indexer.llm.errors import NoModel
    from noctule.indexer.share.ref_names import ref_of_job
    from noctule.lsp_server.settings import Settings

    if not args.to and not args.budget_dollars:
        return FleetPlan(sources, Attempt("", "", at=args.at, depth=args.depth), args.max_memory_per_task)
    settings = Settings.load()
    if args.to:
        _check_place(args.to, settings.share.key)
    if args.budget_dollars and not settings.model.named:
        raise NoModel("--budget-dollars needs a model, and none is configured", "docs/models.md explains how")
    pattern = Attempt(
        "",
        "",
        at=args.at,
        to=args.to,
        depth=args.depth,
        ref=ref_of_job(os.environ),
        key=settings.share.key,
        trusted=settings.share.trusted,
        send=settings.model.send,
        choice=settings.model if args.budget_dollars else None,
    )
    return FleetPlan(sources, pattern, args.max_memory_per_task)


def _check_place(to: str, key: str) -> None:
    """Raise ShareError if nothing can be published there, before hours of indexing."""
    from noctule.indexer.share.places import open_place, refuse_unconditional
    from noctule.indexer.share.signatures import Signer

    refuse_unconditional(open_place(to, to_write=True))
    if key:
        Signer.of_file(Path(key).expanduser())


def _key(plan: FleetPlan) -> str:
    """Return what makes two runs the same."""
    import hashlib

    parts = [plan.attempt.at, plan.attempt.to, str(plan.attempt.depth)]
    parts += [f"{source.name}\0{source.place}" for source in plan.sources]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=6).hexdigest()


def _default_folder(plan: FleetPlan) -> Path:
    from noctule.indexer.store.location import cache_folder

    return cache_folder() / "fleet" / _key(plan)


def _open_engine(args: argparse.Namespace, out: Path) -> Engine:
    from noctule.indexer.fleet.engine import LocalEngine
    from noctule.indexer.fleet.limits import SharedLimits
    from noctule.indexer.store.location import cache_folder

    given = args.budget_dollars, args.fetches_per_minute, out / "spending.jsonl"
    if args.engine == "ray":
        from noctule.indexer.errors import NoctuleError

        try:
            from noctule.indexer.fleet.ray_engine import RayEngine
        except ImportError as error:
            advice = "install it with: pip install 'noctule[fleet]', or use --engine local"
            raise NoctuleError("--engine ray needs the extra 'fleet'", advice) from error
        return RayEngine(*given, cache_folder(), args.workers)
    return LocalEngine(SharedLimits(*given), cache_folder(), args.workers)


def summary(report: FleetReport) -> list[LabelledRow]:
    """Return what came of the fleet, in a few lines."""
    done = [one for one in report.repositories if one.state != "failed"]
    published = sum(one.state == "published" for one in done)
    stored = sum(one.store_bytes for one in done)
    lines = [f"Indexed {len(done):,} of {count(len(report.repositories), 'repository')} in {duration(report.seconds)}"]
    if report.to:
        lines.append(f"  {published:,} published at {report.to}")
    cpu_s = sum(one.cpu_seconds for one in report.repositories)
    most = max((one.memory_bytes for one in report.repositories), default=0)
    lines.append(f"  {duration(cpu_s)} of CPU time, at most {size(most)} of memory, {size(stored)} stored")
    if report.dollars:
        claims = sum(one.claims for one in done)
        lines.append(f"  ${report.dollars:,.2f} for models, which wrote {count(claims, 'sentence')} that were kept")
    lines += [f"  {one.name}: {one.why}; {one.advice}" for one in report.failed]
    lines.append(f"  report: {report.page}")
    return [LabelledRow(line) for line in lines]

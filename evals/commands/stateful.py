"""`noctule eval stateful`: the experiments of Sleep-time Compute with a model of the user's."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.evals.commands.execution import model_ending, run_folder_path, typed_command
from noctule.evals.commands.model_run import add_model_options, known_prices, open_chat, provide, read_model
from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.arguments import add_command, positive_number, whole_number
from noctule.lsp_server.cli.exit_codes import Exit
from noctule.lsp_server.cli.terminal import Terminal

if TYPE_CHECKING:
    from noctule.evals.run_folder import Run
    from noctule.evals.stateful.chat import Chat, ModelProvider
    from noctule.evals.stateful.session import ProblemSession
    from noctule.indexer.llm.settings import Prices
    from noctule.lsp_server.cli.arguments import Commands

SETS = ("gsm", "aime", "multi")
_DESCRIPTION = """\
Repeat the experiments of Sleep-time Compute (arXiv 2504.13171) with a model: it thinks about a context before the
question is known, and answers with these notes and without. FILE is Apple's GSM-Symbolic (gsm, multi) or AIME (aime),
as you downloaded it. What is asked, and about what it costs, is said first; nothing is sent without --yes. Needs: pip
install 'noctule[models]'"""


def declare(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "stateful", run, "experiments of the paper on sleep-time compute", _DESCRIPTION)
    parser.add_argument("set", metavar="SET", choices=SETS, help="gsm, aime, or multi: several questions a context")
    parser.add_argument("files", metavar="FILE", nargs="+", help="one JSON object per line; .gz is read")
    parser.add_argument("--model", metavar="NAME", required=True, help="as litellm names it: openai/gpt-4o-mini, ...")
    add_model_options(parser)
    parser.add_argument(
        "--arms", metavar="NAME", nargs="+", help="what is compared, as in docs/paper.md: test sleep, or test,sleep"
    )
    parser.add_argument("--levels", metavar="RANGE", default="0-4", help="how long answers are (default: 0-4)")
    parser.add_argument("--effort", metavar="LIST", default="", help="of sleep and answers: low,medium,high")
    parser.add_argument("--thinking-tokens", metavar="LIST", default="", help="the same, as 1024,4096,16000")
    parser.add_argument("--sleep-effort", metavar="LIST", default="", help="of sleep alone, each as an arm of its own")
    parser.add_argument("--k", metavar="LIST", default="", help="how many sleeps are joined: 1,2,5,10")
    parser.add_argument("--runs", metavar="N", type=positive_number, help="answers each (default: 1, aime 3)")
    parser.add_argument(
        "--samples", metavar="N", type=positive_number, default=20, help="draws of pass@k (default: 20)"
    )
    parser.add_argument("--queries", metavar="N", type=positive_number, default=10, help="of multi (default: 10)")
    parser.add_argument(
        "--per-template", metavar="N", type=positive_number, default=1, help="problems of one template (default: 1)"
    )
    parser.add_argument(
        "--limit", metavar="N", type=positive_number, help="only so many problems, spread over templates"
    )
    parser.add_argument("--seed", metavar="N", type=whole_number, default=0, help="of the selection (default: 0)")
    parser.add_argument("--max-output", metavar="TOKENS", type=positive_number, help="of an answer, as a guard only")
    parser.add_argument("--at-once", metavar="N", type=positive_number, default=4, help="requests at once (default: 4)")
    parser.add_argument("--scores", action="store_true", help="also ask how likely each question is (echo servers)")
    parser.add_argument(
        "--anticipate", action="store_true", help="also have the likely questions named, and see which came"
    )
    parser.add_argument("--out", metavar="RUN", help="the folder of the run (default: one in noctule's cache folder)")
    parser.add_argument("--dry-run", action="store_true", help="write every prompt to RUN/prompts.jsonl; send nothing")
    parser.add_argument("--yes", action="store_true", help="send, at the cost that is said")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Say what it costs, ask, and print what came out."""
    session = make_session(args)
    choice, prices = read_model(args)
    folder = run_folder_path(args, f"stateful-{args.set}{model_ending(args.model)}")
    with provide(choice, folder.parent) as worker:
        to, prices = known_prices(worker, choice, prices)
        rehearsal = session.rehearse(folder)
        terminal.write_line(printable_line(rehearsal.describe(choice.think, to, prices, args.cap)))
        if args.dry_run:
            rehearsal.write(folder / "prompts.jsonl")
            terminal.write_line(printable_line(f"Written: {folder / 'prompts.jsonl'}. Nothing was sent."))
            return Exit.OK
        if not args.yes:
            terminal.write_line("Nothing is sent without --yes.")
            return Exit.OK
        ask_all(session, worker, prices, folder, args, terminal, len(rehearsal.prompts))
    show(folder, terminal)
    return Exit.OK


def ask_all(
    session: ProblemSession,
    provider: ModelProvider,
    prices: Prices,
    folder: Path,
    args: argparse.Namespace,
    terminal: Terminal,
    planned: int,
) -> None:
    """Ask what is left, and keep each answer as it comes."""
    from noctule.evals.run_folder import Run
    from noctule.evals.stateful.forecast import record_proxies
    from noctule.evals.stateful.session import record_left_out

    with Run(folder, session.about(), typed_command()) as into, open_chat(provider, prices, folder, args) as chat:
        if empty := record_left_out(session, into):
            terminal.remark(f"Left out, since their context is empty: {empty} problems.")
        with show_progress(chat, planned, terminal) as told:
            session.conduct(chat, into, told)
        record_proxies([p for p in session.problems if p.context], into)
        if args.scores:
            _score(session, chat, into, terminal)
        if chat.dropped:
            terminal.remark(f"{args.model} takes no {', '.join(sorted(chat.dropped))}; it was left out and recorded.")


def make_session(args: argparse.Namespace) -> ProblemSession:
    """Read the problems, and what is asked of them, from the arguments. BadTask."""
    from noctule.evals.stateful import arms, prompts
    from noctule.evals.stateful.experiment import Design
    from noctule.evals.stateful.problem import load, select
    from noctule.evals.stateful.session import ProblemSession
    from noctule.indexer.errors import BadTask

    is_contest = args.set == "aime"
    most = args.max_output or (32_000 if is_contest else 1_500)
    efforts, tokens = _words(args.effort), _numbers(args.thinking_tokens, "--thinking-tokens")
    if tokens and efforts:
        raise BadTask("--effort and --thinking-tokens are two names of one budget", "give one of them")
    if tokens:
        budgets = prompts.thinking_budgets(tokens, most)
    elif efforts or is_contest:
        budgets = prompts.effort_budgets(efforts or ("low", "medium", "high"), most)
    else:
        budgets = prompts.level_budgets(_levels(args.levels))
    default = {"gsm": arms.DEFAULT_ARMS, "aime": (arms.TEST, arms.SLEEP, arms.STRANGER), "multi": arms.PAIR}[args.set]
    chosen = arms.parse_arms(_words(",".join(args.arms or default)), _numbers(args.k, "--k"), _words(args.sleep_effort))
    design = Design(
        chosen,
        budgets,
        runs=args.runs or (3 if is_contest else 1),
        samples=args.samples,
        sleeps_by_budget=bool(tokens or efforts or is_contest),
    )
    files = [Path(file) for file in args.files]
    known = load(files, "aime" if is_contest else "gsm")
    problems = select(known, args.per_template, args.limit, args.seed)
    queries = args.queries if args.set == "multi" else 1
    return ProblemSession(
        *(args.set, files, problems, known, design, args.model, args.seed, queries, args.at_once, args.anticipate)
    )


@contextmanager
def show_progress(chat: Chat, planned: int, terminal: Terminal) -> Iterator[Callable[[], None]]:
    """Show how many requests are left, and how much money."""
    from noctule.indexer.results import Progress
    from noctule.lsp_server.cli.progress import ProgressLine

    before = len(chat.journal.records)
    with ProgressLine(terminal) as progress:

        def told() -> None:
            done = len(chat.journal.records) - before
            unit = f"requests, ${chat.cap.spent:,.2f} of ${chat.cap.dollars:,.2f} spent"
            progress(Progress("asking", done, max(planned, done), unit))

        yield told


def _score(session: ProblemSession, chat: Chat, into: Run, terminal: Terminal) -> None:
    """Ask how likely each question is, where the server can tell."""
    from noctule.evals.errors import NoScores
    from noctule.evals.stateful.forecast import score_questions

    try:
        score_questions([p for p in session.problems if p.context], chat, into)
    except NoScores as error:
        terminal.remark(f"No scores: {error}. The report shows what needs none.")


def show(folder: Path, terminal: Terminal) -> None:
    """Print what the run says, on one screen."""
    from noctule.evals.report.screen import lines
    from noctule.evals.report.stateful import verdict
    from noctule.evals.report.stateful_results import read_stateful

    terminal.write("\n".join(lines(verdict(read_stateful(folder)))) + "\n")
    terminal.remark(f"The run is in {folder}; 'noctule eval report {folder}' writes plots and tables.")


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _numbers(text: str, option: str) -> tuple[int, ...]:
    from noctule.indexer.errors import BadTask

    words = _words(text)
    if not all(word.isdecimal() and int(word) > 0 for word in words):
        raise BadTask(f"{option} is {text[:40]!r}, but must be whole numbers such as 1,2,5")
    return tuple(int(word) for word in words)


def _levels(text: str) -> tuple[int, ...]:
    from noctule.indexer.errors import BadTask

    first, dash, last = text.partition("-")
    words = [first, last] if dash else list(_words(text))
    are_levels = bool(words) and all(word.strip() in set("01234") for word in words)
    numbers = [int(word) for word in words] if are_levels else []
    if not numbers or (dash and numbers[0] > numbers[1]):
        raise BadTask(f"--levels is {text[:40]!r}, but must be such as 0-4 or 0,2,4")
    return tuple(range(numbers[0], numbers[1] + 1)) if dash else tuple(sorted(set(numbers)))

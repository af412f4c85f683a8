"""The pipeline recovers what was planted in scripted students, and says "no effect" where nothing was."""

from __future__ import annotations

import argparse
import json
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Event

import pytest

from noctule.evals.commands import stateful as command
from noctule.evals.commands.declare import declare
from noctule.evals.errors import CapReached, ModelFailed, ModelWithoutTools, RunError
from noctule.evals.report import html, markdown
from noctule.evals.report.drawing import pick_colour, pick_style
from noctule.evals.report.stateful import account, make_page, verdict
from noctule.evals.report.stateful_results import StatefulRun, read_stateful
from noctule.evals.report.stateful_tables import effort_table, noise_table, sleep_table
from noctule.evals.run_folder import Run
from noctule.evals.scorers.clusters import compare
from noctule.evals.scorers.currencies import Currency, SleepPayoff, break_even
from noctule.evals.stateful.forecast import record_proxies
from noctule.indexer.llm.messages import AskModel, ModelAnswer, ModelFault
from noctule.indexer.llm.settings import Prices
from noctule.indexer.llm.usage import Usage
from noctule.lsp_server.cli.arguments import Parser
from tests.evals.stateful.students import NOTE_TOKENS, InProcess, Student, write_problems
from tests.patience import PATIENCE_S

PRICES = Prices(1.0, 0.5, 1.0, 4.0)
Play = Callable[..., StatefulRun]


def sit(
    folder: Path,
    student: Student,
    *words: str,
    kind: str = "gsm",
    templates: int = 40,
    provider: InProcess | None = None,
) -> StatefulRun:
    """Let a student sit the experiment, and read the run."""
    file = write_problems(folder / "GSM_p1.jsonl", templates, 2)
    parser = Parser(prog="noctule")
    declare(parser.add_subparsers())
    common = ["eval", "stateful", kind, str(file), "--model", "played/student", "--pause", "0", "--at-once", "2"]
    args: argparse.Namespace = parser.parse_args([*common, *words])
    session = command.make_session(args)
    with (
        Run(folder / "run", session.about(), "noctule eval stateful") as into,
        command.open_chat(provider or InProcess(student), PRICES, folder / "run", args) as chat,
    ):
        session.conduct(chat, into, lambda: None)
        record_proxies([p for p in session.problems if p.context], into)
    return read_stateful(folder / "run")


@pytest.fixture
def play(tmp_path: Path) -> Play:
    def run(student: Student, *words: str, **more: object) -> StatefulRun:
        return sit(tmp_path, student, *words, **more)  # type: ignore[arg-type]

    return run


def gain(run: StatefulRun, budget: str, arm: str = "sleep") -> tuple[float, float, float]:
    found = compare(run.rights(arm, budget), run.rights("test", budget))
    assert found is not None
    d = found.difference
    assert d.value is not None
    assert d.low is not None
    assert d.high is not None
    return d.low, d.value, d.high


def said(run: StatefulRun) -> str:
    return " ".join(" ".join(line for block in verdict(run) for line in block.items).split())  # type: ignore[union-attr]


def test_a_student_who_profits_is_recovered_to_the_token(play: Play) -> None:
    student = Student()
    arms = ["--arms", "test", "sleep", "notes-only", "context", "shuffled", "stranger", "--levels", "0,4"]

    run = play(student, *arms)

    low, _, high = gain(run, "0")
    assert low <= 0.6 <= high
    assert gain(run, "4")[0] <= 0.0 <= gain(run, "4")[2]
    for useless in ("shuffled", "stranger"):
        low, _, high = gain(run, "0", useless)
        assert low <= 0.0 <= high
    assert all(answer.right == 0 for answer in run.of("context", "0"))
    assert sum((r.usage for r in run.requests if r.usage), Usage()) == student.books
    assert sum(r.dollars or 0 for r in run.requests) == pytest.approx(PRICES.dollars(student.books))
    assert len({r.key for r in run.requests}) == len(run.requests) == len(student.requests)
    assert f"${PRICES.dollars(student.books):,.4f}" in account(run)
    assert "Budget 0" in said(run)
    assert "points (n 40): better" in said(run)


def test_a_student_without_an_effect_and_one_who_is_hurt(tmp_path: Path) -> None:
    for name, noted, told in (("none", (0.6, 0.6), "no effect shown"), ("hurt", (0.1, 0.1), "worse")):
        (tmp_path / name).mkdir()
        student = Student(plain=(0.6, 0.6, 0, 0, 0), noted=(*noted, 0, 0, 0))

        run = sit(tmp_path / name, student, "--arms", "test", "sleep", "--levels", "0,1")

        low, _, high = gain(run, "1")
        assert low <= noted[1] - 0.6 <= high
        assert said(run).count(told) == 2
        assert "better" not in said(run)


def test_break_even_is_what_was_planted_in_each_currency(play: Play) -> None:
    student = Student(written=(100,) * 5, written_noted=(20,) * 5)

    run = play(student, "--arms", "test", "sleep", "--levels", "3,4")

    parts = [
        (run.slept("sleep", "3", c), run.costs("sleep", "3", c), run.costs("test", "3", c))
        for c in (Currency.WRITTEN, Currency.ALL)
    ]
    paper, whole = (break_even(*part) for part in parts)
    assert paper is not None
    assert whole is not None
    assert paper.verdict is SleepPayoff.PAYS
    assert paper.sleep == NOTE_TOKENS + 9
    assert paper.queries is not None
    assert paper.queries.value == pytest.approx((NOTE_TOKENS + 9) / 80)
    again = break_even(*parts[0], price=10)
    assert again is not None
    assert again.queries is not None
    assert again.queries.value == pytest.approx((NOTE_TOKENS + 9) / 800)
    read = [sum(r.usage.read for r in run.requests if r.usage and r.place.arm == arm) for arm in ("sleep", "test")]
    more = (read[0] - read[1]) / 80
    assert whole.gain.value == pytest.approx(80 - more)


def test_the_screen_and_the_tables_give_one_verdict_and_no_noise(play: Play) -> None:
    run = play(Student(plain=(0.3, 0.4, 0.5, 0.8, 1.0), noted=(0.9,) * 5), "--arms", "test", "sleep", templates=20)

    page = markdown.render(make_page([run]))
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| sleep - test |")]
    assert len(rows) >= 5
    for _, budget, *_, shown in rows[:5]:
        assert f"Budget {budget}: " in said(run)
        assert f": {shown.rstrip(' |')}. Queries" in said(run).partition(f"Budget {budget}: ")[2].partition("Budget")[0]
    assert {row[-1].rstrip(" |") for row in rows[:5]} >= {"better", "no effect shown"}
    assert "at equal accuracy, by budget" in said(run)
    assert not re.search(r"\d,\d{3},\d{3}", page)  # no break-even that is made of rounding


def test_the_noise_of_a_provider_is_told_where_runs_repeat(play: Play) -> None:
    run = play(Student(), "--arms", "test", "--levels", "0", "--runs", "2", templates=6)

    found = noise_table(run)

    assert found is not None
    assert found.rows == [["test", "0", "6", "0.0 (0.0 to 0.0)"]]


def test_lines_of_one_colour_differ_and_ticks_are_plain_numbers(play: Play) -> None:
    run = play(Student(), "--levels", "0,4", "--k", "1,2", templates=4)  # nine arms, for six colours

    pareto = html.render(make_page([run])).partition("<svg")[2].partition("</svg")[0]

    assert len({(pick_colour(number), pick_style(number)) for number in range(18)}) == 18
    assert pareto.count("stroke-dasharray") >= 3
    assert ">100</text>" in pareto
    assert "times" not in pareto.lower().replace("timestamp", "")  # no "2 x 10^2"


def test_k_sleeps_are_nested_and_equal_compute_is_counted_in_tokens(play: Play) -> None:
    words = [
        "--arms",
        "test",
        "sleep",
        "equal",
        "samples",
        "merged",
        "--k",
        "1,2,5",
        "--samples",
        "4",
        "--levels",
        "0,4",
    ]

    run = play(Student(), *words, templates=6)

    assert {len(notes) for notes in run.sleeps["S hot"].values()} == {5}
    assert len(run.notes_of("k=2", "0", "P1-3-0") or run.notes_of("k=2", "0", "P1-3-1")) == 2
    written = {arm: run.slept(arm, "0", Currency.WRITTEN)[0].value for arm in ("k=1", "k=2", "k=5")}
    assert written["k=5"] == 5 * written["k=1"] == 5 * (NOTE_TOKENS + 9)
    assert {a.run for a in run.of("samples", "0")} == {0, 1, 2, 3}
    assert len(run.of("equal", "4")) == 6 * ((NOTE_TOKENS + 9 + 380) // 380)
    page = make_page([run])
    text = markdown.render(page)
    assert "pass@k" in text
    assert "k=2 - k=1" in text
    assert html.render(page).count("<svg") == 7
    assert "pass@k, picked by who knows" in html.render(page)
    assert "More sleep, by budget of the answer: k=1, k=2, k=5" in text
    assert "each with the whole of its sleep" in text
    assert "k=5 - k=1 at 0: " in text
    assert "pass@4" not in text  # the paper's numbers of draws alone


def test_an_effort_that_does_nothing_is_said_not_to_be_honoured(tmp_path: Path) -> None:
    for name, reasons, rises in (("real", {"low": 100, "high": 900}, True), ("idle", {}, False)):
        (tmp_path / name).mkdir()

        run = sit(
            tmp_path / name, Student(reasons=reasons), "--effort", "low,high", "--arms", "test", "sleep", templates=8
        )

        found = effort_table(run)
        assert found is not None
        assert found[1] is rises
        assert ("NOT honoured" in said(run)) is not rises
        assert run.of("test", "low")[0].facts["sent"] == {"reasoning_effort": "low"}


def test_answers_without_usage_cut_off_and_without_a_number_are_counted(tmp_path: Path) -> None:
    for name in ("silent", "cut"):
        (tmp_path / name).mkdir()
    arms = ["--arms", "test", "sleep", "--levels", "4"]

    silent = sit(tmp_path / "silent", Student(tells_usage=False), *arms, templates=6)
    cut = sit(tmp_path / "cut", Student(cuts=True), *arms, templates=6)

    assert silent.costs("test", "4", Currency.WRITTEN) == []
    assert "12 answers came without usage" in said(silent)
    assert "of unknown price" in account(silent)
    assert all(a.facts["cut"] and not a.right for a in cut.of("test", "4"))
    assert "Of 12 answers 12 were cut off, 0 hold no number: counted as wrong." in said(cut)


def test_a_run_stops_at_its_cap_and_goes_on_from_there(play: Play) -> None:
    words = ["--arms", "test", "sleep", "--levels", "0,4"]
    student = Student()

    with pytest.raises(CapReached, match=r"of \$0\.05 are spent"):
        play(student, *words, "--cap", "0.05")
    before = len(student.requests)
    assert 0 < PRICES.dollars(student.books) <= 0.05
    run = play(student, *words, "--cap", "5")

    assert before < len(student.requests) == 40 * (2 + 4)
    assert len(run.requests) == len(student.requests)
    assert sum(r.dollars or 0 for r in run.requests) == pytest.approx(PRICES.dollars(student.books))


def test_a_cap_is_kept_over_several_runs_of_a_model_that_tells_no_usage(play: Play) -> None:
    words = ["--arms", "test", "sleep", "--levels", "0,4", "--cap", "0.2"]
    student = Student(tells_usage=False)
    with pytest.raises(CapReached, match="can cost"):
        play(student, *words)
    before = len(student.requests)

    with pytest.raises(CapReached, match=r"and \$0\.1\d+ of \$0\.20 are spent"):
        play(student, *words)

    assert 0 < before == len(student.requests)


def test_a_killed_run_loses_nothing_and_pays_nothing_twice(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tests.evals.stateful.test_pipeline import sit, Student\n"
        "sit(Path(sys.argv[1]), Student(dies_at=60), '--arms', 'test', 'sleep', '--levels', '0,4', templates=30)"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, cwd=Path(__file__).parents[3])
    assert killed.returncode == -signal.SIGKILL
    file = tmp_path / "run/requests.jsonl"
    kept = file.read_bytes().count(b"\n")
    file.write_bytes(file.read_bytes() + b'{"place": {"ar')  # as a kill in the middle of a line leaves it

    student = Student()
    run = sit(tmp_path, student, "--arms", "test", "sleep", "--levels", "0,4", templates=30)

    assert 55 <= kept <= 60
    assert kept + len(student.requests) == len(run.requests) == 30 * (2 + 4)
    assert len({r.key for r in run.requests}) == len(run.requests)


def test_a_model_without_tools_and_one_that_never_answers_end_the_run(tmp_path: Path) -> None:
    refusal = ModelFault("rejected", "this model does not support tools", 400)
    with pytest.raises(ModelWithoutTools, match="takes no tools, and sleep needs them"):
        sit(tmp_path, Student(), "--arms", "sleep", templates=3, provider=InProcess(Student(), [refusal] * 20))
    silent = sit(tmp_path, Student(takes_tools=False), "--arms", "test", "sleep", "--levels", "0", templates=3)
    assert "no call 3" in sleep_table(silent).rows[0][-1]
    assert "3 of 3 sleeps left no note (most of them: no call)." in said(silent)
    student = InProcess(Student(), [ModelFault("rejected", "no such model", 404)] * 200)
    (tmp_path / "other").mkdir()
    with pytest.raises(ModelFailed, match="no such model"):
        sit(tmp_path / "other", Student(), "--arms", "test", templates=12, provider=student)


def test_a_changed_folder_is_named_and_left_as_it_is(play: Play, tmp_path: Path) -> None:
    words = ["--arms", "test", "--levels", "0"]
    play(Student(), *words, templates=3)
    file = tmp_path / "run/requests.jsonl"
    lines = file.read_text().splitlines()

    file.write_text("\n".join([lines[0], json.dumps({"place": 3}), *lines[1:]]) + "\n")
    with pytest.raises(RunError, match=r"line 2 of .*requests.jsonl is not a request"):
        play(Student(), *words, templates=3)
    file.write_text("\n".join(lines) + "\n")
    results = tmp_path / "run/results.jsonl"
    kept = results.read_text()
    for wrong in ('"solver": "weird"', '"solver": "S#"'):
        results.write_text(kept.replace('"solver": "test@0#0"', wrong, 1))
        with pytest.raises(RunError, match=r"results.jsonl has a result that is none of this experiment"):
            read_stateful(tmp_path / "run")
    results.write_text(kept.replace('"gold"', '"golden"', 1))
    with pytest.raises(RunError, match=r"none of this experiment: test@0#0 of P1-"):
        read_stateful(tmp_path / "run")
    results.write_text(kept)
    with pytest.raises(RunError, match="about something else"):
        play(Student(), *words, "--seed", "5", templates=3)

    assert len(play(Student(), *words, templates=3).requests) == 3


def test_a_full_disk_ends_the_run_and_loses_nothing_that_was_kept(play: Play, tmp_path: Path) -> None:
    words = ["--arms", "test", "sleep", "--levels", "0,4"]
    student = Student()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))  # Python ignores the signal; a write is refused
    try:
        with pytest.raises(RunError, match="cannot write to"):
            play(student, *words, templates=20)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    whole = (tmp_path / "run/requests.jsonl").read_bytes().count(b"\n")

    run = play(student, *words, templates=20)

    assert 0 < whole < len(run.requests) == 20 * (2 + 4)
    assert len({r.key for r in run.requests}) == len(run.requests)
    assert len(student.requests) - len(run.requests) <= 2  # what was on its way when the disk was full


class Refusing(InProcess):
    """Refuses an effort; the first two who ask hear it at the same time."""

    def ask(self, request: AskModel, stop: Event, limit_s: float) -> ModelAnswer | ModelFault:
        if "reasoning_effort" not in request.parts:
            return super().ask(request, stop, limit_s)
        if not self.together.broken:
            with suppress(BrokenBarrierError):  # the other one was through already
                self.together.wait(PATIENCE_S)
            self.together.abort()
        return ModelFault("rejected", "this model does not support parameters: ['reasoning_effort']", 400)

    together = Barrier(2)


def test_a_parameter_that_is_refused_is_left_out_by_all_who_sent_it(play: Play) -> None:
    run = play(Student(), "--arms", "test", "--effort", "low,high", templates=6, provider=Refusing(Student()))

    assert run.failed == []
    assert all(a.facts["dropped"] == ["reasoning_effort"] for b in ("low", "high") for a in run.of("test", b))
    assert "NOT honoured" in said(run)


def test_further_questions_are_checked_and_share_one_sleep(play: Play) -> None:
    student = Student((0.4, 0.4, 0.4, 1.0, 1.0), (0.9, 0.9, 0.9, 1.0, 1.0), written=(100,) * 5, written_noted=(20,) * 5)

    run = play(student, "--queries", "3", "--levels", "0,3", kind="multi", templates=5)

    asked = run.questions[min(run.questions)]
    assert [q["question"] for q in asked["questions"]][1:] == [
        f"How many are there if {n} more come?" for n in (100, 200)
    ]
    assert asked["refused"] == {"not solved the same way again": 1, "copied from the context": 1, "asked before": 1}
    assert len(run.of("sleep", "0")) == 5 * 3
    assert len(run.sleeps["S"]) == 5  # one for all three questions of a context
    assert len({a.cluster for a in run.of("test", "0")}) == 5
    assert run.slept("sleep", "0", Currency.WRITTEN)[0].value == NOTE_TOKENS + 9
    text = markdown.render(make_page([run]))
    assert "5 contexts; 60% of what was written is refused." in text
    assert "| sleep | 0 | output tokens (the paper's) |" in text
    # At budget 3 both are always right, for 100 tokens without a note and 20 with one.
    both = (NOTE_TOKENS + 9) / 10 + 10 * 20
    again = f"{10 * 100 / both:.2f}"
    rows = [line for line in text.splitlines() if line.startswith("| output tokens (the paper's) | 3 | t = 10 |")]
    assert f"| {again} ({again} to {again}) |" in rows[0]
    assert "| 9 | a query, 10 a context, t = 10 | up to 2.5 times cheaper |" in text
    assert f"3: {again} ({again} to {again}) times" in text


def test_what_was_anticipated_is_told_apart_and_runs_stand_side_by_side(play: Play) -> None:
    student = Student(plain=(0.3, 0.4, 0.5, 1.0, 1.0))

    run = play(student, "--anticipate", "--levels", "0,3", "--arms", "test", "sleep", templates=12)

    told = {problem: facts["is_anticipated"] for problem, facts in run.scores["P anticipated"].items()}
    in_order = sorted(told, key=lambda problem: int(problem.split("-")[1]))
    assert [told[problem] for problem in in_order] == [True, False] * 6
    assert sum((r.usage for r in run.requests if r.usage), Usage()) == student.books
    text = markdown.render(make_page([run, run]))
    assert "| anticipated | 6 |" in text
    assert "## All runs side by side" in text

"""What models may cost: no limit is ever passed, by however many processes, through kills and torn files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.llm.errors import BudgetSpent, Stopped
from noctule.indexer.llm.settings import Choice
from noctule.indexer.llm.spending import FOLDER, SpendingLimit, Today
from noctule.indexer.runtime import state
from noctule.indexer.runtime.budget import Amounts, Limits
from noctule.indexer.runtime.ledger import format_day
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[3]
FREE = Limits(tokens_per_job=1e9, dollars_per_job=1e9, tokens_per_day=1e9, dollars_per_day=1e9)
NOON = 1_790_000_000.0
DAY_S = 86_400.0


def spending(
    folder: Path, repository: str = "shop", limits: Limits = FREE, at: float = NOON, **chosen: float
) -> SpendingLimit:
    choice = Choice(think="openai/played", **{"dollars_per_day": 1e9, "tokens_per_day": 1e9, **chosen})  # type: ignore[arg-type]
    return SpendingLimit(folder, choice, repository, limits, lambda: at)


def test_a_request_counts_at_its_most_until_it_is_settled(tmp_path: Path) -> None:
    one = spending(tmp_path)

    reservation = one.reserve("job", 1_000, 0.5)
    assert one.today(everywhere=True) == Today(1_000, 0.5, 1, 0, 1)

    one.settle(reservation, 120, 0.03)
    assert one.today(everywhere=True) == Today(120, 0.03, 1, 0, 0)


def test_what_could_pass_a_limit_does_not_start(tmp_path: Path) -> None:
    one = spending(tmp_path, tokens_per_day=1_000)
    one.reserve("job", 900, 0.0)

    with pytest.raises(BudgetSpent, match="101 tokens, but 100 of 1,000 are left today in all repositories"):
        one.reserve("job", 101, 0.0)

    one.reserve("job", 100, 0.0)


@pytest.mark.parametrize("name", ["tokens_per_day", "dollars_per_day", "tokens_per_job", "dollars_per_job"])
def test_the_limits_of_a_repository_hold_too(tmp_path: Path, name: str) -> None:
    one = spending(tmp_path, limits=replace(FREE, **{name: 10}))
    tokens, dollars = (11, 0.0) if "tokens" in name else (1, 10.01)

    with pytest.raises(BudgetSpent, match="in this repository" if "day" in name else "for one job"):
        one.reserve("job", tokens, dollars)

    one.reserve("job", tokens - 1, dollars / 2)


def test_all_repositories_share_the_day_of_their_user(tmp_path: Path) -> None:
    spending(tmp_path, "shop").reserve("job", 700, 0.0)
    other = spending(tmp_path, "bank", tokens_per_day=1_000)

    with pytest.raises(BudgetSpent, match="all repositories"):
        other.reserve("job", 301, 0.0)

    assert other.left() == Amounts(tokens=300, dollars=1e9)
    assert other.today(everywhere=False) == Today()


def test_the_next_day_begins_afresh_but_a_job_has_one_limit_over_midnight(tmp_path: Path) -> None:
    limits = replace(FREE, tokens_per_day=1_000, tokens_per_job=1_200)
    spending(tmp_path, limits=limits, at=NOON).reserve("job", 1_000, 0.0)
    after = spending(tmp_path, limits=limits, at=NOON + DAY_S)

    with pytest.raises(BudgetSpent, match="for one job"):
        after.reserve("job", 201, 0.0)

    after.reserve("job", 200, 0.0)
    after.reserve("another", 800, 0.0)
    assert after.job_spending("job") == Amounts(tokens=1_200)


def test_what_is_settled_after_midnight_counts_on_the_day_it_was_set_aside(tmp_path: Path) -> None:
    before, after = spending(tmp_path), spending(tmp_path, at=NOON + DAY_S)
    reservation = before.reserve("job", 1_000, 0.0)

    after.settle(reservation, 10, 0.0)

    assert before.today(everywhere=True).tokens == 10
    assert after.today(everywhere=True) == Today()


def test_a_price_that_nobody_knows_counts_tokens_and_needs_a_limit_on_them(tmp_path: Path) -> None:
    one = spending(tmp_path)
    one.settle(one.reserve("job", 1_000, None), 10, None)
    endless = spending(tmp_path, limits=replace(FREE, tokens_per_day=float("inf")), tokens_per_day=float("inf"))

    assert one.today(everywhere=True) == Today(10, 0.0, 1, 1, 0)
    with pytest.raises(BudgetSpent, match="no token limit is set"):
        endless.reserve("job", 1, None)
    with pytest.raises(BudgetSpent, match="the dollar limit is 0"):
        spending(tmp_path, dollars_per_day=0).reserve("job", 1, None)


def test_where_nothing_can_be_written_down_nothing_is_sent(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file is in the way")

    with pytest.raises(BudgetSpent, match="cannot record what models cost"):
        spending(tmp_path).reserve("job", 1, 0.0)


def test_an_account_that_another_process_holds_is_waited_for_until_told_to_stop(tmp_path: Path) -> None:
    one, stop = spending(tmp_path), Event()
    one.reserve("job", 1, 0.0)
    with state.transaction(one.folder):
        Thread(target=lambda: (time.sleep(0.2), stop.set())).start()
        with pytest.raises(Stopped):
            one.reserve("job", 1, 0.0, stop)

    one.reserve("job", 1, 0.0)


def test_where_the_account_is_damaged_nothing_is_sent(tmp_path: Path) -> None:
    one = spending(tmp_path)
    one.reserve("job", 1, 0.0)
    for path in one.folder.iterdir():
        path.write_bytes(b"nonsense" * 100)

    with pytest.raises(BudgetSpent, match="cannot record what models cost"):
        one.reserve("job", 1, 0.0)


RACER = """
import sys
from pathlib import Path
from noctule.indexer.runtime.budget import Limits
from noctule.indexer.llm.settings import Choice
from noctule.indexer.llm.errors import BudgetSpent
from noctule.indexer.llm.spending import SpendingLimit
folder, repository = sys.argv[1:]
free = Limits(tokens_per_job=1e9, dollars_per_job=1e9, tokens_per_day=1e9, dollars_per_day=1e9)
choice = Choice(think="openai/played", dollars_per_day=1.0, tokens_per_day=1e9)
spending = SpendingLimit(Path(folder), choice, repository, free)
print("ready", flush=True)
sys.stdin.readline()
got = 0
while True:
    try:
        reservation = spending.reserve("job", 10, 0.0625)
    except BudgetSpent:
        break
    got += 1
    if "settle" in repository:
        spending.settle(reservation, 5, 0.03125)
print(got)
"""


def racer(folder: Path, repository: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RACER, str(folder), repository],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("names", "granted"), [(("a", "b", "c"), 16), (("settles a", "settles b"), 31)])
def test_processes_that_race_for_the_last_dollars_never_pass_the_cap_together(
    tmp_path: Path, names: tuple[str, ...], granted: int
) -> None:
    racing = [racer(tmp_path, name) for name in names]
    for one in racing:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    got = [int(one.communicate("go\n", timeout=PATIENCE_S)[0]) for one in racing]

    spent = spending(tmp_path, at=time.time()).today(everywhere=True)
    assert spent.dollars <= 1.0
    assert sum(got) == spent.requests >= granted


CRASHER = """
import sys
from pathlib import Path
from noctule.indexer.runtime.budget import Limits
from noctule.indexer.llm.settings import Choice
from noctule.indexer.llm.spending import SpendingLimit
spending = SpendingLimit(Path(sys.argv[1]), Choice(think="openai/played"), "shop", Limits())
reservation = spending.reserve("job", 4_000, 0.125)
print("reserved", flush=True)
sys.stdin.read()
"""


def test_a_kill_between_reserve_and_settle_costs_the_most_it_could_and_holds_no_lock(tmp_path: Path) -> None:
    crasher = subprocess.Popen(
        [sys.executable, "-c", CRASHER, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with crasher:
        assert crasher.stdout is not None
        assert crasher.stdout.readline() == "reserved\n"
        os.kill(crasher.pid, signal.SIGKILL)

    one = spending(tmp_path, at=time.time())
    assert one.today(everywhere=True) == Today(4_000, 0.125, 1, 0, 1)
    one.reserve("job", 1, 0.0)
    assert one.job_spending("job") == Amounts(tokens=4_001, dollars=0.125)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "settle", "crash"]),
        st.sampled_from(["shop", "bank"]),
        st.integers(0, 400),
        st.floats(0, 0.4),
        st.floats(0, 1),
    ),
    max_size=40,
)


@given(STEPS)
def test_whatever_happens_the_sum_never_passes_a_cap(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, int, float, float]]
) -> None:
    folder = tmp_path_factory.mktemp("money")
    limits = replace(FREE, tokens_per_day=700, dollars_per_day=0.75, tokens_per_job=500)
    limits_of = {
        name: spending(folder, name, limits, tokens_per_day=1_000, dollars_per_day=1.0) for name in ("shop", "bank")
    }
    under_way = []
    for step, name, tokens, dollars, share in steps:
        try:
            if step == "reserve":
                under_way.append((name, limits_of[name].reserve("job", tokens, dollars)))
            elif under_way and step == "settle":
                whose, reservation = under_way.pop(0)
                limits_of[whose].settle(
                    reservation, int(reservation.tokens * share), (reservation.dollars or 0) * share
                )
            elif under_way:
                under_way.pop()  # nobody settles it any more
        except BudgetSpent:
            continue
        finally:
            everywhere = limits_of["shop"].today(everywhere=True)
            assert everywhere.tokens <= 1_000
            assert everywhere.dollars <= 1.0
            for one in limits_of.values():
                here = one.today(everywhere=False)
                assert here.tokens <= 700
                assert here.dollars <= 0.75
                assert one.job_spending("job").tokens <= 500


def test_the_account_names_no_place_of_the_machine(tmp_path: Path) -> None:
    one = spending(tmp_path)
    one.reserve("job", 1, 0.5)

    ((row),) = state.rows(one.folder, "SELECT * FROM request")
    assert row[1:] == (format_day(NOON), "shop", "job", 1, 0.5, NOON, 0)
    assert all(path.stat().st_mode & 0o077 == 0 for path in one.folder.iterdir())

"""What is thought about next: by value for cost, within budgets, and past what fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.background.cost import GUESSES, Costs, Estimate
from noctule.indexer.background.jobs import Job, Known, Outlook, candidates
from noctule.indexer.background.queue import Plan, plan, read_past, report
from noctule.indexer.background.value import Demand, Savings, again, chances, demand, savings
from noctule.indexer.runtime.budget import Amounts, Limits, forbids, remaining, room
from noctule.indexer.runtime.ledger import DAY_S, Changed, Records, Served, Spent
from noctule.indexer.think.plan import DueSubject

NOW = 1_800_000_000.0
GENEROUS = Limits()


def job(subject: str = "s", kind: str = "notes", cpu_s: float = 1.0, worth: float = 10.0, **more: object) -> Job:
    made = Job(kind, subject, f"key of {subject}", "why", 1, Estimate(Amounts(cpu_s, cpu_s), 0), 1.0, 0.0, 1.0)
    return replace(made, saves_s=worth * cpu_s / 10, **more)  # type: ignore[arg-type]


def planned(*jobs: Job, spent: tuple[Spent, ...] = (), limits: Limits = GENEROUS, now: float = NOW) -> Plan:
    return plan(jobs, Records(spent=spent), limits, now)


def subjects(made: Plan) -> list[str]:
    return [job.subject for job in made.jobs]


def reasons(made: Plan) -> dict[str, str]:
    return {job.subject: why for job, why in made.left_out}


def test_the_best_value_per_cost_comes_first_and_what_somebody_waits_for_before_all() -> None:
    made = planned(job("fair", worth=5), job("best", worth=50, cpu_s=9), job("now", worth=0.1, urgent=True))

    assert subjects(made) == ["now", "best", "fair"]


def test_the_queue_ends_where_the_best_does_not_pay() -> None:
    made = planned(job("pays", worth=1.0), job("does not", worth=0.9))

    assert subjects(made) == ["pays"]
    assert reasons(made) == {"does not": "saves 0.9 idle seconds for each second that it takes"}


def test_what_was_done_under_the_same_key_is_never_done_again() -> None:
    done = Spent("notes", "s", "done", key="key of s", at=NOW - 9)

    made = planned(job("s"), spent=(done,))

    assert (made.jobs, made.left_out) == ((), ())
    assert subjects(planned(replace(job("s"), key="another"), spent=(done,))) == ["s"]


def test_a_job_that_gave_way_is_not_done_and_is_not_held_against_it() -> None:
    spent = (
        Spent("notes", "s", "began", pid=1, at=NOW - 2),
        Spent("notes", "s", "stopped", key="key of s", at=NOW - 1),
    )

    assert subjects(planned(job("s"), spent=spent)) == ["s"]


def test_a_job_that_keeps_failing_waits_twice_as_long_each_time_and_blocks_no_other() -> None:
    spent = tuple(Spent("notes", "bad", "failed", why="no disk", at=NOW - 100 + n) for n in range(3))

    made = planned(job("bad", worth=99), job("good"), spent=spent)

    assert subjects(made) == ["good"]
    assert reasons(made) == {"bad": "failed 3 times in a row, next try in 142 s: no disk"}
    assert subjects(planned(job("bad"), spent=spent, now=NOW + 143)) == ["bad"]


def test_a_job_that_crashed_its_process_has_failed_though_nobody_could_say_so() -> None:
    spent = (Spent("parse", "s", "began", pid=41, at=NOW - 5),)

    lost = plan([job("s", "parse")], Records(spent=spent), GENEROUS, NOW, living=())
    running = plan([job("s", "parse")], Records(spent=spent), GENEROUS, NOW, living=(41,))

    assert reasons(lost) == {"s": "failed once, next try in 55 s: its process ended"}
    assert reasons(running) == {"s": "running"}


def test_success_wipes_the_failures_out() -> None:
    spent = [Spent("notes", "s", "failed", at=NOW - 3), Spent("notes", "s", "done", at=NOW - 2)]

    assert read_past(spent, ()).setbacks == {}
    assert read_past([*spent, Spent("notes", "s", "failed", at=NOW - 1)], ()).setbacks["notes", "s"].times == 1


def test_no_wait_is_longer_than_a_day_however_often_it_failed() -> None:
    setback = read_past([Spent("notes", "s", "failed", at=NOW)] * 500, ()).setbacks["notes", "s"]

    assert setback.until == NOW + DAY_S


@pytest.mark.parametrize("unit", ["cpu_s", "wall_s", "tokens", "dollars"])
def test_a_job_whose_estimate_would_pass_a_budget_does_not_start_and_says_why(unit: str) -> None:
    dear = replace(job("dear"), estimate=Estimate(replace(Amounts(), **{unit: 5.0}), 1))
    a_day = replace(GENEROUS, **{f"{unit}_per_day": 4.0, f"{unit}_per_job": 9.0})
    a_job = replace(GENEROUS, **{f"{unit}_per_day": 9.0, f"{unit}_per_job": 4.0})

    assert "but 4 of 4 are left today" in reasons(planned(dear, limits=a_day))["dear"]
    assert "but a job may take 4" in reasons(planned(dear, limits=a_job))["dear"]
    assert subjects(planned(dear, limits=replace(a_day, **{f"{unit}_per_day": 5.0}))) == ["dear"]


def test_a_budget_holds_for_what_is_urgent_too() -> None:
    limits = Limits(cpu_s_per_day=0.5)

    assert subjects(planned(job("now", urgent=True), limits=limits)) == []


def test_what_fits_is_taken_though_something_better_does_not() -> None:
    made = planned(job("large", cpu_s=9, worth=50), job("small", cpu_s=1, worth=5), limits=Limits(cpu_s_per_day=5))

    assert subjects(made) == ["small"]


@given(st.lists(st.tuples(st.floats(0.01, 50), st.floats(0, 100)), max_size=12), st.floats(0, 60), st.floats(0, 60))
def test_the_jobs_of_a_plan_never_pass_the_day_together(
    made_up: list[tuple[float, float]], limit: float, spent: float
) -> None:
    jobs = [job(str(n), cpu_s=cpu, worth=worth) for n, (cpu, worth) in enumerate(made_up)]
    limits = Limits(cpu_s_per_day=limit, cpu_s_per_job=40)

    made = planned(*jobs, spent=(Spent("parse", "earlier", "done", spent, at=NOW),), limits=limits)

    total = sum(job.estimate.amounts.cpu_s for job in made.jobs)
    assert total <= max(limit - spent, 0) + 1e-6
    assert all(job.estimate.amounts.cpu_s <= 40 for job in made.jobs)
    assert [j.worth for j in made.jobs] == sorted((j.worth for j in made.jobs), reverse=True)


def test_a_job_stops_at_its_own_limit_or_where_the_day_ends() -> None:
    limits = Limits(cpu_s_per_day=100, cpu_s_per_job=30)

    assert room(limits, Amounts(cpu_s=50)).cpu_s == 30
    assert room(limits, Amounts(cpu_s=90)).cpu_s == 10
    assert remaining(limits, Amounts(cpu_s=200)).cpu_s == 0
    assert forbids(limits, Amounts(), Amounts(cpu_s=30)) == ""


@pytest.mark.parametrize("wrong", [-1.0, float("nan")])
def test_a_limit_below_zero_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="cpu_s_per_day"):
        Limits(cpu_s_per_day=wrong)


# What a job costs


def test_until_something_was_measured_a_job_costs_what_was_guessed() -> None:
    estimate = Costs([]).of("parse", 10)

    assert estimate == Estimate(Amounts(GUESSES["parse"].seconds(10), GUESSES["parse"].seconds(10)), 0)


def test_costs_are_learned_for_the_size_and_one_odd_job_moves_nothing() -> None:
    twice = [Spent("parse", "s", "done", 2 * GUESSES["parse"].seconds(n), 1.0, size=n) for n in range(20)]
    odd = Spent("parse", "s", "done", 9_000.0, 9_000.0, size=1)
    ignored = Spent("parse", "s", "failed", 9_000.0, 9_000.0, size=1)

    estimate = Costs([*twice, odd, ignored]).of("parse", 40)

    assert estimate.amounts.cpu_s == pytest.approx(2 * GUESSES["parse"].seconds(40))
    assert estimate.measured == 21


# What it is worth


def test_files_that_are_worked_on_are_likelier_than_those_that_are_not() -> None:
    records = Records(
        changed=(Changed(("edited.py",), NOW - 60),),
        served=(Served("notes", 1, 1.0, ("asked.py",), ("asked.py",), at=NOW - 60),),
    )

    found = chances({"likely.py": 0.2, "unlikely.py": 0.0}, ["dirty.py"], records, NOW)

    assert {path: chance.why for path, chance in found.items()} == {
        "edited.py": "edited recently",
        "asked.py": "asked about recently",
        "dirty.py": "changed and not committed",
        "likely.py": "chance 20% for the next change",
        "unlikely.py": "any file may be needed",
    }
    ranked = sorted(found, key=lambda path: -found[path].probability)
    assert ranked == ["likely.py", "dirty.py", "edited.py", "asked.py", "unlikely.py"]


def test_what_was_asked_counts_less_as_time_goes_by() -> None:
    def chance(hours: float) -> float:
        records = Records(served=(Served("notes", 1, 1.0, (), ("a.py",), at=NOW - hours * 3_600),))
        return chances({}, [], records, NOW)["a.py"].probability

    assert chance(1) > chance(24) > chance(240)


def test_how_often_edits_come_again_is_learned_from_how_often_they_did() -> None:
    days = [NOW - day * DAY_S for day in range(12, 1, -1)]
    always = Records(changed=tuple(Changed(("a.py",), at) for at in days))
    never = Records(changed=tuple(Changed((f"{n}.py",), at) for n, at in enumerate(days)))

    assert again(always, NOW)["edits"] > 0.7
    assert again(never, NOW)["edits"] < 0.3
    assert again(Records(), NOW) == {"edits": 0.5, "asks": 0.3}


def test_demand_is_what_the_last_days_asked() -> None:
    asked = tuple(Served("context", 1, 1.0, at=NOW - day * DAY_S) for day in range(10) for _ in range(40))

    assert demand(Records(served=asked), NOW).a_day == 40
    assert (
        demand(Records(served=asked), NOW).probability > demand(Records(served=asked[:40]), NOW + 9 * DAY_S).probability
    )


def test_savings_are_measured_once_enough_packs_were_counted() -> None:
    packs = tuple(Served("context", 1_000, 50.0, stood_for=("aa",), at=NOW) for _ in range(5))

    assert savings(Records()).measured is False
    found = savings(Records(served=packs, counted={"aa": 9_000}))
    assert (found.pack_s, found.first_s, found.measured) == (8.0, 0.05, True)


# Which jobs there are

OUTLOOK = Outlook(chances({"hot.py": 0.3}, [], Records(), NOW), Demand(0.8, 5), Savings(6.0, 0.15, False))
FILES: Mapping[str, int] = {"hot.py": 4_000, **{f"cold{n}.py": 4_000_000 for n in range(20)}}
COLD = Known("rev", "snap", "unknown", FILES, unread=tuple(FILES), commits=90, commits_unread=90, past_known=False)


def jobs_of(known: Known) -> dict[str, list[Job]]:
    found: dict[str, list[Job]] = {}
    for made in candidates(known, OUTLOOK, Costs([])):
        found.setdefault(made.kind, []).append(made)
    return found


def test_a_cold_repository_is_read_in_parts_that_hold_every_file_once_the_likeliest_first() -> None:
    found = jobs_of(COLD)

    parts = found["parse"]
    assert len(parts) > 1
    assert parts[0].files[0] == "hot.py"
    assert sorted(path for part in parts for path in part.files) == sorted(FILES)
    assert set(found) == {"parse", "history"}


def test_a_part_is_as_long_as_what_was_read_before_it_however_often_the_rest_is_planned_anew() -> None:
    parts = jobs_of(COLD)["parse"]
    read = set(parts[0].files)
    rest = jobs_of(replace(COLD, state="partial", unread=tuple(path for path in FILES if path not in read)))["parse"]

    lengths = [sum(FILES[path] for path in part.files) for part in parts]
    assert all(length <= sum(lengths[:at]) + 8_000_000 for at, length in enumerate(lengths) if at)
    assert [part.files for part in rest] == [part.files for part in parts[1:]]


def test_the_past_of_a_cold_repository_is_read_while_somebody_works_and_after_its_files() -> None:
    made = plan(candidates(COLD, OUTLOOK, Costs([])), Records(), GENEROUS, NOW)

    assert [job.kind for job in made.jobs] == [*["parse"] * (len(made.jobs) - 1), "history"]
    assert made.jobs[-1].urgent


def test_what_the_store_can_tell_is_due_until_it_does_whatever_the_ledger_says() -> None:
    jobs = candidates(COLD, OUTLOOK, Costs([]))
    done = tuple(Spent(job.kind, job.subject, "done", key=job.key, at=NOW - 9) for job in jobs)

    assert len(plan(jobs, Records(spent=done), GENEROUS, NOW).jobs) == len(jobs)


def test_files_that_are_known_and_not_laid_out_are_laid_out_without_being_read() -> None:
    (part,) = jobs_of(replace(COLD, unread=()))["parse"]

    assert (part.subject, part.files, part.urgent) == ("layout", (), True)


def test_what_a_large_switch_left_unread_is_read_in_parts_too() -> None:
    many = tuple(f"new{n}.py" for n in range(21))
    files = {**FILES, **dict.fromkeys(many, 4_000)}

    found = jobs_of(Known("rev", "snap", "complete", files, unread=many, changed=many, commits_since_fit=3))

    assert [set(part.files) for part in found["parse"]] == [set(many)]
    assert "refresh" not in found


def test_the_parts_of_a_cold_repository_stand_in_the_queue_in_the_order_in_which_they_are_read() -> None:
    files = {f"{n}.py": 40_000 + 997 * n for n in range(400)}
    likely = {path: (1 + number * 37 % 100) / 1_000 for number, path in enumerate(files)}
    outlook = replace(OUTLOOK, files=chances(likely, [], Records(), NOW))
    known = Known("rev", "snap", "unknown", files, unread=tuple(files))
    parts = [job for job in candidates(known, outlook, Costs([])) if job.kind == "parse"]

    made = plan(reversed(parts), Records(), GENEROUS, NOW)

    assert len(parts) > 2
    assert list(made.jobs) == parts


def test_a_view_that_lags_behind_is_brought_up_to_date_at_once() -> None:
    found = jobs_of(
        Known("rev", "snap", "complete", FILES, ("hot.py",), changed=("hot.py",), commits=90, commits_since_fit=3)
    )

    (refresh,) = found["refresh"]
    assert (refresh.urgent, refresh.files, refresh.key) == (True, ("hot.py",), "snap")
    assert "parse" not in found


def test_history_says_when_it_fits_the_change_points_again_and_costs_more_then() -> None:
    known = Known("rev", "snap", "complete", FILES, commits=900, commits_unread=10, commits_since_fit=49)

    (plain,) = jobs_of(known)["history"]
    (fitting,) = jobs_of(replace(known, commits_since_fit=50))["history"]

    assert plain.reason == "10 commits not read yet"
    assert fitting.reason == "10 commits not read yet; the forecast is updated again after 50 commits"
    assert fitting.estimate.amounts.cpu_s > 2 * plain.estimate.amounts.cpu_s
    assert not plain.urgent


def test_likely_tasks_are_answered_ahead_of_time() -> None:
    known = Known("rev", "snap", "complete", FILES, tasks=(("mend the cart", "the branch cart"),))

    found = jobs_of(known)

    assert [(j.subject, j.task) for j in found["pack"]] == [("the branch cart", "mend the cart")]


def test_a_report_says_the_numbers_of_each_job() -> None:
    known = Known("rev", "snap", "complete", FILES, unread=("hot.py",), changed=("hot.py",))
    made = plan(candidates(known, OUTLOOK, Costs([])), Records(), GENEROUS, NOW)

    said = report(made, known).to_json()

    assert [row["kind"] for row in said["next"]][:1] == ["refresh"]  # type: ignore[attr-defined]
    assert said["left"] == GENEROUS.a_day.to_json()


# What a model could think about

THOUGHT = DueSubject("hot.py", "", "k1", "likely to be asked about or changed", 0.9, 20_000)
STANDS = Known("rev", "snap", "complete", FILES, commits=900, commits_since_fit=3)


def test_a_thought_costs_tokens_and_is_worth_what_it_saves_against_them() -> None:
    likely, unlikely = (replace(THOUGHT, chance=chance, subject=f"{chance}") for chance in (0.9, 0.05))
    made = plan(candidates(replace(STANDS, thoughts=(likely, unlikely)), OUTLOOK, Costs([])), Records(), GENEROUS, NOW)

    assert [(j.kind, j.subject, j.estimate.amounts.tokens) for j in made.jobs] == [("think", "0.9", 20_000)]
    assert reasons(made)["0.05"].startswith("saves 0.")


def test_what_the_gate_needs_is_thought_about_whatever_its_own_chance_and_says_at_which_commit() -> None:
    known = replace(STANDS, thoughts=(replace(THOUGHT, revision="a" * 40, chance=0.0),))

    (found,) = jobs_of(known)["think"]
    assert (found.subject, found.files, found.revision) == ("hot.py at aaaaaaaaaa", ("hot.py",), "a" * 40)
    assert found.worth > 1


def test_the_gate_has_a_job_where_it_is_due() -> None:
    (found,) = jobs_of(replace(STANDS, gate=("replay of past tasks", "k", "100 commits since the latest replay")))[
        "gate"
    ]

    assert (found.subject, found.key) == ("replay of past tasks", "k")
    assert found.worth > 1
    assert "gate" not in jobs_of(STANDS)


def test_tokens_are_learned_from_what_thinking_took_and_dollars_from_what_tokens_cost() -> None:
    spent = [Spent("think", f"{n}", "done", 3, 60, tokens=30_000, dollars=0.06, size=10_000, at=NOW) for n in range(30)]
    there = [Spent("think", "was there", "done", 3, 1, tokens=0, size=10_000, at=NOW)]

    estimate = Costs([*spent, *there]).of("think", 10_000).amounts
    assert estimate.tokens == pytest.approx(30_000)
    assert estimate.dollars == pytest.approx(0.06)


def test_a_thought_that_would_pass_a_limit_does_not_start() -> None:
    known = replace(STANDS, thoughts=(THOUGHT,))
    made = plan(candidates(known, OUTLOOK, Costs([])), Records(), Limits(tokens_per_day=19_999), NOW)

    assert made.jobs == ()
    assert reasons(made) == {"hot.py": "would take 20,000 tokens, but 19,999 of 19,999 are left today"}


def test_where_a_model_cannot_be_reached_no_other_subject_is_tried_at_once_and_nothing_else_waits() -> None:
    known = replace(
        STANDS, thoughts=(THOUGHT, replace(THOUGHT, subject="b", key="k2")), tasks=(("mend it", "the branch"),)
    )
    failed = [Spent("think", "hot.py", "failed", why="no network", key="k1", at=NOW - 100 + n) for n in range(3)]
    made = plan(candidates(known, OUTLOOK, Costs([])), Records(spent=tuple(failed)), GENEROUS, NOW)
    done = Spent("think", "c", "done", key="k3", at=NOW - 50)
    after = plan(candidates(known, OUTLOOK, Costs([])), Records(spent=(*failed, done)), GENEROUS, NOW)

    assert [j.kind for j in made.jobs] == ["pack"]
    assert reasons(made)["b"] == "failed 3 times in a row, next try in 142 s: no network"
    assert [j.subject for j in after.jobs if j.kind == "think"] == ["b"]


def test_however_often_it_failed_a_model_is_tried_once_an_hour() -> None:
    known = replace(STANDS, thoughts=(replace(THOUGHT, subject="b"),))
    failed = tuple(Spent("think", "hot.py", "failed", why="no network", at=NOW - 50 + n) for n in range(20))

    assert plan(candidates(known, OUTLOOK, Costs([])), Records(spent=failed), GENEROUS, NOW + 3_600).jobs

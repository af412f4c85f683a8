from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.runtime.idle import Hours, Thresholds, find_hold
from noctule.indexer.runtime.machine import MachineSignals

NOON = datetime(2026, 3, 2, 12, 0)
IDLE = MachineSignals(
    since_activity_s=60.0,
    cpu_busy=0.1,
    io_pressure=0.0,
    on_battery=False,
    battery=0.9,
    paused="",
    now=NOON,
)
NIGHTS = Thresholds(quiet_hours=Hours.of("22:00-07:00"))
ON_BATTERY = Thresholds(on_battery=True)
TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0, tzinfo=None))


def test_nothing_holds_sleep_awake_on_an_idle_machine() -> None:
    assert find_hold(IDLE, NIGHTS).text == ""


def test_what_the_platform_cannot_tell_holds_nothing_awake() -> None:
    blind = replace(IDLE, cpu_busy=None, io_pressure=None, on_battery=None, battery=None)

    assert find_hold(blind, Thresholds()).text == ""


@pytest.mark.parametrize(
    ("signals", "thresholds", "sentence"),
    [
        (
            replace(IDLE, paused="sleep is paused until 14:30"),
            Thresholds(),
            "sleep is paused until 14:30",
        ),
        (
            replace(IDLE, now=datetime(2026, 3, 2, 23, 14)),
            NIGHTS,
            "waiting for the end of the quiet hours 22:00-07:00 (now 23:14)",
        ),
        (
            replace(IDLE, on_battery=True, battery=0.8),
            Thresholds(),
            "waiting for mains power (battery at 80%)",
        ),
        (
            replace(IDLE, on_battery=True, battery=None),
            Thresholds(),
            "waiting for mains power",
        ),
        (
            replace(IDLE, on_battery=True, battery=0.31),
            ON_BATTERY,
            "waiting for mains power or a charge of 50% (battery at 31%)",
        ),
        (
            replace(IDLE, since_activity_s=3.9),
            Thresholds(),
            "waiting for 20 s without an edit or request (last one 3 s ago)",
        ),
        (
            replace(IDLE, cpu_busy=0.72),
            Thresholds(),
            "waiting for idle CPU (72% used, limit 50%)",
        ),
        (
            replace(IDLE, io_pressure=0.35),
            Thresholds(),
            "waiting for an idle disk (35% busy, limit 20%)",
        ),
    ],
)
def test_the_sentence_names_the_signal_its_value_and_its_threshold(
    signals: MachineSignals, thresholds: Thresholds, sentence: str
) -> None:
    assert find_hold(signals, thresholds).text == sentence


def test_what_holds_sleep_awake_has_a_word_too() -> None:
    held = (
        replace(IDLE, paused="sleep is paused"),
        replace(IDLE, now=datetime(2026, 3, 2, 23, 14)),
        replace(IDLE, on_battery=True),
        replace(IDLE, since_activity_s=3.9),
        replace(IDLE, io_pressure=0.35),
        IDLE,
    )

    assert [find_hold(signals, NIGHTS).signal for signals in held] == [
        "pause",
        "hours",
        "battery",
        "activity",
        "machine",
        "",
    ]


def test_a_battery_above_its_threshold_holds_nothing_awake_where_the_user_allows_it() -> None:
    assert find_hold(replace(IDLE, on_battery=True, battery=0.5), ON_BATTERY).text == ""
    assert find_hold(replace(IDLE, on_battery=True, battery=None), ON_BATTERY).text == ""


def test_a_low_battery_that_is_being_charged_holds_nothing_awake() -> None:
    assert find_hold(replace(IDLE, battery=0.05), Thresholds()).text == ""


def test_a_value_at_its_threshold_is_idle() -> None:
    at = replace(IDLE, since_activity_s=20.0, cpu_busy=0.5, io_pressure=0.2)

    assert find_hold(at, Thresholds()).text == ""


def test_of_several_signals_the_users_own_word_is_named() -> None:
    busy = replace(IDLE, paused="sleep is paused", since_activity_s=0.0, cpu_busy=1.0, now=datetime(2026, 3, 2, 23, 0))

    assert find_hold(busy, NIGHTS).text == "sleep is paused"
    assert "quiet hours" in find_hold(replace(busy, paused=""), NIGHTS).text
    assert "without an edit" in find_hold(replace(busy, paused="", now=NOON), NIGHTS).text


def test_quiet_hours_wrap_around_midnight() -> None:
    (night,) = Hours.of("22:00-07:00")

    assert [time(h) in night for h in (21, 22, 23, 0, 6, 7, 12)] == [False, True, True, True, True, False, False]


def test_several_quiet_hours_are_read() -> None:
    assert [str(hours) for hours in Hours.of(" 9:00-12:30 ,22:00 - 7:05")] == ["09:00-12:30", "22:00-07:05"]
    assert Hours.of("") == ()


@pytest.mark.parametrize(
    "text", ["22", "22:00", "24:00-07:00", "22:60-07:00", "22:00-22:00", "a-b", "22:00-07:00,", "-"]
)
def test_what_is_no_part_of_a_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time range|the whole day"):
        Hours.of(text)


@given(TIMES, TIMES, TIMES)
def test_each_moment_is_in_a_part_of_the_day_or_in_the_rest(start: time, stop: time, moment: time) -> None:
    if start != stop:
        assert (moment in Hours(start, stop)) != (moment in Hours(stop, start))


@pytest.mark.parametrize(
    "wrong",
    [{"after_s": -1.0}, {"after_s": float("nan")}, {"most_cpu_busy": 50.0}, {"least_battery": -0.1}],
)
def test_a_threshold_that_means_nothing_is_refused_by_its_name(wrong: dict[str, float]) -> None:
    (name,) = wrong

    with pytest.raises(ValueError, match=f"^{name} is "):
        replace(Thresholds(), **wrong)  # type: ignore[arg-type] # values of the wrong range, not type

"""Planted secrets against all that is said and kept: the same check as the benchmark, on fewer of them."""

from __future__ import annotations

from pathlib import Path

from benchmarks.made_up_secrets import KINDS, LANGUAGES, Secret, secrets
from benchmarks.secrets import false_alarms, files_of, kept_in, leaks, make_repository, name_of, said_about

MANY = 90


def test_planted_secrets_stand_in_no_answer_and_in_nothing_that_is_kept(tmp_path: Path) -> None:
    planted = list(secrets(5, MANY))
    token = "ghp_" + "a1B2" * 9
    make_repository(tmp_path / "shop", planted, planted[:20], f"rotate-{token}")

    said = said_about(tmp_path / "shop", tmp_path / "cache", MANY)

    shown = [number for number in range(MANY) if name_of(number) in said["packs"]]
    found = leaks([*planted, Secret("branch", "", (token,), ())], said, kept_in(tmp_path / "cache"))
    assert len(shown) > MANY * 0.8
    assert {where: [secret.lines for secret in those] for where, those in found.items() if len(those) > 0} == {}


def test_every_kind_is_planted_in_every_language() -> None:
    planted = list(secrets(0, len(KINDS) * len(LANGUAGES)))

    assert len({(secret.kind, secret.language) for secret in planted if secret.language in LANGUAGES}) > 200
    assert planted == list(secrets(0, len(KINDS) * len(LANGUAGES)))
    assert all(any(value in "\n".join(secret.lines) for value in secret.values) for secret in planted)


def test_a_leak_is_seen() -> None:
    secret = next(secrets(1, 1))
    text = "\n".join(files_of([secret]).values())

    assert leaks([secret], {"packs": text}, text.lower().encode()) == {"packs": [secret], "store": [secret]}


def test_a_false_alarm_is_told_with_its_line(tmp_path: Path) -> None:
    secret = next(secret for secret in secrets(1, 60) if secret.kind == "github")
    make_repository(tmp_path / "shop", [secret], [], "work")

    lines, alarms = false_alarms(tmp_path / "shop")

    assert lines > 3
    assert [alarm for alarm in alarms if secret.values[0] in alarm] == alarms
    assert len(alarms) == 1

from __future__ import annotations

import os
import re
from dataclasses import fields
from pathlib import Path

import pytest

from noctule.indexer.llm.settings import Choice
from noctule.indexer.runtime.idle import Hours, Thresholds
from noctule.lsp_server.settings import BadSettings, Settings
from noctule.lsp_server.settings_sources import SECTIONS, are_given, settings_file

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs/settings.md").read_text()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, without settings."""
    for name in os.environ:
        if name.startswith(("NOCTULE_", "XDG_CONFIG_HOME")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def write(home: Path, text: str | bytes) -> Path:
    file = home / ".config/noctule/config.toml"
    file.parent.mkdir(parents=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def complaint() -> str:
    with pytest.raises(BadSettings) as caught:
        Settings.load()
    assert caught.value.advice
    return f"{caught.value}; {caught.value.advice}"


def test_without_a_file_there_are_defaults() -> None:
    assert settings_file() is None
    assert Settings.load() == Settings()


def test_what_the_file_says_is_taken_and_the_rest_stays(home: Path) -> None:
    write(home, '[idle]\nafter_s = 5\nquiet_hours = "22:00-07:00"\non_battery = true\n[limits]\ntokens_per_day = inf\n')

    loaded = Settings.load()

    assert loaded.thresholds == Thresholds(after_s=5.0, quiet_hours=Hours.of("22:00-07:00"), on_battery=True)
    assert loaded.limits.tokens_per_day == float("inf")
    assert loaded.limits.cpu_s_per_day == Settings().limits.cpu_s_per_day
    assert loaded.sleep == Settings().sleep


def test_a_variable_wins_over_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, "[sleep]\ncores_share = 0.25\n")
    monkeypatch.setenv("NOCTULE_SLEEP_CORES_SHARE", "0.75")
    monkeypatch.setenv("NOCTULE_IDLE_ON_BATTERY", "True")
    monkeypatch.setenv("NOCTULE_IDLE_QUIET_HOURS", "9:00-12:00, 22:00-7:00")
    monkeypatch.setenv("NOCTULE_LIMITS_DOLLARS_PER_DAY", "")

    loaded = Settings.load()

    assert loaded.sleep.cores_share == 0.75
    assert loaded.thresholds.on_battery
    assert [str(hours) for hours in loaded.thresholds.quiet_hours] == ["09:00-12:00", "22:00-07:00"]
    assert loaded.limits == Settings().limits


def test_the_users_configuration_folder_and_the_named_file_are_respected(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(home, "[idle]\nafter_s = 1\n")
    assert settings_file() == file

    (home / "other/noctule").mkdir(parents=True)
    (home / "other/noctule/config.toml").write_text("[idle]\nafter_s = 2\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "other"))
    assert Settings.load().thresholds.after_s == 2

    (home / "named.toml").write_text("[idle]\nafter_s = 3\n")
    monkeypatch.setenv("NOCTULE_CONFIG", str(home / "named.toml"))
    assert Settings.load().thresholds.after_s == 3


def test_a_repository_has_no_say_in_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "repository"
    text = '[limits]\ndollars_per_day = 1000\n[model]\nthink = "openai/theirs"\naddress = "https://evil.example/v1"\n'
    for name in ("noctule.toml", ".noctule", ".noctule.toml", "config.toml", "noctule/config.toml", "pyproject.toml"):
        for folder in (repository, repository / ".config", repository / ".git"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    monkeypatch.chdir(repository)

    for relative in (".", "", ".config"):  # what a repository could be read by
        monkeypatch.setenv("XDG_CONFIG_HOME", relative)
        assert settings_file() is None
        assert Settings.load() == Settings()


def test_a_model_is_named_by_the_user_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not Settings.load().model.named

    write(home, '[model]\ncheck = "ollama_chat/small"\nthink = "openai/gpt-5-mini"\nsend = "src, docs/api"\n')
    monkeypatch.setenv("NOCTULE_MODEL_DOLLARS_PER_DAY", "0.5")
    monkeypatch.setenv("NOCTULE_MODEL_THOUGHTS", "2")
    monkeypatch.setenv("NOCTULE_MODEL_KEY", "sk-is-no-setting")

    chosen = Settings.load().model

    assert chosen == Choice(
        "openai/gpt-5-mini", "ollama_chat/small", thoughts=2, dollars_per_day=0.5, send="src, docs/api"
    )
    assert chosen.folders == ("src", "docs/api")
    assert "sk-is-no-setting" not in repr(Settings.load())


def test_a_key_in_a_file_is_refused_and_not_repeated(home: Path) -> None:
    write(home, '[model]\napi_key = "sk-very-secret"\n')

    assert "sk-very-secret" not in complaint()


def test_a_home_that_is_unknown_or_relative_is_no_place_for_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "[limits]\ndollars_per_day = 1000\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", ".")

    assert Settings.load() == Settings()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[idle]\nafters = 5\n", r"unknown setting 'afters' in \[idle\]; did you mean 'after_s'\?"),
        ("[idle]\nzzz = 5\n", r"unknown setting 'zzz' in \[idle\]; \[idle\] has after_s, most_cpu_busy, "),
        ("[limit]\ncpu_s_per_day = 5\n", r"unknown section \[limit\]; did you mean 'limits'\?"),
        ("[zzz]\n", r"unknown section \[zzz\]; there are \[idle\], \[sleep\], \[limits\]"),
        ("idle = 5\n", r"'idle' is a value, not a section; write \[idle\] above its settings"),
        ("[idle]\nafter_s = '5'\n", r"\[idle\] after_s: '5' is not a number; "),
        ("[idle]\nafter_s = true\n", r"\[idle\] after_s: 'True' is not a number; "),
        ("[idle]\nafter_s = [1]\n", r"\[idle\] after_s: '\[1\]' is not a number; "),
        ("[idle]\nafter_s = -1\n", r"\[idle\] after_s is -1, but must be a number of seconds from 0 to 86400; "),
        ("[idle]\nafter_s = nan\n", r"\[idle\] after_s is nan, but must be "),
        ("[idle]\nmost_cpu_busy = 50\n", r"\[idle\] most_cpu_busy is 50, but must be a share from 0 to 1; "),
        ("[idle]\non_battery = 1\n", r"\[idle\] on_battery: 1 is neither true nor false; "),
        ("[idle]\nquiet_hours = 22\n", r"\[idle\] quiet_hours: 22 is not text such as "),
        ("[idle]\nquiet_hours = '22-7'\n", r"\[idle\] quiet_hours: '22-7' is not a time range such as "),
        ("[sleep]\ncores_share = 0\n", r"\[sleep\] cores_share is 0, but must be above 0 and at most 1; "),
        ("[limits]\ntokens_per_day = -1\n", r"\[limits\] tokens_per_day is -1.0, but a limit must be 0 or more; "),
        (f"[limits]\ntokens_per_day = 1{'0' * 400}\n", r"\[limits\] tokens_per_day: '10+' is not a number; "),
        ("[footprint]\nmemory_mb = 0\n", r"\[footprint\] memory_mb is 0, but must be above 0; "),
        ("[model]\nthink = 5\n", r"\[model\] think: '5' is not text; "),
        ("[model]\nthink = 'rm -rf /'\n", r"\[model\] think is 'rm -rf /', which is not a model name such as "),
        ("[model]\ncheck = '--help'\n", r"\[model\] check is '--help', which is not a model name such as "),
        ("[model]\naddress = 'ollama'\n", r"\[model\] address is 'ollama', which is not an address such as "),
        ("[model]\naddress = 'file:///etc/passwd'\n", r"\[model\] address is 'file:"),
        ("[model]\naddress = 'https://me:pass@host/v1'\n", r"\[model\] address must not hold a key; "),
        (
            "[model]\neffort = 'extreme'\n",
            r"\[model\] effort is 'extreme', but must be one of minimal, low, medium, ",
        ),
        ("[model]\nthoughts = 3\n", r"\[model\] thoughts is 3, but must be 1, 2 or 5; "),
        ("[model]\nthoughts = 1.5\n", r"\[model\] thoughts: '1.5' is not a whole number; "),
        ("[model]\ndollars_per_day = -1\n", r"\[model\] dollars_per_day is -1, but a limit must be 0 or more; "),
        ("[model]\nconcurrency = 0\n", r"\[model\] concurrency is 0, but must be from 1 to 32; "),
        ("[model]\ntimeout_s = 0\n", r"\[model\] timeout_s is 0, but must be from 1 to 3,600; "),
        (
            "[model]\nsend = '../other'\n",
            r"\[model\] send is '../other', but must be 'all', 'no tests' or folders such as ",
        ),
        (
            "[model]\nthink_price = 'cheap'\n",
            r"\[model\] think_price: 'cheap' must be dollars per million input and output tokens",
        ),
        ("[model]\nkey = 'sk-1'\n", r"a key must not be in settings; remove it, and set NOCTULE_MODEL_KEY"),
        ("[idle\n", r"the settings \S+ are not TOML: .*line 1"),
        (f"[limits]\ntokens_per_day = 1{'0' * 5000}\n", r"the settings \S+ are not TOML: "),
        (b"\xff\xfe[idle]\n", r"the settings \S+ are not UTF-8 text; "),
    ],
)
def test_what_cannot_be_used_is_named_with_its_file_and_what_it_may_be(
    home: Path, text: str | bytes, says: str
) -> None:
    file = write(home, text)

    told = complaint()

    assert str(file) in told
    assert re.search(says, told), told


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("NOCTULE_IDLE_AFTERS", "5", "unknown setting 'afters' in [idle]; did you mean 'after_s'?"),
        ("NOCTULE_IDLE_AFTER_S", "soon", "[idle] after_s: 'soon' is not a number"),
        ("NOCTULE_IDLE_ON_BATTERY", "1", "[idle] on_battery: '1' is neither true nor false"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(
    name: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    told = complaint()

    assert told.startswith(f"the environment variable {name}: ")
    assert says in told


def test_variables_of_other_things_are_not_taken_for_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOCTULE_CACHE_DIR", "NOCTULE_DEBUG", "NOCTULE_COMMAND", "NOCTULE_IDLE", "NOCTULE_MODEL_KEY"):
        monkeypatch.setenv(name, "/somewhere")

    assert Settings.load() == Settings()


def test_a_named_file_that_is_not_there_is_an_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOCTULE_CONFIG", str(home / "none.toml"))

    assert f"cannot read the settings {home}/none.toml: No such file or directory" in complaint()


def test_who_has_chosen_nothing_has_no_settings_to_be_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOCTULE_CACHE_DIR", str(home))
    monkeypatch.setenv("NOCTULE_SLEEP_SCIP", "")
    before = are_given()
    monkeypatch.setenv("NOCTULE_SLEEP_SCIP", "index.scip")
    with_variable = are_given()
    monkeypatch.delenv("NOCTULE_SLEEP_SCIP")
    monkeypatch.setenv("NOCTULE_CONFIG", str(home / "nowhere.toml"))

    assert (before, with_variable, are_given()) == (False, True, True)


def test_every_setting_is_documented_with_its_default_and_no_other() -> None:
    documented = {}
    for section, rest in re.findall(r"^## `\[(\w+)\]`(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL):
        documented[section] = dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", rest, re.MULTILINE))

    assert documented == {
        section: {f.name: _as_toml(getattr(getattr(Settings(), part), f.name)) for f in fields(_part(part))}
        for section, part in SECTIONS.items()
    }


def _part(name: str) -> type:
    kind: type = type(getattr(Settings(), name))
    return kind


def _as_toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case tuple():
            return f'"{", ".join(map(str, value))}"'
    return str(value)


def test_the_documented_example_is_read(home: Path) -> None:
    write(home, DOCUMENT.partition("```toml\n")[2].partition("```")[0])

    loaded = Settings.load()

    assert (loaded.thresholds.after_s, loaded.limits.cpu_s_per_day) == (60.0, 1800.0)
    assert len(loaded.thresholds.quiet_hours) == 2

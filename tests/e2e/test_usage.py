"""What needs no repository: help, version, wrong usage, streams, start-up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from noctule import __version__
from tests.e2e.conftest import Known, Noctule
from tests.patience import PATIENCE_S

COMMANDS = (
    "sleep",
    "context",
    "notes",
    "predict",
    "status",
    "doctor",
    "pause",
    "resume",
    "forget",
    "workspace",
    "share",
    "version",
    "help",
)


def test_the_bare_command_says_what_there_is(noctule: Noctule) -> None:
    ran = noctule.ok()

    assert all(f"\n    {command} " in ran.out for command in (*COMMANDS, "eval"))
    assert ran.err == ""


def test_the_version_is_the_one_of_the_package(noctule: Noctule) -> None:
    assert noctule.ok("--version").out == noctule.ok("version").out == f"noctule {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(noctule: Noctule, command: str) -> None:
    shown = noctule.ok(command, "--help").out

    assert shown.startswith(f"usage: noctule {command} ")
    assert noctule.ok("help", command).out == shown


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["contxt"], "unknown command 'contxt'; did you mean context?"),
        (["help", "slep"], "unknown command 'slep'; did you mean sleep?"),
        (["eval", "histroy"], "unknown subcommand 'histroy'; did you mean history?"),
        (["install", "cursr"], "unknown client 'cursr'; did you mean cursor? (see 'noctule install --help')"),
        (["install", "qqqqqq"], "unknown client 'qqqqqq'; choose from claude-code, "),
        (["--wat"], "unknown option --wat before the command; a command's options follow it"),
        (["context", "--tsak", "a"], "unknown option --tsak; did you mean --task?"),
        (["context", "a", "--task", "b", "c"], "unexpected argument 'c' (a text with spaces needs quotes)"),
        (["context", ".", "a", "--task", "b"], "TASK has no effect with --task"),
        (["sleep", "--most", "3"], "--most has no effect without --think"),
        (["sleep", "--dry-run", "--most", "3"], "--most has no effect without --think"),
        (["sleep", "--think", "--at", "HEAD"], "--at has no effect with --think"),
        (["mcp", "--token-file", "a"], "--token-file has no effect without --http"),
        (["watch", "--quiet", "--json"], "not allowed with argument --quiet"),
        (["notes", ".", "a.py", "--export", "b"], "SUBJECT has no effect with --export"),
        (["context", "--task", "a", "--task-file", "b"], "not allowed with argument --task"),
        (["context", "--task", "a", "--budget", "-1"], "'-1' is not a whole number of at least 0"),
        (["context", "--task", "a", "--budget", "1.5"], "'1.5' is not a whole number of at least 0"),
        (["context", "--task", "a", "--budget", "9" * 5000], "is not a whole number of at least 0"),
        (["context", "--task", "a", "--files", "0"], "'0' is not a whole number of at least 1"),
        (["context", "--task", "a", "--budg=5"], "unknown option --budg; did you mean --budget?"),
        (["predict", "-k", "many"], "'many' is not a whole number of at least 1"),
        (["sleep", "--for", "nan"], "'nan' is not a number of seconds above 0"),
        (["sleep", "--for", "0"], "'0' is not a number of seconds above 0"),
        (["sleep", ""], "the path is empty"),
        (["status", "a", "b"], "unexpected argument 'b'"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(noctule: Noctule, args: list[str], says: str) -> None:
    ran = noctule(*args)

    assert ran.code == 2
    assert says in ran.complaint
    assert "--help'" in ran.complaint
    assert ran.out == ""


def test_a_parent_that_does_not_run_and_a_folder_for_notes_are_refused_in_one_line(
    noctule: Noctule, tmp_path: Path
) -> None:
    watch = noctule("watch", str(tmp_path), "--parent", "99999999")
    export = noctule("notes", str(tmp_path), "--export", "/")
    os.mkfifo(tmp_path / "pipe")
    pipe = noctule("notes", str(tmp_path), "--export", tmp_path / "pipe")

    assert (watch.code, export.code, pipe.code) == (2, 2, 2)
    assert "pipe is a device or a pipe" in pipe.complaint
    assert "there is no process 99999999" in watch.complaint
    assert "/ is a directory" in export.complaint


def test_a_path_that_is_no_directory_is_named(noctule: Noctule, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("text")

    for path in ("missing", "file.txt"):
        for command in (["sleep"], ["status"], ["notes"], ["predict"], ["context", "--task", "x"]):
            if (command[0], path) == ("predict", "file.txt"):
                continue  # it takes files as well
            ran = noctule(command[0], str(tmp_path / path), *(command[1:] or ([""] if command == ["notes"] else [])))
            assert (ran.code, path in ran.complaint) == (2, True)


def test_a_missing_task_file_is_named(noctule: Noctule, tmp_path: Path) -> None:
    for path in ("no-such-task.md", str(tmp_path)):
        ran = noctule("context", tmp_path, "--task-file", path)
        assert (ran.code, path in ran.complaint) == (2, True)


def test_a_reader_that_leaves_early_is_no_error(known: Known) -> None:
    for args in (["--help"], ["predict", known.repo.path], ["status", known.repo.path, "--json"]):
        reading, writing = os.pipe()
        os.close(reading)
        with known.noctule.start(*args, stdout=writing) as process:
            os.close(writing)
            _, err = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, err) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full is Linux's")
def test_an_answer_that_cannot_be_written_is_said(known: Known) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = known.noctule("status", known.repo.path, "--json", stdout=full)

    assert ran.code == 1
    assert ran.complaint == "noctule: cannot write the answer: No space left on device"


def test_a_closed_standard_output_is_said(known: Known) -> None:
    ran = known.noctule("status", known.repo.path, before=lambda: os.close(1))

    assert ran.code == 1
    assert ran.complaint == "noctule: cannot write the answer: standard output is closed"


def test_help_waits_for_no_heavy_import(noctule: Noctule) -> None:
    imported = noctule("--help", env={"PYTHONPROFILEIMPORTTIME": "1"}).err
    heavy = ("numpy", "git", "sqlite3", "platformdirs", "tree_sitter", "dataclasses", "subprocess", "obstore", "ray")

    assert "noctule.lsp_server.cli.main" in imported
    assert [name for name in heavy if f" {name}\n" in imported] == []


def test_an_answer_waits_for_no_import_that_it_does_not_need(known: Known) -> None:
    asked = ("context", known.repo.path, "--task", "the cart adds up wrong", "--no-service")
    imported = known.noctule(*asked, env={"PYTHONPROFILEIMPORTTIME": "1"}).err
    needless = ("platformdirs", "tempfile", "difflib", "noctule.indexer.reports", "tree_sitter", "git")

    assert "noctule.indexer.serve.queries" in imported
    assert [name for name in needless if f" {name}\n" in imported] == []


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the terminal's other end is closed
        return b""


def test_a_terminal_gets_colours_and_a_pipe_does_not(known: Known) -> None:
    reading, writing = os.openpty()
    args = ["predict", known.repo.path, "--given", "shop/cart.py"]
    with known.noctule.start(*args, stdout=writing, env={"TERM": "xterm"}):
        os.close(writing)
        shown = b""
        while chunk := _read(reading):
            shown += chunk
    os.close(reading)

    assert b"\x1b[" in shown
    assert "\x1b" not in known.noctule.ok(*args).out


def test_a_cache_folder_that_cannot_be_is_named(noctule: Noctule, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("text")

    for cache in ("x" * 5000, str(tmp_path / "file.txt" / "cache")):
        ran = noctule("sleep", tmp_path, env={"NOCTULE_CACHE_DIR": cache})
        assert (ran.code, bool(ran.complaint)) == (3, True)


def test_a_task_file_without_an_end_is_read_as_far_as_it_counts(known: Known) -> None:
    assert known.noctule("context", known.repo.path, "--task-file", "/dev/zero").code == 0

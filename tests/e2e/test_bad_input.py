"""Repositories, files and tasks as they are at their worst."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import shutil
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from noctule.indexer.errors import find_shortage
from tests.e2e.conftest import Known, Noctule
from tests.e2e.repositories import Repo, make_wide
from tests.patience import PATIENCE_S

TASK = "total_price takes the discount off twice"
GOOD = "def total_price(discount):\n    return discount\n"


def without_root_rights() -> None:
    """Let permissions bind the child, even where the tests run as root."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (1, 2, 3):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def answers(noctule: Noctule, path: Path, *more: str) -> None:
    """Every command answers or says in one line why not."""
    for command in (["sleep"], ["context", "--task", TASK], ["predict"], ["notes"], ["status"]):
        at = more if command[0] != "status" else ()
        ran = noctule(command[0], path, *command[1:], *at)
        assert ran.code in (0, 2), ran.err
        assert ran.code == 0 or ran.complaint


@pytest.mark.parametrize(
    ("version", "refused", "command"),
    [("2.17.1", "--show-object-format", "sleep"), ("2.25.1", "--end-of-options", "notes --at main")],
)
def test_a_git_that_is_too_old_is_said_to_be_so(
    noctule: Noctule, shop: Repo, tmp_path: Path, version: str, refused: str, command: str
) -> None:
    git = tmp_path / "old" / "git"
    git.parent.mkdir()
    git.write_text(
        f"""#!/bin/sh
for a in "$@"; do case "$a" in
    --version) echo "git version {version}"; exit 0;;
    {refused}) echo "fatal: unknown option $a" >&2; exit 129;;
esac; done
exec {shutil.which("git")} "$@"
"""
    )
    git.chmod(0o755)
    ran = noctule(*command.split(), cwd=shop.path, env={"PATH": f"{git.parent}:{os.environ['PATH']}"})

    assert (ran.code, ran.complaint) == (1, f"noctule: git {version} is too old; install git 2.31 or later")


def test_a_folder_without_any_file(noctule: Noctule, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    answers(noctule, tmp_path / "empty")
    assert noctule.ok("sleep", tmp_path / "empty").out.startswith("Nothing new in the files: 0 files and 0 commits are")
    assert noctule.json("context", tmp_path / "empty", "--task", TASK)["abstained"]


def test_a_repository_without_commits(noctule: Noctule, tmp_path: Path) -> None:
    repo = Repo.make(tmp_path / "unborn")
    repo.write("cart.py", GOOD)

    answers(noctule, repo.path)
    pack = noctule.json("context", repo.path, "--task", TASK)

    assert (pack["revision"], pack["dirty"], pack["files"][0]["path"]) == (None, True, "cart.py")


def test_a_revision_of_a_repository_without_commits_is_unknown(noctule: Noctule, tmp_path: Path) -> None:
    ran = noctule("sleep", Repo.make(tmp_path / "unborn").path, "--at", "HEAD")

    assert (ran.code, "has no commit yet" in ran.complaint) == (2, True)


def test_an_empty_bare_repository(noctule: Noctule, tmp_path: Path) -> None:
    answers(noctule, Repo.make(tmp_path / "empty.git", "--bare").path)


@pytest.mark.parametrize(
    "revision", ["no-such-branch", "0" * 40, "--output=/tmp/x", "-h", "HEAD~1000", "", "a\nb", "HEAD:shop"]
)
def test_a_revision_that_does_not_exist_is_named(known: Known, revision: str) -> None:
    ran = known.noctule("context", known.repo.path, "--task", TASK, f"--at={revision}")

    assert ran.code == 2
    assert ran.complaint


def test_a_detached_head(noctule: Noctule, shop: Repo) -> None:
    shop.git("checkout", "--quiet", "--detach", "HEAD~3")

    assert noctule.json("sleep", shop.path)["revision"] == shop.head()


def test_the_middle_of_a_rebase(noctule: Noctule, shop: Repo) -> None:
    shop.git("checkout", "--quiet", "-b", "mine", "HEAD~1")
    shop.commit("My README", {"README.md": "Mine.\n"})
    shop.git("checkout", "--quiet", "main")
    shop.commit("Their README", {"README.md": "Theirs.\n"})
    shop.git("checkout", "--quiet", "mine")
    shop.git("rebase", "main", ok=False)

    assert noctule.json("sleep", shop.path)["complete"]
    assert noctule.json("status", shop.path)["state"] == "rebase"
    assert "in the middle of a rebase" in noctule.ok("status", shop.path).out


def test_a_shallow_clone_says_that_history_is_missing(noctule: Noctule, shop: Repo, tmp_path: Path) -> None:
    shop.git("clone", "--quiet", "--depth", "3", shop.path.as_uri(), str(tmp_path / "shallow"))
    noctule.ok("sleep", tmp_path / "shallow")

    status = noctule.json("status", tmp_path / "shallow")

    assert status["commits"] == 3
    assert any("shallow" in gap for gap in status["history_gaps"])


def _remove_object(repo: Repo, oid: str) -> None:
    repo.git("repack", "-adq")
    for pack in (repo.path / ".git/objects/pack").glob("*.pack"):
        data = pack.read_bytes()
        for file in pack.parent.glob(f"{pack.stem}.*"):
            file.chmod(stat.S_IRWXU)
            file.unlink()
        repo.git("unpack-objects", "-q", stdin=data)
    loose = repo.path / ".git/objects" / oid[:2] / oid[2:]
    loose.chmod(stat.S_IRWXU)
    loose.unlink()


def test_a_missing_blob_stops_only_its_own_file(noctule: Noctule, shop: Repo) -> None:
    _remove_object(shop, shop.head("HEAD:shop/money.py"))

    report = noctule.json("sleep", shop.path, "--at", "HEAD")
    pack = noctule.json("context", shop.path, "--task", TASK, "--at", "HEAD")

    assert "shop/money.py" in report["failed"]
    assert pack["files"][0]["path"] == "shop/cart.py"


def test_a_missing_tree_costs_its_folder_alone(noctule: Noctule, shop: Repo) -> None:
    _remove_object(shop, shop.head("HEAD:shop"))

    ran = noctule("sleep", shop.path, "--at", "HEAD")

    assert ran.code == 0
    assert "shop/: not in this clone" in ran.out


ODD_NAMES = [
    b"line\nbreak.py",
    b"tab\there.py",
    b"quote\"and'apostrophe.py",
    b"-rf.py",
    b"caf\xe9.py",
    "Grüße 世界.py".encode(),
    b"[bold]markup[/bold].py",
    b"esc\x1b[31m.py",
    b" space .py",
    b"back\\slash.py",
]


def test_odd_file_names_come_through_whole(noctule: Noctule, tmp_path: Path) -> None:
    repo = Repo.make(tmp_path / "odd")
    for number, name in enumerate(ODD_NAMES):
        repo.write(name, f"def odd_{number}(value):\n    return value\n")
    repo.commit("Write odd names")
    for at in ((), ("--at", "HEAD")):
        for number, name in enumerate(ODD_NAMES):
            pack = noctule.json("context", repo.path, "--task", f"odd_{number} returns the wrong value", *at)
            assert os.fsencode(pack["files"][0]["path"]) == name


def test_odd_file_names_are_shown_without_acting_on_the_terminal(noctule: Noctule, tmp_path: Path) -> None:
    repo = Repo.make(tmp_path / "odd")
    for name in ODD_NAMES:
        repo.write(name, "def odd(value):\n    return value\n")
    repo.commit("Write odd names")

    for args in (["context", "--task", "odd value"], ["notes"], ["status"], ["predict"], ["sleep"]):
        ran = noctule.ok(args[0], repo.path, *args[1:])
        assert "\x1b" not in ran.out + ran.err
    for name in ODD_NAMES:
        assert noctule.ok("notes", repo.path, "--", name).code == 0


ODD_CONTENTS = {
    "invalid_utf8.py": b"def total_price(caf\xe9):\n    return '\xff\xfe'\n",
    "nul.py": b"def total_price(a):\n    return '\x00'\n",
    "utf16.py": GOOD.encode("utf-16"),
    "crlf.py": GOOD.replace("\n", "\r\n").encode(),
    "bom.py": GOOD.encode("utf-8-sig"),
    "old_mac.py": GOOD.replace("\n", "\r").encode(),
    "empty.py": b"",
    "one_line.js": b"var x = 1;" * 2_000_000,
    "deep.py": b"x = " + b"(" * 10_000 + b")" * 10_000 + b"\n",
    "deep.js": b"[" * 10_000 + b"]" * 10_000,
    "deep.json": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "broken.go": b"func ((( {{{ \x80\x80 package",
    "noise.c": bytes(range(256)) * 400,
    "good.py": GOOD.encode(),
}


@pytest.mark.parametrize("committed", [False, True])
def test_odd_contents_never_stop_the_rest(noctule: Noctule, tmp_path: Path, committed: bool) -> None:
    repo = Repo.make(tmp_path / "odd")
    for name, content in ODD_CONTENTS.items():
        repo.write(name, content)
    at = ["--at", repo.commit("Write odd contents")] if committed else []

    report = noctule.json("sleep", repo.path, *at)
    pack = noctule.json("context", repo.path, "--task", TASK, *at)

    assert report["complete"]
    assert "good.py" in [file["path"] for file in pack["files"]]
    assert noctule.json("status", repo.path)["left_out"]


def test_a_file_without_permission_is_named_and_stops_nothing(noctule: Noctule, tmp_path: Path) -> None:
    folder = tmp_path / "secretive"
    repo = Repo.make(folder)
    repo.commit("Write", {"open.py": GOOD, "closed.py": GOOD + "# closed\n", "shut/inside.py": GOOD + "# inside\n"})
    (folder / "closed.py").chmod(0)
    (folder / "shut").chmod(0)
    try:
        report = noctule.json("sleep", folder, before=without_root_rights)
        status = noctule.json("status", folder, before=without_root_rights)
    finally:
        (folder / "shut").chmod(0o755)

    assert report["complete"]
    assert "closed.py" in str({**status["failed"], **status["left_out_examples"]})


def test_files_that_vanish_while_they_are_read_stop_nothing(noctule: Noctule, tmp_path: Path) -> None:
    repo = make_wide(tmp_path / "wide", files=200)
    files = sorted(repo.path.glob("package_*/*.py"))
    with noctule.start("sleep", repo.path) as process:
        remover = threading.Thread(target=lambda: [path.unlink() for path in files[::2]])
        remover.start()
        _, err = process.communicate(timeout=PATIENCE_S)
        remover.join()

    assert (process.returncode, b"Traceback" in err) == (0, False)
    assert noctule.json("sleep", repo.path)["complete"]
    assert noctule.json("status", repo.path)["files"] == len(files) - len(files[::2]) + 1


@pytest.mark.parametrize("task", ["", " \n\t "])
def test_an_empty_task_is_refused(known: Known, task: str) -> None:
    assert known.noctule("context", known.repo.path, "--task", task).code == 2
    assert known.noctule("context", known.repo.path, "--task-file", "-", stdin=task.encode()).complaint


def test_a_task_of_a_megabyte_is_answered(known: Known) -> None:
    log = f"{TASK}\n" + "2026-01-01 error in worker 17: connection reset by peer\n" * 18_000

    pack = known.noctule.json("context", known.repo.path, "--task-file", "-", stdin=log.encode())

    assert pack["tokens"] <= 2000
    assert pack["task_tokens"] > 100_000


def test_a_task_in_chinese_is_answered(known: Known) -> None:
    pack = known.noctule.json("context", known.repo.path, "--task", "购物车 total_price 的折扣计算错误")

    assert pack["files"][0]["path"] == "shop/cart.py"


def test_a_task_in_chinese_alone_never_fails(known: Known) -> None:
    assert known.noctule.json("context", known.repo.path, "--task", "登录失败")["tokens"] <= 2000


@pytest.mark.parametrize(
    "task", [b"\xff\xfe total_price \x80", b"total_price\x00discount", "total_price".encode("utf-8-sig")]
)
def test_a_task_that_is_not_utf8_is_still_a_task(known: Known, task: bytes) -> None:
    pack = known.noctule.json("context", known.repo.path, "--task-file", "-", stdin=task)

    assert pack["files"][0]["path"] == "shop/cart.py"


def test_an_option_that_is_not_utf8_is_still_a_task(known: Known) -> None:
    assert known.noctule.ok("context", known.repo.path, "--task", b"total_price \xff").code == 0


def test_a_task_without_a_word_known_here_abstains(known: Known) -> None:
    pack = known.noctule.json("context", known.repo.path, "--task", "zyxwvut qqqqqq")

    assert pack["abstained"]
    assert (
        "too little in this repository fits the task"
        in known.noctule.ok("context", known.repo.path, "--task", "zyxwvut qqqqqq").err
    )


def test_nothing_that_a_hostile_repository_configures_is_run(noctule: Noctule, shop: Repo, tmp_path: Path) -> None:
    mark = tmp_path / "it-ran"
    script = tmp_path / "evil"
    script.write_text(f"#!/bin/sh\necho ran >> '{mark}'\ncat\n")
    script.chmod(0o755)
    for key in (
        "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "core.gitProxy",
        "diff.external", "diff.evil.command", "diff.evil.textconv", "filter.evil.clean", "filter.evil.smudge",
        "filter.evil.process", "gpg.program", "credential.helper", "log.showSignature", "alias.log", "alias.ls-files",
        "uploadpack.packObjectsHook", "pager.log", "interactive.diffFilter", "merge.evil.driver",
        "core.alternateRefsCommand",
    ):  # fmt: skip
        shop.git("config", key, "true" if key == "log.showSignature" else str(script))
    (shop.path / ".git/hooks").mkdir(exist_ok=True)
    for hook in ("post-index-change", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman", "post-checkout"):
        (shop.path / ".git/hooks" / hook).write_bytes(script.read_bytes())
        (shop.path / ".git/hooks" / hook).chmod(0o755)
    shop.write(".gitattributes", "* diff=evil filter=evil merge=evil\n")
    shop.write("shop/cart.py", GOOD)
    mark.unlink(missing_ok=True)

    for at in ([], ["--at", "HEAD"]):
        noctule.ok("sleep", shop.path, *at)
        noctule.ok("context", shop.path, "--task", TASK, *at)
        noctule.ok("notes", shop.path, "shop/cart.py", *at)
        noctule.ok("predict", shop.path, *at)
    noctule.ok("status", shop.path)
    noctule.ok("forget", shop.path)

    assert not mark.exists()


@pytest.mark.parametrize("limit", [resource.RLIMIT_AS, resource.RLIMIT_DATA])
def test_too_little_memory_is_said_in_one_line(noctule: Noctule, shop: Repo, limit: int) -> None:
    ran = noctule("sleep", shop.path, before=lambda: resource.setrlimit(limit, (60 << 20, 60 << 20)))

    assert (ran.code, "not enough memory" in ran.complaint) == (1, True), ran.err


@pytest.mark.true_start
@pytest.mark.parametrize("megabytes", [60, 90, 130])
def test_too_little_address_space_for_numpy_is_said_in_one_line(known: Known, megabytes: int) -> None:
    limits = megabytes << 20, megabytes << 20

    ran = known.noctule(
        "context", known.repo.path, "--task", TASK, before=lambda: resource.setrlimit(resource.RLIMIT_AS, limits)
    )

    assert (ran.code, ran.err.count("\n"), "not enough memory" in ran.complaint) == (1, 1, True), ran.err


def test_what_the_machine_ran_out_of_is_found_below_other_errors() -> None:
    thread = RuntimeError("can't start new thread")
    other = ValueError("a number")
    other.__context__ = MemoryError()

    assert find_shortage(ExceptionGroup("tasks", [ValueError(), thread])) == "not enough memory, or too many threads"
    assert find_shortage(other) == "not enough memory"
    assert find_shortage(OSError(errno.ENOMEM, "Cannot allocate memory")) == "not enough memory"
    assert find_shortage(OSError(errno.EMFILE, "Too many open files")) == "too many open files"
    assert find_shortage(OSError(errno.ENOENT, "No such file")) == find_shortage(RuntimeError("a loop")) == ""


def close_streams(*numbers: int) -> Callable[[], None]:
    return lambda: [os.close(number) for number in numbers] and None


@pytest.mark.parametrize("server", ["lsp", "mcp"])
def test_a_server_without_a_stream_says_so(noctule: Noctule, shop: Repo, server: str) -> None:
    for closed in (0,), (1,):
        ran = noctule(server, cwd=shop.path, before=close_streams(*closed))

        assert (ran.code, "standard input or output is closed" in ran.complaint) == (1, True)
    assert noctule(server, cwd=shop.path, before=close_streams(2)).code == 0


def test_a_command_without_streams_answers_or_says_so(noctule: Noctule, shop: Repo) -> None:
    for command in (["context", "--task-file", "-"], ["notes", "--export", "-"]):
        ran = noctule(*command, cwd=shop.path, before=close_streams(0, 1))
        assert ran.code in (1, 2), ran.err
        assert ran.err.splitlines()[-1].startswith("noctule: ")
        assert noctule(*command, cwd=shop.path, before=close_streams(0, 1, 2)).code in (1, 2)


def test_what_is_printed_without_streams_goes_into_no_file(noctule: Noctule, shop: Repo) -> None:
    noctule("sleep", shop.path, before=close_streams(0, 1, 2), env={"NOCTULE_LOG": "debug"})

    assert b"level=" not in b"".join(file.read_bytes()[:4096] for file in noctule.cache.rglob("*") if file.is_file())
    assert noctule.json("context", shop.path, "--task", TASK)["freshness"]["state"] == "fresh"


@pytest.mark.parametrize(("name", "reason"), [("gone.scip", "No such file or directory"), (".", "not a regular file")])
def test_a_named_index_that_is_no_file_is_refused_at_once(noctule: Noctule, shop: Repo, name: str, reason: str) -> None:
    ran = noctule("sleep", shop.path, "--scip", name)

    assert (ran.code, ran.out) == (2, "")
    assert f"cannot read the SCIP index {name}: {reason}" in ran.err
    assert "scip" not in noctule.ok("status", shop.path).out


@pytest.mark.parametrize("command", ["context", "predict", "notes"])
def test_an_argument_longer_than_a_file_name_is_not_taken_for_a_folder(
    noctule: Noctule, shop: Repo, command: str
) -> None:
    noctule.ok("sleep", shop.path)
    ran = noctule(command, f"{TASK} " * 20, cwd=shop.path)

    assert "File name too long" not in ran.err
    assert ran.code == 0 if command == "context" else "no such file, directory or symbol" in ran.err

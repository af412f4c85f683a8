"""What is secret, what is logged, and what leaves the machine: held against the real command."""

from __future__ import annotations

import os
from pathlib import Path

from tests.e2e.conftest import Noctule, noctule
from tests.e2e.repositories import Repo

__all__ = ["noctule"]  # the fixture

TOKEN = "ghp_" + "1a2b3c4d5e6f7g8h9i0jK1L2M3N4O5P6Q7R8"
PASSWORD = "hunter2" * 2
BODY = "x9Kp" * 16
TASK = "connect_to_billing gives up after a timeout"
SOURCE = f'''def connect_to_billing(timeout):
    # TODO: rotate {TOKEN} of connect_to_billing
    token = "{TOKEN}"
    password = "{PASSWORD}"
    key = """-----BEGIN PRIVATE {"KEY"}-----
{BODY}
-----END PRIVATE {"KEY"}-----"""
    return retry_billing_forever(timeout, token, password, key)
'''


def make_leaky(path: Path) -> Repo:
    """A repository that holds secrets in its files, their past and its messages; the first commit is years old."""
    repo = Repo.make(path)
    os.environ["GIT_COMMITTER_DATE"] = os.environ["GIT_AUTHOR_DATE"] = "2015-01-01T12:00:00Z"
    try:
        repo.commit(f"Use {TOKEN}", {"billing.py": SOURCE, "other.py": "x = 0\n"})
    finally:
        del os.environ["GIT_COMMITTER_DATE"], os.environ["GIT_AUTHOR_DATE"]
    for number in range(12):
        files = {"billing.py": f"{SOURCE}# {number}\n", "other.py": f"x = {number}\n", f"{number}.py": "y = 1\n"}
        repo.commit(f"Fix connect_to_billing with {PASSWORD} and {TOKEN}", files)
    return repo


def answers(noctule: Noctule, repo: Repo) -> str:
    """Return all that the commands print about a repository, for people and as JSON."""
    commands: list[tuple[str | Path, ...]] = [
        ("sleep", repo.path),
        ("context", repo.path, "--task", TASK),
        ("context", repo.path, "--task", TASK, "--at", "HEAD"),
        ("notes", repo.path, "billing.py"),
        ("notes", repo.path, "billing.py:connect_to_billing"),
        ("notes", repo.path),
        ("predict", repo.path),
        ("status", repo.path),
    ]
    ran = [noctule(*command, *form) for command in commands for form in ((), ("--json",))]
    assert [one.code for one in ran] == [0] * len(ran)
    return "".join(one.out + one.err for one in ran)


def test_secrets_in_files_and_history_are_never_quoted(noctule: Noctule, tmp_path: Path) -> None:
    said = answers(noctule, make_leaky(tmp_path / "leaky"))

    assert "return retry_billing_forever(timeout" in said
    assert "[secret]" in said
    assert [secret for secret in (TOKEN, PASSWORD, BODY) if secret in said] == []


def test_what_is_kept_and_what_is_said_beside_the_answer_holds_no_source_text(noctule: Noctule, tmp_path: Path) -> None:
    repo = make_leaky(tmp_path / "leaky")
    answers(noctule, repo)
    errors = noctule("context", repo.path, "--task", TASK).err + noctule("sleep", repo.path).err

    kept = b"".join(file.read_bytes() for file in noctule.cache.rglob("*") if file.is_file())

    assert kept
    for text in ("return retry_billing_forever(timeout", "billing with", TASK):  # single words are kept
        assert text.encode() not in kept
        assert text not in errors


def test_nothing_connects_to_anything(noctule: Noctule, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    seen = tmp_path / "seen"
    (hooks / "sitecustomize.py").write_text(
        "import sys\n"
        "def note(event, args):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.sendto', 'test.hook'):\n"
        f"        open({str(seen)!r}, 'a').write(f'{{event}} {{args[-1]!r}}\\n')\n"
        "sys.addaudithook(note)\n"
        "sys.audit('test.hook', sys.argv[:1] if hasattr(sys, 'argv') else '')\n"
    )
    path = os.pathsep.join([str(hooks), str(Path(__file__).resolve().parents[2])])
    watched = Noctule(noctule.cache, {**noctule.environment, "PYTHONPATH": path})

    answers(watched, make_leaky(tmp_path / "leaky"))

    events = {line.split()[0] for line in seen.read_text().splitlines()}
    assert events == {"test.hook"}

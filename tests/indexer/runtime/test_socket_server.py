"""The socket of a repository: who may listen and ask, and what is turned away."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from noctule.indexer.runtime import local_socket, socket_server
from noctule.indexer.runtime.socket_server import SocketServer
from tests.patience import PATIENCE_S, soon


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose name is short enough for an address."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def echo(line: bytes) -> Iterator[bytes]:
    yield b"CommandTaken\n"
    yield line + b"\n"


def listening(path: Path) -> SocketServer:
    server = SocketServer(os.fspath(path), echo)
    server.start()
    return server


def await_listening(server: SocketServer) -> None:
    assert soon(lambda: server.is_listening)


def test_one_listens_and_the_next_takes_its_place(folder: Path) -> None:
    path = folder / "run" / "name"
    first = listening(path)
    await_listening(first)
    second = listening(path)

    assert local_socket.ask(os.fspath(path), b"hello\n", PATIENCE_S) == b"hello"
    assert not second.is_listening
    first.close()
    await_listening(second)
    assert local_socket.ask(os.fspath(path), b"again\n", PATIENCE_S) == b"again"
    second.close()
    assert not path.exists()


def test_a_folder_that_is_not_the_users_alone_is_not_listened_in(folder: Path) -> None:
    (folder / "real").mkdir(mode=0o700)
    (folder / "link").symlink_to(folder / "real")
    servers = [listening(folder / "link" / "name"), listening(folder / ("long" * 30) / "name")]
    if os.geteuid() == 0:
        (folder / "foreign").mkdir(mode=0o700)
        os.chown(folder / "foreign", 12345, -1)
        servers.append(listening(folder / "foreign" / "name"))

    for server in servers:
        server._thread.join(PATIENCE_S)
        assert not server.is_listening


def test_long_slow_and_many_questions_are_turned_away(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_server, "READ_WITHIN_S", 0.05)
    monkeypatch.setattr(socket_server, "LONGEST_QUESTION", 1000)
    path = os.fspath(folder / "run" / "name")
    server = listening(Path(path))
    await_listening(server)

    assert local_socket.ask(path, b"x" * 200_000 + b"\n", PATIENCE_S) is None
    silent = [socket.socket(socket.AF_UNIX) for _ in range(socket_server.MOST_AT_ONCE)]
    for connection in silent:
        connection.settimeout(PATIENCE_S)
        connection.connect(path)
    for connection in silent:
        with connection:
            assert connection.recv(1) == b""
    monkeypatch.setattr(socket_server, "READ_WITHIN_S", PATIENCE_S)
    assert local_socket.ask(path, b"hello\n", PATIENCE_S) == b"hello"
    server.close()


def test_all_worktrees_of_a_repository_have_one_address(tmp_path: Path) -> None:
    git = tmp_path / "repo" / ".git"
    (git / "worktrees" / "beside").mkdir(parents=True)
    (git / "worktrees" / "beside" / "commondir").write_text("../..\n")
    (tmp_path / "beside" / "inner").mkdir(parents=True)
    (tmp_path / "beside" / ".git").write_text(f"gitdir: {git}/worktrees/beside\n")
    (tmp_path / "plain").mkdir()

    found = [local_socket.find_repository(os.fspath(tmp_path / name)) for name in ("repo", "beside/inner", "plain")]

    top = os.path.realpath(tmp_path)
    assert found == [
        (f"{top}/repo", f"{top}/repo/.git"),
        (f"{top}/beside", f"{top}/repo/.git"),
        (f"{top}/plain", f"{top}/plain"),
    ]
    assert len({local_socket.socket_path(common_dir) for _, common_dir in found}) == 2

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.evals.tasks.web import commits_address, read_commits_address
from noctule.indexer.files.git import discover
from tests.repositories import Repository


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/pallets/flask.git", "https://github.com/pallets/flask/commit/"),
        ("https://github.com/pallets/flask/", "https://github.com/pallets/flask/commit/"),
        ("git@github.com:pallets/flask.git", "https://github.com/pallets/flask/commit/"),
        ("ssh://git@github.com:22/pallets/flask", "https://github.com/pallets/flask/commit/"),
        ("https://name:secret@gitlab.com/group/sub/x.git", "https://gitlab.com/group/sub/x/-/commit/"),
        ("https://git.example.org/x/y.git", ""),
        ("/srv/clones/flask", ""),
        ("javascript:alert(1)//github.com/x/y", ""),
        ("https://github.com/x/y\nhttps://github.com/", ""),
        ("", ""),
    ],
)
def test_the_commits_of_a_remote_have_addresses_on_hosts_that_are_known(remote: str, address: str) -> None:
    assert commits_address(remote) == address


def test_the_remote_of_a_clone_is_read(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    place = discover(repository.root)
    assert place is not None
    assert read_commits_address(place) == ""

    repository.git("remote", "add", "origin", "git@github.com:pallets/flask.git")

    assert read_commits_address(place) == "https://github.com/pallets/flask/commit/"

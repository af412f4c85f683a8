"""Which repositories a fleet learns, from lists, folders and GitHub's API."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from noctule.indexer.errors import RepositoryError
from noctule.indexer.fleet.sources import Source, find_in, read_github, read_list, shard, without_login


def test_a_list_names_addresses_and_folders(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    file = tmp_path / "list"
    file.write_text(
        "# ours\n\nhttps://git.example.org/team/web.git\ngit@example.org:team/api.git   core/api\n"
        "shop\nhttps://git.example.org/team/web.git\n"
    )

    sources = read_list(file)

    assert sources == [
        Source("core/api", "git@example.org:team/api.git"),
        Source("shop", str(tmp_path / "shop")),
        Source("team/web", "https://git.example.org/team/web.git"),
    ]
    assert [(one.is_folder, one.host) for one in sources] == [
        (False, "example.org"),
        (True, ""),
        (False, "git.example.org"),
    ]


def test_a_whole_path_that_leads_to_nothing_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "list").write_text(f"{tmp_path}/gone\nhttps://git.example.org/team/web.git\n")

    assert read_list(tmp_path / "list") == [
        Source("gone", f"{tmp_path}/gone"),
        Source("team/web", "https://git.example.org/team/web.git"),
    ]


def test_a_list_that_was_written_on_windows_is_read(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"\xef\xbb\xbf# ours\r\nhttps://git.example.org/team/web.git\r\n")

    assert read_list(tmp_path / "list") == [Source("team/web", "https://git.example.org/team/web.git")]


def test_folders_with_spaces_are_read_and_remarks_are_not(tmp_path: Path) -> None:
    for name in ("my shop", "my web", "a#b"):
        (tmp_path / name).mkdir()
    (tmp_path / "list").write_text("my shop\n\"my web\" web  # what it is\n'my shop'\na#b # and more\n")

    assert read_list(tmp_path / "list") == [
        Source("a#b", str(tmp_path / "a#b")),
        Source("my shop", str(tmp_path / "my shop")),
        Source("web", str(tmp_path / "my web")),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "ext::sh -c touch% /tmp/owned",
        "ext::sh",
        "-uploadpack=x:y",
        "--upload-pack=touch",
        "ftp://example.org/x",
        "nowhere",
        "a b c",
        "https://a/x/y\nhttps://b/x/y",
    ],
)
def test_what_is_no_address_of_a_repository_is_refused(tmp_path: Path, line: str) -> None:
    file = tmp_path / "list"
    file.write_text(line)

    with pytest.raises(RepositoryError):
        read_list(file)


def test_a_login_in_an_address_is_shown_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_text("ftp://user:secret@example.org/x")

    with pytest.raises(RepositoryError) as raised:
        read_list(file)

    assert "secret" not in f"{raised.value}{raised.value.advice}"
    assert without_login("https://user:se@cret@example.org/x") == "https://example.org/x"


def test_pages_of_githubs_api_and_of_its_command_are_read(tmp_path: Path) -> None:
    file = tmp_path / "org.json"
    pages = (
        [{"full_name": "o/b", "clone_url": "https://github.com/o/b.git", "archived": False}],
        [{"full_name": "o/old", "clone_url": "https://github.com/o/old.git", "archived": True}],
        [{"nameWithOwner": "o/a", "url": "https://github.com/o/a"}],
    )
    file.write_text("\n".join(map(json.dumps, pages)))

    assert read_github(file) == [
        Source("o/a", "https://github.com/o/a.git"),
        Source("o/b", "https://github.com/o/b.git"),
    ]

    for text in ("{}", "[1]", "[{}]", "["):
        file.write_text(text)
        with pytest.raises(RepositoryError, match="is not a list of repositories"):
            read_github(file)


def test_a_folder_holds_clones_bare_and_nested(tmp_path: Path) -> None:
    (tmp_path / "web/.git").mkdir(parents=True)
    (tmp_path / "web/inner/.git").mkdir(parents=True)
    (tmp_path / "team/api/.git").mkdir(parents=True)
    for sign in ("HEAD", "objects", "refs"):
        (tmp_path / "bare.git" / sign).mkdir(parents=True)
    (tmp_path / "plain").mkdir()

    assert [one.name for one in find_in(tmp_path)] == ["bare", "team/api", "web"]
    assert [one.name for one in find_in(tmp_path / "web")] == ["web"]


def test_shards_are_equal_parts_that_never_overlap() -> None:
    sources = [Source(f"r{number:02}", f"/r{number}") for number in range(10)]

    parts = [shard(sources[::-1], index, 4) for index in (1, 2, 3, 4)]

    assert sorted(one for part in parts for one in part) == sources
    assert [len(part) for part in parts] == [3, 3, 2, 2]


def test_what_is_refused_is_named_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_text("# Ours\n\nhttps://example.org/team/web\n\n\nnowhere\n")

    with pytest.raises(RepositoryError, match="list, line 6: 'nowhere' is neither a folder nor an address"):
        read_list(file)

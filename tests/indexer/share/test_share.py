"""What one clone learned is taken over by another: the same bytes from everybody, all or nothing, and none believed."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest

from noctule.indexer.arrays import pack, unpack
from noctule.indexer.resolve.relations import Relations
from noctule.indexer.serve.repository import Repository as Learned
from noctule.indexer.share.manifest import Piece, close_piece
from noctule.indexer.share.objects import PROBE, FolderStore, ShareError
from noctule.indexer.share.places import refuse_unconditional
from noctule.indexer.share.pull import pull
from noctule.indexer.share.push import Publisher, push
from noctule.indexer.share.ref_names import read_ref_name
from noctule.indexer.share.refs import Published, Ref, move
from noctule.indexer.share.signatures import Signer, Trust
from noctule.indexer.store.store import Store
from tests.repositories import Repository, put_back

TILL = "class Till:\n    def __init__(self):\n        self.drawer = {}\n\n    def pay(self, sum):\n        return sum\n"
FILES: dict[str, str | bytes] = {
    "shop/till.py": TILL,
    "shop/desk.py": "from shop.till import Till\n\n\ndef sell(price):\n    return Till().pay(price)\n",
    "shop/__init__.py": "",
    "web/cart.ts": "export function total(a: number, b: number) { return a + b }\n",
    "README.md": "# A shop\n\nIt sells.\n",
    ".env": "TOKEN=abc\n",
}


def make_shop(folder: Path) -> Repository:
    repository = Repository(folder / "shop")
    repository.commit("Sell things", FILES)
    for number in range(12):
        repository.commit(f"Change the till {number}", {"shop/till.py": f"{TILL}X{number} = {number}\n"})
    return repository


@pytest.fixture
def shop(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A shop of which nothing is known."""
    return put_back(tmp_path_factory.getbasetemp() / "share", make_shop)


def clone(of: Repository, folder: Path) -> Path:
    of.git("clone", "-q", str(of.root), str(folder))
    return folder


def objects_in(folder: Path) -> dict[str, bytes]:
    """Return what is published, by name; beside it lies the value that tells whether conditions are kept."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.name[0] != "." and p.name != PROBE]
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


def answers(root: Path, cache: Path) -> list[dict[str, object]]:
    with Learned.open(root, cache=cache) as repository:
        given = [repository.notes("shop/till.py:Till").to_json(), repository.predict().to_json()]
    return [{name: value for name, value in answer.items() if name != "freshness"} for answer in given]


def test_a_clone_elsewhere_reads_nothing_and_answers_the_same(shop: Repository, tmp_path: Path) -> None:
    there, url = clone(shop, tmp_path / "elsewhere/there"), (tmp_path / "bucket").as_uri()
    pushed = push(shop.root, url, cache=tmp_path / "cache 1")
    pulled = pull(there, url, cache=tmp_path / "cache 2")
    with Learned.open(there, cache=tmp_path / "cache 2") as repository:
        slept = repository.sleep()

    assert (pushed.ref, pushed.moved, pushed.left_out, pushed.commits) == ("heads/main", True, 1, 13)
    assert (pulled.commit, pulled.behind, pulled.blobs, pulled.parsed_blobs) == (pushed.commit, 0, pushed.blobs, 1)
    assert (pulled.checked_blobs, pulled.checked_commits) == (5, 10)
    assert (slept.parsed_blobs, slept.commits_read, slept.complete) == (0, 0, True)
    with Learned.open(shop.root, cache=tmp_path / "cache 1") as repository:
        repository.sleep()
    assert answers(there, tmp_path / "cache 2") == answers(shop.root, tmp_path / "cache 1")


def test_two_publishers_write_the_same_bytes_and_name_nobody(shop: Repository, tmp_path: Path) -> None:
    other = clone(shop, tmp_path / "other")
    with Learned.open(other, at="HEAD~5", cache=tmp_path / "cache 2") as repository:
        repository.sleep()  # it learned in another order
    push(shop.root, (tmp_path / "a").as_uri(), cache=tmp_path / "cache 1")
    push(other, (tmp_path / "b").as_uri(), cache=tmp_path / "cache 2")

    written = objects_in(tmp_path / "a")
    assert written == objects_in(tmp_path / "b")
    plain = b"".join(zlib.decompress(data) for name, data in written.items() if "/objects/" in name)
    assert str(tmp_path).encode() not in plain
    assert b"TOKEN" not in plain
    assert push(other, (tmp_path / "a").as_uri(), cache=tmp_path / "cache 2").pieces_sent == 0


def test_the_nearest_ancestor_is_pulled_and_only_what_is_missing(shop: Repository, tmp_path: Path) -> None:
    url = (tmp_path / "bucket").as_uri()
    first = push(shop.root, url, cache=tmp_path / "cache 1").commit
    there = clone(shop, tmp_path / "there")
    shop.commit("A later change", {"README.md": "# Later\n"})
    second = push(shop.root, url, cache=tmp_path / "cache 1")

    pulled = pull(there, url, cache=tmp_path / "cache 2")

    assert (pulled.commit, second.moved) == (first, True)
    assert 0 < second.pieces_sent < second.pieces
    again = pull(there, url, cache=tmp_path / "cache 2")
    assert (again.blobs, again.parsed_blobs) == (0, 0)


def test_forks_that_publish_one_branch_share_content_and_each_takes_over_its_own(
    shop: Repository, tmp_path: Path
) -> None:
    url = (tmp_path / "bucket").as_uri()
    fork = Repository(clone(shop, tmp_path / "fork"))
    fork.commit("The fork's own way", {"README.md": "# A fork\n"})
    shop.commit("The other way", {"web/cart.ts": "export const total = 0\n"})
    pushed = [push(one.root, url, cache=tmp_path / f"cache {n}") for n, one in enumerate((shop, fork))]
    pulled = [
        pull(clone(one, tmp_path / f"there {n}"), url, cache=tmp_path / f"cache there {n}")
        for n, one in enumerate((shop, fork))
    ]

    assert [one.commit for one in pulled] == [one.commit for one in pushed]
    assert [(one.ref, one.moved) for one in pushed] == [("heads/main", True), ("heads/main", False)]
    assert 0 < pushed[1].pieces_sent < pushed[1].pieces


def test_a_race_of_two_publishers_loses_nothing(shop: Repository, tmp_path: Path) -> None:
    url, older = (tmp_path / "bucket").as_uri(), clone(shop, tmp_path / "older")
    newer = shop.commit("Newer", {"README.md": "# Newer\n"})
    push(shop.root, url, cache=tmp_path / "cache 1")

    late = push(older, url, cache=tmp_path / "cache 2")

    assert not late.moved
    assert pull(older, url, cache=tmp_path / "cache 3").commit == late.commit
    assert pull(shop.root, url, cache=tmp_path / "cache 3").commit == newer


class Interrupted(FolderStore):
    """A folder in which another publisher is first whenever a value is to be replaced."""

    def __init__(self, folder: Path, rival: Ref) -> None:
        super().__init__(folder)
        self._rival = [rival]

    def replace(self, name: str, data: bytes, version: str) -> bool:
        if self._rival:
            found = self.read(name)
            assert found is not None
            super().replace(name, self._rival.pop().to_bytes(None), found.version)
        return super().replace(name, data, version)


def test_a_ref_that_moved_meanwhile_is_read_again(tmp_path: Path) -> None:
    first, mine, rival = (Published(letter * 40, Piece(letter * 64, 1)) for letter in "abc")
    store = Interrupted(tmp_path, Ref("r", "heads/main", (rival, first)))
    move(store, Ref("r", "heads/main", (first,)), lambda _: "forward", None, Trust())

    ref, moved = move(store, Ref("r", "heads/main", (mine,)), lambda _: "forward", None, Trust())

    assert (ref.published, moved) == ((mine, rival, first), True)


def test_a_pull_request_moves_no_branch(shop: Repository, tmp_path: Path) -> None:
    url = (tmp_path / "bucket").as_uri()
    before = push(shop.root, url, cache=tmp_path / "cache")
    known = objects_in(tmp_path / "bucket")
    shop.commit("Proposed", {"README.md": "# Proposed\n"})

    job = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge"}
    proposed = push(shop.root, url, Publisher(environment=job), cache=tmp_path / "cache")
    with pytest.raises(ShareError, match="moves no branch"):
        push(shop.root, url, Publisher("main", job), cache=tmp_path / "cache")

    after = objects_in(tmp_path / "bucket")
    assert {name for name in after if after[name] != known.get(name)} == {
        name for name in after if f"{before.repository}/pulls/7/" in name
    }
    assert pull(shop.root, url, cache=tmp_path / "cache 2").commit == before.commit
    assert pull(shop.root, url, ref="pulls/7", cache=tmp_path / "cache 3").commit == proposed.commit


@pytest.mark.parametrize("name", ["../main", "heads/../../x", "pulls/../7", "pulls/", "a b", "-x", "main/", ""])
def test_what_git_takes_for_no_branch_is_no_ref(name: str) -> None:
    with pytest.raises(ShareError):
        read_ref_name(name)


def _truncate(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _forge(data: bytes) -> bytes:
    return close_piece(zlib.decompress(data) + b" ")


@pytest.mark.parametrize("damage", [_truncate, _forge, None])
def test_a_damaged_piece_refuses_the_whole(shop: Repository, tmp_path: Path, damage: object) -> None:
    url, cache = (tmp_path / "bucket").as_uri(), tmp_path / "cache 2"
    push(shop.root, url, cache=tmp_path / "cache 1")
    last = max((tmp_path / "bucket").rglob("objects/*/*"))
    if callable(damage):
        last.write_bytes(damage(last.read_bytes()))
    else:
        last.unlink()

    with pytest.raises(ShareError) as refused:
        pull(shop.root, url, cache=cache)

    assert "\n" not in str(refused.value)
    with Learned.open(shop.root, cache=cache) as repository:
        assert (store := repository.open_store()) is None or store.count("blob") == 0
        assert repository.sleep().parsed_blobs == 6


def _publish_changed(shop: Repository, bucket: Path, change: dict[str, object]) -> None:
    """Publish, then list other content under the same ref, with hashes that fit."""
    (identity,) = {p for p in bucket.iterdir() if p.is_dir()}
    store = FolderStore(identity)
    (ref_file,) = identity.rglob("refs/**/*.json")
    ref = Ref.from_bytes(ref_file.read_bytes(), identity.name, "heads/main", Trust())
    listed = store.read(ref.published[0].manifest.name)
    assert listed is not None
    manifest = json.loads(zlib.decompress(listed.data)) | change
    data = json.dumps(manifest).encode()
    store.create(Piece.of(data).name, close_piece(data))
    ref_file.write_bytes(
        Ref(ref.repository, ref.name, (Published(ref.published[0].commit, Piece.of(data)),)).to_bytes(None)
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 99}, "newer noctule"),
        ({"schema": 99}, "newer noctule"),
        ({"schema": 1}, "older noctule"),
        ({"grammars": {"tree-sitter-python": "0.0.1"}}, "tree-sitter-python 0.0.1"),
        ({"groups": []}, "the list of files"),
        ({"commit": "a" * 40}, "another commit"),
        ({"history": {}}, "is damaged"),
    ],
)
def test_what_another_version_or_another_commit_has_is_refused(
    shop: Repository, tmp_path: Path, change: dict[str, object], says: str
) -> None:
    push(shop.root, (tmp_path / "bucket").as_uri(), cache=tmp_path / "cache 1")
    _publish_changed(shop, tmp_path / "bucket", change)

    with pytest.raises(ShareError, match=says):
        pull(shop.root, (tmp_path / "bucket").as_uri(), cache=tmp_path / "cache 2")


def test_content_that_the_files_do_not_bear_out_is_refused(shop: Repository, tmp_path: Path) -> None:
    """Who publishes something else than what the files say fits all hashes, and is found by reading files again."""
    cache = tmp_path / "cache 1"
    with Learned.open(shop.root, cache=cache) as repository:
        repository.sleep()
        store = Store(repository.folder)
    with store.transaction():
        forged = "UPDATE definition SET signature = 'def pay(self, everything)' WHERE qualname = ?"
        store._many(forged, [("Till.pay",)])
    store.close()
    push(shop.root, (tmp_path / "bucket").as_uri(), cache=cache)

    with pytest.raises(ShareError, match=r"shop/till\.py is not what this clone says"):
        pull(shop.root, (tmp_path / "bucket").as_uri(), cache=tmp_path / "cache 2")


def _publish_other_uses(shop: Repository, bucket: Path, cache: Path, kept: float) -> None:
    """Publish a part of who uses whom, and nothing of the rest."""
    with Learned.open(shop.root, cache=cache) as repository:
        repository.sleep()
        store, name = Store(repository.folder), repository.view_name
    view = store.view(name)
    assert view is not None
    entries = list(Relations.of_columns(unpack(store.parts(view.id, ("relations",))["relations"])).entries())
    with store.transaction():
        store.put_part(view.id, "relations", pack(Relations.of(entries[: round(kept * len(entries))]).columns()))
    store.close()
    push(shop.root, bucket.as_uri(), cache=cache)


def test_uses_that_differ_much_refuse_the_whole_and_a_little_are_resolved_here(
    shop: Repository, tmp_path: Path
) -> None:
    calls = "".join(f"def sell{number}(till: Till):\n    return till.pay{number}(1)\n\n\n" for number in range(30))
    methods = "".join(f"    def pay{number}(self, sum):\n        return sum\n\n" for number in range(30))
    shop.commit(
        "Sell more", {"shop/till.py": f"class Till:\n{methods}", "shop/more.py": f"from shop.till import Till\n{calls}"}
    )
    _publish_other_uses(shop, tmp_path / "wrong", tmp_path / "cache 1", 0.5)
    _publish_other_uses(shop, tmp_path / "other", tmp_path / "cache 2", 0.97)

    with pytest.raises(ShareError, match="a list of uses is not what this clone says"):
        pull(shop.root, (tmp_path / "wrong").as_uri(), cache=tmp_path / "cache 3")
    pulled = pull(shop.root, (tmp_path / "other").as_uri(), cache=tmp_path / "cache 3")

    assert pulled.blobs > 0
    with Learned.open(shop.root, cache=tmp_path / "cache 3") as repository:
        assert repository.sleep().parsed_blobs == 0
    with Learned.open(shop.root, cache=tmp_path / "alone") as repository:
        repository.sleep()
    assert answers(shop.root, tmp_path / "cache 3") == answers(shop.root, tmp_path / "alone")


def test_a_file_that_the_publisher_could_not_read_is_read_here_and_refuses_nothing(
    shop: Repository, tmp_path: Path
) -> None:
    cache = tmp_path / "cache 1"
    with Learned.open(shop.root, cache=cache) as repository:
        repository.sleep()
        store = Store(repository.folder)
        (row,) = store.blob_ids([(shop.git("rev-parse", "HEAD:shop/desk.py"), "python")]).values()
    with store.transaction():
        store._many("UPDATE blob SET status = 'failed' WHERE id = ?", [(row,)])
    store.close()
    pushed = push(shop.root, (tmp_path / "bucket").as_uri(), cache=cache)

    pulled = pull(shop.root, (tmp_path / "bucket").as_uri(), cache=tmp_path / "cache 2")

    assert (pushed.left_out, pulled.parsed_blobs) == (2, 2)
    (identity,) = {p for p in (tmp_path / "bucket").iterdir() if p.is_dir()}
    ref = Ref.from_bytes((identity / "refs/heads/main.json").read_bytes(), identity.name, "heads/main", Trust())
    listed = FolderStore(identity).read(ref.published[0].manifest.name)
    assert listed is not None
    assert json.loads(zlib.decompress(listed.data))["parts"].keys() == {"fitted"}
    with Learned.open(shop.root, cache=tmp_path / "cache 2") as repository:
        repository.sleep()
    assert answers(shop.root, tmp_path / "cache 2")[0]["claims"]


def test_only_signed_refs_are_read_where_keys_are_named(shop: Repository, tmp_path: Path) -> None:
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key, url = Ed25519PrivateKey.generate(), (tmp_path / "bucket").as_uri()
    encoding, none = serialization.Encoding, serialization.NoEncryption()
    (tmp_path / "key").write_bytes(key.private_bytes(encoding.PEM, serialization.PrivateFormat.OpenSSH, none))
    line = key.public_key().public_bytes(encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    trust = Trust.of_lines(line)
    push(shop.root, url, cache=tmp_path / "cache 1")

    with pytest.raises(ShareError, match="is not signed"):
        pull(shop.root, url, trust, cache=tmp_path / "cache 2")
    push(
        shop.root,
        (tmp_path / "b").as_uri(),
        Publisher(signer=Signer.of_file(tmp_path / "key")),
        cache=tmp_path / "cache 1",
    )
    assert pull(shop.root, (tmp_path / "b").as_uri(), trust, cache=tmp_path / "cache 2").blobs > 0


class Unconditional(FolderStore):
    """A place that writes whatever the condition."""

    def create(self, name: str, data: bytes) -> bool:
        self._path(name).parent.mkdir(parents=True, exist_ok=True)
        self._path(name).write_bytes(data)
        return True


def test_a_place_without_conditional_writes_is_refused(tmp_path: Path) -> None:
    refuse_unconditional(FolderStore(tmp_path / "good"))

    with pytest.raises(ShareError, match="ignores conditional writes"):
        refuse_unconditional(Unconditional(tmp_path / "bad"))


def test_a_shallow_clone_and_a_plain_folder_have_no_identity(shop: Repository, tmp_path: Path) -> None:
    shop.git("clone", "-q", "--depth", "1", shop.root.as_uri(), str(tmp_path / "shallow"))
    (tmp_path / "plain").mkdir()

    for root in (tmp_path / "shallow", tmp_path / "plain"):
        with pytest.raises(ShareError):
            push(root, (tmp_path / "bucket").as_uri(), cache=tmp_path / "cache")

"""Sharing through an S3 server on loopback, and what such a server can do wrong."""

from __future__ import annotations

import threading
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from noctule.indexer.serve.repository import Repository as Learned
from noctule.indexer.share import bucket as buckets
from noctule.indexer.share.objects import PROBE, ShareError
from noctule.indexer.share.places import open_place
from noctule.indexer.share.pull import pull
from noctule.indexer.share.push import push
from tests.repositories import Repository

FILES: dict[str, str | bytes] = {
    "shop/till.py": "class Till:\n    def pay(self, sum):\n        return sum\n",
    "shop/desk.py": "from shop.till import Till\n\n\ndef sell(price):\n    return Till().pay(price)\n",
    "README.md": "# A shop\n",
}
# A server that is closed at the end leaves a socket of the last connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class Server:
    """moto's S3, with faults: `lives_for` requests that write, and no answer to them after that."""

    def __init__(self) -> None:
        from moto.server import create_backend_app  # 0.4 s, which only the worker that needs it is to pay

        self._inner = create_backend_app("s3")
        self._server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=Quiet)
        self._lock = threading.Lock()
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self.lives_for: int | None = None
        self.is_unconditional = False
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if self.is_unconditional:
            environ.pop("HTTP_IF_NONE_MATCH", None)
            environ.pop("HTTP_IF_MATCH", None)
        with self._lock:
            if self.lives_for is not None and environ["REQUEST_METHOD"] == "PUT":
                self.lives_for -= 1
            is_dead = self.lives_for is not None and self.lives_for < 0
        if is_dead:
            start_response("503 Service Unavailable", [])
            return [b""]
        return self._inner(environ, start_response)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def s3() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def url(s3: Server, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """A bucket of the test's own."""
    s3.lives_for, s3.is_unconditional = None, False
    name = f"b{abs(hash(request.node.name))}"
    urllib.request.urlopen(urllib.request.Request(f"{s3.address}/{name}", method="PUT")).close()
    for variable, value in {
        "AWS_ENDPOINT_URL": s3.address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "reader",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(buckets, "RETRIES", 1)
    return f"s3://{name}/team"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    repository = Repository(tmp_path_factory.mktemp("shared") / "shop")
    repository.commit("Sell things", FILES)
    for number in range(3):
        repository.commit(f"Change {number}", {"shop/till.py": f"{FILES['shop/till.py']!s}X = {number}\n"})
    with Learned.open(repository.root, cache=repository.root.parent / "cache") as learned:
        learned.sleep()
    return repository


def cache_of(shop: Repository) -> Path:
    return shop.root.parent / "cache"


def objects_in(url: str) -> dict[str, bytes]:
    store = open_place(url)
    return {name: found.data for name in store.names("") or () if name != PROBE and (found := store.read(name))}


def test_a_clone_elsewhere_reads_nothing_and_who_publishes_makes_no_difference(
    shop: Repository, tmp_path: Path, url: str
) -> None:
    there = tmp_path / "there"
    shop.git("clone", "-q", str(shop.root), str(there))
    pushed = push(shop.root, url, cache=cache_of(shop))
    pulled = pull(there, url, cache=tmp_path / "cache")
    with Learned.open(there, cache=tmp_path / "cache") as repository:
        slept = repository.sleep()
    push(there, f"{url}-2", cache=tmp_path / "cache")

    assert (pulled.commit, pulled.blobs) == (pushed.commit, 3)
    assert (slept.parsed_blobs, slept.commits_read) == (0, 0)
    assert objects_in(url) == objects_in(f"{url}-2")
    plain = b"".join(zlib.decompress(data) for name, data in objects_in(url).items() if "/objects/" in name)
    assert not [word for word in (str(tmp_path), str(shop.root), "reader") if word.encode() in plain]


def test_of_two_publishers_at_once_none_loses_anything(shop: Repository, tmp_path: Path, url: str) -> None:
    commits = shop.git("rev-list", "HEAD").splitlines()[:2]
    results: list[bool] = []

    def publish(commit: str) -> None:
        results.append(push(shop.root, url, at=commit, cache=tmp_path / commit).moved)

    threads = [threading.Thread(target=publish, args=(commit,)) for commit in commits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(results) == 2
    assert pull(shop.root, url, cache=tmp_path / "c1").commit == commits[0]
    shop.git("clone", "-q", str(shop.root), str(tmp_path / "older"))
    Repository.git(shop, "-C", str(tmp_path / "older"), "reset", "-q", "--hard", commits[1])
    assert pull(tmp_path / "older", url, cache=tmp_path / "c2").commit == commits[1]


def test_a_bucket_that_dies_in_the_middle_moves_no_ref_and_the_next_push_sends_the_rest(
    shop: Repository, tmp_path: Path, url: str, s3: Server
) -> None:
    s3.lives_for = 7
    with pytest.raises(ShareError, match="the server answered 503") as refused:
        push(shop.root, url, cache=cache_of(shop))
    s3.lives_for = None
    begun = len(objects_in(url))

    assert "\n" not in f"{refused.value}; {refused.value.advice}"
    assert pull(shop.root, url, cache=tmp_path / "c1").commit == ""
    again = push(shop.root, url, cache=cache_of(shop))
    assert begun > 0
    assert again.pieces_sent + begun == len(objects_in(url)) - 1  # the last one is the ref
    s3.lives_for = -1
    with pytest.raises(ShareError, match="the server answered 503"):
        pull(shop.root, url, cache=tmp_path / "c2")


def test_a_truncated_object_refuses_the_whole(shop: Repository, tmp_path: Path, url: str) -> None:
    push(shop.root, url, cache=cache_of(shop))
    place = open_place(url)
    name = max(name for name in place.names("") or () if "/objects/" in name)
    found = place.read(name)
    assert found is not None
    place.replace(name, found.data[:-9], found.version)

    with pytest.raises(ShareError, match="is not what its name says"):
        pull(shop.root, url, cache=tmp_path / "cache")

    with Learned.open(shop.root, cache=tmp_path / "cache") as repository:
        assert (store := repository.open_store()) is None or store.count("blob") == 0


def test_a_bucket_without_conditional_writes_is_refused_before_anything_is_published(
    shop: Repository, url: str, s3: Server
) -> None:
    s3.is_unconditional = True

    with pytest.raises(ShareError, match="ignores conditional writes"):
        push(shop.root, url, cache=cache_of(shop))

    assert objects_in(url) == {}


def test_a_store_without_encryption_is_asked_only_where_that_is_allowed(
    s3: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.address)
    monkeypatch.delenv("AWS_ALLOW_HTTP", raising=False)

    with pytest.raises(ShareError, match="AWS_ENDPOINT_URL names a store without encryption"):
        open_place("s3://bucket/team")


def test_a_bucket_that_is_not_there_is_named(shop: Repository, tmp_path: Path, url: str) -> None:
    absent = "s3://no-such-bucket/team"

    with pytest.raises(ShareError, match=f"there is no bucket at {absent}"):
        push(shop.root, absent, cache=cache_of(shop))
    with pytest.raises(ShareError, match=f"there is no bucket at {absent}"):
        pull(shop.root, absent, cache=tmp_path / "cache")
    assert pull(shop.root, url, cache=tmp_path / "cache").commit == ""  # there is one, and nothing in it


def test_a_plain_server_is_read_and_never_written(shop: Repository, tmp_path: Path) -> None:
    push(shop.root, (tmp_path / "www").as_uri(), cache=cache_of(shop))

    class Files(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(tmp_path / "www"))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        assert pull(shop.root, address, cache=tmp_path / "cache").blobs == 3
        with pytest.raises(ShareError, match="can only be read"):
            push(shop.root, address, cache=cache_of(shop))
        server.shutdown()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("ftp://example.org/x", "is not an address to share at"),
        ("http://example.org/x", "is not encrypted"),
        ("s3://", "names no bucket"),
        ("https://user:word@example.org", "holds no login"),
        ("file://host/folder", "names no folder"),
        ("az://account", "cannot open az://account"),
    ],
)
def test_what_is_no_address_is_refused_in_one_line(address: str, says: str) -> None:
    with pytest.raises(ShareError, match=says) as refused:
        open_place(address)

    assert "\n" not in str(refused.value)
    assert "word" not in str(refused.value)

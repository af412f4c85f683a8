"""Shares a repository through an S3 server on loopback: is it cheaper to take over than to learn, and equal everywhere?

    python -m benchmarks.shared REPOSITORY [--publishers 2] [--work DIR]

Each publisher learns a clone of its own and publishes it under a prefix of its own; then another clone takes over what
the first one published and sleeps. Prints wall and processor time of each command, those of its children included and
those of the server not. Exits with 1 if the last sleep parses a file or reads a commit, or two publishers made other
bytes. Needs the extra `share` and `moto[s3]`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import threading
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.server import create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from benchmarks.process import Spent, timed
from benchmarks.subject import NOCTULE
from noctule.indexer.share.objects import PROBE

BUCKET = "shared"


class Quiet(WSGIRequestHandler):
    """Answers without a line for each request."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A clone, the store of its own that it has, and the server that it shares through."""

    clone: Path
    cache: Path
    address: str

    @classmethod
    def make(cls, source: Path, folder: Path, address: str) -> Machine:
        """Clone a repository; nothing of it is known there."""
        folder.mkdir()
        subprocess.run(["git", "clone", "-q", "--shared", source, folder / source.name], check=True)
        return cls(folder / source.name, folder / "cache", address)

    def run(self, *arguments: str | Path) -> tuple[Spent, dict[str, Any]]:
        """Run a command on the clone, say what it took, and return what it reports."""
        environment = {
            "NOCTULE_CACHE_DIR": str(self.cache),
            "AWS_ENDPOINT_URL": self.address,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "benchmark",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_REGION": "us-east-1",
        }
        spent = timed([NOCTULE, *arguments, "--json"], environment)
        said = " ".join(str(word) for word in arguments if word != self.clone)
        print(f"{self.clone.parent.name}, {said}: {spent.seconds:.1f} s, {spent.cpu_seconds:.1f} s CPU", flush=True)
        return spent, dict(json.loads(spent.output))


def serve() -> str:
    """Start an S3 server with one bucket in this process, and return its address."""
    server = make_server("127.0.0.1", 0, create_backend_app("s3"), threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    urllib.request.urlopen(urllib.request.Request(f"{address}/{BUCKET}", method="PUT")).close()
    return address


def published_bytes(prefix: str) -> dict[str, bytes]:
    """Return what lies under a prefix of the bucket, refs too, by its name below the prefix.

    Without the value that tells whether conditions are kept: each push writes another one.
    """
    from moto.s3.models import s3_backends

    (keys,) = (backend["aws"].buckets[BUCKET].keys for backend in s3_backends.values() if backend["aws"].buckets)
    names = [name for name in keys if name.startswith(prefix) and name.rpartition("/")[2] != PROBE]
    return {name.removeprefix(prefix): keys[name].value for name in names}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", metavar="REPOSITORY", type=Path, help="a clone with its history")
    parser.add_argument("--publishers", metavar="N", type=int, default=2)
    parser.add_argument("--work", metavar="DIR", type=Path, help="a folder for clones and stores, which is kept")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shared-") as scratch:
        work = args.work or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        return measure(args.repository.resolve(), work, args.publishers)


def measure(source: Path, work: Path, publishers: int) -> int:
    address = serve()
    published = []
    for number in range(1, publishers + 1):
        machine = Machine.make(source, work / f"publisher{number}", address)
        cold, _ = machine.run("sleep", machine.clone)
        prefix = f"p{number}/"
        machine.run("share", "push", machine.clone, "--to", f"s3://{BUCKET}/{prefix}")
        published.append(published_bytes(prefix))
        if number == 1:
            right = take_over(Machine.make(source, work / "receiver", address), f"s3://{BUCKET}/{prefix}", cold)
    size = sum(map(len, published[0].values()))
    print(f"published: {len(published[0])} objects, {size / 1e6:.1f} MB")
    for number, other in enumerate(published[1:], 2):
        equal = sum(other.get(name) == data for name, data in published[0].items())
        print(f"publisher {number}: {len(other)} objects, {equal} of {len(published[0])} equal")
        right = right and other == published[0]
    return 0 if right else 1


def take_over(machine: Machine, url: str, cold: Spent) -> bool:
    """Pull and sleep, say how that compares with a cold sleep, and tell whether the sleep had nothing to read."""
    pull, pulled = machine.run("share", "pull", machine.clone, "--to", url)
    sleep, slept = machine.run("sleep", machine.clone)
    print(f"taken over: {pulled['blobs']} blobs, {pulled['commits']} commits; checked: {pulled['checked_blobs']} and "
          f"{pulled['checked_commits']}; learned here: {pulled['parsed_blobs']}")  # fmt: skip
    print(f"the sleep after it: {slept['parsed_blobs']} blobs parsed, {slept['commits_read']} commits read")
    for name, parts in (("pull", [pull]), ("pull and sleep", [pull, sleep])):
        wall = sum(one.seconds for one in parts) / cold.seconds
        cpu = sum(one.cpu_seconds for one in parts) / cold.cpu_seconds
        print(f"{name} beside a cold sleep: {cpu:.2f} times the processor time, {wall:.2f} times the wall time")
    return not slept["parsed_blobs"] and not slept["commits_read"]


if __name__ == "__main__":
    raise SystemExit(main())

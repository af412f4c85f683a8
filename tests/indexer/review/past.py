"""A past in which two files always change together."""

from __future__ import annotations

from tests.repositories import Repository as Made


def write_past(made: Made, pairs: int) -> None:
    """Commit schema and its migration together, in one stream, among changes of other files."""
    stream = [b"feature done\n"]
    for n in range(pairs):
        paths = ["db/schema.sql", "db/migrate.sql"] if n % 2 == 0 else [f"notes/{n % 7}.txt"]
        stream.append(
            f"commit refs/heads/main\ncommitter Ada <ada@example.org> {1_600_000_000 + 60 * n} +0000\n"
            f"data 12\nA change {n % 1000:03d}".encode()
        )
        stream.append(b"\n" + (b"from refs/heads/main^0\n" if n == 0 else b""))
        for path in paths:
            text = f"-- {n}\n"
            stream.append(f"M 100644 inline {path}\ndata {len(text)}\n{text}".encode())
    made.git("fast-import", "--quiet", input=b"".join([*stream, b"done\n"]))
    made.git("reset", "-q", "--hard", "main")

"""What a store says: blobs with their definitions and names, postings, views, and the stat cache."""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from sys import intern
from typing import Any

from noctule.indexer.files.paths import decode_paths
from noctule.indexer.files.scan import Stat
from noctule.indexer.files.text import LINE_HASH
from noctule.indexer.store.connection import StoreConnection
from noctule.indexer.store.rows import VALUE_MEMBERS, DefinitionRow, ViewRow, widen

_IS_VALUE_MEMBER = "parent >= 0 AND kind IN ('field', 'constant') AND ({})".format(
    " OR ".join(
        f"kind IN ({', '.join(map(repr, kinds))}) "
        f"AND (SELECT language FROM blob WHERE id = definition.blob) = '{language}'"
        for language, kinds in VALUE_MEMBERS.items()
    )
)

_DEFINITION = "blob, position, qualname, kind, start, stop, signature, doc, parent"
"""The columns of a DefinitionRow."""


class StoreReader(StoreConnection):
    """An open store, to be read."""

    def blob_ids(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Return the row ids of the (oid, hint) pairs that are known."""
        wanted = set(keys)
        oids = [bytes.fromhex(oid) for oid in {oid for oid, _ in wanted}]
        if len(oids) > 5000:
            rows: Iterable[Any] = self._all("SELECT id, oid, hint FROM blob")
        else:
            rows = self._in("SELECT id, oid, hint FROM blob WHERE oid IN ({})", oids)
        found = {(oid.hex(), hint): row for row, oid, hint in rows}
        return {key: found[key] for key in wanted if key in found}

    def next_unit(self) -> int:
        """Return the first number that no stored unit has."""
        rows = self._all(
            "SELECT first_unit + length(unit_lengths) / 2 FROM blob ORDER BY first_unit DESC, id DESC LIMIT 1"
        )
        return int(rows[0][0]) if rows else 0

    def next_blob(self) -> int:
        """Return the row id that the next stored blob gets."""
        return int(self._all("SELECT coalesce(max(id), 0) + 1 FROM blob")[0][0])

    def packages(self, blobs: Sequence[int]) -> dict[int, str]:
        """Return what blobs say they belong to, of those that have facts."""
        if len(blobs) > 5000:
            wanted = set(blobs)
            return {r[0]: r[1] for r in self._all("SELECT blob, package FROM facts") if r[0] in wanted}
        return dict(self._in("SELECT blob, package FROM facts WHERE blob IN ({})", blobs))

    def load_facts(self, blob: int) -> bytes:
        """Return the facts of a blob that has some."""
        rows = self._all("SELECT data FROM facts WHERE blob = ?", (blob,))
        return bytes(rows[0][0]) if rows else b""

    def blobs(self, ids: Sequence[int], columns: str) -> dict[int, Any]:
        """Return the named columns of some blobs, by row id."""
        if len(ids) > 5000:
            wanted = set(ids)
            return {r[0]: r[1:] for r in self._all(f"SELECT id, {columns} FROM blob") if r[0] in wanted}
        return {r[0]: r[1:] for r in self._in(f"SELECT id, {columns} FROM blob WHERE id IN ({{}})", ids)}

    def line_hashes(self, ids: Sequence[int]) -> dict[int, array[int]]:
        """Return the hashes of the lines of some blobs, by row id."""
        found = self.blobs(ids, "line_hashes")
        return {row: array(LINE_HASH, zlib.decompress(hashes)) for row, (hashes,) in found.items()}

    def find_partly_read(self, most_prose: int) -> tuple[set[str], set[str]]:
        """Return the ids of the blobs that their grammar could not parse, and of long blobs without a grammar."""
        in_part = "status = 'text' AND (broken OR (language = '' AND size > ?))"
        rows = self._all(f"SELECT oid, broken FROM blob WHERE {in_part}", (most_prose,))
        return {oid.hex() for oid, broken in rows if broken}, {oid.hex() for oid, broken in rows if not broken}

    def definitions(self, blobs: Sequence[int], kinds: Collection[str] = ()) -> dict[int, list[DefinitionRow]]:
        """Return the definitions of some blobs in source order; where `kinds` are given, those of these kinds."""
        found: dict[int, list[DefinitionRow]] = {blob: [] for blob in blobs}
        of_kind = f"kind IN ({','.join('?' * len(kinds))}) AND " if kinds else ""
        sql = f"SELECT {_DEFINITION} FROM definition WHERE {of_kind}blob IN ({{}}) ORDER BY blob, position"
        rows: list[DefinitionRow] = []
        at = -1
        for blob, position, qualname, kind, *rest in self._in(sql, blobs, *kinds):
            if blob != at:
                at, rows = blob, found[blob]
            # One number and one word for all that are equal: of each row SQLite makes them anew.
            rows.append(DefinitionRow._make((at, position, qualname, intern(kind), *rest)))
        return found

    def find_named(self, name: str, blobs: Sequence[int]) -> dict[int, list[DefinitionRow]]:
        """Return the definitions of a name in some blobs, in source order, by blob."""
        found: dict[int, list[DefinitionRow]] = {}
        sql = (
            f"SELECT {_DEFINITION} FROM definition WHERE name = (SELECT id FROM name WHERE text = ?) "
            "AND blob IN ({}) ORDER BY blob, position"
        )
        for row in map(DefinitionRow._make, self._in(sql, blobs, name)):
            found.setdefault(row.blob, []).append(row)
        return found

    def read_definitions(self, blobs: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        """Yield (blob, name, qualname, kind, start, stop, signature, doc, parent) of some blobs, in source order."""
        yield from self._in(
            "SELECT blob, text, qualname, kind, start, stop, signature, doc, parent FROM definition "
            "JOIN name ON name.id = definition.name WHERE blob IN ({}) ORDER BY blob, position",
            blobs,
        )

    def count_definitions(self) -> dict[int, int]:
        """Return how many definitions each blob has that has some."""
        return dict(self._all("SELECT blob, count(*) FROM definition GROUP BY blob"))

    def find_definitions(self, names: Sequence[str], *, fields: bool = True) -> Iterator[tuple[str, int, int]]:
        """Yield (name, blob, position) for all definitions of some names, in all blobs ever seen.

        Without `fields`, those of VALUE_MEMBERS are left out.
        """
        but = "" if fields else f" AND NOT ({_IS_VALUE_MEMBER})"
        yield from self._in(
            "SELECT name.text, blob, position FROM name JOIN definition ON definition.name = name.id "
            f"WHERE name.text IN ({{}}){but}",
            names,
        )

    def find_names(self, blobs: Sequence[int]) -> set[str]:
        """Return the names of all definitions in some blobs."""
        sql = "SELECT text FROM name WHERE id IN (SELECT DISTINCT name FROM definition WHERE blob IN ({}))"
        return {text for (text,) in self._in(sql, blobs)}

    def defined_names(self, start: str) -> list[str]:
        """Return all names with a definition that begin with `start`, in all blobs ever seen."""
        rows = self._all(
            "SELECT DISTINCT text FROM name JOIN definition ON definition.name = name.id WHERE text >= ? AND text < ?",
            (start, start + "\U0010ffff"),
        )
        return [text for (text,) in rows]

    def find_uses(self, name: str) -> list[tuple[int, array[int]]]:
        """Return (blob, lines) for all blobs ever seen that use a name."""
        rows = self._all(
            "SELECT blobs, counts, lines FROM name JOIN reference ON reference.name = name.id WHERE name.text = ? "
            "ORDER BY segment, part",
            (name,),
        )
        found: list[tuple[int, array[int]]] = []
        for blobs, counts, lines in rows:
            every, start = array("H", lines), 0
            for blob, count in zip(*widen(blobs, counts), strict=True):
                found.append((blob, every[start : start + count]))
                start += count
        return found

    def find_users(self, names: Sequence[str]) -> dict[str, list[int]]:
        """Return the blobs that use each of these names, over all blobs ever seen; an unused name is left out."""
        found: dict[str, list[int]] = {}
        sql = (
            "SELECT name.text, blobs, counts FROM name JOIN reference ON reference.name = name.id "
            "WHERE name.text IN ({})"
        )
        for name, blobs, counts in self._in(sql, names):
            found.setdefault(name, []).extend(widen(blobs, counts)[0])
        return found

    def names(self, ids: Sequence[int]) -> dict[int, str]:
        """Return the texts of interned names."""
        return dict(self._in("SELECT id, text FROM name WHERE id IN ({})", ids))

    def postings(self, terms: Sequence[str]) -> dict[str, list[tuple[int, bytes, bytes]]]:
        """Return the (first unit, units, counts) of each known term in all segments."""
        rows: dict[tuple[str, int], list[tuple[bytes, bytes]]] = {}
        # One statement, so that segments which another process joins meanwhile are seen all before or all after that.
        sql = (
            "SELECT term, first_unit, units, counts FROM posting JOIN segment ON segment.id = posting.segment "
            "WHERE term IN ({}) ORDER BY term, segment, part"
        )
        for term, first, units, counts in self._in(sql, terms):
            rows.setdefault((term, first), []).append((units, counts))
        found: dict[str, list[tuple[int, bytes, bytes]]] = {}
        for (term, first), parts in rows.items():
            units, counts = parts[0] if len(parts) == 1 else map(b"".join, zip(*parts, strict=True))
            found.setdefault(term, []).append((first, units, counts))
        return found

    def has_pending(self) -> bool:
        """Tell whether a sleep was killed before it had closed its segment."""
        return bool(self._all("SELECT 1 FROM pending LIMIT 1"))

    def segments(self) -> list[tuple[int, int]]:
        """Return (segment, its first unit) of all segments, in the order in which they were written."""
        return self._all("SELECT id, first_unit FROM segment ORDER BY id")

    def read_postings(self, segments: Sequence[int]) -> Iterator[tuple[str, int, bytes, bytes]]:
        """Yield (term, segment, units, counts) of some segments, by ascending term and segment; of many, in parts."""
        yield from self._in(
            "SELECT term, segment, units, counts FROM posting WHERE segment IN ({}) ORDER BY term, segment, part",
            segments,
        )

    def read_references(self, segments: Sequence[int]) -> Iterator[tuple[int, int, bytes, bytes, bytes]]:
        """Yield (name, segment, blobs, counts, lines) of some segments, by ascending name and segment; in parts."""
        rows = self._in(
            "SELECT name, segment, blobs, counts, lines FROM reference WHERE segment IN ({}) "
            "ORDER BY name, segment, part",
            segments,
        )
        for name, segment, blobs, counts, lines in rows:
            users, each = widen(blobs, counts)
            yield name, segment, users.tobytes(), each.tobytes(), lines

    def shared(self, name: str) -> bytes | None:
        """Return one of the packed columns that all revisions share."""
        rows = self._all("SELECT data FROM shared WHERE name = ?", (name,))
        return zlib.decompress(rows[0][0]) if rows else None

    def view(self, name: str) -> ViewRow | None:
        """Return the head of a view."""
        rows = self._all("SELECT id, name, snapshot, revision, dirty, learned_at FROM view WHERE name = ?", (name,))
        return ViewRow(*rows[0]) if rows else None

    def find_view(self, snapshot: str, revision: str | None) -> ViewRow | None:
        """Return the newest whole view of a snapshot, by its key, whose history goes up to a revision."""
        rows = self._all(
            "SELECT id, name, snapshot, revision, dirty, learned_at FROM view WHERE snapshot = ? AND revision IS ? "
            "ORDER BY learned_at DESC LIMIT 1",
            (snapshot, revision),
        )
        return ViewRow(*rows[0]) if rows else None

    def find_revision_view(self, revision: str) -> ViewRow | None:
        """Return the newest whole view of a work tree or another machine whose history goes up to a revision."""
        rows = self._all(
            "SELECT id, name, snapshot, revision, dirty, learned_at FROM view WHERE revision = ? "
            "AND snapshot NOT LIKE 'partial:%' AND snapshot NOT LIKE 'behind:%' ORDER BY learned_at DESC LIMIT 1",
            (revision,),
        )
        return ViewRow(*rows[0]) if rows else None

    def work_trees(self) -> list[bytes]:
        """Return the top folders of all work trees that were learned."""
        rows = self._all("SELECT name FROM view WHERE name LIKE 'work:%'", ())
        return [bytes.fromhex(name.removeprefix("work:")) for (name,) in rows]

    def parts(self, view: int, names: Sequence[str]) -> dict[str, bytes]:
        """Return the named parts of a view."""
        return dict(self._in("SELECT name, data FROM part WHERE view = ? AND name IN ({})", names, view))

    def load_view(self, name: str, parts: Sequence[str]) -> tuple[ViewRow, dict[str, bytes]] | None:
        """Return the head and the named parts of a view at one moment: what learns replaces them in place."""
        named = ",".join("?" * len(parts))
        rows = self._all(
            "SELECT id, view.name, snapshot, revision, dirty, learned_at, part.name, data FROM view "
            f"LEFT JOIN part ON part.view = view.id AND part.name IN ({named}) WHERE view.name = ?",
            (*parts, name),
        )
        return (ViewRow(*rows[0][:6]), {row[6]: row[7] for row in rows if row[6] is not None}) if rows else None

    def facts(self, view: ViewRow) -> dict[str, Any]:
        """Return the counts for `status` from the time when a view was made."""
        found: dict[str, Any] = {}
        for data in self.parts(view.id, ("facts", "past_facts")).values():
            found.update(json.loads(data))
        return found

    def stats(self, root: str) -> dict[str, Stat]:
        """Return the stat cache of a work tree."""
        rows = self._all(
            "SELECT size, mtime_ns, ctime_ns, inode, oid, taken_ns, path FROM stat WHERE root = ?", (root,)
        )
        paths = decode_paths([row[6] for row in rows])
        return {path: Stat._make(row[:6]) for path, row in zip(paths, rows, strict=True)}

    def costs(self) -> dict[str, float]:
        """Return the number of sleeps and their seconds, over all time."""
        row = self._all(
            "SELECT count(*), coalesce(sum(seconds), 0), coalesce(sum(cpu_seconds), 0) FROM cost WHERE kind = 'sleep'"
        )[0]
        return {"sleeps": float(row[0]), "seconds": float(row[1]), "cpu_seconds": float(row[2])}

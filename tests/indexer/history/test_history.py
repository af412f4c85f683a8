from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.history.history import BOT, FIX, MASS, MERGE, REVERT, History, commit_flags
from noctule.indexer.history.log import Change, Commit, parse_commit, read, records


class Place:
    """A repository made commit by commit, and its log in small chunks."""

    def __init__(self, folder: Path, *init: str) -> None:
        self.folder = folder
        self.clock = 1_600_000_000
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main", *init)

    def git(self, *args: str, **environment: str) -> str:
        names = {"GIT_AUTHOR_NAME": "Ann", "GIT_COMMITTER_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@x.org"}
        dates = {"GIT_AUTHOR_DATE": f"{self.clock} +0000", "GIT_COMMITTER_DATE": f"{self.clock} +0000"}
        nobody = {"GIT_COMMITTER_EMAIL": "ann@x.org", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        done = subprocess.run(
            ["git", *args],
            cwd=self.folder,
            env={**os.environ, **names, **dates, **nobody, **environment},
            check=True,
            capture_output=True,
        )
        return os.fsdecode(done.stdout).strip()

    def commit(self, message: str, *touch: str, gone: tuple[str, ...] = (), **environment: str) -> str:
        self.clock += 60
        for name in touch:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(os.fsencode(f"{name} at {self.clock}\n") * 5)
        for name in gone:
            (self.folder / name).unlink()
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, **environment)
        return self.git("rev-parse", "HEAD")

    def stream(self, *args: str) -> Iterator[bytes]:
        log = subprocess.run(["git", *args], cwd=self.folder, check=True, capture_output=True).stdout
        for at in range(0, len(log), 7):
            yield log[at : at + 7]

    def objects(self, oids: Iterable[str]) -> Iterator[tuple[str, str, bytes]]:
        raise AssertionError(f"no object is read where the log is whole: {list(oids)}")

    def resolve(self, revision: str) -> str:
        raise AssertionError(f"{revision} is resolved by git's log itself")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "repository")


def same(left: History, right: History) -> bool:
    return all(np.array_equal(getattr(left, name), getattr(right, name)) for name in History.__dataclass_fields__)


def commit(oid: str, *paths: str, parents: tuple[str, ...] = (), time: int = 0, message: str = "x") -> Commit:
    return Commit(oid, parents, time, "ann@x.org", message, tuple(Change(path, "M") for path in paths))


def test_a_commit_is_read_with_its_parents_time_author_message_and_changes(place: Place) -> None:
    first = place.commit("Begin\n\nWith a body.", "a.py", "b.py")
    second = place.commit("Go on", "a.py", gone=("b.py",))

    commits = list(read(place, "HEAD"))

    assert commits == [
        Commit(
            first, (), 1_600_000_060, "ann@x.org", "Begin\n\nWith a body.", (Change("a.py", "A"), Change("b.py", "A"))
        ),
        Commit(second, (first,), 1_600_000_120, "ann@x.org", "Go on", (Change("a.py", "M"), Change("b.py", "D"))),
    ]


def test_a_merge_carries_no_changes(place: Place) -> None:
    place.commit("Begin", "a.py")
    place.git("switch", "-q", "-c", "side")
    place.commit("Aside", "b.py")
    place.git("switch", "-q", "main")
    place.commit("Ahead", "c.py")
    place.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")

    merge = list(read(place, "HEAD"))[-1]

    assert (merge.message, merge.changes, len(merge.parents)) == ("Merge side", (), 2)
    assert commit_flags(merge) == MERGE


def test_names_with_newlines_quotes_and_bytes_that_are_no_utf8_survive(place: Place) -> None:
    names = {'a "quoted"\tname.py', "two\nlines.py", os.fsdecode(b"caf\xe9.py"), "\u4e2d\u6587.py", "M"}
    place.commit("Odd", *names)

    (only,) = read(place, "HEAD")

    assert {change.path for change in only.changes} == names


def test_a_message_in_another_encoding_or_that_looks_like_a_log_is_only_a_message(place: Place) -> None:
    message = b"=caf\xe9\n\nM\ta.py\n" + b"\x01\x02 0123456789abcdef\n"
    (place.folder / "message").write_bytes(message)
    place.git("add", "-A")
    place.git("commit", "-q", "-F", "message")

    (only,) = read(place, "HEAD")

    assert only.message.startswith("=caf")
    assert only.changes == (Change("message", "A"),)


def test_only_commits_that_are_not_excluded_are_read(place: Place) -> None:
    first = place.commit("One", "a.py")
    second = place.commit("Two", "a.py")

    assert [c.oid for c in read(place, second, [first])] == [second]
    assert list(read(place, second, [second])) == []
    assert [c.oid for c in read(place, second, ["0" * 40])] == [first, second]


def test_a_shallow_clone_gives_what_it_has(place: Place, tmp_path: Path) -> None:
    place.commit("One", "a.py")
    place.commit("Two", "b.py")
    place.commit("Three", "a.py")
    shallow = Place(tmp_path / "shallow")
    shallow.git("fetch", "-q", "--depth", "2", f"file://{place.folder}", "main:copy")

    history = History.of(read(shallow, "copy"))

    assert len(history) == 2
    assert np.count_nonzero(history.files == history.paths.index("a.py")) == 2


hexes = st.text("0123456789abcdef", min_size=40, max_size=40)
names = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1, max_size=20)
changes = st.one_of(
    st.builds(Change, names, st.sampled_from("AMDT"), st.none()), st.builds(Change, names, st.just("R"), names)
)
commits = st.builds(
    Commit,
    hexes,
    st.lists(hexes, max_size=3).map(tuple),
    st.integers(0, 2**33),
    names.map(str.lower).filter(lambda name: name == name.lower()),
    names.map(str.strip),
    st.lists(changes, max_size=5).map(tuple),
    st.just(""),
)


def written(commit: Commit) -> bytes:
    header = f"\0\0{' '.join((commit.oid, *commit.parents))} \0{commit.time} {commit.author}\0={commit.message}\0"
    tokens = [
        f"R087\0{change.old_path}\0{change.path}\0" if change.old_path else f"{change.status}\0{change.path}\0"
        for change in commit.changes
    ]
    return header.encode() + (b"\n" if tokens else b"") + "".join(tokens).encode()


@given(st.lists(commits, max_size=4), st.integers(1, 50))
def test_any_log_is_parsed_to_what_was_written_however_it_is_cut(expected: list[Commit], size: int) -> None:
    log = b"".join(written(commit) for commit in expected)
    chunks = (log[at : at + size] for at in range(0, len(log), size))

    assert [parse_commit(record) for record in records(chunks)] == expected


def test_a_renamed_file_keeps_its_past_under_its_present_name(place: Place) -> None:
    place.commit("One", "old.py")
    place.commit("Two", "old.py")
    place.git("mv", "old.py", "middle.py")
    place.commit("Move")
    (place.folder / "lib").mkdir()
    place.git("mv", "middle.py", "lib/new.py")
    place.commit("Move again")

    history = History.of(read(place, "HEAD"))

    now = history.paths.index("lib/new.py")
    assert {history.paths[at]: history.paths[to] for at, to in enumerate(history.current)} == {
        "old.py": "lib/new.py",
        "middle.py": "lib/new.py",
        "lib/new.py": "lib/new.py",
    }
    assert history.rows[history.files == now].tolist() == [0, 1, 2, 3]


def test_a_name_given_to_another_file_after_a_rename_stands_for_itself(place: Place) -> None:
    place.commit("One", "a.py")
    place.git("mv", "a.py", "b.py")
    place.commit("Move")
    place.commit("Another", "a.py")

    history = History.of(read(place, "HEAD"))

    assert [history.paths[to] for to in history.current] == history.paths


def test_two_files_that_swap_names_keep_their_names() -> None:
    swap = Commit("2", ("1",), 2, "", "Swap", (Change("b", "R", "a"), Change("a", "R", "b")))

    history = History.of([commit("1", "a", "b", time=1), swap])

    assert [history.paths[to] for to in history.current] == history.paths


def test_a_history_that_grew_equals_one_read_at_once(place: Place) -> None:
    first = place.commit("One words", "a.py", "b.py")
    place.git("switch", "-q", "-c", "side")
    place.commit("Aside", "c.py", "e.py")
    place.git("switch", "-q", "main")
    place.git("mv", "b.py", "d.py")
    second = place.commit("Rename", "a.py")
    place.git("merge", "-q", "--no-ff", "-m", "Merge", "side")
    whole = History.of(read(place, "HEAD"))

    grown = History.of(read(place, first)).extend(read(place, second, [first])).extend(read(place, "HEAD", [second]))

    assert same(grown, whole)
    assert same(whole.extend([]), whole)


def test_a_history_as_of_a_commit_equals_one_read_from_there(place: Place) -> None:
    place.commit("One", "a.py")
    place.git("switch", "-q", "-c", "side")
    place.commit("Aside", "c.py")
    place.git("switch", "-q", "main")
    place.git("mv", "a.py", "b.py")
    earlier = place.commit("Rename")
    place.git("merge", "-q", "--no-ff", "-m", "Merge", "side")
    whole = History.of(read(place, "HEAD"))

    past = whole.ancestors_only(earlier)

    assert same(past, History.of(read(place, earlier)))
    assert "c.py" not in past.paths
    with pytest.raises(KeyError):
        whole.ancestors_only("0" * 40)


def test_no_commit_comes_before_its_parent_whatever_the_clocks_say() -> None:
    history = History.of(
        [
            commit("a", "x", time=900),
            commit("b", "x", parents=("a",), time=5),
            commit("c", "x", parents=("b",), time=5),
            commit("d", "x", time=100),
        ]
    )

    assert history.oids == ["d", "a", "b", "c"]


def test_fixes_reverts_bots_and_mass_commits_are_recognised() -> None:
    many = tuple(Change(f"{at}.py", "M") for at in range(31))

    assert commit_flags(Commit("1", (), 0, "a", "Fix crash in parser", ())) == FIX
    assert commit_flags(Commit("1", (), 0, "a", "Improve speed\n\nCloses #12, a bug", ())) == 0
    assert commit_flags(Commit("1", (), 0, "a", "Fix typo", ())) == 0
    assert commit_flags(Commit("1", (), 0, "a", "Add prefix lookup", ())) == 0
    assert commit_flags(Commit("1", (), 0, "a", 'Revert "Add x"\n\nThis reverts commit 0123456789.', ())) == REVERT
    assert commit_flags(Commit("1", (), 0, "49+dependabot[bot]@users.noreply.github.com", "Bump", ())) == BOT
    assert commit_flags(Commit("1", (), 0, "a", "Reformat", many)) == MASS


def test_the_words_of_a_commit_are_terms_without_trailers_hashes_and_stop_words() -> None:
    message = "Fix the parse_header crash (#123)\n\nSee deadbeef1234.\nSigned-off-by: Ann <ann@x.org>"

    history = History.of([commit("1", "a", message=message)])

    assert history.message_terms(0) == ["pars", "header", "parse_header", "crash"]


def test_a_password_in_a_message_is_not_kept_as_a_word() -> None:
    history = History.of([commit("a" * 40, "db.py", message="Use Tundra9216x and utf8 in test_parser_2")])

    assert "tundra9216x" not in history.terms
    assert {"tundra", "parser", "test_parser_2"} <= set(history.terms)
    parts = History.of([commit("a", "db.py", message='Set dbPassword to "TrPm5a9jUd1n" + "yyiYvfAnDUxh" again')])
    assert {"password", "again"} <= set(parts.terms)
    assert not any("yi" in term or "trpm" in term for term in parts.terms)


def test_a_history_without_commits_answers_with_nothing() -> None:
    history = History.empty()

    assert (len(history), history.files.tolist(), history.ages.tolist()) == (0, [], [])
    assert same(history.extend([]), history)

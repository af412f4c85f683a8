from __future__ import annotations

from noctule.lsp_server.text.numbers import age, count, duration, percent, short, size


def test_counts_read_as_sentences() -> None:
    assert [count(n, noun) for n, noun in ((0, "file"), (1, "file"), (2300, "file"), (2, "search"), (3, "memory"))] == [
        "0 files",
        "1 file",
        "2,300 files",
        "2 searches",
        "3 memories",
    ]


def test_sizes_keep_two_or_three_digits() -> None:
    assert [size(n) for n in (0, 999, 1000, 99_949, 123_456, 999_600, 5e9, 5e12)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "99.9 kB",
        "123 kB",
        "1.0 MB",
        "5.0 GB",
        "5.0 TB",
    ]


def test_durations_change_their_unit_as_they_grow() -> None:
    assert [duration(s) for s in (0, 0.035, 0.9996, 1.24, 59.96, 61, 3599.7, 7500)] == [
        "0 ms",
        "35 ms",
        "1.0 s",
        "1.2 s",
        "1 min 0 s",
        "1 min 1 s",
        "1 h 0 min",
        "2 h 5 min",
    ]


def test_ages_are_as_coarse_as_they_are_old() -> None:
    assert [age(s) for s in (-5, 59, 300, 7200, 86400 * 3)] == [
        "just now",
        "just now",
        "5 min ago",
        "2 h ago",
        "3 days ago",
    ]


def test_a_small_chance_never_reads_as_none() -> None:
    assert [percent(share) for share in (0.0, 0.001, 0.006, 0.25, 1.0)] == ["0%", "<1%", "1%", "25%", "100%"]


def test_a_revision_is_quoted_short() -> None:
    assert (short("a" * 40), short(None)) == ("a" * 10, "no commit")

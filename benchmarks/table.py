"""What was measured, held against its bound, as a table or as JSON. Measures nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. `bound` is what it must be at most, or at least where `more_is_better`; None: only told.

    `value` and `bound` are in `unit`: "s", "ms", "B", "%", "points" or, for a ratio to something of the same run, "x".
    """

    subject: str
    what: str
    value: float
    unit: str
    bound: float | None = None
    detail: str = ""
    more_is_better: bool = False

    @property
    def share(self) -> float | None:
        """The value as a share of its bound: up to 1 is good, or from 1 where more is better."""
        if self.bound is None:
            return None
        return self.value / self.bound if self.bound else float(self.value > 0)

    @property
    def verdict(self) -> str:
        """Return "ok", "short", or nothing where there is no bound."""
        if self.bound is None:
            return ""
        good = self.value >= self.bound if self.more_is_better else self.value <= self.bound
        return "ok" if good else "short"

    def to_json(self) -> dict[str, object]:
        """Return the row with what follows from it."""
        return {**asdict(self), "share": self.share, "verdict": self.verdict}


@dataclass(frozen=True, slots=True)
class Skipped:
    """A measurement that was not made, and what is missing for it."""

    what: str
    why: str


def amount(value: float, unit: str) -> str:
    """Return a number with its unit as people read it."""
    if unit == "B":
        return f"{value / 1e6:,.1f} MB"
    if unit == "s":
        return f"{value:.2f} s" if value < 9.995 else f"{value:,.1f} s"
    if unit == "ms":
        return f"{value:,.1f} ms"
    if unit == "x":
        return f"{value:.3f} x" if value < 0.1 else f"{value:.2f} x"
    return f"{value:,.0f}" if not unit else f"{value:,.1f} {unit}"


def rendered(rows: Sequence[Row]) -> str:
    """Return the table, with a heading for each subject."""
    cells = [(row.what, *_cells(row), row.detail) for row in rows]
    heads = ("what", "measured", "must be", "share", "", "")
    widths = [max(len(line[i]) for line in (heads, *cells)) for i in range(5)]
    lines: list[str] = []
    subject = None
    for row, line in zip(rows, cells, strict=True):
        if row.subject != subject:
            subject = row.subject
            lines += ["", _line((subject, *heads[1:]), widths, ruled=True)]
        lines.append(_line(line, widths))
    short = sum(row.verdict == "short" for row in rows)
    bound = sum(row.bound is not None for row in rows)
    kept = ["", f"{bound - short} of {bound} bounds are kept."] if bound else []
    return "\n".join([*lines, *kept]) + "\n"


START, END = "<!-- table of make bench -->", "<!-- end of table -->"


def insert_table(page: str, text: str) -> str:
    """Return a page with a text in place of what stood between its two marks. ValueError where it has none."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"the page has no {START} with {END} after it")
    return f"{before}{START}\n```text\n{text}```\n{END}{after}"


def _cells(row: Row) -> tuple[str, str, str, str]:
    if row.bound is None or row.share is None:
        return amount(row.value, row.unit), "", "", ""
    limit = f"{'>=' if row.more_is_better else '<='} {amount(row.bound, row.unit)}"
    return amount(row.value, row.unit), limit, f"{row.share:.2f}", row.verdict


def _line(cells: Iterable[str], widths: Sequence[int], *, ruled: bool = False) -> str:
    what, *numbers, verdict, detail = cells
    texts = [what.ljust(widths[0]), *(n.rjust(w) for n, w in zip(numbers, widths[1:4], strict=True))]
    line = "  ".join([*texts, verdict.ljust(widths[4]), detail]).rstrip()
    return f"{line}\n{'-' * (sum(widths) + 8)}" if ruled else line

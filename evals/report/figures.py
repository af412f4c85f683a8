"""Scores as people read them: points, intervals, counts. Every estimate carries its n."""

from __future__ import annotations

from noctule.evals.scorers.paired import Comparison, PairedEstimate


def points(value: PairedEstimate | None, digits: int = 1) -> str:
    """Return a share in percent with its interval: "61.3 (57.0 to 65.5)"."""
    if value is None:
        return "-"
    if value.low is None or value.high is None or value.low == value.high:  # nothing was drawn that differs
        return f"{100 * value.mean:.{digits}f}"
    return f"{100 * value.mean:.{digits}f} ({100 * value.low:.{digits}f} to {100 * value.high:.{digits}f})"


def compact(value: PairedEstimate | None) -> str:
    """Return a share in percent with its interval in whole points, for a column among many: "61.3 (57-66)"."""
    if value is None or value.low is None or value.high is None or value.low == value.high:
        return points(value)
    return f"{100 * value.mean:.1f} ({100 * value.low:.0f}-{100 * value.high:.0f})"


def amount(value: PairedEstimate | None) -> str:
    """Return a number with its interval."""
    if value is None:
        return "-"
    if value.low is None or value.high is None:
        return f"{value.mean:,.0f}"
    return f"{value.mean:,.0f} ({value.low:,.0f} to {value.high:,.0f})"


def difference(found: Comparison | None, scale: float = 100.0, digits: int = 1) -> str:
    """Return a signed difference with its interval."""
    if found is None:
        return "-"
    d = found.difference
    text = f"{scale * d.mean:+,.{digits}f}"
    if d.low is None or d.high is None:
        return text
    return f"{text} ({scale * d.low:+,.{digits}f} to {scale * d.high:+,.{digits}f})"


def chance(p: float | None) -> str:
    """Return a p value."""
    if p is None:
        return "-"
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"


def sample_size(value: PairedEstimate | None) -> str:
    """Return the n of an estimate."""
    return str(value.n) if value is not None else "0"

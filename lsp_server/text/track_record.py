"""How well forecasts did on past commits in, one sentence out: for the command line, editors and agents."""

from __future__ import annotations

from collections.abc import Mapping

from noctule.lsp_server.text.numbers import count, percent

_SHARE = "recall@10"


def track_record_text(trials: int, hit_rate: Mapping[str, float], baseline: Mapping[str, Mapping[str, float]]) -> str:
    """Say what share of the changed files was in the top 10, and what a simpler forecast would have found."""
    simple = baseline.get("recency", {}).get(_SHARE)
    beside = f" (most recently changed files: {percent(simple)})" if simple is not None else ""
    return f"Tested on {count(trials, 'commit')} it had not seen: {share(hit_rate)}{beside}."


def share(hit_rate: Mapping[str, float]) -> str:
    """Say what share of the changed files was in the top 10."""
    return f"{percent(hit_rate.get(_SHARE, 0.0))} of the changed files were in its top 10"

"""What tuning came to, in one line: for `noctule sleep --tune` and `noctule status`. No clock, no output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from noctule.lsp_server.text.numbers import age, count


def tuned_line(told: Mapping[str, Any], now: float) -> str:
    """Say whether a repository ranks with weights of its own, and what these gained where it was judged."""
    if not told:
        return "default weights (`noctule sleep --tune` adapts them)"
    when = age(now - told["fitted_at"])
    if not told["judged"]:
        return f"default weights: {told['why']} (tested {when})"
    acc5, mrr = told["acc5"], told["mrr"]
    judged = (
        f"on {count(told['judged'], 'later change')}: all files in the top 5 {acc5['given']:.1%} -> {acc5['own']:.1%}, "
        f"mean reciprocal rank {mrr['given']:.3f} -> {mrr['own']:.3f}"
    )
    if told["own"]:
        return f"adapted weights, from {count(told['tasks'], 'past change')} ({when}); {judged}"
    return f"default weights, because {told['why']} (tested {when} {judged})"

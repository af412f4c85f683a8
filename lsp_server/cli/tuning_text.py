"""What tuning came to, in one line: for `noctule sleep --tune` and `noctule status`. No clock, no output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from noctule.lsp_server.text.numbers import age, count


def tuned_line(told: Mapping[str, Any], now: float) -> str:
    """Say whether a repository ranks with weights of its own, and what these gained where it was judged."""
    if not told:
        return "with the weights that all repositories share: 'noctule sleep --tune' fits this one's own"
    when = age(now - told["fitted_at"])
    if not told["judged"]:
        return f"with the weights that all repositories share: {told['why']} (looked at {when})"
    acc5, mrr = told["acc5"], told["mrr"]
    judged = (
        f"on {count(told['judged'], 'change')} that came after what they were fitted on, all files in the first five "
        f"{acc5['given']:.1%} -> {acc5['own']:.1%}, mean reciprocal rank {mrr['given']:.3f} -> {mrr['own']:.3f}"
    )
    if told["own"]:
        return f"with weights of its own, fitted {when} on {count(told['tasks'], 'past change')}; {judged}"
    return f"with the weights that all repositories share, since {told['why']} (looked at {when}; {judged})"

"""What the background process of a work tree is doing, in words. No clock, no output."""

from __future__ import annotations

OFF = "background indexing is off (start it with `noctule watch`)"


def activity(state: str, job: str, held_by: str) -> str:
    """Say what it does or waits for; `held_by` is a sentence of its own."""
    match state:
        case "reading":
            return "reading changed files"
        case "sleeping":
            return f"working: {job}" if job else "working"
        case "resting":
            return "idle: nothing to do"
    return held_by or "starting"

"""Noctule: learns a git repository in the background and answers coding tasks within a token budget."""

from __future__ import annotations

__version__ = "0.1.0"

"""What applies where nobody says otherwise. Imports nothing, so that a command's help need not wait."""

from __future__ import annotations

BUDGET_TOKENS = 1500
"""The most that a pack takes; what pays is mostly less: docs/decisions/budget.md has the figures."""
RANKED_FILES = 10
SERVICE_VARIABLE = "NOCTULE_SERVICE_ENABLED"
"""The environment variable for whether commands are put to a noctule that already runs: true, or false."""
DEBUG_VARIABLE = "NOCTULE_DEBUG"
"""The environment variable that has details shown which are kept back otherwise."""
PACK_TOKENS = 6_000
"""What a pack spares, in tokens, until so many packs were counted."""
LOG_VARIABLE, LOG_FILE_VARIABLE = "NOCTULE_LOG", "NOCTULE_LOG_FILE"
"""The environment variables for the log of background processes: its level, and the file that it goes to."""

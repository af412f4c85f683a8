"""What all tests share: a git that knows nothing of this machine's configuration, and unhurried property tests."""

from __future__ import annotations

import os

from hypothesis import settings

_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}

# A busy machine is not a failure; and CI says the same of the same commit, while runs by people explore.
settings.register_profile("noctule", deadline=None, derandomize=bool(os.environ.get("CI")))


def pytest_configure() -> None:
    """Isolate git before any test or fixture runs it."""
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        os.environ.pop(variable, None)
    os.environ.update(_GIT)
    settings.load_profile("noctule")

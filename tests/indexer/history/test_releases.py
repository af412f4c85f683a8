"""Which commits are releases."""

from __future__ import annotations

import pytest

from noctule.indexer.history.releases import is_release


@pytest.mark.parametrize(
    "subject",
    [
        "release: v3.5.40",
        "Version 0.28.1 (#3445)",
        "[maven-release-plugin] prepare release core-2.19.1",
        "[maven-release-plugin] prepare for next development iteration",
        "Prepare for release 5.4.0.",
        "Prepare next development version.",
        "chore: prepare to release v1.52.1 (#8059)",
        "Back to 2.18.5-SNAPSHOT settings",
        "Bump version to 2.0",
        "Release 1.2.3",
        "v1.2.3",
        "1.2.3 (#12)",
        "bump to 1.4",
    ],
)
def test_a_subject_that_names_a_version_to_release_is_a_release(subject: str) -> None:
    assert is_release(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "Bump cryptography from 44.0.0 to 44.0.1 (#3499)",
        "sync: notify receivers in mpsc `OwnedPermit::release()` method",
        "Adds Keep() and Release() to gin.Context",
        "Add version info back, enable test",
        "Release the lock when a reader fails",
        "Support version 1.1 of the protocol",
        "Update strptime version",
        "update validator library to version 10.30.3 (#4707)",
        "Fix #12",
        "",
    ],
)
def test_what_changes_the_program_is_no_release(subject: str) -> None:
    assert not is_release(subject)

"""A commit's subject in, whether it only makes or prepares a release out. Bumps of dependencies are none."""

from __future__ import annotations

import re

_NUMBER = r"v?\d+(?:\.\d+)+\S*"
_RELEASE = re.compile(
    r"\A\W*(?:(?:chore|build|ci|release|prep|meta)(?:\([^)]{0,30}\))?!?:\s*)?(?:"
    rf"release(?:\s+(?:of|for|version|\S*-{_NUMBER}))?\b[\s:-]*{_NUMBER}"
    rf"|\[maven-release-plugin\]|(?:releas\w+\s+|tag\s+)?version\s+{_NUMBER}\W*(?:release\w*)?\W*(?:\(#\d+\))?\Z"
    rf"|(?:bump|set|update|increment|prepare|change)\w*\s+(?:(?:the|our|project|package|crate|dev)\s+)*version\b(?:\s+(?:number|to|for|from)\b.*)?\W*(?:{_NUMBER}.*)?\Z"
    rf"|(?:bump|bumping|bumped)\s+(?:to|for)\s+{_NUMBER}|(?:bump\s+)?{_NUMBER}\W*(?:release\w*)?\W*(?:\(#\d+\))?\Z"
    rf"|prepar\w+\s+(?:(?:to|for)\s+)?(?:the\s+)?(?:next\s+)?(?:release|development|{_NUMBER})\b"
    r"|(?:back to|start\w*|begin)\s+(?:the\s+)?(?:next\s+)?(?:development|\S+-snapshot)\b"
    r"|(?:cut|tag)\s+(?:a\s+|the\s+)?(?:release|v?\d+\.\d+)\b)",
    re.IGNORECASE,
)
_SIGNS = ("elease", "ersion", "repar", "bump", "Bump", "evelopment", "napshot", "SNAPSHOT", "tag", "Tag", "cut", "Cut")
_STARTS_WITH_NUMBER = re.compile(r"\A\W*[vV]?\d+\.\d")


def is_release(subject: str) -> bool:
    """Tell whether a commit with this subject makes or prepares a release, and does nothing else."""
    if not any(sign in subject for sign in _SIGNS) and not _STARTS_WITH_NUMBER.match(subject):
        return False
    return _RELEASE.match(subject.strip()) is not None

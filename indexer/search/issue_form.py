"""An issue's text in, what its writer wrote out: without the headings, boxes and version lists of an issue form.

Every report of a repository holds them, and so they say nothing of what this one is about. Knows no repository.
"""

from __future__ import annotations

import re

from noctule.indexer.lazy_pattern import lazy_pattern

_HEADING = lazy_pattern(r"^\s{0,3}(?:#{1,6}\s+(.{1,100}?)\s*#*|\*\*(.{1,80}?)\*\*\s*:?|__(.{1,80}?)__\s*:?)\s*$")
_BOX = lazy_pattern(r"^\s*[-*]\s*\[[ xX]\]\s")
_VERSION = lazy_pattern(
    r"^\s*(?:[-*]\s+)?\**[A-Za-z][\w ()\[\].-]{0,40}?\**\s*"
    r"(?:==\s*\d[\w.+-]*|:\s*\**\s*[`v]{0,2}\d+\.\d+\.\d[\w.+-]*`?(?:\s*\(.{0,60}\))?)\s*$"
)
_FORM = lazy_pattern(
    r"(?:describe|description|summary|details?|overview|context|background|motivation|bug report|feature request|issue"
    r"|problem|steps?|steps to\b.*|reproduc\w*|to reproduce|repro|how\b.*\breproduc\w*.*|mcve|minimal\b.*"
    r"|code (?:sample|snippet|example).*|example|use case|solution|workaround|expected|actual|current|observed|desired"
    r"|proposed?|possible|suggested|alternative|additional|other|further|any\b.*|relevant|logs?|log output|error\b.*"
    r"|stack ?trace|traceback|screenshots?|checklist|prerequisites?|acknowledge?ments?|code of conduct|first check"
    r"|what (?:happened|did you|do you|is|are|were|went|should)\b.*|what's\b.*|is there an existing\b.*|versions?\b.*"
    r"|(?:have|did|are|would|can) you\b.*|your\b.*|please\b.*|priority|severity|component"
    r"|describe the (?:bug|issue|problem|solution|feature).*|(?:short )?description of\b.*"
    r"|(?:expected|actual|current) (?:behaviou?r|results?|output|outcome)s?.*"
    r"|additional (?:context|information|info|notes?|details?).*)",
    re.IGNORECASE,
)
_ENVIRONMENT = lazy_pattern(
    r"(?:environment|env|system|platform|version|setup|desktop|smartphone|configuration|dependencies|installed|hardware"
    r"|os|operating system|browser|software|runtime|package)s?\b.*"
    r"|.*\b(?:environment|system info\w*|versions?|pip (?:freeze|list)|show_versions\(?\)?|conda (?:info|list)|envinfo"
    r"|doctor)\b.*",
    re.IGNORECASE,
)
_STANDS = lazy_pattern(r"[/\\]|\.(?:py|js|ts|go|rs|java|c|h|cc|cpp|rb|php|cs|kt)\b|\w\(|Traceback|Error|Exception")
_LONGEST_HEADING = 60
_LONGEST_LINE = 200


def without_form(text: str) -> str:
    """Blank out what an issue form says by itself; lines keep their places, and the first line is the title."""
    lines = text.split("\n")
    kept = lines[:1]
    in_environment = False
    for line in lines[1:]:
        heading = _heading(line)
        if heading is not None:
            in_environment = _is_environment(heading)
            kept.append("" if in_environment or _is_of_form(heading) else line)
        elif _BOX.match(line) or _is_of_environment(line, in_environment):
            kept.append("")
        else:
            kept.append(line)
    return "\n".join(kept)


def _heading(line: str) -> str | None:
    if len(line) > 120:
        return None
    found = _HEADING.match(line)
    return next(word for word in found.groups() if word is not None).strip(" :*?.#`") if found else None


def _is_of_form(heading: str) -> bool:
    return len(heading) <= _LONGEST_HEADING and _FORM.fullmatch(heading) is not None


def _is_environment(heading: str) -> bool:
    return len(heading) <= _LONGEST_HEADING and _ENVIRONMENT.fullmatch(heading) is not None


def _is_of_environment(line: str, below_heading: bool) -> bool:
    """Tell whether a line lists what is installed, and points at no place in code."""
    if len(line) > _LONGEST_LINE:
        return False
    return _VERSION.match(line) is not None or (below_heading and not _STANDS.search(line))

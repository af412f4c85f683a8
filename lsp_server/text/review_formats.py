"""A review for other programs: Markdown for a comment, annotations of GitHub Actions, SARIF for code scanning."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from noctule import __version__
from noctule.indexer.printable import printable_line
from noctule.indexer.review.results import Finding, Review
from noctule.lsp_server.text.finding_groups import NOTHING_FOUND, group_findings
from noctule.lsp_server.text.numbers import count, percent, short

MARK = "<!-- noctule review -->"
"""The first line of a comment, by which the next run finds it again."""
_RULES = {
    "forgotten": "A file that such changes usually also touch is not in this change",
    "removed": "Code outside of this change still uses what it removes",
    "caller": "Code outside of this change uses a definition whose signature it edits",
}
_SHOWN_TESTS = 10


def markdown(review: Review) -> str:
    """Return the review as a comment; names stand in code, so that nothing in them is read as Markdown."""
    lines = [MARK, f"**Noctule** reviewed {count(len(review.files), 'changed file')}."]
    for kind, heading in _RULES.items():
        found = [finding for finding in review.findings if finding.kind == kind]
        if found:
            lines += ["", f"**{heading}:**", ""]
        for group in group_findings(found):
            for finding in group.shown:
                commits = f" ({', '.join(map(short, finding.commits))})" if finding.commits else ""
                lines.append(f"- {_code(_place(finding))}: {printable_line(_escape(finding.message))}{commits}")
            if group.more:
                lines.append(f"- {printable_line(_escape(group.more))}")
    if not review.findings:
        lines += ["", NOTHING_FOUND if review.withheld is None else "No findings."]
    if review.tests:
        left = len(review.tests) - _SHOWN_TESTS
        lines += ["", f"<details><summary>{count(len(review.tests), 'test file')} to run</summary>", ""]
        lines += [f"- {_code(printable_line(test.path))}" for test in review.tests[:_SHOWN_TESTS]]
        lines += [f"- and {left} more, which `noctule tests` lists"] if left > 0 else []
        lines += ["", "</details>"]
    if review.withheld is None:
        lines += ["", f"<sub>{percent(review.record.precision)} of such hints were right on past changes.</sub>"]
    return "\n".join(lines) + "\n"


def github(review: Review) -> str:
    """Return one workflow command for each finding; GitHub shows it at the line."""
    return "".join(
        f"::{'warning' if finding.level == 'warning' else 'notice'} file={_property(finding.path)}"
        f"{f',line={finding.line}' if finding.line is not None else ''},title=noctule {finding.kind}"
        f"::{_data(printable_line(finding.message))}\n"
        for finding in review.findings
    )


def sarif(review: Review) -> str:
    """Return the review as one SARIF 2.1.0 document."""
    rules = [{"id": kind, "shortDescription": {"text": text}} for kind, text in _RULES.items()]
    driver = {"name": "noctule", "version": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "results": [_result(finding) for finding in review.findings]}
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=True) + "\n"


def _result(finding: Finding) -> dict[str, object]:
    place: dict[str, object] = {"artifactLocation": {"uri": quote(finding.path.encode("utf-8", "surrogateescape"))}}
    if finding.line is not None:
        place["region"] = {"startLine": finding.line}
    return {
        "ruleId": finding.kind,
        "level": finding.level,
        "message": {"text": printable_line(finding.message)},
        "locations": [{"physicalLocation": place}],
    }


def _escape(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|!~])", r"\\\1", text)


def _code(text: str) -> str:
    """Return a text as code in one line, with more backticks around it than it has in a row."""
    ticks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    space = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def _place(finding: Finding) -> str:
    return printable_line(finding.path if finding.line is None else f"{finding.path}:{finding.line}")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable_line(text)).replace(":", "%3A").replace(",", "%2C")

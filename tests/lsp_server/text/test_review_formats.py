"""A review as other programs read it: nothing that a repository holds acts on them."""

from __future__ import annotations

import json
from dataclasses import replace

from noctule.indexer.results import Freshness
from noctule.indexer.review.results import AffectedTest, Finding, Review, ReviewRecord
from noctule.lsp_server.text import review_formats
from noctule.lsp_server.text.single_tests import single_test_ids

MESSAGE = "twice uses area_of, whose signature this change edits"
REVIEW = Review(
    base="0" * 40,
    head="work tree",
    files=("area.py",),
    definitions=1,
    findings=(
        Finding("caller", "note", "a`b[c],%\n.py", 5, MESSAGE, "area.py:area_of"),
        Finding(
            "forgotten", "warning", "docs.md", None, "changed in 9 of the last 10 commits", "area.py", 0.9, ("a" * 40,)
        ),
    ),
    tests=(AffectedTest("test_area.py", 4.0, ("uses area_of",), ("test_area",)),),
    record=ReviewRecord(0.8, 0.9, 0.2, 3.0, 100),
    withheld=None,
    freshness=Freshness("fresh"),
)


def test_markdown_holds_names_as_code() -> None:
    lines = review_formats.markdown(REVIEW).splitlines()

    assert lines[0] == "<!-- noctule review -->"
    assert "- ``a`b[c],%\\n.py:5``: twice uses area\\_of, whose signature this change edits" in lines
    assert "- `docs.md`: changed in 9 of the last 10 commits (aaaaaaaaaa)" in lines
    assert "<details><summary>1 test file to run</summary>" in lines
    assert "<sub>90% of such hints were right on past changes.</sub>" in lines


def test_annotations_are_one_line_each_and_escaped() -> None:
    caller, forgotten = review_formats.github(REVIEW).splitlines()

    assert caller == f"::notice file=a`b[c]%2C%25\\n.py,line=5,title=noctule caller::{MESSAGE}"
    assert forgotten.startswith("::warning file=docs.md,title=noctule forgotten::changed in")


def test_sarif_names_rule_place_and_level() -> None:
    (run,) = json.loads(review_formats.sarif(REVIEW))["runs"]

    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {"forgotten", "removed", "caller"}
    assert [(r["ruleId"], r["level"]) for r in run["results"]] == [("caller", "note"), ("forgotten", "warning")]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "a%60b%5Bc%5D%2C%25%0A.py"}, "region": {"startLine": 5}}


def test_single_tests_are_named_only_where_all_that_is_concerned_is_a_test() -> None:
    assert single_test_ids("a/test_x.py", ["test_one", "TestAll.test_two"]) == (
        "a/test_x.py::test_one",
        "a/test_x.py::TestAll::test_two",
    )
    assert single_test_ids("a/test_x.py", ["test_one", "make_shop"]) == ("a/test_x.py",)
    assert single_test_ids("a/x_test.go", ["TestOne"]) == ("a/x_test.go",)


def test_without_findings_nothing_is_called_complete_that_was_not_looked_for() -> None:
    nothing = replace(REVIEW, findings=())

    assert "no use of what was edited or removed was found" in review_formats.markdown(nothing)
    assert "No findings." in review_formats.markdown(replace(nothing, withheld="too few commits"))

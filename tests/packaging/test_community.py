"""The files that a host shows to those who report something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
TEXT = {"type": "string", "minLength": 1}
# https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema
FIELD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"enum": ["textarea", "input"]},
        "id": {"type": "string", "pattern": "^[a-z-]+$"},
        "attributes": {
            "type": "object",
            "properties": {"label": TEXT, "description": TEXT, "render": TEXT},
            "required": ["label"],
            "additionalProperties": False,
        },
        "validations": {"type": "object", "properties": {"required": {"type": "boolean"}}},
    },
    "required": ["type", "id", "attributes"],
    "additionalProperties": False,
}
FORM = {
    "type": "object",
    "properties": {
        "name": TEXT,
        "description": TEXT,
        "labels": {"type": "array", "items": TEXT},
        "body": {"type": "array", "items": FIELD, "minItems": 1},
    },
    "required": ["name", "description", "body"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("form", [form for form in FORMS if form.name != "config.yml"], ids=lambda form: form.stem)
def test_an_issue_form_is_of_the_format_that_the_host_reads(form: Path) -> None:
    said = yaml.safe_load(form.read_text())

    jsonschema.validate(said, FORM)
    ids = [one["id"] for one in said["body"]]
    assert len(ids) == len(set(ids))


def test_who_finds_a_flaw_is_told_where_to_report_it() -> None:
    assert "in private" in (ROOT / "SECURITY.md").read_text()
    assert "Contributor Covenant" in (ROOT / "CODE_OF_CONDUCT.md").read_text()

"""docs/reference is what the code says, and every command that a document shows is one that the command line takes."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import yaml

from docs.generate import FOLDER, pages, schema
from noctule.indexer.results import Answer
from noctule.lsp_server.cli.command_line import command_line
from tests.test_docs import ANSWERS, example_of

ROOT = Path(__file__).resolve().parents[1]


def test_each_page_is_as_the_code_writes_it() -> None:
    written = pages()

    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(written)
    out_of_date = [name for name, text in written.items() if (FOLDER / name).read_text("utf-8") != text]
    assert out_of_date == [], "run `make docs`"


def test_answers_are_valid_by_the_schema_and_others_are_not() -> None:
    definitions = schema()["$defs"]

    for name, kind in ANSWERS.items():
        if issubclass(kind, Answer):
            validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": definitions})
            written = example_of(kind).to_json()
            validator.validate(_as_read(written))
            assert not validator.is_valid({**_as_read(written), "schema": 2})


def _as_read(value: object) -> dict[str, object]:
    import json

    read: dict[str, object] = json.loads(json.dumps(value))
    return read


def commands() -> Iterator[tuple[str, str]]:
    """Yield each command of noctule in the examples for a shell, with its document."""
    for document in sorted(ROOT.glob("docs/**/*.md")):
        for block in re.findall(r"^```sh\n(.*?)^```", document.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                for part in re.split(r"\s(?:\||&&|>)\s", line.partition(" #")[0]):
                    if part.strip().startswith("noctule "):
                        yield document.relative_to(ROOT).as_posix(), part.strip()


def test_each_command_in_a_document_is_one_that_the_command_line_takes() -> None:
    refused = []
    shown = list(commands())

    for document, line in shown:
        words = shlex.split(line)[1:]
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            try:
                command_line(words).parse_args(words)
            except SystemExit as end:
                if end.code:
                    refused.append((document, line, said.getvalue()))
    assert refused == []
    assert len(shown) > 20


def test_the_site_names_each_page_once_and_loads_nothing_from_elsewhere() -> None:
    text = (ROOT / "mkdocs.yml").read_text("utf-8")
    site = yaml.load(re.sub(r"!!python\S+", "", text), yaml.SafeLoader)
    named = re.findall(r": ([\w/-]+\.md)$", text, re.MULTILINE)
    there = {path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")}

    assert sorted(named) == sorted(set(named))
    assert {page for page in there if not page.startswith("decisions/")} | {"decisions/README.md"} <= set(named)
    assert site["strict"] is True
    assert site["theme"]["font"] is False
    assert "://" not in text

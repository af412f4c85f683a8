"""What is made from other files is not what somebody edits, unless the task names it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

JOIN = """\
export default function joinUrl(base, relative) {
  return base.replace(/\\/$/, '') + '/' + relative.replace(/^\\//, '')
}
"""
FETCH = """\
import joinUrl from './joinUrl.js'

export function load(base, relative) {
  return fetch(joinUrl(base, relative))
}
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    folder = tmp_path_factory.mktemp("made")
    made = Made(folder / "shop")
    bundle = {f"dist/{name}": JOIN + FETCH.partition("\n")[2] for name in ("shop.js", "browser/shop.cjs")}
    made.commit("Begin", {"lib/joinUrl.js": JOIN, "lib/load.js": FETCH, **bundle})
    with Repository.open(made.root, cache=folder / "cache") as repository:
        repository.sleep()
        yield repository


def test_no_bundle_is_named(repository: Repository) -> None:
    text = repository.context("joinUrl drops the query of a relative address").text

    assert "lib/joinUrl.js" in text
    assert "dist/" not in text


def test_a_bundle_that_the_task_names_is(repository: Repository) -> None:
    assert "dist/shop.js" in repository.context("dist/shop.js was built with an old joinUrl").text

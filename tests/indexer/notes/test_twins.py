"""The twin of a function is named: the same done another way, told apart by its name, its class or its path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from noctule.indexer.notes.edit_context import EditSite, describe_edit
from noctule.indexer.notes.twins import find_twins
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

CLASS = "class {0}:\n    {1}def send(self, text):\n        return text\n\n    {1}def close(self):\n        pass\n"
FILES = {
    "shop/client.py": CLASS.format("Client", "") + "\n\n" + CLASS.format("AsyncClient", "async "),
    "shop/_sync/pool.py": "class Pool:\n    def acquire(self):\n        return 1\n",
    "shop/_async/pool.py": "class Pool:\n    async def acquire(self):\n        return 1\n",
    "shop/read.py": "def read_all(path):\n    return path\n\n\nasync def read_all_async(path):\n    return path\n",
    "shop/door.py": "class Door:\n    def close(self):\n        pass\n",
    "shop/lift.py": "class Lift:\n    async def close_async(self):\n        pass\n",
    "web/slot.ts": "export function renderSlot(name: string) {\n  return name\n}\n",
    "web/server/ssrSlot.ts": "export function ssrRenderSlot(name: string) {\n  return name + '!'\n}\n",
    "net/Reader.cs": "class Reader {\n  public int ReadContent(int n) { return n; }\n}\n",
    "net/Reader.Async.cs": "class Reader {\n  public int ReadContentAsync(int n) { return n; }\n"
    "  public int ReadContentAsync(int n, int most) { return n; }\n}\n",
    "tests/test_read.py": "def read_all_sync(path):\n    return path\n",
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    folder: Path = tmp_path_factory.mktemp("twins")
    made = Made(folder / "shop")
    made.commit("Begin", FILES)
    with Repository.open(made.root, cache=folder / "cache") as repository:
        repository.sleep()
        yield repository


def twins(repository: Repository, path: str, symbol: str) -> list[tuple[str, str, str]]:
    ground = repository.reader.ground
    file = ground.position[path]
    row = next(row for row in ground.file_definitions(file) if row.qualname == symbol)
    return [(ground.path(other), twin.qualname, apart) for other, twin, apart in find_twins(ground, file, row)]


@pytest.mark.parametrize(
    ("path", "symbol", "found"),
    [
        ("shop/client.py", "Client.send", ("shop/client.py", "AsyncClient.send", "async")),
        ("shop/client.py", "AsyncClient.close", ("shop/client.py", "Client.close", "async")),
        ("shop/_sync/pool.py", "Pool.acquire", ("shop/_async/pool.py", "Pool.acquire", "async/sync")),
        ("shop/read.py", "read_all", ("shop/read.py", "read_all_async", "async")),
        ("shop/read.py", "read_all_async", ("shop/read.py", "read_all", "async")),
        ("web/slot.ts", "renderSlot", ("web/server/ssrSlot.ts", "ssrRenderSlot", "ssr")),
        ("web/server/ssrSlot.ts", "ssrRenderSlot", ("web/slot.ts", "renderSlot", "ssr")),
        ("net/Reader.cs", "Reader.ReadContent", ("net/Reader.Async.cs", "Reader.ReadContentAsync", "async")),
    ],
)
def test_a_twin_is_found_from_either_side(
    repository: Repository, path: str, symbol: str, found: tuple[str, str, str]
) -> None:
    assert twins(repository, path, symbol) == [found]


def test_methods_of_other_classes_and_tests_are_no_twins(repository: Repository) -> None:
    assert twins(repository, "shop/door.py", "Door.close") == []
    assert ("tests/test_read.py", "read_all_sync", "sync") not in twins(repository, "shop/read.py", "read_all")


def test_an_edit_is_told_of_the_twin_with_its_line(repository: Repository) -> None:
    ground = repository.reader.ground
    file = ground.position["web/slot.ts"]
    (row,) = ground.file_definitions(file)

    said = [claim.text for claim in describe_edit(ground, [EditSite(file, row, 0.9)]) if claim.kind == "twins"]

    assert said == [
        "web/server/ssrSlot.ts:1-3 ssrRenderSlot is named like renderSlot (ssr): "
        "export function ssrRenderSlot(name: string) {"
    ]

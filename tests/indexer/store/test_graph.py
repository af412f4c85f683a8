from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.arrays import pack, unpack
from noctule.indexer.parse.languages import by_name
from noctule.indexer.store.graph import MOST_DEFINERS, UNSURE, Graph, ImportPaths, NumberedNames, build, import_edges

# A small world of files: what each defines and uses, by the numbers of the names.
NAMES = st.lists(st.integers(0, 12), max_size=6)
WORLDS = st.lists(st.tuples(NAMES, NAMES, st.sampled_from(["python", "go"])), max_size=8)


def packed(names: list[list[int]]) -> NumberedNames:
    return NumberedNames.of([np.array(sorted(set(n)), np.uint32).tobytes() for n in names])


def graph_of(files: list[tuple[list[int], list[int], str]], imports: list[tuple[int, int]] | None = None) -> Graph:
    return build(
        len(files),
        packed([defined for defined, _, _ in files]),
        packed([used for _, used, _ in files]),
        [language for _, _, language in files],
        np.array([*(imports or [])] * 2, np.int32).reshape(-1, 2),
        np.repeat(np.array([0.5, 1.0], np.float32), len(imports or [])),
    )


def edges(graph: Graph) -> set[tuple[int, int]]:
    return set(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True))


@given(WORLDS)
def test_a_file_refers_to_each_other_of_its_language_that_defines_what_it_uses(
    files: list[tuple[list[int], list[int], str]],
) -> None:
    expected = set()
    for user, (_, used, mine) in enumerate(files):
        for name in used:
            definers = [i for i, (defined, _, _) in enumerate(files) if name in defined]
            if len(definers) <= MOST_DEFINERS:
                expected |= {(user, d) for d in definers if d != user and files[d][2] == mine}

    graph = graph_of(files)

    assert edges(graph) == expected
    assert sorted(edges(graph)) == list(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True))
    assert set(graph.confidence.tolist()) <= {np.float32(UNSURE)}


@given(WORLDS, st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=6))
def test_an_import_makes_an_edge_sure(
    files: list[tuple[list[int], list[int], str]], pairs: list[tuple[int, int]]
) -> None:
    imports = sorted({(a, b) for a, b in pairs if a < len(files) > b and a != b})

    graph = graph_of(files, imports)

    sure = dict(zip(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True), graph.confidence, strict=True))
    assert edges(graph) == edges(graph_of(files)) | set(imports)
    assert {edge for edge, confidence in sure.items() if confidence == 1.0} == set(imports)


@given(WORLDS, st.randoms(use_true_random=False))
def test_the_numbers_that_names_were_given_change_nothing(
    files: list[tuple[list[int], list[int], str]], random: object
) -> None:
    numbers = list(range(13))
    random.shuffle(numbers)  # type: ignore[attr-defined]
    renumbered = [([numbers[n] for n in d], [numbers[n] for n in u], tongue) for d, u, tongue in files]

    one, other = graph_of(files).columns(), graph_of(renumbered).columns()

    assert {name: column.tolist() for name, column in one.items()} == {
        name: column.tolist() for name, column in other.items()
    }


@given(WORLDS)
def test_a_graph_comes_back_as_it_was_stored(files: list[tuple[list[int], list[int], str]]) -> None:
    graph = graph_of(files)

    found = Graph.of_columns(unpack(pack(graph.columns())))

    assert found.size == graph.size
    for name, column in graph.columns().items():
        assert np.array_equal(found.columns()[name], column)


@given(WORLDS, st.integers(0, 7))
def test_ranks_are_shares_of_one_walk_that_starts_at_the_seeds(
    files: list[tuple[list[int], list[int], str]], seed: int
) -> None:
    graph = graph_of(files)
    seeds = np.zeros(len(files), np.float32)
    if seed < len(files):
        seeds[seed] = 1

    rank = graph.pagerank(seeds)

    assert (rank >= 0).all()
    if seed < len(files):
        assert rank.sum() == pytest.approx(1, abs=1e-4)
        assert rank[seed] >= 0.15 - 1e-4


def test_users_and_used_are_listed_strongest_first() -> None:
    # 0 defines names 0 and 1; 1 uses both, 2 one of them; 3 imports 0.
    graph = graph_of([([0, 1], [], "go"), ([], [0, 1], "go"), ([], [0], "go"), ([], [], "go")], [(3, 0)])

    assert [file for file, _, _ in graph.users(0)] == [3, 1, 2]
    assert [(file, confidence) for file, _, confidence in graph.used(3)] == [(0, 1.0)]
    assert graph.used(0) == []
    assert graph.users(3) == []


def test_a_score_is_shared_out_along_edges_and_backwards() -> None:
    graph = graph_of([([], [0, 1], "go"), ([0], [], "go"), ([1], [], "go")])
    scores = np.array([1, 0, 0], np.float32)

    assert graph.spread(scores).tolist() == [0, 0.5, 0.5]
    assert graph.spread(np.array([0, 1, 0], np.float32), backwards=True).tolist() == [1, 0, 0]


def test_the_nearest_file_of_an_ending_is_meant() -> None:
    files = ImportPaths(["a/util/io.py", "b/util/io.py", "b/c/x.py", "io.py", "util/io.py"])

    assert list(files.resolve("util/io.py", "b/c/x.py")) == [1]
    assert list(files.resolve("util/io.py", "z/x.py")) == [4]
    assert list(files.resolve("io.py", "a/util/y.py")) == [0]
    assert list(files.resolve("til/io.py", "a/y.py")) == []
    assert list(files.resolve("no.py", "a/y.py")) == []


def test_a_folder_means_the_files_right_in_it() -> None:
    files = ImportPaths(["go.mod", "net/http/a.go", "net/http/b.go", "net/http/sub/c.go", "other/http/d.go"])

    assert list(files.resolve("net/http/", "main.go")) == [1, 2]
    assert list(files.resolve("http/", "other/x.go")) == [4]
    assert list(files.resolve("/", "x/y.go")) == [0]
    assert list(files.resolve("none/", "main.go")) == []
    assert list(files.resolve("/net/http/", "other/x.go")) == [1, 2]
    assert list(files.resolve("/http/", "main.go")) == []


def test_the_same_import_means_another_file_in_another_folder() -> None:
    paths = ["a/util.py", "a/x.py", "b/util.py", "b/x.py"]
    python = by_name("python").candidates
    statement = [(".util", (), 0)]

    assert import_edges(paths, [(1, python, statement), (3, python, statement)]) == [(1, 0), (3, 2)]


def test_the_same_import_may_mean_another_file_in_the_same_folder() -> None:
    paths = ["src/lib.rs", "src/left.rs", "src/left/part.rs", "src/right.rs", "src/right/part.rs"]
    rust = by_name("rust").candidates
    statement = [("self::part", (), 0)]

    assert {(1, 2), (3, 4)} <= set(import_edges(paths, [(1, rust, statement), (3, rust, statement)]))
    assert (3, 2) not in import_edges(paths, [(1, rust, statement), (3, rust, statement)])


@pytest.mark.parametrize(
    ("importer", "module", "folders"),
    [
        ("caddy.go", "github.com/caddyserver/caddy/v2/caddyhttp", ("/caddyhttp/",)),
        ("caddyhttp/a.go", "github.com/caddyserver/caddy/v2", ("/",)),
        ("caddy.go", "go.uber.org/zap", ("/vendor/go.uber.org/zap/",)),
        ("caddy.go", "github.com/caddyserver/caddy", ("/vendor/github.com/caddyserver/caddy/",)),
        ("caddy.go", "net/http", ("/vendor/net/http/",)),
        ("tools/a.go", "example.com/tools/lint", ("/tools/lint/",)),
        ("caddy.go", "example.com/tools", ("/tools/",)),
        ("tools/a.go", "github.com/caddyserver/caddy/v2/caddyhttp", ("/caddyhttp/",)),
    ],
)
def test_a_go_import_means_what_the_modules_of_the_repository_are_called(
    importer: str, module: str, folders: tuple[str, ...]
) -> None:
    modules = {"": "github.com/caddyserver/caddy/v2", "tools": "example.com/tools"}

    found = by_name("go").bind_modules(modules)(module, (), importer)

    assert found == folders


def test_a_go_file_outside_of_every_module_imports_the_nearest_folder_of_the_name() -> None:
    candidates = by_name("go").bind_modules({"tools": "example.com/tools"})

    assert candidates("example.com/it/shop/cart", (), "main.go") == by_name("go").candidates(
        "example.com/it/shop/cart", (), "main.go"
    )
    assert candidates("fmt", (), "tools/a.go") == ("/tools/vendor/fmt/",)


def test_the_standard_library_of_go_imports_its_own_packages_without_a_name() -> None:
    candidates = by_name("go").bind_modules({"src": "std", "src/cmd": "cmd"})

    assert candidates("net/http", (), "src/io/a.go")[0] == "/src/net/http/"
    assert candidates("cmd/go", (), "src/cmd/a.go")[0] == "/src/cmd/go/"


def test_a_file_that_imports_itself_has_no_edge() -> None:
    assert import_edges(["a.py"], [(0, by_name("python").candidates, [("a", (), 0)])]) == []


def test_a_world_without_files_has_no_edges() -> None:
    graph = graph_of([])

    assert (graph.size, edges(graph), graph.pagerank(np.zeros(0, np.float32)).tolist()) == (0, set(), [])

from __future__ import annotations

import time

import pytest

from noctule.indexer.files.test_pairs import find_pairs, pair_key

PAIRS = [
    ("pkg/foo_bar.py", "tests/test_foo_bar.py"),
    ("pkg/_private.py", "tests/test_private.py"),
    ("pkg/foo.py", "pkg/foo_test.py"),
    ("pkg/auth/__init__.py", "tests/test_auth.py"),
    ("polls/models.py", "polls/tests/test_models.py"),
    ("server/http.go", "server/http_test.go"),
    ("src/button.ts", "src/button.test.ts"),
    ("src/Button.jsx", "src/__tests__/Button.spec.jsx"),
    ("src/use-state.js", "test/use-state.test.js"),
    ("src/button/index.ts", "test/button.test.ts"),
    ("src/main/java/p/FooBar.java", "src/test/java/p/FooBarTest.java"),
    ("src/main/java/p/FooBar.java", "src/test/java/p/TestFooBar.java"),
    ("src/main/java/p/FooBar.java", "src/test/java/p/FooBarIT.java"),
    ("src/main/kotlin/Foo.kt", "src/test/kotlin/FooTests.kt"),
    ("src/main/scala/Foo.scala", "src/test/scala/FooSpec.scala"),
    ("Lib/Parser.cs", "Lib.Tests/ParserTests.cs"),
    ("app/models/user.rb", "spec/models/user_spec.rb"),
    ("lib/user.rb", "test/user_test.rb"),
    ("src/Mailer.php", "tests/MailerTest.php"),
    ("Sources/App/Router.swift", "Tests/AppTests/RouterTests.swift"),
    ("src/http/mod.rs", "tests/http.rs"),
    ("src/lexer.c", "tests/test_lexer.c"),
    ("src/lexer.cc", "src/lexer_unittest.cc"),
    ("lib/shop/till.ex", "test/shop/till_test.exs"),
    ("lib/install.sh", "test/install.bats"),
]


@pytest.mark.parametrize(("source", "test"), PAIRS)
def test_a_source_and_its_test_share_a_key(source: str, test: str) -> None:
    assert pair_key(source) == pair_key(test)


@pytest.mark.parametrize(("source", "test"), [pair for pair in PAIRS if not pair[1].endswith(".bats")])
def test_a_source_and_its_test_find_each_other(source: str, test: str) -> None:
    assert find_pairs([source, test, "src/unrelated.py"]) == {source: (test,), test: (source,)}


def test_of_namesakes_the_nearest_is_the_partner() -> None:
    paths = ["a/utils.py", "b/utils.py", "a/tests/test_utils.py", "tests/b/test_utils.py"]

    assert find_pairs(paths) == {
        "a/utils.py": ("a/tests/test_utils.py",),
        "b/utils.py": ("tests/b/test_utils.py",),
        "a/tests/test_utils.py": ("a/utils.py",),
        "tests/b/test_utils.py": ("b/utils.py",),
    }


def test_what_tests_nothing_has_no_partner() -> None:
    assert (
        find_pairs(["pkg/__init__.py", "pkg/tests/__init__.py", "pkg/tests/conftest.py", "pkg/x.py", "docs/x.py"]) == {}
    )


def test_an_example_in_a_folder_of_tests_is_no_test_where_tests_are_found_by_name() -> None:
    assert find_pairs(["src/flask/app.py", "tests/test_apps/cliapp/app.py"]) == {}
    assert find_pairs(["src/pool.rs", "tests/pool.rs"]) != {}


def test_a_name_that_everybody_bears_needs_a_shared_folder() -> None:
    sources = [f"pkg{n}/index.js" for n in range(10)]

    assert find_pairs([*sources, "other/__tests__/pkg3.test.js", "far/away/index.test.js"]) == {
        "pkg3/index.js": ("other/__tests__/pkg3.test.js",),
        "other/__tests__/pkg3.test.js": ("pkg3/index.js",),
    }


def test_fifty_thousand_paths_take_seconds_at_most() -> None:
    paths = [f"p{n % 900}/s{n % 70}/utils.py" for n in range(25_000)]
    paths += [f"p{n % 900}/tests/test_utils.py" for n in range(25_000)]
    began = time.process_time()

    pairs = find_pairs(paths)

    assert pairs
    assert time.process_time() - began < 10

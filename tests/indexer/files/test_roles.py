from __future__ import annotations

import pytest

from noctule.indexer.files.attributes import Attributes
from noctule.indexer.files.roles import classify_role, is_code, is_issue_form, is_marked_generated

ROLES = {
    "source": """
        pkg/core.py django/test/client.py django/core/management/commands/test.py sympy/testing/runtests.py
        src/lib.rs cmd/main.go src/Foo.java app/models/user.rb lib/contest.py src/latest.js pkg/protest.go
        src/config.py web/index.html db/schema.sql app/docs/views.py src/Fit.java include/attest.h
        src/Illuminate/Testing/TestResponse.php src/Illuminate/Foundation/Testing/TestCase.php
        lib/active_support/test_case.rb core/testing/src/test_bed.ts numpy/testing/tools.py
        spring-test/src/main/java/org/test/context/TestContext.java src/deps/graph.py src/history.js lib/dist/graph.rb
        src/abTest/variant.js lib/Contests/list.rb src/main/java/p/Tests/Runner.java src/attestation/a.kt
        lib/plug/adapters/test/conn.ex lib/fluent/test/base.rb
        poet/src/jvmMain/kotlin/p/FunSpec.kt src/commonMain/kotlin/p/TestSuite.kt src/latest/Fit.kt
        tools/api/spec/fn.go spec/schema.go crates/x/src/spec/parse.rs pkg/spec/layout.c lib/gem/spec/set.rb
        src/benchmark/timing.rs
    """,
    "test": """
        tests/test_core.py pkg/tests/helpers.py pkg/test_core.py pkg/core_test.py app/tests.py conftest.py
        testing/test_config.py test/support.py pkg/core_test.go src/a.test.ts src/a.spec.jsx src/__tests__/a.js
        src/test/java/p/FooTest.java p/FooTests.kt p/TestFoo.java p/FooSpec.scala
        spec/models/user_spec.rb test/user_test.rb
        crates/x/tests/it.rs src/tests.rs lib/x_unittest.cc Sources/FooTests.swift tests/Unit/FooTest.php
        src/Illuminate/Testing/ResponseTest.php core/testing/test_bed.spec.ts numpy/testing/test_tools.py
        script.bats lib/mix/test/support/case.ex hooks/test/browser/use.js tests/data/big.json pkg/testdata/in.txt
        FooIT.java src/jvmTest/kotlin/Support.kt app/src/androidTest/java/p/Rule.java src/testFixtures/java/p/Shop.java
        Tests/FooUnitTests/Helpers+Name.swift Tests/Snapshots/help().txt Src/Foo.Json.Tests/Issues/Item.cs
        test.Foo/Foo.Test/Setup.cs Component/Form/Tests/Fixtures/Author.php app/src/androidTest/java/p/Rule.kt
        lib/src/commonTest/kotlin/Shared.kt core/src/testFixtures/java/p/Fakes.java
        spec/support/cart.rb packages/a/spec/helper.ts spec/fixtures.yml spec/cart.lua pkg/spec/fn_test.go
    """,
    "docs": """
        README.md docs/conf.py docs/index.rst CHANGELOG LICENSE LICENSE.txt pkg/docs/guide.txt doc/tutorials/a.rst
        notes.txt src/guide.ipynb pkg/RELEASE_NOTES-1.9 pkg/release-notes.yml changelog.d/12.bugfix newsfragments/3.misc
        pkg/ChangeLog.old .changeset/odd-cats.md flags/complete/rg.zsh contrib/completion/zsh/_docker completions/a.fish
    """,
    "example": "examples/a.py demo/index.jsx pkg/benchmarks/b.py benches/x.rs src/benchmark/run.js samples/readme.txt",
    "config": ".gitignore .eslintrc.json mypy.ini config/app.yaml tsconfig.json babel.config.js .vscode/launch.json",
    "build": """
        Makefile setup.py pyproject.toml package.json Cargo.toml build.rs go.mod pom.xml app/build.gradle CMakeLists.txt
        cmake/x.cmake requirements-dev.txt Dockerfile .github/workflows/ci.yml .ci/run.py x.csproj BUILD
    """,
    "generated": """
        package-lock.json go.sum uv.lock static/app.min.js api/x_pb2.py api/x.pb.go src/parsetab.py
        zz_generated.deepcopy.go app.js.map src/generated/client.ts core/assumptions_generated.py __snapshots__/a.js
        dist/cart.js packages/a/dist/a.css web/app.bundle.mjs src/x-amalgamation.c single_include/json.hpp lib/a.umd.js
    """,
    "vendored": "vendor/x/y.go third_party/lib.c node_modules/a/index.js astropy/extern/ply/yacc.py "
    "deps/lua/lua.c src/deps/zlib.c tests/third_party/gtest.cc deps/x/test/a.c",
    "data": "locale/de.po data/table.csv src/logo.svg fixtures.json",
}


@pytest.mark.parametrize(("role", "path"), [(role, path) for role, paths in ROLES.items() for path in paths.split()])
def test_a_path_has_the_role_that_its_conventions_give_it(role: str, path: str) -> None:
    assert classify_role(path) == role


def test_what_the_repository_says_itself_comes_first() -> None:
    attributes = Attributes.parse(
        b"*.py linguist-generated\n"
        b"/hand.py -linguist-generated\n"
        b"vendor/** -linguist-vendored\n"
        b"web/*.js linguist-vendored=true\n"
        b"go.sum linguist-generated=false\n"
        b"src/guide/* linguist-documentation\n"
    )

    roles = {
        path: classify_role(path, attributes)
        for path in ("a/b.py", "hand.py", "vendor/x.go", "web/a.js", "web/sub/a.js", "go.sum", "src/guide/a.go")
    }

    assert roles == {
        "a/b.py": "generated",
        "hand.py": "source",
        "vendor/x.go": "source",
        "web/a.js": "vendored",
        "web/sub/a.js": "source",
        "go.sum": "data",
        "src/guide/a.go": "docs",
    }


GENERATED = [
    b"// Code generated by protoc-gen-go. DO NOT EDIT.\npackage x\n",
    b"# -*- coding: utf-8 -*-\n# Generated by the protocol buffer compiler.  DO NOT EDIT!\n",
    b"/**\n * @generated SignedSource<<abc>>\n */\n",
    b"// <auto-generated>\n//   This code was generated by a tool.\n",
    b"<!-- This file is automatically generated by make, do not change -->\n",
    b'"""This file was autogenerated by gen.py"""\n',
    b"-- automatically generated from schema.rb\n",
    b"var a=function(b){return b+1};" * 100,
]
WRITTEN = [
    b"",
    b'"""Writes files."""\nHEADER = "// Code generated by gen. DO NOT EDIT."\n',
    b"x = 1\n" * 400 + b"# Code generated by gen. DO NOT EDIT.\n",
    b"# The rows that are generated by the query are sorted.\n",
    b"A paragraph of prose that nobody wrapped, with words as they come. " * 60,
    b"short" * 100,
    b"def f():\n    return 1\n" * 200,
    "# 这个文件\n".encode() * 400,
]


@pytest.mark.parametrize("head", GENERATED)
def test_what_a_program_wrote_is_recognised(head: bytes) -> None:
    assert is_marked_generated(head)


@pytest.mark.parametrize("head", WRITTEN)
def test_what_people_wrote_is_not_taken_for_generated(head: bytes) -> None:
    assert not is_marked_generated(head)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (".github/ISSUE_TEMPLATE/bug_report.yml", True),
        (".github/ISSUE_TEMPLATE.md", True),
        (".github/pull_request_template.md", True),
        ("docs/PULL_REQUEST_TEMPLATE/big.md", True),
        (".gitlab/issue_templates/Bug.md", True),
        (".github/workflows/ci.yml", False),
        ("src/template.py", False),
        ("issue.md", False),
    ],
)
def test_a_form_for_issues_is_known(path: str, form: bool) -> None:
    assert is_issue_form(path) == form


def test_code_is_told_by_its_ending_where_no_grammar_is_known() -> None:
    assert [p for p in ("src/a.jq", "B.HS", "lib/c.zig", "d.txt", "e", "f.json", "g.py") if is_code(p)] == [
        "src/a.jq",
        "B.HS",
        "lib/c.zig",
        "g.py",
    ]

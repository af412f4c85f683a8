"""A path in, the role of the file out: source, test, docs and so on. Reads no files; a text's first bytes are given.

The rules are conventions, and the first match counts: what .gitattributes says, vendored, generated, test, example,
docs, build, config, data; what is left is source.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from noctule.indexer.files.attributes import Attributes
from noctule.indexer.lazy_pattern import lazy_pattern

Role = Literal["source", "test", "docs", "example", "config", "generated", "vendored", "data", "build"]


MADE_ELSEWHERE: frozenset[Role] = frozenset({"generated", "vendored"})
"""What nobody edits by hand here: it is made from others, or brought along."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CODE = _words("""
    ada adb ads agda asm astro awk bash bat c cairo cc cjs cl clj cljc cljs cob coffee cpp cr cs cts cu cuh cxx
    dart el elm erl ex exs f f03 f08 f90 f95 fish fnl frag fs fsi fsx gleam glsl go gql graphql groovy h hcl hh
    hlsl hpp hrl hs hx hxx idr java jl jq js jsx kt kts l lean lex lhs lisp ll lua m metal mjs ml mli mll mly mm
    mojo move mts nasm nim nix nu odin pas php pl pm pony pp prolog proto ps1 psm1 purs pxd py pyi pyx qml r rb re
    rego rkt rs s sc scala scm sh sml sol sql sv svelte svh swift tcl tf thrift ts tsx v vala vb vert vhd vhdl vim
    vue vy wat wgsl y yy zig zsh
""")
"""Endings of files that are written in a programming language, whether there is a grammar for it or not."""
# A Python package may offer help for testing, as django.test does; other languages keep only tests in such a folder.
_PYTHON = _words("py pyi pyx pxd")
_CODE_BUT_PYTHON = CODE - _PYTHON

_VENDORED = _words("""
    3rdparty Carthage Godeps Pods _vendor bower_components extern externals node_modules site-packages third-party
    third_party thirdparty vendor vendored vendors
""")
_MAYBE_VENDORED = "deps"
_GENERATED = _words(
    "__generated__ __snapshots__ _generated amalgamation autogen generated single_header single_include"
)
_MAYBE_GENERATED = "dist"
_WEB = _words("cjs css cts html js map mjs mts ts")
_TEST = _words("__mocks__ __tests__ e2e fixtures specs test-data test_data testdata tests")
_TEST_AT_TOP = _words("spec test testing")
_MAYBE_TEST = _words("spec test")
_SPEC: Literal["spec"] = "spec"
_TESTED_IN_SPEC = _words("cjs coffee cr cts exs js jsx lua mjs moon mts php rb ts tsx")
"""Where tests are called so; a package `spec` of Go, Java or Rust holds what a thing consists of."""
_TEST_FOLDER = lazy_pattern(r"(?:^|/)[\w.+-]*Tests(?:/|$)|\.Test(?:/|$)")
"""What Swift, C# and PHP call such a folder: `Tests`, `FooTests`, `Foo.Tests`."""
TEST_FOLDERS = _TEST | _TEST_AT_TOP
_EXAMPLE = _words("benches benchmark benchmarks demo demos example examples sample samples tutorial tutorials")
_EXAMPLE_AT_TOP = _words("bench galleries")
_CRATE = lazy_pattern(r"(?:^|/)src/(?:bench|benchmarks?|demo|example|sample)(?:/|$)")
"""Modules of a Rust crate: Cargo's own benchmarks and examples stand beside `src`."""
_DOCS = _words("doc docs documentation javadoc man")
_COMPLETION = _words("complete completion completions shell-completion shell_completion")
_SHELL = _words("bash elv fish nu ps1 sh zsh")
_CI = _words(".azure-pipelines .buildkite .ci .circleci .github .gitlab")

_DOCS_ENDINGS = _words("adoc asciidoc ipynb markdown md mdx org pod rdoc rst tex texi")
_CONFIG_ENDINGS = _words("cfg conf editorconfig env hcl ini json5 jsonc plist properties toml yaml yml")
_DATA_ENDINGS = _words("""
    crt csv diff dtd expected geojson json jsonl log ndjson out patch pem po pot sum svg tsv txt xml xsd
""")
_BUILD_ENDINGS = _words("ac am bazel bzl cmake csproj fsproj gemspec gradle m4 mk nuspec podspec sbt sln spec vbproj")
_DOCS_NAMES = _words("""
    authors changelog changes code_of_conduct contributing contributors copying history licence license maintainers
    news notice readme security thanks todo
""")
_BUILD_NAMES = _words("""
    .gitlab-ci.yml .travis.yml appveyor.yml azure-pipelines.yml build build.gradle.kts build.rs build.xml cargo.toml
    cmakelists.txt composer.json configure containerfile docker-compose.yml dockerfile environment.yml gemfile
    gnumakefile go.mod go.work gruntfile.js gulpfile.js ivy.xml jenkinsfile justfile makefile manifest.in meson.build
    noxfile.py package.json package.swift pipfile pom.xml procfile pyproject.toml rakefile settings.gradle.kts setup.cfg
    setup.py tox.ini vagrantfile workspace
""")
_GENERATED_NAMES = _words("""
    bun.lock cargo.lock composer.lock flake.lock gemfile.lock go.sum go.work.sum gradle.lockfile gradlew gradlew.bat
    lextab.py mvnw mvnw.cmd npm-shrinkwrap.json package-lock.json package.resolved parsetab.py pdm.lock pipfile.lock
    pnpm-lock.yaml podfile.lock poetry.lock uv.lock yarn.lock
""")
_GENERATED_NAME = lazy_pattern(
    r"\.min\.(?:js|css|mjs)$|[.-](?:bundle|umd|iife|amd)\.(?:js|cjs|mjs|css)$|amalgamat(?:ed|ion)\.\w+$|^sqlite3\.[ch]$|\.(?:js|css|mjs|ts)\.map$|_pb2(?:_grpc)?\.pyi?$|\.pb(?:\.gw)?\.(?:go|cc|h|swift)$|\.snap$"
    r"|\.g(?:\.[a-z]+)?\.(?:cs|dart)$|\.designer\.cs$|[._]generated\.[a-z]+$|^zz_generated|\.tab\.[ch]$"
)
_TEST_NAME = lazy_pattern(
    r"^test_[^/]*\.(?:py|rb|rs|c|cc|cpp|cxx|sh|bash|php|js|ts)$"
    r"|[_-](?:unit)?tests?\.(?:py|go|rs|rb|exs|c|cc|cpp|cxx|h|sh|bash|js|jsx|mjs|ts|tsx|php)$"
    r"|[_-]spec\.(?:rb|js|ts)$|\.(?:test|spec|e2e|cy)\.(?:js|jsx|mjs|cjs|ts|tsx|mts|cts)$"
    r"|^(?:tests|conftest)\.py$|^tests?\.rs$|\.bats$|\.test-d\.ts$"
)
_TEST_CLASS_NAME = lazy_pattern(
    r"(?:^|[A-Za-z0-9_])(?:Tests?|TestCase|Spec|Suite|UITests)\.(?:java|kts?|scala|cs|php|swift|groovy|cpp|cc|cxx|h)$"
    r"|[a-z0-9]IT\.(?:java|kt)$|^Test[A-Z0-9][^/]*\.(?:java|kt|scala|cs|php|swift|cpp|cc)$"
)
_SHIPPED = lazy_pattern(r"(?:^|/)src/(?:main|[a-z][A-Za-z0-9]*Main)/")
"""Where Maven and Gradle look for what is shipped, Kotlin for several platforms too (`src/jvmMain`)."""
_TEST_SET = lazy_pattern(r"(?:^|/)src/(?:[a-z][A-Za-z0-9]*Tests?|testFixtures)/(?:java|kotlin|groovy|scala|resources)/")
"""Where Gradle looks for tests of a kind, or of a platform (`src/integrationTest`, `src/jvmTest`)."""
_SURE_TEST = lazy_pattern(
    r"^(?:test_[^/]*|conftest)\.py$|[_-](?:unit)?tests?\.\w+$|[._-]spec\.\w+$|\.(?:test|e2e|cy)\.\w+$"
    r"|[a-z0-9](?:Tests?|Spec)\.\w+$"
)
_SHIPPED_TEST = lazy_pattern(r"^lib/(?:(?!test/|spec/).*\.rb$|[^/]+/(?!test/).*\.ex$)")
"""Ruby and Elixir ship what lies below `lib`; Elixir's tests are scripts, and an app may lie below it."""
_FORMS = _words("""
    issue-template issue-templates issue_template issue_templates merge_request_template merge_request_templates
    pull-request-template pull_request_template pull_request_templates
""")
_NEWS = _words("""
    .changes .changeset changelog.d changelogs news newsfragments release-notes release_notes releasenotes whatsnew
""")
_NEWS_NAME = lazy_pattern(
    r"^(?:change[-_ ]?logs?|changes|history|news|release[-_ ]?notes?|releases|whats[-_]?new)(?:[-_.][^/]*)?$"
)
_NO_NEWS = CODE | _words("css html json scss")
_CONFIG_NAME = lazy_pattern(
    r"^\.[^/]+$|^[^.]*rc(?:\.json)?$|\.config\.(?:js|cjs|mjs|ts|mts|json)$|^[tj]sconfig[^/]*\.json$"
)
_REQUIREMENTS = lazy_pattern(r"^(?:requirements|constraints)[^/]*\.(?:txt|in)$|^(?:docker|container)file\.")

_SAID: tuple[tuple[str, Role], ...] = (
    ("linguist-vendored", "vendored"),
    ("linguist-generated", "generated"),
    ("linguist-documentation", "docs"),
)

_FolderRole = Literal[
    "vendored",
    "maybe vendored",
    "generated",
    "maybe generated",
    "test",
    "maybe test",
    "spec",
    "example",
    "docs at top",
    "docs",
    "news",
    "ci",
    "hidden",
    "",
]


def classify_role(path: str, attributes: Attributes | None = None) -> Role:
    """Tell what a file is for, from its path and from what the repository's attributes say of it."""
    said = attributes.of(path) if attributes is not None and attributes.rules else {}
    for attribute, role in _SAID:
        if said.get(attribute):
            return role
    folder, _, name = path.rpartition("/")
    at = _role_of_folder(folder)
    lower = name.lower()
    ending = lower.rpartition(".")[2] if "." in lower else ""
    is_vendored = at == "vendored" or (at == "maybe vendored" and ending not in _PYTHON)
    if is_vendored and "linguist-vendored" not in said:
        return "vendored"
    if "linguist-generated" not in said and _is_generated(at, lower, ending):
        return "generated"
    if at in {"maybe test", _SPEC} and _SHIPPED_TEST.match(f"{folder}/.{ending}"):
        at = ""
    if at == _SPEC and ending in CODE - _TESTED_IN_SPEC:
        at = ""
    if at == _SPEC and (ending in CODE or folder.partition("/")[0] == _SPEC):
        at = "test"
    if at == "test" or (at == "maybe test" and ending in _CODE_BUT_PYTHON) or _is_named_test(folder, name):
        return "test"
    if at == "example" and not (ending == "rs" and _CRATE.search(folder)):
        return "example"
    if "linguist-documentation" not in said and (at == "docs at top" or (at == "docs" and ending not in CODE)):
        return "docs"
    if (ending in _SHELL or lower.startswith("_")) and not _COMPLETION.isdisjoint(folder.split("/")):
        return "docs"  # lists all options for a shell
    if (at == "news" or _NEWS_NAME.match(lower)) and ending not in _NO_NEWS:
        return "docs"
    return _role_of_name(lower, ending, at, in_root=not folder)


def is_code(path: str) -> bool:
    """Tell whether a file is written in a programming language, from its ending."""
    return path.rpartition(".")[2].lower() in CODE


def is_change_log(path: str) -> bool:
    """Tell whether a file lists what changed from release to release."""
    folder, _, name = path.lower().rpartition("/")
    is_news = _NEWS_NAME.match(name) is not None or folder.rpartition("/")[2] in _NEWS
    return is_news and name.rpartition(".")[2] not in _NO_NEWS


def is_issue_form(path: str) -> bool:
    """Tell whether a file is a form for issues or pull requests: it speaks of everything, and is about nothing."""
    lowered = path.lower()
    if "template" not in lowered:  # as each of the names has it
        return False
    parts = lowered.split("/")
    return not _FORMS.isdisjoint(parts[:-1]) or parts[-1].partition(".")[0] in _FORMS


def _is_generated(at: _FolderRole, lower: str, ending: str) -> bool:
    if at == "generated" or lower in _GENERATED_NAMES or _GENERATED_NAME.search(lower) is not None:
        return True
    return at == "maybe generated" and ending in _WEB


def _is_named_test(folder: str, name: str) -> bool:
    """Tell whether a name makes a test; what is shipped to help with tests is called `test_case` and `TestResponse`."""
    if not is_test_name(name):
        return False
    parts = folder.split("/")
    if _SHIPPED.search(f"{folder}/") is not None:
        return False
    is_helper = "testing" in [part.lower() for part in parts[1:]] or (name.endswith(".rb") and "lib" in parts)
    return not is_helper or _SURE_TEST.search(name) is not None


def is_test_name(name: str) -> bool:
    """Tell whether a file's name alone makes it a test."""
    return _TEST_NAME.search(name.lower()) is not None or _TEST_CLASS_NAME.search(name) is not None


def is_setup(name: str) -> bool:
    """Tell whether a file's name alone makes it one of the build or of the configuration."""
    lower = name.lower()
    ending = lower.rpartition(".")[2] if "." in lower else ""
    return lower.endswith(".gradle.kts") or _role_of_name(lower, ending, "", in_root=False) in {"build", "config"}


def _role_of_name(lower: str, ending: str, at: _FolderRole, *, in_root: bool) -> Role:
    stem = lower.partition(".")[0]
    if ending in _DOCS_ENDINGS or (stem in _DOCS_NAMES and ending in {"", "txt"}):
        return "docs"
    if at == "ci" or lower in _BUILD_NAMES or ending in _BUILD_ENDINGS or _REQUIREMENTS.search(lower):
        return "build"
    if _CONFIG_NAME.search(lower) or ending in _CONFIG_ENDINGS:
        return "config"
    if ending in CODE:
        return "source"
    if at == "hidden":
        return "config"
    if ending == "txt" and in_root:
        return "docs"
    return "data" if ending in _DATA_ENDINGS else "source"


@lru_cache(maxsize=65536)
def _role_of_folder(folder: str) -> _FolderRole:
    parts = folder.split("/")
    top, names = parts[0], set(parts)
    is_shipped = _SHIPPED.search(f"{folder}/") is not None
    if names & _VENDORED:
        return "vendored"
    if names & _GENERATED:
        return "generated"
    is_test = (
        names & _TEST or top in _TEST_AT_TOP - {_SPEC} or _TEST_FOLDER.search(folder) or _TEST_SET.search(f"{folder}/")
    )
    if is_test and not is_shipped:
        return "test"
    if top == _SPEC:
        return _SPEC
    if _MAYBE_VENDORED in names:
        return "maybe vendored"
    if _MAYBE_GENERATED in names:
        return "maybe generated"
    if top in _DOCS:
        return "docs at top"
    if names & _EXAMPLE or top in _EXAMPLE_AT_TOP:
        return "example"
    if names & _NEWS:
        return "news"
    if names & _DOCS:
        return "docs"
    if names & _MAYBE_TEST and not is_shipped:
        return "maybe test" if names & (_MAYBE_TEST - {_SPEC}) else _SPEC
    if top in _CI:
        return "ci"
    return "hidden" if top.startswith(".") else ""


MARKS_WITHIN_BYTES = 2048
MINIFIED_WITHIN_BYTES = 8192
MINIFIED_LINE_BYTES = 1000

_MARK = lazy_pattern(
    rb"^[ \t]*(?://|#|/?\*|--|;|<!--|%|[\"']{3}|\.\. |REM |dnl )[^\n]{0,160}?(?:"
    rb"@generated\b|<auto-?generated|code generated (?:by|from) [^\n]{0,160}do not edit"
    rb"|(?:file|code) (?:is|was|has been) (?:auto(?:matically)?[- ]?)?generated"
    rb"|auto-?generated (?:by|from|file|code)|automatically generated (?:by|from|file|code)"
    rb"|generated by the protocol buffer compiler|generated from [^\n]{0,80}do not (?:edit|modify))",
    re.IGNORECASE | re.MULTILINE,
)


def is_marked_generated(head: bytes) -> bool:
    """Tell from the first 8 kB of a text whether a program wrote it: a mark in a comment, or no line breaks.

    The marks are those of linguist, of `go generate` and of the protocol compilers. They count in a comment near the
    top only, so that a generator's source, which holds one in a string further down, is not taken for its output.
    """
    start = head[:MARKS_WITHIN_BYTES]
    if b"generated" in start.lower() and _MARK.search(start):
        return True
    sample = head[:MINIFIED_WITHIN_BYTES]
    lines = sample.count(b"\n") + 1
    if len(sample) < 2 * MINIFIED_LINE_BYTES or len(sample) < lines * MINIFIED_LINE_BYTES:
        return False
    # Prose that is not wrapped has a space for every six letters; packed code has hardly any.
    return sample.count(b" ") < len(sample) // 12

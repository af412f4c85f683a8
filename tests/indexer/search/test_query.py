from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.search.query import MOST_CHARACTERS, Frame, read

ISSUE = """Cart.total rounds `half_even` wrongly

Since 2.1 the sum is off, see shop/cart.py and https://example.org/shop/blob/main/shop/money.py.
<!-- never mind this_template_text -->

```python
from shop.cart import Cart
Cart().total()
```

Traceback (most recent call last):
  File "/usr/lib/python3/shop/cart.py", line 12, in total
    return add_up(items)
  File "C:\\work\\shop\\money.py", line 3, in round_half
"""

REPEATED = (
    *("<!--", "<!-- -->", "+", "a/", "a\\", "a", "A", "Aa", "_", "a_", "at ", "at a.b ", "at a.py:1 ", "`", "` "),
    *(
        "a.",
        "a.b.",
        "(",
        "a(",
        "```\n",
        "~~~x\n",
        " ",
        "\n",
        "\t\n",
        "    x\n",
        'File "',
        'File "x", line 1\n',
        "http://",
    ),
    *(
        "中",
        "é",
        "1",
        "-",
        "--",
        ".",
        "#a",
        "a::",
        "a.py:",
        "a.py:1 ",
        "a.py:1 in a.",
        "x@",
        "\\",
        "../",
        ">>> x\n",
        "\0",
    ),
)


def test_a_task_is_read_into_the_places_where_its_names_stand() -> None:
    task = read(ISSUE)

    assert task.title == "Cart.total rounds `half_even` wrongly"
    assert task.names["half_even"] == 3
    assert task.names["Cart"] == 3
    assert task.names["total"] == 3
    assert task.names["add_up"] == 1
    assert task.dotted["Cart.total"] == 3
    assert task.dotted["shop.cart"] == 1
    assert task.paths["shop/cart.py"] == 2
    assert task.paths["example.org/shop/blob/main/shop/money.py"] == 2
    assert "this_template_text" not in task.names
    assert task.frames == (
        Frame("/usr/lib/python3/shop/cart.py", 12, "total"),
        Frame("C:/work/shop/money.py", 3, "round_half"),
    )


def test_words_count_where_they_stand_and_stop_words_do_not() -> None:
    task = read("Parsing the headers\n\nheaders are parsed\n\n```\nparse_header()\n```\n")

    assert task.terms == {
        "title": {"pars": 1, "header": 1},
        "prose": {"header": 1, "pars": 1},
        "code": {"pars": 1, "header": 1, "parse_header": 1},
    }


@pytest.mark.parametrize(
    ("line", "frame"),
    [
        ('  File "a/b.py", line 7, in run', Frame("a/b.py", 7, "run")),
        ("    at Object.run (/app/src/b.test.js:7:12)", Frame("/app/src/b.test.js", 7, "run")),
        ("    at /app/src/b.js:7:12", Frame("/app/src/b.js", 7, "")),
        ("src/b.rs:7:12", Frame("src/b.rs", 7, "")),
        ("b.test.ts:7", Frame("b.test.ts", 7, "")),
        ("\t/go/src/x/b.go:7 +0x1d", Frame("/go/src/x/b.go", 7, "")),
        ("from b.rb:7:in `run'", Frame("b.rb", 7, "run")),
        ("tests/test_b.py:7: AssertionError", Frame("tests/test_b.py", 7, "")),
    ],
)
def test_a_line_of_a_stack_trace_is_recognised(line: str, frame: Frame) -> None:
    frames = read(f"It fails\n\n{line}\n").frames

    assert [(f.path.lstrip("/"), f.line, f.name) for f in frames] == [(frame.path.lstrip("/"), frame.line, frame.name)]


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("see /abs/x.py.", {"abs/x.py"}),
        ("see a//b/c.py", {"b/c.py"}),
        ("see ./a/b.py and ../c.go", {"./a/b.py", "../c.go"}),
        ("see a\\b\\c.cs!", {"a/b/c.cs"}),
        ("+++ b/x.py", {"b/x.py"}),
        ("@scope/pkg/index.d.ts", {"@scope/pkg/index.d.ts"}),
        ("version 1.2.3, nothing else", set()),
        ("--file=x.toml,y.yml", {"x.toml", "y.yml"}),
        ("wie in ü/größe.py", {"ü/größe.py"}),
        ("/".join(["deep"] * 30) + "/x.py", {"/".join(["deep"] * 30) + "/x.py"}),
    ],
)
def test_paths_are_found_as_they_are_written(text: str, paths: set[str]) -> None:
    assert set(read(f"Title\n\n{text}\n").paths) == paths


def test_a_task_in_chinese_gives_pairs_of_characters() -> None:
    terms = read("购物车总价错误").terms["title"]

    assert {"购物", "物车", "总价", "错误"} <= terms.keys()


def test_neighbouring_words_are_looked_for_as_one_name() -> None:
    pairs = read("Allow trailing commas\n\nThe join-set is lost.").pairs

    assert {"trailingcommas", "trailing_comma", "allowtrailingcomma"} <= pairs.keys()
    assert (pairs["trailingcomma"], pairs["joinset"]) == (2.0, 1.0)
    assert "thejoin" not in pairs


@pytest.mark.parametrize(
    ("title", "scope"),
    [
        ("fix(compiler-core): keep slots", "compiler-core"),
        ("core/mapping: read numbers", "core/mapping"),
        ("[parser] reads too much", "parser"),
        ("Fix: reads too much", ""),
        ("Reads too much: why", ""),
    ],
)
def test_the_part_of_the_project_that_a_title_begins_with_is_known(title: str, scope: str) -> None:
    assert read(title).scope == scope


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Where are cookies parsed?", True),
        ("  how does the session keep its cookies?\n", True),
        ("In which file is the default timeout set?", True),
        ("Where are cookies parsed?\n\nI see a crash in `parse`.", False),
        ("Cookies are lost", False),
        ("Should cookies be kept? Keep them.", False),
    ],
)
def test_a_question_is_a_question_and_nothing_else(text: str, asks: bool) -> None:
    assert read(text).asks is asks


def test_line_ends_of_windows_change_nothing() -> None:
    assert read(ISSUE.replace("\n", "\r\n")) == read(ISSUE)


def test_what_an_unclosed_comment_precedes_is_kept() -> None:
    assert "still_here" in read("The `<!--` marker\n\n<!-- gone_text --> then <!-- and still_here").names
    assert "gone_text" not in read("The marker\n\n<!-- gone_text --> then <!-- and still_here").names


@given(st.text(max_size=2000))
def test_any_text_can_be_read(text: str) -> None:
    task = read(text)

    assert set(task.terms) == {"title", "prose", "code"}
    assert set(task.names.values()) <= {1, 2, 3}


@given(st.lists(st.sampled_from([*REPEATED, *ISSUE.split(" ")]), max_size=80).map("".join))
def test_any_mixture_of_what_the_patterns_look_for_can_be_read(text: str) -> None:
    read(text)


@pytest.mark.parametrize("part", REPEATED)
def test_a_megabyte_of_one_thing_is_read_in_no_time(part: str) -> None:
    text = "Title\n" + part * (1_000_000 // len(part))
    started = time.process_time()

    read(text)

    assert time.process_time() - started < 1.5


def test_reading_takes_time_in_proportion_to_the_text() -> None:
    text = ISSUE * (MOST_CHARACTERS // len(ISSUE))
    took = []
    for part in (text[: len(text) // 4], text):
        started = time.process_time()
        read(part)
        took.append(time.process_time() - started)

    assert took[1] < 8 * took[0] + 0.2


@pytest.mark.parametrize(
    "text",
    [
        "请看src/shop/cart.py里的Cart.total方法，round_half不对",
        "カートのCart.totalがround_halfで壊れる。src/shop/cart.pyを見て",
        "장바구니의Cart.total이round_half에서틀림 src/shop/cart.py를보라",
    ],
)
def test_names_beside_characters_of_east_asia_are_found(text: str) -> None:
    for written in (text, f"标题\n\n{text}"):
        task = read(written)

        assert "src/shop/cart.py" in task.paths
        assert "Cart.total" in task.dotted
        assert {"Cart", "total", "round_half"} <= task.names.keys()


def test_a_file_whose_name_mixes_scripts_is_found() -> None:
    assert "文档/购物cart.md" in read("标题\n\n见 文档/购物cart.md").paths


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Metrics: deploy marks are missing\n\nDeploy marks should be drawn", {"Metrics"}),
        ("Config should reload\n\nA config is read once", set()),
        ("Files are kept\n\nA file is never removed", set()),
        ("The Deploy class is wrong", {"The", "Deploy"}),
        ("`Deploy` is wrong\n\nA deploy is lost", {"Deploy"}),
        ("DeployMark is lost\n\nA deploymark is lost", {"DeployMark"}),
    ],
)
def test_a_word_that_the_task_also_has_in_small_letters_is_no_name(text: str, names: set[str]) -> None:
    assert read(text).names.keys() == names

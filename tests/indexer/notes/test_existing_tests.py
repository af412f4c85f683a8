"""The tests that an edit concerns: named with their own lines, by what exercises the edit and by the task's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.indexer.notes.suite_blocks import find_blocks
from noctule.indexer.serve.repository import Repository
from noctule.indexer.symbols import Span
from tests.repositories import Repository as Made

FILES = {
    "lib/cart.js": """export class Cart {
  removeItem(name) {
    this.items = this.items.filter((item) => item.name !== name)
  }

  addItem(name) {
    this.items.push({ name })
  }
}
""",
    "test/cart.test.js": """import { Cart } from '../lib/cart'

describe('Cart', () => {
  it('adds an item', () => {
    const cart = new Cart()
    cart.addItem('pear')
    expect(cart.items).toHaveLength(1)
  })

  it('removes an item by its name', () => {
    const cart = new Cart()
    cart.removeItem('pear')
    expect(cart.items).toHaveLength(0)
  })
})
""",
    "test/cart.test.snap": "exports[`Cart removes`] = 1;\n",
    "test/other.test.js": """it('does something else', () => {
  expect(1).toBe(1)
})
""",
    "README.md": "A shop.\n",
}
TASK = "Cart: removeItem also removes items whose name begins alike\n\nRemoving `pear` takes `pearl` out of the cart."


def ask(made: Made, cache: Path, task: str = TASK) -> list[str]:
    """Return the lines of a pack that name tests, and the headings of those that it quotes."""
    repository = Repository.open(made.root, cache=cache)
    repository.sleep()
    lines = repository.context(task).text.split("\n")
    return [line for line in lines if line.startswith("- tests: ") or line.endswith(" (the nearest test)")]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(tmp_path / "shop")
    made.commit("Begin", FILES)
    return made


def test_the_nearest_test_of_an_edit_is_quoted_and_another_one_named_with_its_snapshot(
    made: Made, tmp_path: Path
) -> None:
    assert ask(made, tmp_path / "cache") == [
        "== test/cart.test.js:10-14 removes an item by its name (the nearest test)",
        "- tests: test/cart.test.js:4-8 adds an item; around 1-15 (expects test/cart.test.snap)",
    ]


def test_the_test_with_the_name_of_the_edited_file_comes_before_one_with_more_of_the_words(
    made: Made, tmp_path: Path
) -> None:
    made.commit(
        "Test the till",
        {
            "test/till.test.js": """import { Cart } from '../lib/cart'

it('removes an item whose name begins alike from the cart: pear, pearl', () => {
  const cart = new Cart()
  cart.removeItem('pear')
  cart.removeItem('pearl')
})
""",
        },
    )

    assert ask(made, tmp_path / "cache")[0].startswith("== test/cart.test.js:")


def test_a_test_file_that_has_changed_is_not_named(made: Made, tmp_path: Path) -> None:
    repository = Repository.open(made.root, cache=tmp_path / "cache")
    repository.sleep()
    (made.root / "test/cart.test.js").write_text("// empty\n")

    assert "- tests: test/cart.test.js" not in repository.context(TASK).text


def test_blocks_with_titles_end_where_their_depth_does() -> None:
    lines = FILES["test/cart.test.js"].split("\n")

    assert [(block.name, block.span, block.titles) for block in find_blocks(lines, [], "javascript")] == [
        ("Cart", Span(2, 15), "Cart"),
        ("adds an item", Span(3, 8), "Cart adds an item"),
        ("removes an item by its name", Span(9, 14), "Cart removes an item by its name"),
    ]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ruby", 'describe "Till" do\n  it "adds up" do\n    ok\n  end\nend\n', [("Till", 0, 5), ("adds up", 1, 4)]),
        ("elixir", 'test "adds up" do\n  assert 1\nend\n', [("adds up", 0, 3)]),
        ("cpp", "TEST(Till, AddsUp)\n{\n  f();\n}\n\nint x;\n", [("Till, AddsUp", 0, 4)]),
        ("typescript", "it(\n  'adds up',\n  () => {\n  },\n)\n", [("adds up", 0, 5)]),
        ("typescript", "it.each([1, 2])('adds %d', () => {\n  f()\n})\n", [("adds %d", 0, 3)]),
        ("scala", '"a till" should "add up" in {\n  sum()\n}\n', [("a till", 0, 3)]),
        ("scala", 'it should "be empty" in {\n  sum()\n}\n', [("be empty", 0, 3)]),
        ("kotlin", '"adds up" {\n  sum()\n}\n', [("adds up", 0, 3)]),
        ("go", 'It("adds up", func() {\n\tsum()\n})\n', [("adds up", 0, 3)]),
        ("swift", 'it("adds up") {\n  sum()\n}\n', [("adds up", 0, 3)]),
        ("php", "test('adds up', function () {\n  sum();\n});\n", [("adds up", 0, 3)]),
        ("dart", "group('till', () {\n  sum();\n});\n", [("till", 0, 3)]),
        ("javascript", "fit('adds up', () => {\n  sum()\n})\n", [("adds up", 0, 3)]),
        ("python", 'it("is no test")\n', []),
    ],
)
def test_titles_are_read_as_each_language_writes_them(
    language: str, text: str, expected: list[tuple[str, int, int]]
) -> None:
    found = find_blocks(text.split("\n"), [], language)

    assert [(block.name, block.span.start, block.span.stop) for block in found] == expected


def test_a_function_that_helps_tests_is_none(tmp_path: Path) -> None:
    made = Made(tmp_path / "shop")
    helper = """export function verifyRemoveItem(cart, name) {
  // removes an item by its name: items whose name begins alike stay in the cart
  cart.removeItem(name)
  expect(cart.items.filter((item) => item.name === name)).toHaveLength(0)
}
"""
    text = FILES["test/cart.test.js"].replace("describe(", f"{helper}\ndescribe(")
    made.commit("Begin", {**FILES, "test/cart.test.js": text})

    lines = ask(made, tmp_path / "cache")

    assert any("removes an item by its name" in line for line in lines)
    assert "verify" not in "".join(lines)


def test_the_test_of_the_edited_file_is_named_also_if_its_cases_are_one_long_table(made: Made, tmp_path: Path) -> None:
    cases = "".join(f"  {{ code: 'pear {n}' }},\n" for n in range(200))
    made.commit(
        "Add rules",
        {
            "lib/no-pear.js": "export function report(code) {\n  return code.includes('pear')\n}\n",
            "test/no-pear.js": f"import {{ report }} from '../lib/no-pear'\n\nrun('no-pear', report, [\n{cases}])\n",
        },
    )

    assert (
        ask(made, tmp_path / "cache", "no-pear: report finds a pear in pearl too")[0]
        == "- tests: test/no-pear.js:1-204 cases"
    )


def test_source_without_a_test_in_it_is_named_as_no_test_and_the_tests_elsewhere_are(tmp_path: Path) -> None:
    made = Made(tmp_path / "shop")
    made.commit(
        "Begin",
        {
            "src/bin/shop/cart.rs": "pub fn remove_item(items: &mut Vec<String>, name: &str) {\n"
            "    items.retain(|item| item != name);\n}\n",
            "tests/all.rs": '#[test]\nfn removed_item_is_gone() {\n    shop().arg("remove").assert();\n}\n',
        },
    )

    (line,) = ask(made, tmp_path / "cache", "cart: remove_item leaves the removed item in the cart")

    assert line == "- tests: tests/all.rs:1-4 removed_item_is_gone"


def test_a_file_of_cases_is_named_if_it_has_the_name_of_the_edited_file(made: Made, tmp_path: Path) -> None:
    made.commit(
        "Add rules",
        {
            "lib/no_pear.js": "export function report(code) {\n  return code.includes('pear')\n}\n",
            "test/fixtures/no_pear.yml": "pass: pear\nfail: pearl\n",
            "test/fixtures/no_plum.yml": "pass: plum\nfail: plums\n",
        },
    )

    lines = ask(made, tmp_path / "cache", "no_pear: report finds a pear in pearl too")

    assert "- tests: test/fixtures/no_pear.yml:1-2 cases" in lines
    assert "no_plum" not in str(lines)

"""What is shown of a long definition: whole blocks in which words of the task meet."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.search.blocks import blocks_around, find_openers
from noctule.indexer.search.condense import LongDefinition

LINE = st.builds(lambda depth, text: " " * depth + text, st.integers(0, 6), st.sampled_from(["", "x", "if y:"]))

LINES = ["def build(headers):"] + [f"    step_{n} = compute({n})" for n in range(100)] + ["    return step_99"]


@given(st.lists(LINE, min_size=1, max_size=14))
def test_the_blocks_around_a_line_begin_at_ever_less_deep_lines(lines: list[str]) -> None:
    openers = find_openers(lines)

    for at, line in enumerate(lines):
        wanted, depth = set(), len(line) - len(line.lstrip())
        for n in reversed(range(at)):
            text = lines[n].lstrip()
            if text and len(lines[n]) - len(text) < depth:
                wanted.add(n)
                depth = len(lines[n]) - len(text)
        assert blocks_around(openers, at) == wanted


BRANCHES = """int parse(struct state *s)
{
    switch (s->at)
    {
    case state_string:
        if (s->flags & STRICT)
        {
            reject_controls(s);
            s->string = take_string(s);
        }
        read_string(s);
        break;

#ifdef WIDE
    case state_number:
        read_sign(s);
        /* the format forbids leading zeros */
        if (s->flags & STRICT)
        {
            check(s);
        }
        read_digits(s);
        break;
#endif

    case state_null:
        if (s->flags & STRICT)
        {
            expect(s, "null");
            s->null = 1;
        }
        read_null(s);
        break;
    }
    return s->at;
}""".split("\n")
TASK = {"strict": 1.0, "number": 1.0, "lead": 1.0, "zero": 1.0}


def shown(lines: list[str], worth: dict[str, float], most: int, quoted: tuple[int, ...] = ()) -> list[str]:
    return [line for start, stop in LongDefinition(lines, worth, quoted).choose(most) for line in lines[start:stop]]


def test_the_branch_is_shown_whole_in_which_most_words_of_the_task_meet() -> None:
    found = shown(BRANCHES, TASK, 14)

    assert found[:2] == BRANCHES[:2]
    assert "\n".join(BRANCHES[14:23]) in "\n".join(found)
    assert not any("null" in line for line in found)


def test_a_word_that_stands_in_every_branch_chooses_none() -> None:
    assert "        check(s);" not in shown(BRANCHES, {"strict": 1.0, "null": 0.5}, 12)
    assert '            expect(s, "null");' in shown(BRANCHES, {"strict": 1.0, "null": 0.5}, 12)


def test_a_line_that_the_task_quotes_comes_first() -> None:
    found = shown(BRANCHES, TASK, 10, quoted=(7,))

    assert "            reject_controls(s);" in found
    assert "        read_sign(s);" not in found


def test_an_inner_definition_that_the_task_names_comes_before_words() -> None:
    lines = ["function enable() {", *["  step(path);"] * 30, "  function apply() {", *["    run(path);"] * 8, "  }"]
    lines += [*["  other(patch, path, null);"] * 30, "}"]

    runs = LongDefinition(lines, {"patch": 1.0, "null": 1.0}, named=[(31, 41)]).choose(14)

    assert any(start <= 31 and stop >= 41 for start, stop in runs)


def test_what_is_left_of_a_block_or_of_the_definition_is_shown_where_it_is_little() -> None:
    lines = ["def total(cart):", *["    count(cart)"] * 60, "    for price in cart:", *["        add(price)"] * 20]
    lines += ["    return sum", "    # end"]

    assert LongDefinition(lines, {"pric": 1.0}).choose(22) == [(0, 1), (61, 84)]


def test_gaps_of_a_few_lines_are_filled() -> None:
    lines = ["def total(cart):", *["    log(cart)", ""] * 40]
    lines[31] = lines[37] = "    add(price)"

    runs = LongDefinition(lines, {"pric": 1.0}).choose(12)

    assert all(second[0] - first[1] >= 5 for first, second in pairwise(runs))
    assert len(runs) == 2


def test_no_more_lines_are_shown_than_asked_for_and_the_rest_of_a_block() -> None:
    for lines in (LINES, BRANCHES * 5):
        long = LongDefinition([f"{line}  # proxy" for line in lines], {"proxy": 3.0})
        for most in (10, 14, 36, 60):
            assert sum(stop - start for start, stop in long.choose(most)) <= 1.2 * most + 4


@given(st.lists(LINE, min_size=1, max_size=30), st.integers(1, 30), st.sets(st.integers(0, 40), max_size=3))
def test_any_lines_give_runs_in_order(lines: list[str], most: int, quoted: set[int]) -> None:
    runs = LongDefinition(lines, {"x": 1.0, "if": 0.0}, quoted).choose(most)

    assert runs[0][0] == 0
    assert all(first < last for first, last in runs)
    assert all(first[1] < second[0] for first, second in pairwise(runs))
    assert runs[-1][1] <= len(lines)

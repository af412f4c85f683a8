"""Several thoughts become one note: who agrees, who weighs more, what fits; the same whatever came back first."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.model_notes.store import KINDS, Proof, VerifiedClaim
from noctule.indexer.think.merge import fitting, merge
from noctule.indexer.tokens import count


def claim(text: str, start: int = 10, confidence: float = 0.8, kind: str = "breaks", commit: str = "") -> VerifiedClaim:
    proof = Proof("", 0, (), commit) if commit else Proof("shop/core.py", start, (1, 2, 3))
    return VerifiedClaim(text, kind, (proof,), confidence)


A = "A change to `area` also changes what `price` asks for."
B = "What `price` asks for changes with a change to `area`."
C = "Offers are the sum of prices, so a discount on one reaches all."


def test_those_who_say_the_same_on_the_same_lines_vote_together() -> None:
    (one,) = merge([[claim(A, 10, 0.6)], [claim(B, 12, 0.8)]])

    assert (one.text, one.votes, one.confidence) == (B, 2, 0.7)


def test_other_lines_another_kind_or_another_matter_are_other_claims() -> None:
    assert len(merge([[claim(A, 10)], [claim(B, 13)]])) == 2
    assert len(merge([[claim(A, 10)], [claim(B, 10, kind="purpose")]])) == 2
    assert len(merge([[claim(A, 10)], [claim(C, 10)]])) == 2
    assert len(merge([[claim(A, commit="a")], [claim(B, commit="b")]])) == 2
    assert len(merge([[claim(A, commit="a")], [claim(B, commit="a")]])) == 1


def test_one_thought_has_one_vote_however_often_it_says_so() -> None:
    (one,) = merge([[claim(A), claim(B), claim(A)]])

    assert one.votes == 1


def test_what_more_agree_on_comes_first() -> None:
    found = merge([[claim(C, 40, 0.9), claim(A, 10, 0.5)], [claim(A, 10, 0.5)], [claim(B, 11, 0.5)]])

    assert [(one.text, one.votes) for one in found] == [(A, 3), (C, 1)]


def test_a_shorter_claim_takes_the_place_of_one_that_does_not_fit() -> None:
    long, short = claim("Word " * 40), claim(C)
    room = count(C) + 2

    assert fitting([long, short], room) == [short]
    assert fitting([long, short], 0) == []


_CLAIMS = st.lists(
    st.builds(
        claim,
        st.sampled_from([A, B, C]),
        st.integers(0, 20),
        st.sampled_from([0.2, 0.5, 0.9]),
        st.sampled_from(KINDS),
    ),
    max_size=5,
)


@given(st.lists(_CLAIMS, max_size=4), st.integers(0, 200))
def test_a_merge_is_bounded_and_the_same_each_time(thoughts: list[list[VerifiedClaim]], tokens: int) -> None:
    found = fitting(merge(thoughts), tokens)

    assert found == fitting(merge(thoughts), tokens)
    assert sum(count(one.text) for one in found) <= tokens
    assert all(1 <= one.votes <= len(thoughts) for one in found)
    assert {one.text for one in found} <= {one.text for claims in thoughts for one in claims}


def test_equal_thoughts_merge_the_same_in_any_order() -> None:
    thoughts = [[claim(A, 10, 0.6)], [claim(B, 11, 0.6)], [claim(C, 30, 0.4)]]

    assert len({tuple(merge(order)) for order in permutations(thoughts)}) == 1

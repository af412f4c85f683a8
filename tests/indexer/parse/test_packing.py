"""Facts as bytes: whatever a front end collects comes back as it was."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from noctule.indexer.parse.facts.model import Binding, Class, Facts, Function, ImportedName, Scope
from noctule.indexer.parse.facts.packing import from_plain, pack, to_plain, unpack, unpack_uses

NUMBERS = st.sampled_from([-1, 0, 1, 127, 128, 255, 256, 32_767, 65_535, 65_536, 2**31 - 1])
NAMES = st.text(alphabet="abé_", min_size=1, max_size=3)
EXPRESSIONS = st.recursive(
    st.none() | NAMES,
    lambda inner: st.tuples(st.just("a"), inner, NAMES) | st.tuples(st.just("c"), inner),
    max_leaves=4,
)
BINDINGS = st.builds(
    Binding, st.integers(0, 6), EXPRESSIONS, EXPRESSIONS | st.booleans(), NUMBERS, NUMBERS, NUMBERS, st.booleans()
)
SCOPES = st.builds(
    Scope, NUMBERS, NUMBERS, NUMBERS, st.dictionaries(NAMES, st.lists(BINDINGS, min_size=1, max_size=3), max_size=4)
)
USES = st.dictionaries(
    st.tuples(NUMBERS, st.just(0) | EXPRESSIONS, NAMES), st.lists(NUMBERS, min_size=1, max_size=4), max_size=6
)
FACTS = st.builds(
    Facts,
    st.just("python"),
    NAMES,
    st.lists(SCOPES, max_size=4),
    st.just([Class("A", 0, 1, ("B",), {"x": [(2, None, "int", 3, -1)]}, "class", ())]),
    st.just([Function("f", 1, 2, 0, None, ["x"], 3, ["self"], ())]),
    st.just([ImportedName("os", "path", 4, "")]),
    USES,
    st.none() | st.lists(NAMES, max_size=2),
    st.lists(st.tuples(EXPRESSIONS, NAMES, BINDINGS), max_size=2),
)


@given(FACTS)
@example(
    Facts("go", "", [Scope(-1, -1, -1, {"x": [Binding(0, None, None, -1, 300, -1, True)]})], [], [], [], {}, None, [])
)
def test_facts_come_back_as_they_were(facts: Facts) -> None:
    packed = pack(facts)

    found = unpack(packed)

    assert repr(found) == repr(facts._replace(uses={}))
    assert unpack_uses(packed) == facts.uses
    assert list(unpack_uses(packed)) == list(facts.uses)


@given(FACTS)
def test_facts_come_back_from_plain_values(facts: Facts) -> None:
    plain = to_plain(pack(facts), is_setting=False)

    assert repr(to_plain(from_plain(plain), is_setting=False)) == repr(plain)

"""What functions give that hold a value for a component (React, Preact, Vue), those of AVA, and of JavaScript itself.

Knows no tree: expressions in, expressions out.
"""

from __future__ import annotations

from collections.abc import Sequence

from noctule.indexer.parse.facts.builder import unite, wrap
from noctule.indexer.parse.facts.model import Expr

MODULES = frozenset(
    {
        "react",
        "preact",
        "preact/hooks",
        "preact/compat",
        "@preact/signals",
        "@preact/signals-core",
        "@preact/signals-react",
        "vue",
        "@vue/composition-api",
        "@vue/reactivity",
        "@vue/runtime-core",
    }
)
"""Their modules."""
RUNNER = "ava"
"""The module of a test runner that hands what a macro says to the functions beside it."""

_TEXT = ("l", "string", ())
_HELD = dict.fromkeys(("useRef", "createRef", "ref", "shallowRef", "signal", "useSignal"), "Ref")
_CALLED = dict.fromkeys(("computed", "useComputed"), "Ref")
_SAME = frozenset({"memo", "forwardRef", "reactive", "shallowReactive", "readonly", "useCallback", "markRaw", "toRaw"})


def call_framework(name: str, values: Sequence[Expr], types: Sequence[Expr]) -> Expr:
    """Return what a function of a framework gives that is called with values, or with types that are written down."""
    value = values[0] if values else None
    told = wrap("I", types[0]) if types else None
    if name == "useState":
        return _state(told if told is not None else wrap("c", value) if _is_written(value) else value)
    if name == "useReducer":
        start = values[1] if len(values) > 1 else None
        action = None if value is None else ("I", ("p", value, 1))
        state = start if value is None else ("??", ("c", value), start)
        return ("T", (state, ("l", "Dispatch", (action,))))
    if name in _HELD:
        return ("l", _HELD[name], (value if told is None else told,))
    if name in _CALLED:
        return ("l", _CALLED[name], (wrap("c", value) if told is None else told,))
    if name == "useMemo":
        return wrap("c", value) if told is None else told
    if name == "createContext":
        return ("l", "Context", (value if told is None else told,))
    if name in {"useContext", "use"}:
        return wrap("x", value)
    if name == "lazy":
        return None if value is None else ("a", ("y", ("c", value)), "default")
    return value if name in _SAME else None


def _state(value: Expr) -> Expr:
    return ("T", (value, ("l", "Dispatch", (("l", "SetStateAction", (value,)),))))


def _is_written(value: Expr) -> bool:
    """Tell whether a value is a function that is written in place."""
    return isinstance(value, tuple) and value[0] == "d"


def expect_of_macro(values: Sequence[Expr]) -> Expr:
    """Return the type that a test expects next after its title and a macro, which lists it in its type, or takes it."""
    first = 1 if values and values[0] in {None, _TEXT} else 0
    if len(values) <= first or values[first] is None:
        return None
    macro, position = values[first], len(values) - first - 1
    return ("??", ("V", ("t", ("x", macro), position)), ("p", macro, position + 1))


def call_runner(name: str, values: Sequence[Expr], types: Sequence[Expr]) -> Expr:
    """Return what a member of AVA's gives: the function of a macro, or the error that something throws."""
    value = values[0] if values else None
    if name == "macro":
        return None if value is None else ("??", ("a", value, "exec"), value)
    if name not in {"throws", "throwsAsync"}:
        return None
    expected = values[1] if len(values) > 1 else None
    error = wrap("I", types[0]) if types else None if expected is None else ("n", ("a", expected, "instanceOf"))
    return ("l", "Promise", (error,)) if name == "throwsAsync" and error is not None else error


def call_language(called: Expr, values: Sequence[Expr]) -> Expr:
    """Return what a function of JavaScript gives that passes on what is put into it."""
    value = values[0] if values else None
    if value is None or not isinstance(called, tuple) or called[0] != "a":
        return None
    if called[1] == "Object":
        if called[2] in {"freeze", "seal"}:
            return value
        if called[2] == "assign":
            return unite(values)
        if called[2] == "values":
            return ("l", "Array", (("i", value, ()),))
        if called[2] == "entries":
            return ("l", "Array", (("T", (None, ("i", value, ()))),))
    if called == ("a", "Array", "from") and len(values) == 1:
        return ("l", "Array", (("e", value),))
    if called == ("a", "Promise", "all"):
        return _await_all(value)
    if called == ("a", "Promise", "resolve"):
        return ("l", "Promise", (value,))
    return None


def _await_all(given: Expr) -> Expr:
    """Return the promise of all that a list of promises gives."""
    if isinstance(given, tuple) and given[0] == "l" and len(given) > 3:
        return ("l", "Promise", (("T", tuple(("y", item) if item is not None else None for item in given[3])),))
    return ("l", "Promise", (("l", "Array", (("y", ("e", given)),)),))

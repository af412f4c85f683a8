"""What a few types and functions of the languages' own libraries do with what is put into them. No repository."""

from __future__ import annotations

from typing import Any

Type = Any

PASSING = {
    "cast": "object",
    "type": "class",
    "next": "element",
    "anext": "element",
    "iter": "same",
    "aiter": "same",
    "reversed": "same",
    "list": "list",
    "tuple": "list",
    "set": "list",
    "frozenset": "list",
    "sorted": "list",
    "copy": "same",
    "deepcopy": "same",
    "max": "element",
    "min": "element",
    "enumerate": "pairs",
    "zip": "pairs",
    "gather": "gathered",
    "enter_context": "entered",
    "enter_async_context": "entered",
}
"""Functions whose result follows from their first arguments."""

_TRANSPARENT = frozenset(
    {"Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "InitVar", "Optional"}
)
MAPPINGS = frozenset(
    {
        "dict",
        "Dict",
        "Mapping",
        "MutableMapping",
        "DefaultDict",
        "defaultdict",
        "OrderedDict",
        "Map",
        "HashMap",
        "Hash",
        "map",
        "TreeMap",
        "LinkedHashMap",
        "ConcurrentHashMap",
        "ConcurrentMap",
        "WeakMap",
        "Record",
        "BTreeMap",
        "IndexMap",
        "ChainMap",
        "WeakKeyDictionary",
        "WeakValueDictionary",
        "ReadonlyMap",
        "Dictionary",
        "IDictionary",
        "IReadOnlyDictionary",
        "ConcurrentDictionary",
        "SortedMap",
        "MutableMap",
        "unordered_map",
        "multimap",
    }
)
_PAIRED = frozenset(
    {"Map", "MutableMap", "HashMap", "LinkedHashMap", "BTreeMap", "IndexMap", "map", "unordered_map", "multimap"}
)
"""Maps that are iterated over by pairs, in the languages that iterate over them at all."""
_AWAITED = frozenset({"Awaitable", "Coroutine", "Promise", "PromiseLike", "Future", "Task", "ValueTask"})
_CONTEXTS = frozenset(
    {"ContextManager", "AbstractContextManager", "AsyncContextManager", "AbstractAsyncContextManager"}
)


def construct(option: Type) -> Type:
    """Return what calling a library's type gives."""
    return ("e", option[1], option[2])


def make_instance(option: Type) -> Type:
    """Return what a thing is that is declared to be of a library's type."""
    name, arguments = option[1], option[2]
    if name in {"type", "Type"}:
        return arguments[0] if arguments else None
    if name in _TUPLES and len(arguments) > 1:
        return ("t", arguments)
    return ("e", name, arguments)


def generic(option: Type, arguments: tuple[Type, ...]) -> Type:
    """Return a library's type with arguments, which are types themselves."""
    name = option[1]
    if name in {"Union", "Optional"} or name in _TRANSPARENT:
        kept = arguments if name == "Union" else arguments[:1]
        found = [t for a in kept if a is not None for t in (a[1] if a[0] == "|" else (a,))]
        return None if not found else found[0] if len(found) == 1 else ("|", tuple(found))
    if name in {"type", "Type"}:
        return ("k", name, arguments)
    return ("k", name, tuple(_object(a) for a in arguments))


def _object(type_: Type) -> Type:
    if type_ is None:
        return None
    kind = type_[0]
    if kind == "c":
        return ("i", type_[1], type_[2])
    if kind == "k":
        return make_instance(type_)
    if kind == "|":
        return ("|", tuple(o for o in map(_object, type_[1]) if o is not None))
    return type_


def take_receiver(taking: tuple[Type, ...]) -> Type:
    """Return what a function of the only type that is expected is called on."""
    return item(taking[0]) if len(taking) == 1 and taking[0][:2] == ("e", "Receiver") else None


def await_result(option: Type) -> Type:
    """Return what awaiting a library's object gives."""
    return option[2][-1] if option[0] == "e" and option[1] in _AWAITED and option[2] else None


_TUPLES = frozenset({"tuple", "Tuple"})
"""Types whose arguments are what stands at each position, where there are several."""
_POINTERS = frozenset({"iterator", "unique_ptr", "shared_ptr", "optional", "make_unique", "make_shared"})


def follow(option: Type) -> Type:
    """Return what a pointer points to; a plain one is not told apart from it."""
    return item(option) if option[0] == "e" and option[1] in _POINTERS else option


FUNCTIONS = {
    **dict.fromkeys(("Function", "BiFunction", "Func", "PartialFunction"), "last"),
    **dict.fromkeys(("Supplier", "Callable"), "result"),
    **dict.fromkeys(("Consumer", "BiConsumer", "Predicate", "BiPredicate", "Action", "ToIntFunction"), "parameters"),
    **dict.fromkeys(("ToLongFunction", "ToDoubleFunction", "ToIntBiFunction", "ObjIntConsumer"), "parameters"),
    **dict.fromkeys(("UnaryOperator", "BinaryOperator", "SetStateAction"), "same"),
    **dict.fromkeys(("Comparator", "Comparison"), "pair"),
}
"""Types whose objects are functions, and what their arguments say: of the parameters and, at last, of the result."""


def parameter(option: Type, position: int) -> Type:
    """Return what a function of a library's type is passed."""
    kind, arguments = FUNCTIONS.get(option[1]), option[2]
    if kind in {"same", "pair"}:
        return arguments[0] if arguments and position < 2 else None
    count = len(arguments) - 1 if kind == "last" else len(arguments) if kind == "parameters" else 0
    return arguments[position] if position < count else None


def result(option: Type) -> Type:
    """Return what calling an object of a library's type gives."""
    gives = FUNCTIONS.get(option[1]) in {"last", "result", "same"}
    return option[2][-1] if gives and option[2] else None


BY_POSITION = frozenset({"pair", "Pair", "Triple", "tuple", "Tuple", "ValueTuple", "Entry", "KeyValuePair", "Either"})
"""Types whose arguments are what is unpacked at each position."""
_PARTS = {
    **{"first": 0, "second": 1, "third": 2, "_1": 0, "_2": 1, "_3": 2},
    **{"key": 0, "Key": 0, "getKey": 0, "value": 1, "Value": 1, "getValue": 1, "Item1": 0, "Item2": 1},
}
"""Members of such types, by the position of what they give; accessors begin with `get`."""
_OF_FIRST = frozenset(
    (
        "Result Generator AsyncGenerator Iterator AsyncIterator IterableIterator HashSet Vec VecDeque BTreeSet "
        "vector array deque list forward_list set multiset unordered_set queue stack priority_queue span "
        "unique_ptr shared_ptr expected basic_string"
    ).split()
)
"""Types that hold what their first argument says, though they have more."""
_KEYED = ("Map", "Cache", "Dictionary", "Table", "MultiMap")
"""How the names of other types end that hold values by keys."""


def half(items: tuple[Type, ...], name: str) -> Type:
    """Return a part of a pair by its name."""
    position = _PARTS.get(name, len(items))
    return items[position] if position < len(items) else None


def unpack(option: Type, position: int) -> Type:
    """Return what unpacking a library's object gives at a position."""
    if option[1] in BY_POSITION and len(option[2]) > 1:
        return option[2][position] if position < len(option[2]) else None
    return element(option)


def content(option: Type) -> Type:
    """Return what a library's object holds, by the arguments of its type."""
    name, arguments = option[1:3]
    if name in FUNCTIONS:
        return None
    if len(arguments) < 2:
        return arguments[0] if arguments else None
    if name in BY_POSITION:
        return None
    if name in _OF_FIRST or not any(arguments[1:]):
        return arguments[0]
    return arguments[1] if len(arguments) == 2 and name.endswith(_KEYED) else None


def key(option: Type) -> Type:
    """Return what the keys of a library's object are; a channel of Go has no other than what comes out of it."""
    if option[:2] == ("e", "Chan"):
        return content(option)
    return option[2][0] if option[0] == "e" and option[1] in MAPPINGS and option[2] else None


def item(option: Type) -> Type:
    """Return an element of a library's container."""
    if option[1] in MAPPINGS and option[2]:
        return option[2][min(1, len(option[2]) - 1)]
    return content(option)


def element(option: Type) -> Type:
    """Return what iterating over a library's container gives."""
    if option[1] in _PAIRED and len(option[2]) > 1:
        return ("t", option[2][:2])
    if option[1] in {"Dictionary", "IDictionary", "IReadOnlyDictionary", "ConcurrentDictionary"}:
        return ("e", "KeyValuePair", option[2]) if option[2] else None
    return option[2][0] if option[1] in MAPPINGS and option[2] else content(option)


def enter(option: Type) -> Type:
    """Return what entering a library's context gives."""
    return option[2][0] if option[1] in _CONTEXTS and option[2] else None

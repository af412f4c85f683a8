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
_MAPPINGS = frozenset(
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
_GIVES_VALUE = frozenset(
    (
        "get pop popleft setdefault __getitem__ at shift find first last "  # Python, JavaScript, Java
        "unwrap expect unwrap_or unwrap_or_default unwrap_or_else lock borrow borrow_mut get_mut next "  # Rust
        "pop_front pop_back peek first_mut last_mut "
        "front back top value value_or "  # C++
        "getValue getOrDefault getOrNull getOrPut firstOrNull lastOrNull single singleOrNull random "  # Kotlin
        "orElse orElseGet orElseThrow computeIfAbsent computeIfPresent putIfAbsent getOrElse head "  # Java, Scala
        "get_or_insert_with or_default or_insert or_insert_with getOrElseUpdate"
    ).split()
)
_GIVES_SAME = frozenset(
    {
        "copy",
        "values",
        "filter",
        "slice",
        "concat",
        "reverse",
        "sort",
        "iterator",
        "stream",
        "iter",
        "iter_mut",
        "into_iter",
        "toArray",
        "as_ref",
        "as_mut",
        "as_deref",
        "take",
        "cloned",
        "clone",
        "ok",
        "rev",
        "ConfigureAwait",
        "skip",
        *(
            "findFirst findAny parallelStream limit distinct toList toSet toMutableList asSequence asReversed reversed "
            "shuffled drop dropLast takeLast tail filterNotNull plus minus to_vec peekable step_by headOption "
            "lastOption toSeq toVector toMutableSet parallel sequential unmodifiableList"
        ).split(),
    }
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
_POINTERS = frozenset({"unique_ptr", "shared_ptr", "optional", "make_unique", "make_shared"})
_SEARCHED = frozenset({"map", "unordered_map", "multimap", "set", "unordered_set"})
"""Their `find` gives a position in C++."""


def follow(option: Type) -> Type:
    """Return what a pointer points to; a plain one is not told apart from it."""
    return item(option) if option[0] == "e" and option[1] in _POINTERS else option


_FUNCTIONS = {
    **dict.fromkeys(("Function", "BiFunction", "Func", "PartialFunction"), "last"),
    **dict.fromkeys(("Supplier", "Callable"), "result"),
    **dict.fromkeys(("Consumer", "BiConsumer", "Predicate", "BiPredicate", "Action", "ToIntFunction"), "parameters"),
    **dict.fromkeys(("ToLongFunction", "ToDoubleFunction", "ToIntBiFunction", "ObjIntConsumer"), "parameters"),
    **dict.fromkeys(("UnaryOperator", "BinaryOperator"), "same"),
    **dict.fromkeys(("Comparator", "Comparison"), "pair"),
}
"""Types whose objects are functions, and what their arguments say: of the parameters and, at last, of the result."""
_INVOKED = frozenset({"apply", "get", "call", "invoke", "Invoke"})
"""Methods of such objects that call them."""


def parameter(option: Type, position: int) -> Type:
    """Return what a function of a library's type is passed."""
    kind, arguments = _FUNCTIONS.get(option[1]), option[2]
    if kind in {"same", "pair"}:
        return arguments[0] if arguments and position < 2 else None
    count = len(arguments) - 1 if kind == "last" else len(arguments) if kind == "parameters" else 0
    return arguments[position] if position < count else None


def result(option: Type) -> Type:
    """Return what calling an object of a library's type gives."""
    gives = _FUNCTIONS.get(option[1]) in {"last", "result", "same"}
    return option[2][-1] if gives and option[2] else None


_BY_POSITION = frozenset({"pair", "Pair", "Triple", "tuple", "Tuple", "ValueTuple", "Entry", "KeyValuePair"})
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
    if option[1] in _BY_POSITION and len(option[2]) > 1:
        return option[2][position] if position < len(option[2]) else None
    return element(option)


def _content(option: Type) -> Type:
    """Return what a library's object holds, by the arguments of its type."""
    name, arguments = option[1:3]
    if name in _FUNCTIONS:
        return None
    if len(arguments) < 2:
        return arguments[0] if arguments else None
    if name in _BY_POSITION:
        return None
    if name in _OF_FIRST or not any(arguments[1:]):
        return arguments[0]
    return arguments[1] if len(arguments) == 2 and name.endswith(_KEYED) else None


def key(option: Type) -> Type:
    """Return what the keys of a library's object are; a channel of Go has no other than what comes out of it."""
    if option[:2] == ("e", "Chan"):
        return _content(option)
    return option[2][0] if option[0] == "e" and option[1] in _MAPPINGS and option[2] else None


def item(option: Type) -> Type:
    """Return an element of a library's container."""
    if option[1] in _MAPPINGS and option[2]:
        return option[2][min(1, len(option[2]) - 1)]
    return _content(option)


def element(option: Type) -> Type:
    """Return what iterating over a library's container gives."""
    if option[1] in _PAIRED and len(option[2]) > 1:
        return ("t", option[2][:2])
    if option[1] in {"Dictionary", "IDictionary", "IReadOnlyDictionary", "ConcurrentDictionary"}:
        return ("e", "KeyValuePair", option[2]) if option[2] else None
    return option[2][0] if option[1] in _MAPPINGS and option[2] else _content(option)


def enter(option: Type) -> Type:
    """Return what entering a library's context gives."""
    return option[2][0] if option[1] in _CONTEXTS and option[2] else None


_CALLBACKS = frozenset(
    {
        "forEach",
        "filter",
        "find",
        "some",
        "every",
        "findIndex",
        "sort",
        "ifPresent",
        "anyMatch",
        "allMatch",
        "noneMatch",
        "let",
        "also",
        "apply",
        "run",
        "removeIf",
        "findLast",
        "for_each",
        "each",
        "select",
        "reject",
        "allSatisfy",
        "contains",
        "foreach",
        "any",
        "all",
        "retain",
        "is_some_and",
        "inspect",
        "map_or",
        "sorted",
        "sortedBy",
        "sortedByDescending",
        "sortedWith",
        "distinctBy",
        "filterNot",
        "takeWhile",
        "dropWhile",
        "onEach",
        "peek",
        "skip_while",
        "take_while",
        "associateBy",
        "groupBy",
        "exists",
        "forall",
        "none",
        "try_for_each",
    }
)


def pass_argument(option: Type, position: int, language: str) -> Type:
    """Return what a library's function passes to a function that it is given; of a map, as each language orders it."""
    if len(option) > 4 and language not in _VALUE_FIRST:
        pair = option[4]
        if position or language == "java":
            return pair[position] if position < len(pair) else None
        return ("e", "Entry", pair)
    return option[2] if len(option) > 2 and (position == 0 or option[3]) else None


_VALUE_FIRST = frozenset({"javascript", "typescript", "tsx"})
"""Languages in which a function that goes through a map is passed the value, and then the key."""


_KEPT = frozenset(
    (
        "filter sort sorted sortedBy sortedByDescending sortedWith distinctBy filterNot takeWhile dropWhile onEach "
        "peek filterTo skip_while take_while inspect"
    ).split()
)
"""Functions that give what they are called on, or a part of it, and pass its elements to a function."""
_KEYING = frozenset({"associateBy", "groupBy"})
"""Functions that give a map of the elements by what the function gives for each that is passed."""
_RESULTS = {
    **dict.fromkeys(("map", "Select", "mapNotNull", "filter_map", "compactMap", "mapTo", "mapToObj"), ""),
    **dict.fromkeys(("flatMap", "SelectMany", "flat_map", "and_then"), ""),
    **dict.fromkeys(("then", "thenApply", "thenCompose"), "Promise"),
}
"""Functions that give what the function gives which is passed, each in such a container, or in one of the same kind."""
_FLAT = frozenset({"flatMap", "SelectMany", "flat_map", "and_then", "thenCompose"})


_QUERIES = {
    **dict.fromkeys(("Where", "OrderBy", "OrderByDescending", "ThenBy", "TakeWhile", "SkipWhile"), "same"),
    **dict.fromkeys(("ToList", "ToArray", "Reverse", "Take", "Skip", "Distinct", "Concat", "Append"), "same"),
    **dict.fromkeys(("First", "FirstOrDefault", "Last", "LastOrDefault", "Single", "SingleOrDefault"), "item"),
    **dict.fromkeys(("Pop", "Peek", "Dequeue", "ElementAt", "Find"), "item"),
    **dict.fromkeys(("ToDictionary", "ToLookup"), "keyed"),
    **dict.fromkeys(("Any", "All", "Count", "ForEach", "Sum", "Max", "Min"), ""),
}
"""What C#'s methods of sequences give: the sequence, an element, elements by keys, or something else."""


def member(option: Type, name: str) -> Type:
    """Return what a member of a library's object is: what calling it gives, as a library's type."""
    name = name.removesuffix("()")
    if not option[2]:
        return None
    if option[1] in _FUNCTIONS:
        return ("K", result(option)) if name in _INVOKED else None
    if name in {"Value", "Result"} and option[1] in {"Lazy", "Task", "ValueTask", "Nullable"}:
        return option[2][0]
    if option[1] in _BY_POSITION and len(option[2]) > 1:
        part = half(option[2], name)
        return ("K", part) if name.startswith("get") else part
    if name == "find" and option[1] in _SEARCHED:
        return None
    if name in _GIVES_VALUE:
        return ("K", item(option))
    if name == "reduce":
        return None
    if name in _QUERIES:
        inner, gives = element(option), _QUERIES[name]
        held = ("e", "Dictionary", (None, inner)) if gives == "keyed" else inner if gives else None
        return ("K", option if gives == "same" else held, inner, False)
    if name in _RESULTS:
        inner = await_result(option) if _RESULTS[name] == "Promise" else item(option)
        held = _RESULTS[name] or (option[1] if option[1] not in _MAPPINGS else "list")
        passed = (
            (inner, False, tuple(option[2][:2])) if option[1] in _MAPPINGS and len(option[2]) > 1 else (inner, False)
        )
        return ("K", ("<-", held, name in _FLAT), *passed)
    if name in _CALLBACKS:
        inner = item(option)
        if (
            option[1] in _MAPPINGS
            and len(option[2]) > 1
            and name in {"forEach", "foreach", "map", "any", "all", "each"}
        ):
            return ("K", None, inner, False, tuple(option[2][:2]))
        if name in _KEPT:
            return ("K", option, inner, name in {"sort", "sorted"})
        if name in _KEYING:
            held = ("e", "List", (inner,)) if name in {"groupBy", "GroupBy", "groupingBy"} else inner
            return ("K", ("e", "Map", (None, held)), inner, False)
        return ("K", inner if name in {"find", "findLast"} else None, inner, name == "sort")
    if name in {"entrySet", "entries"} and option[1] in _MAPPINGS and len(option[2]) > 1:
        return ("K", ("e", "list", (("e", "Entry", tuple(option[2][:2])),)))
    if name in {"enumerated", "entries", "withIndex", "zipWithIndex", "enumerate"} and option[1] not in _MAPPINGS:
        pair = (None, item(option)) if name != "zipWithIndex" else (item(option), None)
        return ("K", ("e", "list", (("t", pair),)))
    if name == "flatten":
        return ("K", item(option)) if _content(option) is not None else None
    if name == "items":
        return ("K", ("e", "list", (("t", tuple(option[2][:2])),)))
    if name in {"keys", "keySet"}:
        return ("K", ("e", "list", option[2][:1]))
    if name in _GIVES_SAME:
        return ("K", ("e", "list", option[2][-1:]) if option[1] in _MAPPINGS and name == "values" else option)
    return None

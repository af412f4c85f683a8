"""What members of objects of the languages' own libraries are, and what they pass to functions. No repository."""

from __future__ import annotations

from typing import Any

from noctule.indexer.resolve.library import (
    BY_POSITION,
    FUNCTIONS,
    MAPPINGS,
    await_result,
    content,
    element,
    half,
    item,
    result,
)

Type = Any

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
_COMPARING = frozenset("max min max_by min_by sort sort_by sort_unstable_by sorted sortWith".split())
"""Functions that pass two elements to a function, or one."""
_FINDING = frozenset(
    "find findLast first last firstOrNull lastOrNull single singleOrNull maxByOrNull minByOrNull maxBy minBy "
    "max min max_by min_by max_by_key min_by_key detect".split()
)
"""Functions that give an element, and pass each to a function that chooses it."""
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
_INVOKED = frozenset({"apply", "get", "call", "invoke", "Invoke"})
"""Methods of such objects that call them."""
_POSITIONS = frozenset({"begin", "end", "cbegin", "cend", "rbegin", "rend"})
_ADDING = frozenset({"emplace", "try_emplace", "insert", "insert_or_assign"})
"""Members of C++'s containers that give a position, alone or beside a truth value."""
_SEARCHED = frozenset({"map", "unordered_map", "multimap", "set", "unordered_set"})
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
        *(
            "sumOf sumBy maxOf minOf maxOfOrNull minOfOrNull count partition indexOfFirst indexOfLast removeAll "
            "associate associateWith sort_by sort_by_key sort_unstable_by sort_by_cached_key sortBy sortWith "
            "position sum find_all find_index each_with_index each_with_object group_by index_by delete_if keep_if "
            "any? all? none? findLastIndex min_by max_by sum_by each_entry drop_while span dedup_by_key"
        ).split(),
    }
)


_FOLDS = frozenset({"reduce", "reduceRight", "fold", "foldLeft", "inject"})
"""Functions that pass what has been made so far, and then an element."""


def pass_argument(option: Type, position: int, language: str) -> Type:
    """Return what a library's function passes to a function that it is given; of a map, as each language orders it."""
    if option[3:4] == ("last",):
        return option[2] if position == 1 else None
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
        "peek filterTo skip_while take_while inspect select reject find_all sort_by sortBy sortWith each"
    ).split()
)
"""Functions that give what they are called on, or a part of it, and pass its elements to a function."""
_KEYING = frozenset({"associateBy", "groupBy", "group_by", "index_by"})
"""Functions that give a map of the elements by what the function gives for each that is passed."""
_RESULTS = {
    **dict.fromkeys(
        ("map", "collect", "Select", "ConvertAll", "mapNotNull", "filter_map", "compactMap", "mapTo", "mapToObj"), ""
    ),
    **dict.fromkeys(("flatMap", "SelectMany", "flat_map", "and_then"), ""),
    **dict.fromkeys(("then", "thenApply", "thenCompose"), "Promise"),
}
"""Functions that give what the function gives which is passed, each in such a container, or in one of the same kind."""
_FLAT = frozenset({"flatMap", "SelectMany", "flat_map", "and_then", "thenCompose"})


_HOLDERS = {
    **dict.fromkeys(("Value", "Result"), frozenset({"Lazy", "Task", "ValueTask", "Nullable"})),
    "current": frozenset({"Ref", "RefObject", "MutableRefObject"}),
    "value": frozenset({"Ref", "ShallowRef", "ComputedRef", "WritableComputedRef", "Signal", "ReadonlySignal"}),
}
"""Properties of library's types that give what is held, and the types."""


_QUERIES = {
    **dict.fromkeys(("Where", "OrderBy", "OrderByDescending", "ThenBy", "TakeWhile", "SkipWhile"), "same"),
    **dict.fromkeys(("ToList", "ToArray", "Reverse", "Take", "Skip", "Distinct", "Concat", "Append"), "same"),
    "FindAll": "same",
    **dict.fromkeys(("First", "FirstOrDefault", "Last", "LastOrDefault", "Single", "SingleOrDefault"), "item"),
    **dict.fromkeys(("Pop", "Peek", "Dequeue", "ElementAt", "Find", "FindLast"), "item"),
    **dict.fromkeys(("ToDictionary", "ToLookup"), "keyed"),
    **dict.fromkeys(("Any", "All", "Count", "ForEach", "Sum", "Max", "Min", "Exists", "TrueForAll"), ""),
}
"""What C#'s methods of sequences give: the sequence, an element, elements by keys, or something else."""


def _may_be_key(keys: Type, name: str) -> bool:
    """Tell whether a name is one of the keys that a record is said to have; any is, where these are not listed."""
    listed = () if keys is None else keys[1] if keys[0] == "|" else (keys,)
    return not listed or any(one[0] != "=" or one[1] == name for one in listed)


def member(option: Type, name: str) -> Type:
    """Return what a member of a library's object is: what calling it gives, as a library's type."""
    name = name.removesuffix("()")
    if not option[2]:
        return None
    if option[1] == "Record":
        return item(option) if _may_be_key(option[2][0], name) else None
    if option[1] in FUNCTIONS:
        return ("K", result(option)) if name in _INVOKED else None
    if option[1] in _HOLDERS.get(name, ()):
        return option[2][0]
    if option[1] in BY_POSITION and len(option[2]) > 1:
        part = half(option[2], name)
        return ("K", part) if name.startswith("get") else part
    if name in _POSITIONS or (name == "find" and option[1] in _SEARCHED):
        return ("K", ("e", "iterator", (element(option),)))
    if name in _ADDING and option[1] in _SEARCHED:
        return ("K", ("t", (("e", "iterator", (element(option),)), None)))
    if name in _FINDING:
        if option[1] in MAPPINGS and len(option[2]) > 1:
            pair = tuple(option[2][:2])
            return ("K", ("e", "Entry", pair), item(option), False, pair)
        return ("K", item(option), item(option), name in _COMPARING)
    if name in _GIVES_VALUE:
        return ("K", item(option))
    if name in _FOLDS:
        return ("K", None, None if option[1] in MAPPINGS else item(option), "last")
    if name in _QUERIES:
        inner, gives = element(option), _QUERIES[name]
        held = ("e", "Dictionary", (None, inner)) if gives == "keyed" else inner if gives else None
        return ("K", option if gives == "same" else held, inner, False)
    if name in _RESULTS:
        inner = await_result(option) if _RESULTS[name] == "Promise" else item(option)
        held = _RESULTS[name] or (option[1] if option[1] not in MAPPINGS else "list")
        passed = (
            (inner, False, tuple(option[2][:2])) if option[1] in MAPPINGS and len(option[2]) > 1 else (inner, False)
        )
        return ("K", ("<-", held, name in _FLAT), *passed)
    if name in _CALLBACKS:
        inner = item(option)
        if option[1] in MAPPINGS and len(option[2]) > 1 and name in {"forEach", "foreach", "any", "all", "each"}:
            return ("K", None, inner, False, tuple(option[2][:2]))
        if name in _KEPT:
            return ("K", option, inner, name in _COMPARING)
        if name in _KEYING:
            held = ("e", "List", (inner,)) if name in {"groupBy", "group_by"} else inner
            return ("K", ("e", "Map", (None, held)), inner, False)
        return ("K", inner if name in {"find", "findLast"} else None, inner, name in _COMPARING)
    if name in {"entrySet", "entries"} and option[1] in MAPPINGS and len(option[2]) > 1:
        return ("K", ("e", "list", (("e", "Entry", tuple(option[2][:2])),)))
    if name in {"enumerated", "entries", "withIndex", "zipWithIndex", "enumerate"} and option[1] not in MAPPINGS:
        pair = (None, item(option)) if name != "zipWithIndex" else (item(option), None)
        return ("K", ("e", "list", (("t", pair),)))
    if name == "flatten":
        return ("K", item(option)) if content(option) is not None else None
    if name == "items":
        return ("K", ("e", "list", (("t", tuple(option[2][:2])),)))
    if name in {"keys", "keySet"}:
        return ("K", ("e", "list", option[2][:1]))
    if name in _GIVES_SAME:
        return ("K", ("e", "list", option[2][-1:]) if option[1] in MAPPINGS and name == "values" else option)
    return None

"""C and C++ without the macros that hide their declarations from a parser. Bytes in, as many bytes out; parses nothing.

A preprocessor would know what `FMT_API` or `NAMESPACE_BEGIN` stand for. To a parser they are names where none can
stand, and what follows is lost, often to the end of the file. Macros are told by their capitals, or by an ending that
only an attribute has (`json_inline`), and by where they stand; and blanks take their place, so that every other byte
keeps its line and column. Nor does a parser know which parts of a text are left out.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node

_TOKEN = re.compile(
    rb"""//[^\n]*+ | /\*[^*]*+(?:\*(?!/)[^*]*+)*+\*/                                     # comments
    | ^[ \t]*+\#(?:[^\n\\]|\\(?:\r?\n|[^\n]))*+                                          # directives
    | (?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16}+)\(.*?\)(?P=mark)"                           # texts
    | "(?:[^"\\\n]|\\.)*+" | '(?:[^'\\\n]|\\.){1,8}+'
    | [A-Za-z_]\w*+ | \d[\w.']*+ | :: | -> | [^\s\w]""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_MACRO = re.compile(
    rb"(?=[A-Z0-9_]{4})_{0,2}[A-Z][A-Z0-9]*_[A-Z0-9_]*\Z|[A-Z][A-Z0-9]{5,}\Z|"
    rb"[a-z]\w*_(?:really_|force_|always_|no_?)?(?:inline|unused|deprecated|nodiscard|noreturn|noexcept|constexpr)\Z"
)
MACRO_IN_HEAD = re.compile(
    rb"\b(?:class|struct|union|enum)\s+[A-Z][A-Z0-9_]+(?:\([^()\n]*\))?\s+\w+\s*(?:final\s*)?(?:\{|:(?!:))"
)
"""`struct API Name {`: a parser takes it for a function that returns an `API`, and `Name` for its name."""
_CAPITALS = re.compile(rb"[A-Z][A-Z0-9_]+\Z")
_WORD = re.compile(rb"[A-Za-z_]")
_STARTS = frozenset(b"; { } : > )".split())
"""After these, a statement or a declaration can begin."""
_TYPES = frozenset(b"class struct union enum namespace".split())
_BODIES = frozenset({b"struct", b"union"})
_SPECIFIERS = frozenset(
    b"static inline constexpr virtual explicit friend extern mutable export consteval constinit".split()
)
_AFTER_HEAD = frozenset(b"{ ; -> : const noexcept override final =".split())
_QUALIFIERS = frozenset(b"const volatile unsigned signed struct enum union class long short register return".split())
_NO_TYPES = _SPECIFIERS | frozenset(
    b"const volatile register struct enum union class return typedef case goto else do new delete throw using typename "
    b"template public private protected operator sizeof namespace default if while for switch".split()
)
"""Words that no declaration begins with a type in, or that a type comes after."""
_AFTER_NAME = frozenset(b"( [ = ;".split())
_AT_CALLS = frozenset(b"-> . return ; { }".split())
"""After these, an operator is called by its name, not declared."""
_BUILTIN = frozenset(b"bool char double float int long short signed unsigned".split())
_OPERATORS = frozenset(b"= < > / % | ^".split())
_CONTINUES = frozenset(b"; , ) ] } . = + - * / % < | & ^ ? [".split())
_AMID = frozenset(b", < ( = && || & | + ? ->".split())
"""A condition of the preprocessor after one of these stands amid an expression."""
_UNFINISHED = frozenset(b"else ) = & | + ? ,".split())
"""After these, a statement goes on."""
_GOES_ON = frozenset(b"else & | = ? , ) . -> < > / %".split())
"""No statement begins with one of these."""
_BRANCHES = frozenset(b"else elif elifdef elifndef endif".split())
_DIRECTIVE = re.compile(rb"\s*#\s*(\w*)")
_BEFORE_HEADS = frozenset(b"> ) ; { } :".split())
_ENDS = frozenset(b"; { } :".split())
_LONGEST_HEAD = 60
"""Tokens in the branches of a condition amid the head of a declaration."""
_LONGEST_CALL = 400
"""Tokens between the parentheses of a macro."""


class _Token(NamedTuple):
    text: bytes
    start: int
    stop: int


def blank_macros(source: bytes) -> bytes:
    """Return a source with blanks for macros that stand where a declaration begins, goes on or ends."""
    source = _blank(source, ((start, stop, b"") for start, stop in _find_torn_branches(source)))
    tokens: list[_Token] = []
    taken_out: list[tuple[int, int, bytes]] = []
    inside = 0  # how many conditions are open that began amid an expression
    for match in _TOKEN.finditer(source):
        text = match[0]
        if text.startswith((b"//", b"/*")):
            continue
        directive = _DIRECTIVE.match(text)
        if directive is None:
            tokens.append(_Token(text, match.start(), match.end()))
        elif inside or (tokens and tokens[-1].text in _AMID):
            inside += directive[1].startswith(b"if") - (directive[1] == b"endif")
            taken_out.append((match.start(), match.end(), b""))
    return _blank(source, [*taken_out, *_find_macros(tokens)])


def live_parts(node: Node) -> Sequence[Node]:
    """Return the children of a node without those that `#if 0` and `#if 1` leave out."""
    if node.type != "preproc_if":
        return node.named_children
    condition, other = node.child_by_field_name("condition"), node.child_by_field_name("alternative")
    said = condition.text if condition is not None else b""
    if said == b"0":
        return [] if other is None else [other]
    return [child for child in node.named_children if child != other] if said == b"1" else node.named_children


def _blank(source: bytes, places: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Write something, and blanks after it, over each of some places."""
    blanked = bytearray(source)
    for start, stop, instead in places:
        blanks = re.sub(rb"[^\r\n]", b" ", bytes(blanked[start:stop]))
        blanked[start:stop] = instead + blanks[len(instead) :]
    return bytes(blanked)


class _Condition:
    """A condition of the preprocessor: its directives until now, and how deep each of its branches ended.

    `words` counts what stands in its branches; `whole` says that something ends there, so that it is no part of a head.
    `tears` says that a branch begins or ends amid a statement. `last` and `before` are the words before it.
    """

    def __init__(self, first: re.Match[bytes], depth: int, last: bytes, before: bytes) -> None:
        self.depth = depth
        self.directives = [first]
        self.ends: list[int] = []
        self.words = 0
        self.parentheses = 0
        self.in_type = before in _TYPES
        self.whole = last not in _BEFORE_HEADS and last not in _TYPES and not self.in_type
        self.tears = last in _UNFINISHED
        self.is_new = True
        self.last = last

    def look(self, token: bytes) -> None:
        """Take in what stands in a branch."""
        self.tears = self.tears or (self.is_new and token in _GOES_ON)
        begins_bases = self.is_new and self.in_type and token == b":"  # class Name #if ... : public Base #endif {
        self.is_new = False
        self.last = token
        self.words += 1
        self.parentheses += (token == b"(") - (token == b")")
        self.whole = (
            self.whole
            or (token in _ENDS and not begins_bases)
            or (token == b"," and self.parentheses == 0 and not self.in_type)
        )

    def end_branch(self, directive: re.Match[bytes], depth: int) -> None:
        """Take in the directive that ends a branch."""
        self.directives.append(directive)
        self.ends.append(depth)
        self.tears = self.tears or (not self.is_new and (self.last in _UNFINISHED or self.last == b":"))
        self.is_new = True

    @property
    def is_torn(self) -> bool:
        """Whether its branches are no whole statements or declarations."""
        amid_statement = self.tears and self.depth > 0
        return amid_statement or any(end != self.depth for end in self.ends) or self.is_part_of_head

    def find_rest(self) -> Iterator[tuple[int, int]]:
        """Yield its directives, and the branches that do not stand for all."""
        yield from ((d.start(), d.end()) for d in self.directives)
        spans = itertools.pairwise(self.directives)
        yield from ((a.end(), b.start()) for n, (a, b) in enumerate(spans) if n != self.branch)

    @property
    def is_part_of_head(self) -> bool:
        """Whether its branches are different words of the head of one declaration."""
        return not self.whole and 0 < self.words <= _LONGEST_HEAD and self.parentheses == 0

    @property
    def branch(self) -> int:
        """The branch that stands for all: the first that is not written to be left out."""
        return 1 if len(self.ends) > 1 and self.directives[0][0].split()[-1] == b"0" else 0


def _find_torn_branches(source: bytes) -> Iterator[tuple[int, int]]:
    """Yield what to take out of conditions whose branches are no whole blocks, statements or heads."""
    open_ones: list[_Condition] = []
    closed: _Condition | None = None  # the one after which nothing stands yet
    depth = 0
    before, last = b";", b";"
    for match in _TOKEN.finditer(source):
        text = match[0]
        depth += (text == b"{") - (text == b"}")
        directive = _DIRECTIVE.match(text)
        if directive is None:
            if not text.startswith((b"//", b"/*")):
                if closed is not None and text == b"else" and closed.depth > 0:
                    yield from closed.find_rest()
                before, last, closed = last, text, None
                if open_ones:
                    open_ones[-1].look(text)
            continue
        if directive[1].startswith(b"if"):
            for outer in open_ones:
                outer.whole = True
            open_ones.append(_Condition(match, depth, last, before))
        elif open_ones and directive[1] in _BRANCHES:
            one = open_ones[-1]
            one.end_branch(match, depth)
            depth = one.depth
            if directive[1] == b"endif":
                open_ones.pop()
                depth = one.ends[one.branch]
                closed = None if one.is_torn else one
                if one.is_torn:
                    yield from one.find_rest()


def _find_macros(tokens: list[_Token]) -> Iterator[tuple[int, int, bytes]]:
    """Yield (start, stop, what to write there) for each macro to take out."""
    names = {token.text for token in tokens}
    is_plain = names.isdisjoint({b"class", b"template", b"namespace"})  # C, though its file may be read as C++
    before, depth = b";", 0
    at = 0
    last = len(tokens)
    while at < last:
        token = tokens[at]
        text = token.text
        run = _count_capitals(tokens, at) if before in _STARTS and depth == 0 else 0
        if run > 2 or (run == 2 and at + run < last and tokens[at + run].text == b"}"):
            yield token.start, tokens[at + run - 1].stop, b""  # TALLY TALLY TALLY
            at += run
            continue
        if text == b"operator" and before in _AT_CALLS and [t.text for t in tokens[at + 1 : at + 3]] == [b"[", b"]"]:
            yield token.start, tokens[at + 2].stop, b"operator__"  # value->operator[](key)
            before, at = text, at + 3
            continue
        if text in _BUILTIN and before not in _STARTS and _after_call(tokens, at) == b"<":
            yield token.start, token.stop, text.capitalize()  # unsigned(x) < y: the grammar sees a template
            before, at = text, at + 1
            continue
        if depth == 0 and _CAPITALS.match(text) and _is_amid_declaration(tokens, at, before):
            yield token.start, token.stop, b""  # int API name(int value); static CONST int name;
            at += 1
            continue
        in_head = before in _TYPES and _CAPITALS.match(text)
        if not in_head and not _MACRO.match(text):
            depth += (text == b"(") - (text == b")")
            if text not in _SPECIFIERS:
                before = text
            at += 1
            continue
        after = _skip_call(tokens, at)
        follows = tokens[after].text if after < last else b"}"
        called = after > at + 1
        if before in _STARTS and follows == b":" and not called and b"goto" not in names and len(text) > len(b"public"):
            yield token.start, token.stop, b"public"  # PRIVATE_UNLESS_TESTED:
            before, at = b":", after + 1
        elif called and depth == 0 and tokens[at + 2].text in _OPERATORS:
            yield token.start, tokens[after - 1].stop, b""  # COMPARE(==, true)
            at = after
        elif (
            before == b"{" and follows == b"}" and not {t.text for t in tokens[max(at - 3, 0) : at]}.isdisjoint(_BODIES)
        ):
            yield token.start, tokens[after - 1].stop, b""  # struct name { FIELDS };
            at = after
        elif before == b"if" and called:
            yield token.start, token.stop, b""  # if CONSTEXPR (condition)
            at += 1
        elif called and depth == 0 and before in _STARTS and is_plain and _is_type(tokens, at, after):
            yield token.start, tokens[at + 2].start, b""  # API(const char *) name(int value);
            yield tokens[after - 1].start, tokens[after - 1].stop, b""
            before, depth, at = b"(", 1, at + 2
        elif called and b'"' in (before[:1], follows[:1]):
            yield token.start, tokens[after - 1].stop, b""  # "text " QUOTED("name") " text"
            at = after
        elif before == b")" and called and _ends_cast(tokens, at - 1):
            before = text  # (int)READ(file);
            at += 1
        elif _is_in_the_way(tokens, after, text, before, follows, depth=depth, called=called):
            yield token.start, tokens[after - 1].stop, b""
            at = after
        elif called and depth == 0 and before in _STARTS and follows == b";" and tokens[at + 2].text in _BUILTIN:
            yield token.start, tokens[after - 1].stop, b""  # TYPE_CONSTANT(int, int_type);
            at = after
        elif (
            before in (b",", b"<") and called and follows in (b">", b",") and depth == 0 and _is_in_template(tokens, at)
        ):
            yield token.start, tokens[after - 1].stop, b"int"  # a condition among the parameters of a template
            before, at = b"int", after
        else:
            before = text
            at += 1


def _is_type(tokens: list[_Token], at: int, after: int) -> bool:
    """Tell whether the arguments of a macro are the type of the function that is declared after it."""
    inner = [token.text for token in tokens[at + 2 : after - 1]]
    if not inner or not _WORD.match(inner[0]) or any(t != b"*" and not _WORD.match(t) for t in inner):
        return False
    if after + 1 >= len(tokens) or tokens[after + 1].text != b"(" or tokens[after].text in _BUILTIN:
        return False
    end = _skip_call(tokens, after)
    return bool(_WORD.match(tokens[after].text)) and end < len(tokens) and tokens[end].text in (b";", b"{")


def _is_amid_declaration(tokens: list[_Token], at: int, before: bytes) -> bool:
    """Tell whether a macro stands between a type and what is declared: three words in a row are nothing else."""
    if at + 2 >= len(tokens) or before in _NO_TYPES or _MACRO.match(before):
        return False
    name, beyond = tokens[at + 1].text, tokens[at + 2].text
    if name in _BUILTIN and _WORD.match(beyond) and at > 0 and tokens[at - 1].text in _SPECIFIERS:
        return True
    if not _WORD.match(name):
        return name == b"*" and _WORD.match(before) is not None and before not in _BUILTIN and bool(_WORD.match(beyond))
    if before == b"*":
        return beyond == b"("
    if beyond == b"::":  # of a member that is defined outside of its class
        return _MACRO.match(tokens[at].text) is not None and _WORD.match(before) is not None and name not in _NO_TYPES
    return _WORD.match(before) is not None and name not in _NO_TYPES and beyond in _AFTER_NAME


def _is_in_the_way(
    tokens: list[_Token], after: int, name: bytes, before: bytes, follows: bytes, *, depth: int, called: bool
) -> bool:
    if before in _TYPES:  # class API Name {
        name_follows = _WORD.match(follows) and after + 1 < len(tokens)
        return bool(name_follows and tokens[after + 1].text in (b"{", b":", b"final", b"<"))
    if before in (b")", b"const", b"noexcept", b"override") and follows in _AFTER_HEAD and depth == 0:
        return before != b"const" or follows not in (b"=", b";", b":")  # void f() NOEXCEPT {
    if depth > 0:  # a parameter's attribute
        if before in (b"(", b","):
            return _begins_parameter(tokens, after)
        return follows in (b")", b",") and _WORD.match(before) is not None and before not in _QUALIFIERS
    if before not in _STARTS:
        return False
    if _WORD.match(follows):
        beyond = tokens[after + 1].text if after + 1 < len(tokens) else b";"
        if beyond == b"(" and not called:  # a function that returns what the name means, or a constructor
            end = _skip_call(tokens, after)
            if end == after + 4 and end < len(tokens) and tokens[end].text == b"(":
                return _WORD.match(tokens[after + 2].text) is not None  # API int (name)(int value);
            while end < len(tokens) and tokens[end].text in (b"noexcept", b"const"):
                end += 1
            beyond = tokens[end].text if end < len(tokens) else b";"
            return beyond == b":" or (_MACRO.match(follows) is not None and _WORD.match(beyond) is not None)
        is_type = not called and (beyond in _CONTINUES - {b"*", b"&", b"<"} or beyond in (b"{", b":"))
        return not is_type or follows in _TYPES or _MACRO.match(follows) is not None
    if follows in (b"[", b"~", b"::") and before != b")":
        return True
    if follows == b"{":  # TRY { ... } CATCH(...) { ... }
        return not called or b"CATCH" in name
    # A line of its own: NAMESPACE_BEGIN; not the last of an enumeration's names.
    return follows in (b"}", b"#") and before in (b";", b"}") and not called


def _begins_parameter(tokens: list[_Token], at: int) -> bool:
    """Tell whether a type and the name of a parameter stand at a position: what is before them is no type."""
    words = 0
    while at < len(tokens) and (_WORD.match(tokens[at].text) or (words and tokens[at].text == b"*")):
        words += tokens[at].text not in (b"const", b"volatile", b"struct", b"union", b"enum", b"*")
        at += 1
    return words > 1 and at < len(tokens) and tokens[at].text in (b")", b",", b"[")


def _after_call(tokens: list[_Token], at: int) -> bytes:
    """Return what stands after a name and its arguments; nothing where it is not called."""
    end = _skip_call(tokens, at)
    return tokens[end].text if at + 1 < end < len(tokens) else b""


def _ends_cast(tokens: list[_Token], at: int) -> bool:
    """Tell whether a parenthesis closes the type of a cast: no name, as that of a function, stands before it."""
    depth = 0
    for position in range(at, max(at - _LONGEST_CALL, 0), -1):
        depth += (tokens[position].text == b")") - (tokens[position].text == b"(")
        if depth == 0:
            before = tokens[position - 1].text
            return before == b"return" or before in _AMID or before == b")"
    return False


def _is_in_template(tokens: list[_Token], at: int) -> bool:
    """Tell whether a token stands among the parameters of a template."""
    for position in range(at - 1, max(at - _LONGEST_CALL, -1), -1):
        text = tokens[position].text
        if text in (b";", b"{", b"}"):
            return False
        if text == b"template":
            return True
    return False


def _count_capitals(tokens: list[_Token], at: int) -> int:
    """Return how many words of capitals stand in a row."""
    end = at
    while end < len(tokens) and _CAPITALS.match(tokens[end].text):
        end += 1
    return end - at


def _skip_call(tokens: list[_Token], at: int) -> int:
    """Return the position after a name and, where it is called, its arguments."""
    if at + 1 >= len(tokens) or tokens[at + 1].text != b"(":
        return at + 1
    depth = 0
    for position in range(at + 1, min(len(tokens), at + _LONGEST_CALL)):
        depth += (tokens[position].text == b"(") - (tokens[position].text == b")")
        if depth == 0:
            return position + 1
    return at + 1

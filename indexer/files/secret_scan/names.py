"""A line in, the values out that stand beside a name of secrets: `password := "..."`, `api_key: ...`, `login("...")`.

Any operator and any quotes, since a line does not say its language. How much a name promises decides how hard to guess
a value must look.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from noctule.indexer.files.secret_scan.letters import is_drawn, is_ended_passphrase, is_passphrase
from noctule.indexer.files.secret_scan.values import (
    LONGEST,
    is_bare,
    is_key,
    is_marked,
    is_password,
    is_password_unquoted,
    is_striking,
    is_token,
)
from noctule.indexer.lazy_pattern import lazy_pattern

SPOKEN, PASSWORD, TOKEN, ARGUMENT = 4, 3, 2, 1
"""Names of passwords that may be words; of others; of tokens and keys; of calls and settings that may take one."""
MOST_LISTED = 12
"""So many strings of one list or call are looked at."""
LONGEST_NAME = 100
MOST_NAMES = 2_000
"""So many names of one line are looked at: a line that holds more is data."""
Span = tuple[int, int]
Name = tuple[int, int, int]
"""Where a name begins and ends, and its level."""
Carried = tuple[int, str]
"""The level of a name whose value stands in the next line, and in which form."""

STEMS = tuple(
    "pass pw secret token key auth cred contrase kennwort senha clave psk cookie jwt bearer fernet salt pepper otp "
    "seed dsn sig mnemonic cipher crypt hmac aes login log_in logon connect vault box iv sign identified sess dockerc "
    "client wallet account bind pdo parola heslo salasana wachtwoord superuser create_user createuser source ftp totp "
    "pbe ldap gossip secure security symmetric".split()
)
"""One of these is in each name that has a level."""
_IN_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$.-")
_WORD = lazy_pattern(r"[A-Za-z_][\w$-]{0,100}(?:\.[A-Za-z_][\w-]{0,60}){0,8}")
_PART = lazy_pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PASSWORD = lazy_pattern(
    r"(?:pass_?w(?:or[dt]e?s?|ds?)|pass_?(?:phrase|code)s?|pswd|kennwort|contrasen\w|contrase|mot_?de_?passe|secrets?"
    r"|wachtwoord|(?<![bc])pwds?|(?:^|_)(?:passe?|pw|psk|senha|clave|parola|heslo|salasana|authtok)|(?:^|_)(?:bind|root|admin|user|my)_?pw"
    r"|(?:security|bind|user|db|admin|ldap)_credentials?|secure_?string"
    r"|cookie_?(?:store|parser)|signed_?string|bcrypt_hash(?:_?sync|_?password)?|pbe_?key_?spec|super_?user|create_?user"
    r"|(?:user|db|my|admin|root|ssh|require|auth|smtp|mail|ftp|store|proxy|ldap|bind)_?pass"
    r"|identified|master_?auth|(?:^|_)(?:salt|pepper))(?=$|_|\d)"
)
_TOKEN = lazy_pattern(
    r"(?:tokens?|sess(?:ion)?_?id|docker_?c(?:on)?f(?:i)?g(?:_?json)?|jwt|bearer|(?:^|_)auth|authorization|credentials?|(?:^|_)creds?|passkey|cookie|fernet"
    r"|(?:^|_)(?:[ht]?otp|seed|dsn|sig|signature|mnemonic)"
    r"|(?:api|access|secret|security|symmetric|priv|private|enc|encrypt|encryption|decryption|encoding|sign|signing|signature|master|shared"
    r"|account|storage|auth|app|application|consumer|client|deploy|licen[cs]e|service|session|subscription|webhook|hmac"
    r"|aes|crypto|cipher|data|admin|root|ssh|rsa|server|ingest|write|read|integration|instrumentation|user|project|jwt|gossip"
    r"|cookie|vault|sdk|rest|functions?|host|dd|maps|tls|ssl|db|database)_?keys?)(?=$|_|\d)"
)
_ARGUMENT = lazy_pattern(
    r"(?:(?:^|_)(?:client|wallet|accounts?|pdo|bind|s?ftp|data_?source)$|(?:^|_)keys?|cipher|crypt(?:er|or)?|crypto|hmac|aes|log_?in|log_?on|sign_?in|sign_?on|authenticate|connect(?:ion)?|vault"
    r"|(?:^|_)(?:box|signer|iv))(?=$|_|\d)"
)
_SPOKEN = lazy_pattern(r"pass_?w(?:or)?d$|pass_?phrase$|(?:^|_)(?:pwd|passe?|passwort|pw|psk)$|pass_?w(?:or)?d_\d$")
# Calls whose later arguments are passwords.
_LOGIN = lazy_pattern(
    r"log_?in|log_?on|sign_?in|authenticate|auth$|credential|connect|hmac|jwt|(?:^|_)(?:pdo|bind|s?ftp|data_?source)$"
)
# What a name goes on with that is about a secret and is none.
_ABOUT = lazy_pattern(
    r"_(?:ids?|names?|ur[li]s?|endpoints?|paths?|files?|filenames?|dirs?|types?|fields?|labels?|len|length|size|count"
    r"|max|min|headers?|params?|parameters?|prefix|suffix|regexp?|patterns?|hints?|help|messages?|msg|err|errors?|class"
    r"|exp|expir\w+|ttl|policy|strength|reset|changed?|at|dates?|times?|timestamp|algorithms?|alg|formats?|versions?|index"
    r"|provider|required|enabled|disabled|validators?|hashers?|hash|hashed|digest|inputs?|forms?|placeholder|titles?"
    r"|descriptions?|prompts?|env|vars?|variable|refs?|arn|region|address|positions?|kinds?|locations?|methods?|modes?"
    r"|hosts?|ports?|users?|username|lists?|sets?|maps?|status|state|scopes?|issuer|audience|manager|service|template"
    r"|checksum|cache|column|table|schema|usage|limit|budget|stream|pos|start|end|offset|line|public|pub)(?=$|_)"
)
# What a server asks for, and a nonce: sent in the open.
_PUBLIC = lazy_pattern(r"(?:^|_)(?:www|proxy)_authenticate|web_?socket_key")
_OPENS = lazy_pattern(r"\\?[\"'`]")
_STRINGS = {mark: lazy_pattern(rf"(?:[^{mark}\\]|\\.){{0,{LONGEST}}}+") for mark in "\"'`"}
_ESCAPED = lazy_pattern(rf"[^\"'`\\]{{0,{LONGEST}}}+")
_CLOSE = r"(?P<close>\]?\\?[\"'`])?[\])}>]{0,3}"
# From a name to the first quotation mark after it, by way of an operator, a type, a call or nothing at all.
_TO_QUOTE = lazy_pattern(_CLOSE + r"(?:\s*\{[\w\s;]{0,60}\})?(?P<fill>[^\"'`;\n\\]{0,60})(?=\\?[\"'`])")
# Another attribute of the same element or object: `type="password" class="..."`, `type: "password", icon: "..."`.
_ATTRIBUTE = lazy_pattern(r"(?:,\s*|\s+)(?!(?:value|default)\b)[\w:.-]+\s*[:=]")
_LINKS = lazy_pattern(r"[=:(>\[{|?]|<-|\bis\b|\bor\b|\bto\b|\b[Bb][Yy]\b")
# A value that stands before its name: `"..." == password`, `check("...", password)`, `"..."  # the password`.
_BEFORE = lazy_pattern(
    r"(?P<quote>[\"'`])(?P<value>[^\"'`\s\\]{8,200})(?P=quote)"
    r"(?:\W{1,12}(?:the |a |pub )?(?:\w{1,20}\.)?|[),\];\s\w]{0,12}\s(?://|#|--|/\*|;)\s?[\w :]{0,30})$"
)
# The same with what both are called between them: `set("...", forKey: "password")`.
_NAMED_AFTER = lazy_pattern(
    r"(?P<quote>[\"'`])(?P<value>[^\"'`\s\\]{8,400})(?P=quote)(?:\s{0,3}[,)]\s{0,3}|\s)[\"'`]?\w{1,24}[\"'`]?\s{0,2}[:=]\s{0,2}@?"
    r"[\"'`](?:[\w-]{0,20}[-.])?$"
)
# From a name that is a value itself to what is called its value: `{"name": "PASSWORD", "value": "..."}`.
_TO_VALUE = lazy_pattern(
    r"\\?[\"'`]?\s{0,4}[,;]?\s{0,4}(?:--?|[\"'`])?(?:\w{0,20}[Vv]alue|string|default|body|text|content|data)\\?[\"'`]?"
    r"\s{0,3}[:= >]\s{0,3}[\"'`]?(?P<value>[^\s\"'`<>]{8,400})"
)
# The text of an element, whatever its attributes are.
_ELEMENT = lazy_pattern(
    r"(?:\s[^<>]{0,120})?>\s{0,4}(?:<!\[CDATA\[)?(?P<value>[^\s<>\"'`]{8,400}?)\s{0,4}(?:\]\]>\s*)?</"
)
# What joins the parts of a string.
_JOINS = lazy_pattern(r"[\"'`]\s{0,3}(?:\+|\.\.?|&|<>)?\s{0,3}[\"'`]")
_LEAVES = lazy_pattern(
    r"\)(?!\s*(?:\|\||\?\?|or\b|\.\w|[=:?,>)\]]))|(?<!\|)\|(?!\|)|&&|\band\b|\belse\b|\bfor\b|\bin\b|\bif\b"
)
_UNQUOTED = lazy_pattern(
    _CLOSE + r"\s{0,8}(?::=|<-|=>|->|[!=]==?|\?=|\|\|=|:-|:=|=|:|>|\||\*\*)\s{0,8}"
    r"(?:\[=?\[|(?:%[qQ]?|qq?|~[a-zA-Z])[(\[{<|]|!!?\w{0,20}\s+|&\w+\s+)?"
    r"(?P<value>[^\s\"'`<>\\](?:[^\s\"'`<>]|<(?![/!A-Za-z])){5,400})"
)
# Between the first of several names and their values: `password, ok := "..."`.
_AND_ANOTHER = lazy_pattern(r"\s*,\s*\w+(?:\s*,\s*\w+)?\s*:?=\s*")
_SCHEME = lazy_pattern(r"(?i)(?:bearer|basic|token|bot|api-?key)\s+")
# The word of a settings file before a name and its value; what a string goes on with after a value.
_SETS = lazy_pattern(r"\s*(?:ENV|ARG|set|setx|export|option)?\s*")
_WHOLE = lazy_pattern(r"(?:\s{0,4}[:=]\s{0,4}|\s{1,4})(?P<value>[^\s\"'`(][^\s\"'`]{7,100})\s*$")
_ESCAPED_END = lazy_pattern(r"(?:\\[nrt])+\Z")
# Another field of a connection string in which fields stand side by side: `host=db user=shop password=...`.
_OTHER_FIELD = lazy_pattern(r"\b(?:user|uid|host|hostaddr|dbname|database|server|port)=[^\s\"'`=;,]+[\s\"'`]")
_SPACED = lazy_pattern(
    r"(?:\s(?:for|of|on|at|in|to)\s[\w .-]{1,24}?)?(?:\s{0,2}::?\s{1,2}|\s{1,8}(?:(?:is|was|are|to|as|set to)\s{1,2})?)"
    r"[(]?(?P<value>[^\s\"'`<>=:(][^\s\"'`<>:(]{7,200})(?=$|[\s\"'`<,;])"
)
# What follows a name at the end of its line, where the next line holds the value: a string, a block, a field `value`.
_OPEN_ENDS = (
    ("block", lazy_pattern(_CLOSE + r"(?:\s*:\s*[|>][+-]?|\s*[=:]\s*\\)\s*$")),
    ("block", lazy_pattern(r"(?:\s[^<>]{0,60})?>\s*$")),
    ("block", lazy_pattern(_CLOSE + r"\s*(?::?=|:)\s*<<[<~-]?\s*[\"']?\w+[\"']?\s*$")),
    ("value", lazy_pattern(_CLOSE + r"\s*(?:[:=]?\s*\{|:)\s*$|[\"'](?:\s[^<>]{0,60})?>\s*$")),
    ("string", lazy_pattern(_CLOSE + r"[^\"'`;\n,)]{0,40}(?::=|=>|->|=|:|\()\s*[(\[{]?\s*\\?$")),
    ("string", lazy_pattern(r"\s+\\$|\s*=\s*\w+\([^()]{0,20}[(\[]\s*$")),
    ("value", lazy_pattern(r"[\"']?(?:\s*</?\w+>)?\s*[,{]?\s*$")),
)
_CARRIED = {
    "block": lazy_pattern(r"\s*(?P<value>[^\s<>]{8,400})"),
    "string": lazy_pattern(r"\s*(?:[\w:.&@$]{1,20}\(|[bBrRuUfFL@$]{0,2})\s*(?=[\"'`])"),
    "value": lazy_pattern(
        r"\s*(?P<sign>(?:-\s+)?[<\"']?(?:\w{0,20}[Vv]alue|string|default)[\"']?\s*[:=>]\s*|(?::?=|=>|:)\s*)?"
        r"(?:[bBrRuUfFL@]?(?=[\"'`])|(?(sign)(?P<value>[^\s<>]{8,400})|(?!)))"
    ),
}


def _flat(name: str) -> str:
    return "_".join(_PART.findall(name)).lower()


@lru_cache(maxsize=1 << 14)
def name_level(name: str) -> int:
    """Return what a name promises: SPOKEN, PASSWORD, TOKEN, ARGUMENT, or 0 for nothing."""
    flat = _flat(name)
    if _PUBLIC.search(flat):
        return 0
    for level, words in ((PASSWORD, _PASSWORD), (TOKEN, _TOKEN), (ARGUMENT, _ARGUMENT)):
        ends = [found.end() for found in words.finditer(flat)]
        if ends:
            if _ABOUT.match(flat, ends[-1]):
                return 0
            return SPOKEN if level == PASSWORD and _SPOKEN.search(flat) else level
    return 0


def read_names(line: str, low: str) -> list[Name]:
    """Return where names of secrets stand in a line, with their levels; `low` is the line in lower case."""
    found: dict[int, Name] = {}
    for stem in STEMS:
        at = low.find(stem)
        while at >= 0 and len(found) < MOST_NAMES:
            begin = at
            while begin and begin > at - LONGEST_NAME and line[begin - 1] in _IN_NAME:
                begin -= 1
            if line[begin] in "nrt" and line[begin - 1 : begin] == "\\":  # of an escape, not of the name
                begin += 1
            while line[begin] in "-.$":
                begin += 1
            word = _WORD.match(line, begin)
            end = word.end() if word is not None else at + len(stem)
            if begin not in found and word is not None and (level := name_level(word[0])):
                found[begin] = begin, end, level
            at = low.find(stem, max(end, at + 1))
    return list(found.values())


def find_by_name(line: str, names: Iterable[Name]) -> Iterator[Span]:
    """Yield where values stand that names of secrets are given in one line."""
    for begin, end, level in names:
        yield from _scan_quoted(line, begin, end, level)
        if level > ARGUMENT:
            yield from _scan_unquoted(line, begin, end, level)
            yield from _scan_pairs(line, begin, end, level)
        elif (found := _UNQUOTED.match(line, end)) is not None and _is_key_of(line[begin:end], found["value"]):
            yield found.span("value")


def _is_key_of(name: str, value: str) -> bool:
    """Tell whether a value without quotes is the key of a name that only may have one."""
    value = value.rstrip(",;)}]")
    return is_key(value) or (
        _LOGIN.search(name.lower()) is not None and is_token(value) and is_password_unquoted(value)
    )


def _scan_pairs(line: str, begin: int, end: int, level: int) -> Iterator[Span]:
    """Yield values that stand before their names, or beside a name that is a value itself, and texts of elements."""
    before = _BEFORE.search(line, max(0, begin - LONGEST_NAME), begin)
    if before is not None and _is_plausible(before["value"], level):
        yield before.span("value")
    for found in (
        _NAMED_AFTER.search(line, max(0, begin - LONGEST), begin),
        _TO_VALUE.match(line, end),
        _ELEMENT.match(line, end),
    ):
        if found is not None and _JUDGES[level](found["value"].rstrip(",;)}")):
            yield found.span("value")


def extend_secret(line: str, names: Iterable[Name]) -> Carried | None:
    """Return what the next line may hold the value of; None where no name stands at the end of the line."""
    for _, end, level in names:
        if level > ARGUMENT and len(line) - end < LONGEST_NAME:
            for form, pattern in _OPEN_ENDS:
                if pattern.match(line, end):
                    return level, form
    return None


def extend_secrets(line: str, carried: Carried, distance: int = 0) -> Iterator[Span]:
    """Yield where the value stands in a line to which a line above gave a name, so many lines before the last one.

    Further below it has to be called a value.
    """
    level, form = carried
    found = _CARRIED[form].match(line)
    if found is None or (distance and not found["sign"]):
        return
    quote = _OPENS.match(line, found.end())
    if quote is not None:
        span = _inside(line, quote)
        if _JUDGES[level](line[slice(*span)]):
            yield span
    elif form != "string" and (
        _is_plausible(found["value"].rstrip(",;)"), level)
        or (form == "value" and (found["sign"] or "").startswith("<") and _JUDGES[level](found["value"]))
    ):
        yield found.span("value")


def _scan_quoted(line: str, begin: int, end: int, level: int) -> Iterator[Span]:
    found = _TO_QUOTE.match(line, end)
    if found is None:
        return
    fill = found["fill"]
    quoted_name = found["close"] is not None
    listed = fill.rstrip().endswith(("(", "[", "{"))
    flag = line[max(0, begin - 1) : begin] in {"-", ":"}
    is_cell = fill.strip() == "|" and line[:begin].lstrip().startswith("|")
    if is_cell or _links(fill, level, quoted_name=quoted_name, flag=flag):
        judge = is_password if level == SPOKEN and quoted_name and _ATTRIBUTE.match(fill) else _JUDGES[level]
    elif level > ARGUMENT and fill.strip(" \tbBrRuUfFlL@$&")[:1] in {"", ","} and len(fill) < 8:
        judge = is_token if level == TOKEN else is_password_unquoted
    else:
        return
    in_turn = line[max(0, begin - 60) : begin].rstrip().endswith(",") and level > ARGUMENT
    logs_in = level < PASSWORD and (listed or not quoted_name) and _LOGIN.search(_flat(line[begin:end]))
    at = found.end()
    for number in range(MOST_LISTED if listed or in_turn or logs_in or level == ARGUMENT else 1):
        quote = _OPENS.match(line, at)
        if quote is None:
            return
        span = _inside(line, quote)
        value = line[slice(*span)].strip('\\"')
        if value[:1] == "(" and value[-1:] == ")":  # a raw string of C++
            value = value[1:-1]
        joined = _JOINS.match(line, span[1])
        if joined is not None and level > ARGUMENT:
            rest = _inside(line, joined)
            if judge(_SCHEME.sub("", value + line[slice(*rest)], 1)):
                yield span
                yield rest
                return
        given = is_password if quoted_name else is_password_unquoted
        if (
            judge(value)
            or judge(value.rpartition(":")[2])
            or (
                logs_in
                and (number or "," in fill)
                and (given(value) or (is_passphrase(value) and not value[-1].isalnum()))
            )
        ):
            yield span
        beyond = re.compile(r"\\?[\"'`]?\s*[,:]\s*[\w.=: ]{0,30}\(?").match(line, span[1])
        if beyond is None:
            return
        at = beyond.end()


def _links(fill: str, level: int, *, quoted_name: bool, flag: bool) -> bool:
    """Tell whether what stands between a name and a quotation mark gives the name what is quoted."""
    if _AND_ANOTHER.fullmatch(fill):
        return level > ARGUMENT
    bare = fill.strip(" \tbBrRuUfFlL@$&")
    if not bare:
        return level >= PASSWORD or quoted_name or flag
    if bare.startswith(","):
        return (quoted_name or flag) and len(bare) < 40 and _LEAVES.search(fill) is None
    if _LEAVES.search(fill.replace("|_|", "").replace("||", "")) or (
        "," in fill and not quoted_name and "(" not in fill
    ):
        return False
    if level == ARGUMENT:
        return bare.endswith(("(", "[", "=", ":", ",")) and "==" not in bare
    return _LINKS.search(fill) is not None


def _inside(line: str, quote: re.Match[str]) -> Span:
    """Return where the text of a string stands, from its opening mark on; one without an end goes on for a while."""
    start = quote.end()
    mark = quote[0][-1]
    if line.startswith(mark + mark, start):
        start += 2
    found = (_ESCAPED if len(quote[0]) > 1 else _STRINGS[mark]).match(line, start)
    return start, found.end() if found is not None else start


def _scan_unquoted(line: str, begin: int, end: int, level: int) -> Iterator[Span]:
    found = _UNQUOTED.match(line, end)
    is_alone = line[begin:end].isupper() or line[begin - 1 : begin] == "-" or not line[:begin].strip(" \t#;")
    if found is None and (level >= PASSWORD or is_alone):
        found = _SPACED.match(line, end)
        if found is not None and not _is_told(line, begin, found, level):
            return
    if found is None:
        found = _WHOLE.match(line, end) if _SETS.fullmatch(line, 0, begin) else None
    if found is None:
        return
    value = found["value"]
    start = found.start("value")
    is_field = line[end : end + 1] == "=" and (line[begin - 1 : begin] == ";" or _OTHER_FIELD.search(line) is not None)
    if line[end:start] == "=" and line.endswith(value) and value[-1].isalnum() and _SETS.fullmatch(line, 0, begin):
        is_field = is_field or _is_mixed(value)  # a line of settings, or of a shell
    is_all = level == SPOKEN and (
        is_field
        or (line[begin:end].isupper() and line[end:start] == "=")
        or not (line[start + len(value) :].strip() or line[:begin].strip(" \t#;/*-<>\"'"))
    )
    texts = re.split(r"[;&,]", value, maxsplit=1)[0], value.rstrip(",;)}]."), _ESCAPED_END.sub("", value)
    for text in dict.fromkeys(texts):
        if (
            _is_plausible(text, level)
            or (is_field and is_password(text))
            or (is_all and _is_chosen(text, is_tight=line[end:start] == "="))
        ):
            yield start, start + len(value)
            return
    whole = _WHOLE.match(line, end) if _SETS.fullmatch(line, 0, begin) else None
    if whole is not None and is_password(whole["value"]) and is_marked(whole["value"]):
        yield whole.span("value")


def _is_told(line: str, begin: int, found: re.Match[str], level: int) -> bool:
    """Tell whether what follows a name behind a space is its value, as in a sentence or a file of settings."""
    value = found["value"].rstrip(").,;")
    if level < PASSWORD:
        return is_token(value)
    if is_striking(value) or (line[begin - 1 : begin] == "-" and is_drawn(value)):
        return True
    is_setting = _SETS.fullmatch(line, 0, begin) is not None and not line[found.end() :].strip()
    return is_setting and (is_password_unquoted(found["value"]) or (_is_mixed(value) and is_password(value)))


def _is_chosen(value: str, *, is_tight: bool) -> bool:
    """Tell whether a setting without quotes is of words, and no expression: hyphens join them, or a mark ends them.

    One that stands tight behind its sign, as in `PASSWORD=...`, is none either.
    """
    return is_passphrase(value) and (is_tight or "-" in value or not value[-1].isalpha())


def _is_mixed(value: str) -> bool:
    return re.search(r"[a-z]", value) is not None and re.search(r"[A-Z]", value) is not None


def _is_plausible(text: str, level: int) -> bool:
    return is_password_unquoted(text) and (level >= PASSWORD or is_token(text))


def _is_password_or_words(value: str) -> bool:
    return is_password(value) or is_passphrase(value)


def _is_password_or_end(value: str) -> bool:
    return is_password(value) or is_ended_passphrase(value)


_JUDGES: dict[int, Callable[[str], bool]] = {
    SPOKEN: _is_password_or_words,
    PASSWORD: _is_password_or_end,
    TOKEN: is_token,
    ARGUMENT: is_bare,
}

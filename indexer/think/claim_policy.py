"""A sentence in, why it may not be said whatever its evidence out: how it speaks, not what it says. Pure text.

A note is data about a repository. What speaks to its reader, leads out of it, carries markup or a secret, or judges
what lines of code cannot show, is refused before anybody looks at evidence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from noctule.indexer.files.redaction import holds_secret
from noctule.indexer.think.claim_text import mask_names
from noctule.indexer.tokens import count

MOST_TOKENS = 60
LONGEST = 1_000
FEWEST_WORDS = 3

NOT_ONE = "not one sentence"
MARKUP = "markup"
LINK = "link"
SECRET = "secret"
INSTRUCTION = "instruction"
UNSUPPORTED = "unsupported kind"

_CODE = re.compile(r"`[^`]*`")
_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://|\bwww\.|\bmailto:|\bjavascript:|\]\([^)]*\)|!\[|\b[\w.+-]+@[\w-]+\.[a-z]{2,}",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"(?<![\w./])(?:[a-z0-9-]+\.)+(?:com|org|net|xyz|ru|cn|io|dev)(?![\w.(])", re.IGNORECASE)
# What is a file's ending as well (`.sh`, `.co`) is a place only where a path follows it.
_PLACE = re.compile(
    r"(?<![\w./])(?:[a-z0-9-]+\.)+(?:sh|co|ai|me|app|info|biz|ly|gg|top|site|online|eu|us|uk|to)/\w"
    r"|(?<![\w./])(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?/[A-Za-z]|(?<![\w:/.])//[a-z0-9-]+\.[a-z]"
)
_FOLDERS = re.compile(r"(?:[\w.@+-]+/)+")
_MARKUP = re.compile(
    r"```|~~~|</?[A-Za-z!][^>]*>|\*\*|^\s*(?:#{1,6}|[-*+>]|\d+[.)])\s|\|\s*-{3,}|&(?:#\d+|[a-z]+);|\\n"
)
# A word of letters that look alike in two alphabets is no name of either.
_MIXED = re.compile(r"[A-Za-z][\u0370-\u1fff]|[\u0370-\u1fff][A-Za-z]")
# What nobody sees and is no control character: fillers, blanks of other widths, and marks that choose a variant of a
# glyph, in which whole texts can be hidden.
_UNSEEN = re.compile(
    "[\u00a0\u034f\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200a\u202f\u205f\u2800\u3000\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_ENDS = re.compile(r"[.!?][\"')`]*\s+(?=[\"'(`]*[A-Z`])")


def _any(words: str) -> str:
    """Return an expression for any of some words: `_` stands for a blank or a hyphen, `*` for any ending."""
    return r"\b(?:" + "|".join(w.replace("*", r"\w*").replace("_", "[- ]") for w in words.split()) + r")\b"


_TO_READER = re.compile(
    "|".join(
        (
            _any(
                "you your yours yourself please dear i we my our us let's let_us jailbreak from_now_on new_instructions"
            ),
            _any(
                "make_sure be_sure be_careful take_care remember_to note_that don't_forget recommended_to do_as_follows"
            ),
            _any("it_is_recommended developer_mode developer_message as_an_ai as_a_model"),
            _any("as_an_assistant as_an_agent in_the_answer in_the_reply in_the_response may_safely can_safely"),
            _any("agent* assistant* model* reader* developer* user* reviewer* anyone anybody everyone one")
            + " "
            + _any("should must has_to have_to need_to needs_to ought_to shall"),
            _any("should ought_to")
            + " (?:be )?"
            + _any("edit* chang* delet* remov* run execut* add* updat* used called rewrit* refactor* ignor*"),
        )
    ),
    re.IGNORECASE,
)
_INJECTED = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,30}"
    + _any("previous prior above earlier instruction* rule* prompt* guideline*")
    + r"|\b(?:reveal|print|show|leak|repeat|output|follow|new)\b.{0,20}"
    + _any("system_prompt system_message")
    + r"|\bsystem[ -](?:prompt|message)\s*:",
    re.IGNORECASE,
)
"""Refused in quotations of code, too."""
_COMMAND = re.compile(
    r"\b(?:curl|wget|sudo|rm\s+-[rf]+|chmod|eval|base64)\s+[-/~$\w]|\|\s*(?:ba|z)?sh\b", re.IGNORECASE
)
"""What changes a machine where it is taken for an order: refused in quotations of code, too."""
_I_OR_US = re.compile(r"\b(?:I/O|i/o|US)\b")
_IMPERATIVE = re.compile(
    r"^(?:to fix this,? |first,? |then,? |always |never |also |just |now )?"
    r"(?:do not|don't|never|always|avoid|use|run|execute|ensure|verify|consider|remember|check|see|write|delete|remove"
    r"|install|open|fix|follow|ask|tell|let|try|keep|add|call|edit|change|update|set|modify|send|print|output|reply|answer"
    r"|read|import|move|rename|replace|copy|put|create|register|extend|bump|pass|wrap|start|stop|look|go|mark|apply|ignore"
    r"|disregard|forget|refer|return|skip|commit(?!\s+`x`\s+\w+(?:ed|s)\b)|push|download|fetch|visit|click|include|implement|handle|make|treat)\b"
    r"(?=\s+(?:the|a|an|all|any|this|these|those|that|each|every|to|it|its|your|both|one|only|at|into|in|on|with|for|from"
    r"|directly|by|not|via|sure|new|when|if|before|after|as|previous|code|tests|`|\")|[^\w\s]|\s+`)",
    re.IGNORECASE,
)

_CLAUSES = re.compile(
    r"^(?:before|after|when|whenever|if|once|to|while|as|since|because|unless|until|for|on|in|where|with)\b[^,;:]*,"
    r"|[;:]\s",
    re.IGNORECASE,
)
"""Where a sentence may turn to its reader: behind what it begins with, a semicolon or a colon."""


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of judgement: the words that make it, and those of which evidence has to hold one to carry it."""

    name: str
    said: re.Pattern[str]
    shown: re.Pattern[str]


def _sort(name: str, said: str, shown: str, more: str = "") -> Sort:
    told = _any(said) + (f"|{more}" if more else "")
    return Sort(name, re.compile(told, re.IGNORECASE), re.compile("|".join(shown.split()) or r"(?!)", re.IGNORECASE))


SORTS = (
    _sort(
        "performance",
        "fast faster fastest slow slower slowest slowly performan* efficien* quick quicker quickly speed* "
        "cheap* expensive costly latency throughput optimis* optimiz* lightweight scalable scales bottleneck* "
        "linear_time constant_time quadratic_time logarithmic_time amortized_time",
        r"perf_counter timeit benchmark measured \bp9[59]\b \b\d+(?:\.\d+)?[-_]?(?:ms|ns|us)\b microsecond "
        r"millisecond \bO\( fast slow cheap expensive costly quadratic linear latency throughput speed "
        "performan efficien optimi bottleneck",
        r"\bO\([^)]*\)",
    ),
    _sort(
        "concurrency",
        "thread_saf* threadsaf* race_condition* race races racy data_race* dead_lock* deadlock* concurren* "
        "atomic* reentran* re_entran* lock_free synchroni* in_parallel",
        r"lock mutex atomic synchroni thread semaphore race concurren O_APPEND async await queue chan\b "
        r"goroutine parallel process transaction reentran Event\(",
    ),
    _sort(
        "security",
        "safe safely safety unsafe unsafely secur* insecur* vulnerab* exploit* injection* sanitis* sanitiz* "
        "malicious* attack* harmless dangerous trusted trustworthy",
        "saf secur saniti escap trust secret redact auth permission verif csrf xss inject attack malicious "
        r"danger harm exploit vulnerab quote\( hmac compare_digest sandbox",
    ),
    _sort(
        "unused",
        "unused not_used never_used nowhere_used used_nowhere dead_code obsolete no_longer_used unreferenced "
        "not_referenced no_caller no_callers never_called not_called uncalled unreachable redundant "
        "superfluous no_users leftover vestigial",
        "unused not.used never.used obsolete deprecat dead.code unreachable no.longer redundant leftover",
    ),
    _sort(
        "absolutes",
        "never always guarantee* impossible cannot can_not can't in_all_cases under_no_circumstances without_exception",
        "assert raise throw panic never always must invariant ensure require guarantee lock frozen final "
        r"const readonly read-only unreachable expect \bonly\b \bevery\b forbid refus abort fatal exit \bnot\b "
        r"impossible cannot can't check error private sealed \breturn\b",
    ),
    _sort(
        "opinion",
        "elegant* well_designed well_written well_tested well_structured well_documented poorly badly "
        "best_practice* robust* maintainab* readable readability code_smell hacky ugly beautiful* bug_free "
        "production_ready technical_debt over_engineered overengineered correctly_implemented important "
        "crucial critical essential key_part",
        "",
    ),
)


def policy_violation(text: str) -> str:
    """Say why a sentence may not be said whatever it rests on; empty where nothing speaks against it."""
    if any(unicodedata.category(c) in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"} for c in text):
        return MARKUP
    if len(text) > LONGEST:
        return NOT_ONE
    if _MIXED.search(text) or _UNSEEN.search(text) or _is_foreign(_CODE.sub("``", text)):
        return MARKUP
    if _ADDRESS.search(text) or any(place.search(_CODE.sub("``", text)) for place in (_DOMAIN, _PLACE)):
        return LINK
    if _MARKUP.search(_CODE.sub("``", text)) or text.count("`") % 2 or "```" in text:
        return MARKUP
    if holds_secret(text):
        return SECRET
    prose = _I_OR_US.sub("IO", mask_names(text))
    if _INJECTED.search(text) or _COMMAND.search(text) or _TO_READER.search(prose) or _orders(mask_names(text, "`x`")):
        return INSTRUCTION
    if _ENDS.search(_CODE.sub("x", text)) or len(text.split()) < FEWEST_WORDS or is_scrambled(text):
        return NOT_ONE
    # A path costs what its folders are called: the sentence is no longer for that.
    bare = _FOLDERS.sub("", text)
    return NOT_ONE if count(bare) > MOST_TOKENS or count(text) > 2 * MOST_TOKENS else ""


def _is_foreign(prose: str) -> bool:
    """Tell whether prose holds letters that no rule here reads: all but Latin ones and a Greek one by itself."""
    words = ("".join(c for c in word if unicodedata.category(c)[0] in "LM") for word in prose.split())
    strange = (word for word in words if any(c > "\u024f" for c in word))
    return any(len(word) > 1 or not "\u0370" <= word <= "\u03ff" for word in strange)


def _orders(prose: str) -> bool:
    """Tell whether a sentence, or a clause that it turns to, gives an order."""
    ends = (0, *(found.end() for found in _CLAUSES.finditer(prose)))
    return any(_IMPERATIVE.match(prose[end:].lstrip()) for end in ends)


def leads_away(text: str) -> bool:
    """Tell whether a text holds a link, characters that nobody sees, or an order to whoever reads it as a model."""
    hidden = any(unicodedata.category(c) in {"Cc", "Cf", "Co", "Cs", "Cn"} for c in text)
    return hidden or any(p.search(text) for p in (_ADDRESS, _DOMAIN, _PLACE, _UNSEEN, _INJECTED)) or "```" in text


_NO_NOUN = "of to is are was were and or by from that which has have does on as into where so than but at not a an the"
_ARTICLE = re.compile(rf"\b(?:an?|the)\s+(?:{_NO_NOUN.replace(' ', '|')})(?![\w-])", re.IGNORECASE)
_OPEN_END = re.compile(r"\b(?:an?|the|and|or|which|while|of|its|than|but|into)\W*$")
_STOPPED_EARLY = re.compile(r"(?<![A-Z])[a-z`]\.\s+[a-z]|,\s*$|^\W*[,.]")


def is_scrambled(text: str) -> bool:
    """Tell whether the words of a text are in no order that a sentence has them in."""
    prose = _CODE.sub("x", text).strip()
    return any(sign.search(prose) for sign in (_ARTICLE, _OPEN_END, _STOPPED_EARLY))


def unsupported_judgement(text: str, evidence: Sequence[str]) -> str:
    """Name the sort of judgement that a sentence makes and none of its evidence is of; empty where there is none."""
    prose, joined = mask_names(text), "\n".join(evidence)
    for sort in SORTS:
        if sort.said.search(prose):
            if not sort.shown.search(joined):
                return sort.name
            prose = sort.said.sub("x", prose)  # "thread-safe" is no word on security
    return ""

"""A task's text in, what it names out: words, identifiers, paths, stack frames. Knows no repository.

Issue texts mix prose, code and output. Each word keeps where it stood, because a name in the title or in a sentence
says more about what is wrong than the same name in fifty lines of pasted output.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.search.frames import Frame, find_frames, find_links
from noctule.indexer.search.issue_form import without_form
from noctule.indexer.search.quotations import find_quotations
from noctule.indexer.search.renaming import find_renaming
from noctule.indexer.terms import LONGEST, STOP_WORDS, WORD, stem, subterms

MOST_CHARACTERS = 200_000
MOST_TERMS = 400
MOST_PAIRS = 400

# A task may be 200,000 characters of anything, and no pattern may look at one of them more than a few hundred times:
# each has one place to start in a run of what it matches, and gives nothing back that it need not.
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FENCE = re.compile(r"^[ \t]*(```|~~~)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_INDENTED = re.compile(r"(?:^(?: {4}|\t)[^\n]*\n?)+", re.MULTILINE)
_SESSION = re.compile(r"^(?:>>>|\.\.\.|In \[\d+\]:|Out\[\d+\]:|\$ )[^\n]*\n?", re.MULTILINE)
_INLINE = re.compile(r"(?<!`)`++([^`\n]{1,200})`++")
_URL = re.compile(r"https?://[^\s)>\]\"']+")
_PATH = re.compile(
    r"(?<![\w.@+-])(?<![\w.@+-][/\\])"
    r"((?:[\w.@+-]{1,255}+[/\\]){0,40}[\w@+-][\w.@+-]{0,255}\.[A-Za-z][A-Za-z0-9]{0,7})(?![\w/])"
)
_TO_A_FILE = re.compile(r"/(?:blob|blame|raw|src)/|raw\.githubusercontent\.com/")
# Where a script without spaces meets a name: nothing else tells where the name begins and ends.
_CJK = r"[\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uff66-\uff9f]"
_BESIDE_CJK = lazy_pattern(rf"(?<={_CJK})(?=[A-Za-z0-9_@])|(?<=[A-Za-z0-9_])(?={_CJK})")
_DOTTED = re.compile(r"\b[A-Za-z_]\w*(?:(?:\.|::|#)[A-Za-z_]\w*)+")
_CALLED = re.compile(r"\b([A-Za-z_]\w+)(?=\()")
_CODELIKE = re.compile(r"\b(?:[A-Za-z]+_\w+|_\w+|[a-z]+[A-Z]\w*|[A-Z][a-z0-9]+[A-Z]\w*|[A-Z]{2,}[a-z]\w*)\b")
_QUESTION = re.compile(
    r"\s*(?:what|which|where|who|whose|when|why|how|is|are|does|do|can|could|under|in|at|to|for|from|by)\b[^\n]{1,1000}\?\s*",
    re.IGNORECASE,
)
_RUN = re.compile(r"[A-Za-z]{2,40}(?:[ -][A-Za-z]{2,40})+")
_SCOPE = re.compile(
    r"\s*(?:[a-z]{2,12}\(([\w./+-]{2,60})\)!?:\s|\[([\w./+-]{2,60})\]"
    r"|(?!(?:fix|bug|feat|feature|chore|perf|refactor|build|ci|docs?|test|style|error|warning|question|re)\b)([\w./+-]{2,60}):\s)",
    re.IGNORECASE,
)
_CAPITAL = re.compile(r"\b[A-Z][a-z]{2,}\w*\b")
_SMALL = re.compile(r"\b[a-z]{3,}\b")
_ANNOTATION = re.compile(r"(?<![\w.])@([A-Za-z_]\w+)")
_INSIDE = re.compile(r"(?<=[a-z,;)] )[A-Z][a-z]{2,}\w*\b(?!-)")
"""A word with a capital within a sentence: where one begins, it may be any word."""


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """What a task's text names.

    `terms` maps a field ("title", "prose", "code") to its search terms with their counts. `names` maps each identifier
    that reads like code to the best place where it stands: 3 title, 2 prose or inline code, 1 code block or output.
    `dotted` are qualified names as written; `paths` file names and paths, with the same places; `frames` the stack.
    `pairs` are neighbouring words as one name would spell them, with weights like those of terms: people write "join
    set" and mean `JoinSet`. `scope` is the part of the project that the title begins with, as in `fix(parser): ...`.
    `asks` tells that the text is a question and nothing else: it wants to know, and no change. `quoted` is what it
    quotes, word for word. `titled` are the names of the title that are no ordinary words there. `renamed` is
    the name that the title wants to be another. `length` counts the words of the text.
    """

    title: str
    terms: Mapping[str, Mapping[str, float]]
    names: Mapping[str, int]
    dotted: Mapping[str, int]
    paths: Mapping[str, int]
    frames: tuple[Frame, ...]
    pairs: Mapping[str, float]
    scope: str = ""
    asks: bool = False
    quoted: tuple[str, ...] = ()
    titled: frozenset[str] = frozenset()
    renamed: str = ""
    length: int = 0
    weighed: dict[tuple[tuple[str, float], ...], Mapping[str, float]] = field(
        default_factory=dict, repr=False, compare=False
    )
    """What `weigh` has returned: several signals, and several repositories, ask for the same."""


def read(text: str) -> TaskQuery:
    """Take a task's text apart."""
    text = text[:MOST_CHARACTERS].replace("\r\n", "\n")
    closed = text.rfind("-->") + 1  # past the last end, each beginning of a comment would be followed to the text's end
    text = _COMMENT.sub(" ", text[: closed + 2]) + text[closed + 2 :] if closed else text
    text = without_form(text.lstrip())
    written = text
    if not text.isascii():
        text = _BESIDE_CJK.sub(" ", text)
    title, body = _title(text)
    blocks: list[str] = []

    def take(match: re.Match[str]) -> str:
        blocks.append(match[2] if match.re is _FENCE else match[0])
        return "\n"

    prose = _FENCE.sub(take, body)
    prose = _SESSION.sub(take, _INDENTED.sub(take, prose))
    code = "\n".join(blocks)
    linked = "\n".join(_URL.findall(prose))
    prose = _URL.sub(" ", prose)
    names: dict[str, int] = {}
    dotted: dict[str, int] = {}
    paths: dict[str, int] = {}
    small = {stem(word) for word in _SMALL.findall(f"{title}\n{prose}")}
    for place, part in ((1, code), (2, prose), (3, title)):
        found = _code_names(part) | (_capitals(part, small) if place > 1 else _words(part))
        for name in sorted(n for n in found if 1 < len(n) <= LONGEST):  # the same in each process
            names[name] = place
        dotted.update((d, place) for d in _DOTTED.findall(part))
        paths.update((p.replace("\\", "/"), place) for p in _PATH.findall(part))
    paths.update((p, 2) for p in _PATH.findall(linked) if _TO_A_FILE.search(linked))
    paths.update((frame.path, 2) for frame in find_links(linked))
    if text is not written and text != written:
        # A name of a file may mix scripts as well.
        paths.update((p.replace("\\", "/"), 2) for p in _PATH.findall(written) if p not in paths and not p.isascii())
    terms = {"title": _count(title), "prose": _count(prose), "code": _count(code)}
    asks = _QUESTION.fullmatch(written) is not None
    pairs = _pairs(title, prose)
    quoted = find_quotations(written, title)
    scope = _SCOPE.match(title)
    told = title[scope.end() :] if scope is not None else title
    renamed, new = find_renaming(title)
    if renamed:
        names[renamed] = 3
        names.pop(new, None)  # nothing is called so yet
    named = {*_code_names(told), *_ANNOTATION.findall(told), *_INSIDE.findall(told), renamed}
    titled = frozenset(named & names.keys())
    frames, length, scope_name = find_frames(text), len(text.split()), _scope(title)
    return TaskQuery(
        title, terms, names, dotted, paths, frames, pairs, scope_name, asks, quoted, titled, renamed, length
    )


def _pairs(title: str, prose: str) -> dict[str, float]:
    """Return what two or three neighbouring words would be called as one name, in the title and in sentences."""
    found: dict[str, float] = {}
    for weight, part in ((2.0, title), (1.0, prose)):
        for run in _RUN.findall(part):
            words = run.lower().replace("-", " ").split()
            for size in (2, 3):
                for at in range(len(words) - size + 1):
                    some = words[at : at + size]
                    if STOP_WORDS.isdisjoint(some) and len(found) < MOST_PAIRS:
                        one = [*some[:-1], some[-1][:-1]] if some[-1].endswith("s") else some
                        for spelled in ("".join(some), "_".join(some), "".join(one), "_".join(one)):
                            found[spelled] = max(found.get(spelled, 0.0), weight)
    return found


def _scope(title: str) -> str:
    match = _SCOPE.match(title)
    return "" if match is None else next(filter(None, match.groups()), "").strip().lower()


def _title(text: str) -> tuple[str, str]:
    stripped = text.lstrip()
    title, _, body = stripped.partition("\n")
    return title[:300], title[300:] + body


def _code_names(text: str) -> set[str]:
    found = set(_CODELIKE.findall(text)) | set(_CALLED.findall(text))
    for dotted in _DOTTED.findall(text):
        found.update(re.split(r"\W+", dotted))
    for inline in _INLINE.findall(text):
        found.update(w for w in WORD.findall(inline) if not w[0].isdigit())
    return found


def _words(text: str) -> set[str]:
    return {word for word in WORD.findall(text) if not word[0].isdigit()}


def _capitals(text: str, small: Collection[str]) -> set[str]:
    """Return the words with a capital that may be names: none that the task also has in small letters.

    "Deploys are missing. Deploy marks ..." speaks of deploys and names no `Deploy`; `small` has the stems of words in
    small letters.
    """
    return {word for word in _CAPITAL.findall(text) if not word.isalpha() or stem(word.lower()) not in small}


def _count(text: str) -> dict[str, float]:
    counts: dict[str, float] = {}
    for word in WORD.findall(text):
        if word.lower() not in STOP_WORDS:
            for term in subterms(word):
                counts[term] = counts.get(term, 0) + 1
    return counts


ALL_FIELDS: Mapping[str, float] = {"title": 2.0, "prose": 1.0, "code": 0.5}
"""Weights of words by their place in the task, if all of its words count."""


def weigh(task: TaskQuery, fields: Mapping[str, float]) -> Mapping[str, float]:
    """Return the terms of some fields with their weights, heaviest first; a long log has more than can say anything."""
    key = tuple(fields.items())
    if key not in task.weighed:
        weights: dict[str, float] = {}
        for name, weight in fields.items():
            for term, count in task.terms[name].items():
                weights[term] = weights.get(term, 0.0) + weight * (1 + math.log(count))
        heaviest = sorted(weights, key=lambda term: (-weights[term], term))[: 3 * MOST_TERMS]
        task.weighed[key] = {term: weights[term] for term in heaviest}
    return task.weighed[key]

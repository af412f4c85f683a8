"""A task's text in, what it names out: words, identifiers, paths, stack frames. Knows no repository.

Issue texts mix prose, code and output. Each word keeps where it stood, because a name in the title or in a sentence
says more about what is wrong than the same name in fifty lines of pasted output.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from noctule.indexer.terms import LONGEST, STOP_WORDS, WORD, subterms

MOST_CHARACTERS = 200_000
MOST_TERMS = 400

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
_FRAME = re.compile(
    r'File "(?P<py>[^"\n]+)", line (?P<pyline>\d+)(?:, in (?P<pyname>[\w<>.]+))?'
    r"|\bat (?:(?P<jsname>[\w$.<>\[\] ]{1,80}) )?\(?(?P<js>[^\s():]{1,400}\.[A-Za-z]{1,5}):(?P<jsline>\d+)(?::\d+)?\)?"
    r"|(?<![\w.@+-])(?<![\w.@+-]/)(?P<file>(?:[\w.@+-]{1,255}+/){0,40}[\w@+-][\w.@+-]{0,255}\.[A-Za-z]{1,5})"
    r":(?P<line>\d+)(?::\d+)?(?: in (?:\w+\.)*(?P<name>\w+))?"
)
_DOTTED = re.compile(r"\b[A-Za-z_]\w*(?:(?:\.|::|#)[A-Za-z_]\w*)+")
_CALLED = re.compile(r"\b([A-Za-z_]\w+)(?=\()")
_CODELIKE = re.compile(r"\b(?:[A-Za-z]+_\w+|_\w+|[a-z]+[A-Z]\w*|[A-Z][a-z0-9]+[A-Z]\w*|[A-Z]{2,}[a-z]\w*)\b")
_CAPITAL = re.compile(r"\b[A-Z][a-z]{2,}\w*\b")


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a stack trace or of a tool's output that points into a file."""

    path: str
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Task:
    """What a task's text names.

    `terms` maps a field ("title", "prose", "code") to its search terms with their counts. `names` maps each identifier
    that reads like code to the best place where it stands: 3 title, 2 prose or inline code, 1 code block or output.
    `dotted` are qualified names as written; `paths` file names and paths, with the same places; `frames` the stack.
    """

    title: str
    terms: Mapping[str, Mapping[str, float]]
    names: Mapping[str, int]
    dotted: Mapping[str, int]
    paths: Mapping[str, int]
    frames: tuple[Frame, ...]


def read(text: str) -> Task:
    """Take a task's text apart."""
    text = text[:MOST_CHARACTERS].replace("\r\n", "\n")
    closed = text.rfind("-->") + 1  # past the last end, each beginning of a comment would be followed to the text's end
    text = _COMMENT.sub(" ", text[: closed + 2]) + text[closed + 2 :] if closed else text
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
    for place, part in ((1, code), (2, prose), (3, title)):
        for name in _names(part, prose=place > 1):
            names[name] = place
        dotted.update((d, place) for d in _DOTTED.findall(part))
        paths.update((p.replace("\\", "/"), place) for p in _PATH.findall(part))
    paths.update((p, 2) for p in _PATH.findall(linked) if "/blob/" in linked)
    terms = {"title": _counted(title), "prose": _counted(prose), "code": _counted(code)}
    return Task(title, terms, names, dotted, paths, tuple(_frames(text)))


def _title(text: str) -> tuple[str, str]:
    stripped = text.lstrip()
    title, _, body = stripped.partition("\n")
    return title[:300], title[300:] + body


def _names(text: str, *, prose: bool) -> set[str]:
    found = set(_CODELIKE.findall(text)) | set(_CALLED.findall(text))
    for dotted in _DOTTED.findall(text):
        found.update(re.split(r"\W+", dotted))
    for inline in _INLINE.findall(text):
        found.update(w for w in WORD.findall(inline) if not w[0].isdigit())
    found.update(_CAPITAL.findall(text) if prose else (w for w in WORD.findall(text) if not w[0].isdigit()))
    return {n for n in found if 1 < len(n) <= LONGEST}


def _counted(text: str) -> dict[str, float]:
    counts: dict[str, float] = {}
    for word in WORD.findall(text):
        if word.lower() not in STOP_WORDS:
            for term in subterms(word):
                counts[term] = counts.get(term, 0) + 1
    return counts


def _frames(text: str) -> list[Frame]:
    frames = []
    for m in _FRAME.finditer(text):
        path = m["py"] or m["js"] or m["file"]
        line = m["pyline"] or m["jsline"] or m["line"]
        name = m["pyname"] or m["jsname"] or m["name"] or ""
        frames.append(Frame(path.replace("\\", "/"), int(line[:9]), name.strip().rpartition(".")[2]))
    return frames[:200]

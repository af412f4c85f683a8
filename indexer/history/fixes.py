"""A commit's subject in, whether the commit mended a fault out. Reads neither the message's body nor what was changed.

A body names what is closed, what a squash held and what a tool's changelog says: of commits that only the body calls
fixes, one in seven is one. What a fix mends is what the program does: a spelling, a document, a test, the build or a
warning is none of it. Where a conventional type (`fix:`, `docs(x):`) stands before the subject, it decides.
"""

from __future__ import annotations

import re


def _join_alternatives(alternatives: str) -> str:
    """Return the expression for any of some alternatives between blanks; `~` in one of them is a blank."""
    return "(?:" + "|".join(alternatives.split()).replace("~", " ") + ")"


_TYPE = re.compile(r"\A\W{0,4}(\w+)(?:\(([^)]{0,60})\))?(!?):\s*")
_FIX_TYPES = frozenset({"fix", "fixes", "fixed", "bugfix", "hotfix", "bug"})
_OTHER_TYPES = frozenset(
    "feat feats feature features doc docs style styles refactor refactoring perf test tests testing build ci cd chore "
    "revert release deps wip types typing dx workflow lint example examples bench benchmark benchmarks maint meta "
    "cleanup clean format typo readme changelog github ci/cd infra dev".split()
)
_OTHER_SCOPES = _OTHER_TYPES - {"types", "style", "styles"}
_OTHER_STARTS = ("revert", "[revert]", "[breaking", "fixup!", "squash!", "merge ")

_SIGNS = tuple(
    "fix repair bug regress crash segfault leak deadlock avoid prevent n't not longer stop correct solv work "
    "guard".split()
)
"""One of these stands in whatever is a fix; to look for them first spares the expressions."""

_REFERENCE = re.compile(
    r"\(?\b(?:"
    + _join_alternatives(
        r"fix(?:e[sd]|ing)? clos(?:e[sd]?|ing) resolv(?:e[sd]?|ing) refs? see gh pr pull issues? bugs? for in"
    )
    + r"[\s:]*)+\[?(?:[\w./-]*#|gh-|[A-Z]{2,}-|(?<=issue)|(?<=issue )|(?<=bug )|(?<=bug))\d+[\])]*"
    + r"|\(?\[?[\w./-]*#\d+\]?\)?",
    re.IGNORECASE,
)
_SAYS_SOMETHING = re.compile(
    r"(?!"
    + _join_alternatives("""for in on the and with master main head branch part of complete implementation issues?
        bugs? possible potential attempt try tentative another quick temporary better more""")
    + r"\b)"
    + r"\b[a-z][a-z]"
)
_SAYS_FIX = re.compile(r"\b(?:bug-?|hot-?)?fix(?:e[sd]|ing|up)?\b|\brepair(?:s|ed)?\b")
_FAULTS = _join_alternatives(
    r"""bugs? regressions? crash(?:es|ed|ing)? seg-?faults? leak(?:s|ed|ing)? deadlocks? data~races? race~conditions?
    panic(?:s|ked|king)? hangs? overflows? underflow npes? nullpointerexception infinite~(?:loop|recursion)
    out[-~]of[-~]bounds? use[-~]after[-~]free memory~corruption vulnerabilit(?:y|ies) cve-\d+-\d+"""
)
_WEAK_FAULTS = _join_alternatives("broken incorrect(?:ly)? wrong(?:ly)? fail(?:s|ing|ures?)? [a-z]*errors? exceptions?")
_UNWANTED = rf"\b(?:{_FAULTS}|{_WEAK_FAULTS})\b"
_FAULT = re.compile(rf"\b{_FAULTS}\b")
_SAYS_WHAT = re.compile(_UNWANTED + r"|\b(?:not|[a-z]+n't|never|missing|invalid|should|instead of|when|if|again)\b")
_PREVENTS = re.compile(
    r"\b"
    + _join_alternatives(
        r"""avoid(?:s|ed|ing)? prevent(?:s|ed|ing)? do(?:es)?n[o']?t do(?:es)?~not no~longer stop(?:s|ped)?
        correct(?:s|ed)? resolv(?:e[sd]?|ing) solv(?:e[sd]?|ing) work(?:s|ed)?~?around guard(?:s|ed)?~against"""
    )
    + r"\b.{0,40}"
    + _UNWANTED
)
_TYPING = re.compile(r"\b(?:typing|typings|annotations?|type hints?)\b")
_FAULT_AT_HEAD = re.compile(
    r"\A(?:\w+ ){0,3}(?:bug ?fix(?:es)?|bug|hotfix|regression|crash|segfault|memory leak|deadlock)\b(?!\W*tests?\b)"
)
_DOES_ELSE = re.compile(
    r"\A(?:re)?"
    + _join_alternatives(
        """add clean updat upgrad document delet mention merg releas bump renam mov test prepar improv refactor
        implement introduc support allow mak creat revert reproduc try tri enabl chang simplif import us switch
        replac extract convert drop set bring sort reorder
        explain describ"""
    )
    + r"(?:e|es|s|ed|ing|ting|ies|ied|y|d)?\b"
)
_RESHAPES = re.compile(
    "(?:deprecat|renam|reword|clarify|document|reformat|flatten|bump|upgrad|pin)(?:e|es|ed|ing|s)?\\b",
)
"""What a commit does that is no mended fault, whatever its type says."""
_SAYS_FIX_TOO = re.compile(r"(?:\band|\bto|&|[;.+]|,) +(?:also +)?(?:bug-?)?fix(?:e[sd]|ing)?\b")
_DEPENDENCY = re.compile(r"\b(?:dependenc\w+|deps|packages|versions?)\b")
_NEVER = re.compile(
    r"\b"
    + _join_alternatives(
        r"""\w*typos? spellings? spelled misspell\w* misspelt grammar\w* grammatical wording punctuation
        capitali[sz]ation \w*lint(?:er|ers|ing|s)? golangci\S* clippy rustfmt gofmt flake8 pyflakes ruff mypy
        pyright pep-?8 pycodestyle isort checkstyle spotless prettier pre-?commit errorprone rubocop phpstan
        psalm phpcs\w* phpmd php-?cs\S* phan rector \w*-?tidy cppcheck shellcheck staticcheck errcheck go~vet
        detekt stylecop\w* scalafmt ktfmt shfmt clang-?format swiftformat pydocstyle dialy[xz]er credo spotbugs findbugs
        sonar\w* static~anal\w+ untyped\w* check_untyped_defs white~?spaces? formatting indent(?:s|ation|ing)?
        spacing trailing newlines?~at cod(?:e|ing)[-~]?(?:style|standard|convention)s? cs~fix\w* docs?
        documentation documenting docstrings?
        doc-?comments? apidocs? javadocs? java~doc rustdoc kdoc godoc sphinx-build read~?me\S* change[-~]?log\S*
        changes\.\w+ release~?notes? news~entr\w+ man~?page manual tutorial website
        (?:broken|dead)~(?:\w+~)?links? links?~(?:to|in|for) mark-?~?up badges? demo copyright licen[sc]e
        contributors? \w*tests? testing \w+_tests?\S* test_\w+ tests?/\S* \w+test(?:s|case)?\.\w+ testcases?
        unittests? fixtures? flak[ye]\w* coverage benchmarks? bench fuzz\w* ci travis\S* appveyor circleci
        codecov karma (?:github|gh)~actions? workflows? tox nox dependabot renovate\S*
        (?:build|compil\w+|doc\w*|typing|type|ts|typescript|ide)~(?:errors?|failures?|issues?|problems?)
        (?:does~not|doesn't|not|to)~compile merge~conflicts? (?:bad|wrong|after|fix(?:ed)?)~merges?
        fix(?:ed)?~conflicts? rebase\w* nits? review\w* code~smells? code~quality deepsource
        codacy codefactor pmds? pull~request~findings? code~scanning~alerts? logos? favicon ribbon todos?
        lock~?files? history\.\w+ history~for \S+\.(?:rst|md|mdx|markdown|textile|adoc) commenting
        go~fmt toc tables?~of~contents cargo~fix \S*\.golden golden~files?
        \w*\.?gitignore \.git\w+
        issue~templates? version~(?:number|string|bump)s? version_file publish~script"""
    )
    + r"\b"
)
_SELDOM = re.compile(
    r"\b"
    + _join_alternatives(
        r"""styles? styling \w*warn+ings? comments? links? urls? examples? samples? snippets? build(?:s|ing)? built
        compil\w+ make~?files?\S* cmake\S* gradle maven pom\S* autoconf configure\S* packag(?:e|es|ing) \w+\.json
        \w+\.toml \w+\.ya?ml deprecat\w+ usages? setup\.\w+ pyproject\S* releas\w+ version(?:s|ing)? deps
        dependenc\w+ import(?:s|ed)? annotations? annotated typing type~?hints? typings types? publications?
        e-?mail~addresses mailing~lists? instructions? recommendations?
        hyperlinks? make~install
        (?:re)?nam(?:e|es|ed|ing) variables? headings? titles? tables? sections? articles? paragraphs? sentences?
        messages? scripts? docker\w* clean-?ups? refactor\w* minor small various stuff things more lines?
        code~?blocks? ref references?"""
    )
    + r"\b"
)
_DESCRIPTION = _join_alternatives(
    """descriptions? explanations? docs? doc~?strings? documentation comments? typos? spellings? wordings? phrasings?
    help~texts? read~?me change-?logs? examples?"""
)
_ONLY_DESCRIPTION = re.compile(
    r"(?:(?:(?:the|a|an|some|all|few|more|minor|small|bad|wrong|incorrect|broken|outdated|"
    r"package|module|class|function|method|flag|option|command|parameter|argument|api) )*"
    + rf"{_DESCRIPTION}(?: (?:and|or|in|of|for|on|to|from) (?!.*{_UNWANTED})|, ?| ?& ?|\Z))"
)
"""What is mended describes the program, and no more is said of it than where it stands."""
_ONLY_TEXT = re.compile(
    r"(?:html|css|xml|rst|markdown)(?: syntax(?: errors?)?)?\Z"
    r"|.*\b(?:in|for|of)(?: [\w`.-]+){1,5} examples?\Z|(?:an? |some )?-w[a-z][a-z-]+\b"
    r"|.*\bbuilds?\Z|(?:the )?words?\Z|(?:refin|improv|better|clear|updat|reword)\w* .*\bmessages?\b"
)
_ONE_DESCRIPTION = re.compile(rf"(?!.*{_UNWANTED})(?:\S+ ){{0,2}}descriptions?\Z")
"""A page, an example, or what a compiler's option warns of."""
_ONLY_STYLE = re.compile(
    r"(?:(?:the|all|some|few|more|minor|remaining|last|php) )*(?:cs|ws|cs ?(?:/|,|and|&) ?ws|ws ?(?:/|,|and|&) ?cs)"
    r"(?: (?:issues?|errors?|violations?|problems?|warnings?|complaints?|fix(?:es)?)\b(?:\(s\))?(?!.*\w)|\Z)"
)
"""Short for coding standard and white space, as authors of PHP write them; `Foo.cs` and `ws://` are something else."""
_NEAR_WORDS = 6
"""What is mended stands so near to the word, or what follows is about something else."""


def is_fix(subject: str) -> bool:
    """Tell whether a commit with this subject mended a fault."""
    lower = subject.strip()[:300].replace("’", "'").lower()
    if not any(sign in lower for sign in _SIGNS):
        return False  # as most are
    typed = _TYPE.match(lower)
    kind, scope, breaks = (typed[1], typed[2] or "", bool(typed[3])) if typed is not None else ("", "", False)
    rest = lower[typed.end() :] if typed is not None else lower
    if kind in _OTHER_TYPES or scope in _OTHER_SCOPES or lower.startswith(_OTHER_STARTS):
        return False
    rest = rest.partition(". ")[0]
    if _NEVER.search(rest) or _NEVER.search(scope):
        return False
    plain = " ".join(_REFERENCE.sub(" ", rest).split()).strip(" ,.;:-")
    if not _SAYS_SOMETHING.search(_SAYS_FIX.sub("", plain)):
        return False  # only an issue's number, which may be a wish
    says_fix = _SAYS_FIX.match(plain)
    mended = plain[says_fix.end() :].lstrip() if says_fix is not None else plain
    if says_fix is not None and _ONE_DESCRIPTION.match(mended):
        return False
    if (
        _ONLY_DESCRIPTION.match(mended)
        or _ONLY_TEXT.match(mended)
        or ((says_fix is not None or kind in _FIX_TYPES) and _ONLY_STYLE.match(mended))
    ):
        return False
    if kind not in _FIX_TYPES:
        return _mends_fault(plain, rest)
    # What breaks those who use it (`fix!:`) is often another shape of the program and no fault.
    return not _RESHAPES.match(plain) and (not breaks or _SAYS_WHAT.search(plain) is not None)


def _mends_fault(plain: str, rest: str) -> bool:
    """Tell whether a sentence speaks of a mended fault; `plain` is `rest` without the numbers of issues."""
    names_fault = _FAULT.search(plain) is not None
    if _DOES_ELSE.match(plain):
        return names_fault and _SAYS_FIX_TOO.search(plain) is not None and not _DEPENDENCY.search(plain)
    says_fix = _SAYS_FIX.search(plain)
    if says_fix is not None:
        mended = " ".join(plain[says_fix.end() :].split()[:_NEAR_WORDS]) or plain
        return names_fault or not _SELDOM.search(mended)
    if _SAYS_FIX.match(rest):  # "Fix #12: the parser does not stop", but also "Fix #13: a wider box"
        return _SAYS_WHAT.search(plain) is not None and not _SELDOM.search(plain)
    prevents = _PREVENTS.search(plain) is not None and not _TYPING.search(plain)
    return prevents or _FAULT_AT_HEAD.match(plain) is not None

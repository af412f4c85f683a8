"""A line in, the paths out by which it loads or lists other files. Knows no file, and nothing of comments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from posixpath import dirname, join
from typing import NamedTuple

from noctule.indexer.parse.languages import detect_language


class Load(NamedTuple):
    """The part of a line that names a file, and how.

    The path starts from one of the folders `bases`; with `anywhere`, else from any (`<a/b.h>`). `endings` are what may
    stand behind it. `is_loaded` tells what is read when the line runs from what is only listed. With `in_package` the
    path starts from a folder that is no package of Python; `is_member`: the package itself may define such a name.
    `is_folder`: a whole folder is named.
    """

    path: str
    bases: Sequence[str]
    endings: Sequence[str] = ("",)
    anywhere: bool = False
    is_loaded: bool = True
    in_package: bool = False
    is_member: bool = False
    is_folder: bool = False


_QUOTED = r"""\s*\(?\s*['"]([^'"#$]+)['"]"""
_RUBY_NEAR = re.compile(rf"\brequire_relative{_QUOTED}")
_RUBY = re.compile(rf"\b(?:require|load)\b{_QUOTED}|\bautoload\s*\(?\s*:\w+\s*,{_QUOTED}")
_RUBY_EXPANDED = re.compile(r"""\bexpand_path\(\s*['"]([^'"#]+)['"]\s*,\s*(__dir__|__FILE__)""")
_INCLUDE = re.compile(r"""^\s*#\s*(?:include|import)\s*([<"])([^">]+)[">]""")
_SYSTEM = re.compile(r"(?:sys|net|netinet|arpa|linux|asm|machine|bits|mach|gnu|rpc|X11|GL|openssl)/")
"""Folders of headers that systems have."""
_PHP = re.compile(r"""\b(?:require|include)(?:_once)?\b([^;'"]*)['"]([^'"$]+\.\w+)['"]""")
_SCRIPT = re.compile(
    r"""\b(?:from|import|require|resolve|URL|mock|importActual|requireActual)\s*\(?\s*['"`](\.{1,2}/[^'"`$]*)['"`]"""
)
_SCRIPT_ENDINGS = tuple(
    f"{inside}{ending}"
    for inside in ("", "/index")
    for ending in (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte", ".json")
)
_PYTHON_FROM = re.compile(r"^\s*from\s+(\.*[\w.]*)\s+import\s+(.*)")
_PYTHON_IMPORT = re.compile(r"^\s*import\s+([\w., ]+)|\bimport_module\(\s*['\"]([\w.]+)['\"]\s*[,)]")
_RUST_MODULE = re.compile(r"^\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(?:r#)?(\w+)\s*;")
_RUST_FILE = re.compile(r"""\binclude(?:_str|_bytes)?!\s*\(\s*"([^"]+)"|^\s*#\[path\s*=\s*"([^"]+)"\]""")
_EMBED = re.compile(r"^//go:embed\s+(.+)")
_SHELL = re.compile(
    r"""(?:^|[;&|(]|\b(?:then|do|exec)\b|\brun:|^\s*-)\s*(?:\.|source|bash|sh|zsh|python3?|node|ruby)\s+["']?([^\s"';&|)]+)"""
)
_VARIABLE = re.compile(r"^(?:\$\{[^}]*\}|\$\([^)]*\)|\$\w+)/+")
_LINK = re.compile(r"\]\(\s*<?([^)\s>#]+)")
_WEB = re.compile(r"""\b(?:src|href)\s*=\s*["']([^"'#?]+)""")
_STYLE = re.compile(r"""@(?:import|use|forward)\s+(?:url\()?["']([^"']+)["']""")
_WORD = re.compile(r"""[^\s"'`(),;=\[\]{}<>|&]+""")
_ENTRY = re.compile(r"""([A-Za-z_][\w.]*):[A-Za-z_][\w.]*""")
MANIFEST = re.compile(
    r"""(?:^|/)(?:CMakeLists\.txt|(?:GNU)?[Mm]akefile(?:\.\w+)?|meson\.build|BUILD(?:\.bazel)?|configure\.ac|Dockerfile
    |package\.json|composer\.json|tsconfig[\w.-]*\.json|jsconfig\.json|pyproject\.toml|setup\.(?:py|cfg)|Cargo\.toml
    |Package\.swift|MANIFEST\.in|Rakefile|[\w.-]+\.(?:cmake|mk|am|bzl|gemspec|podspec|gypi?|gn|pri|pro|vcxproj|csproj|nuspec)
    |mkdocs\.yml|tox\.ini|phpunit(?:\.[\w-]+)?\.xml(?:\.dist)?|mix\.exs|settings\.gradle(?:\.kts)?|[Jj]ustfile)$""",
    re.VERBOSE,
)
"""Files that list others by their paths."""
# Folders that a build or its tests are made of: modules of Gradle, parts of a test suite of PHPUnit, sources of Mix.
_FOLDERS = (
    (re.compile(r"(?:^|/)settings\.gradle(?:\.kts)?$"), re.compile(r"""["'](:?[\w./-]+(?::[\w.-]+)*)["']""")),
    (re.compile(r"(?:^|/)phpunit[\w.-]*\.xml(?:\.dist)?$"), re.compile(r"<directory\b[^>]*>\s*([^<\s]+)\s*</")),
    (re.compile(r"(?:^|/)mix\.exs$"), re.compile(r'"([\w./-]+)"')),
)
_OBJECTS = re.compile(r"\.(?:o|lo|obj)$")
_COMPILED = (".c", ".cc", ".cpp", ".cxx", ".m", ".S")


def names_folders(path: str) -> bool:
    """Tell whether a file lists folders of which a build or its tests are made."""
    return any(file.search(path) for file, _ in _FOLDERS)


def read_loads(path: str, line: str) -> Iterator[Load]:
    """Yield what a line names by its path."""
    if MANIFEST.search(path):
        yield from _listed(path, line)
    language = detect_language(path)
    reader = _READERS.get(language.name if language is not None else path.rpartition(".")[2].lower())
    if reader is not None:
        yield from reader(path, line)


def _listed(path: str, line: str) -> Iterator[Load]:
    """Yield the files that a list of files names: from its folder, or from any where a variable stands before them."""
    folder = dirname(path)
    for file, named in _FOLDERS:
        if file.search(path):
            for found in named.finditer(line):
                inner = found[1].lstrip(":").replace(":", "/")
                yield Load(inner, (folder,), is_loaded=False, is_folder=True)
    line = line.replace("\\", "/")
    is_python = path.endswith((".toml", ".cfg", ".py"))
    for found in _WORD.finditer(line):
        word = found[0]
        if path.endswith("package.json") and line[found.end() :].startswith('":'):
            continue  # a key is what others import, not where it lies
        bare = _VARIABLE.sub("", word.strip(":"))
        anywhere = bare != word.strip(":")
        if is_python and (entry := _ENTRY.fullmatch(word)):
            yield Load(entry[1].replace(".", "/"), _roots(folder), (".py", "/__init__.py"), is_loaded=False)
        elif _OBJECTS.search(bare):
            yield Load(_OBJECTS.sub("", bare), (folder,), _COMPILED, anywhere, is_loaded=False)
        elif "." in bare.rpartition("/")[2] and not bare.startswith(("http:", "https:", "-")):
            yield Load(bare, (folder,), ("",), anywhere, is_loaded=False)
        elif path.endswith("package.json") and bare.startswith("./"):
            yield Load(bare, (folder,), _SCRIPT_ENDINGS, is_loaded=False)
        elif is_python and re.search(r"\bpy[_-]modules\b", line):
            yield Load(bare, _roots(folder), (".py",), is_loaded=False)


def _roots(folder: str) -> list[str]:
    """Return the folders from which modules of Python below a folder may be named."""
    return [folder, *(join(folder, inner) for inner in ("src", "lib", "python"))]


def _ruby(path: str, line: str) -> Iterator[Load]:
    folder = dirname(path)
    for found in _RUBY_NEAR.finditer(line):
        yield Load(found[1], (folder,), ("", ".rb"))
    for found in _RUBY_EXPANDED.finditer(line):
        yield Load(found[1], (folder if found[2] == "__dir__" else path,), ("", ".rb"))
    for found in _RUBY.finditer(line):
        named = found[1] or found[2]
        if named.startswith("."):
            yield Load(named, (folder,), ("", ".rb"))
        else:
            inner = "" if named.endswith(".rb") else ".rb"
            for root in ("lib", "test", "spec", "app"):
                yield Load(f"{root}/{named}", (), (inner,), anywhere=True)


def _c(path: str, line: str) -> Iterator[Load]:
    found = _INCLUDE.match(line)
    if found is not None and (found[1] == '"' or ("/" in found[2] and not _SYSTEM.match(found[2]))):
        yield Load(found[2], (dirname(path),), anywhere=True)


def _php(path: str, line: str) -> Iterator[Load]:
    for found in _PHP.finditer(line):
        folder = dirname(path)
        before, named = found[1], found[2]
        if "__DIR__" not in before and "__FILE__" not in before:
            yield Load(named, (folder, ""), anywhere="/" in named.strip("./"))
            continue
        for _ in range(before.count("dirname") - before.count("__FILE__")):
            folder = dirname(folder)
        yield Load(named.lstrip("/"), (folder,))


def _script(path: str, line: str) -> Iterator[Load]:
    for found in _SCRIPT.finditer(line):
        named = found[1].partition("?")[0]
        bare = re.sub(r"\.[mc]?js$", "", named)
        endings = (*_SCRIPT_ENDINGS, named[len(bare) :], "")
        yield Load(bare, (dirname(path),), tuple(dict.fromkeys(endings)))


def _python(path: str, line: str) -> Iterator[Load]:
    endings = (".py", ".pyi", "/__init__.py")
    folder = dirname(path)
    parents = [folder]
    while parents[-1]:
        parents.append(dirname(parents[-1]))
    roots = [root for parent in parents for root in _roots(parent)]
    taken = _PYTHON_FROM.match(line)
    if taken is not None:
        module = taken[1].lstrip(".")
        dots = len(taken[1]) - len(module)
        if dots > len(parents):
            return
        bases, tail = roots if not dots else [parents[dots - 1]], module.replace(".", "/")
        if tail:
            yield Load(tail, bases, endings, in_package=not dots)
        for name in re.findall(r"\w+", re.sub(r"\bas\s+\w+", "", taken[2].partition("#")[0])):
            yield Load(join(tail, name), bases, endings, in_package=not dots, is_member=True)
    for found in _PYTHON_IMPORT.finditer(line):
        for module in re.sub(r"\bas\s+\w+", "", found[1] or found[2]).split(","):
            if re.fullmatch(r"\w+(?:\.\w+)*", module.strip()):
                yield Load(module.strip().replace(".", "/"), roots, endings, in_package=True)


def _rust(path: str, line: str) -> Iterator[Load]:
    folder, _, name = path.rpartition("/")
    module = _RUST_MODULE.match(line)
    if module is not None:
        stem = name.partition(".")[0]
        is_root = stem in {"mod", "lib", "main"} or re.search(r"(?:^|/)(?:tests|examples|benches|bin)$", folder)
        yield Load(module[1], (folder if is_root else join(folder, stem),), (".rs", "/mod.rs"))
    for found in _RUST_FILE.finditer(line):
        yield Load(found[1] or found[2], (folder,))


def _go(path: str, line: str) -> Iterator[Load]:
    embedded = _EMBED.match(line)
    for word in embedded[1].split() if embedded is not None else ():
        yield Load(word.strip('"`'), (dirname(path),))


def _shell(path: str, line: str) -> Iterator[Load]:
    for found in _SHELL.finditer(line):
        bare = _VARIABLE.sub("", found[1])
        yield Load(bare, (dirname(path), "") if "/" in bare.strip("./") else (dirname(path),))


def _page(path: str, line: str) -> Iterator[Load]:
    for found in (*_LINK.finditer(line), *_WEB.finditer(line), *_STYLE.finditer(line)):
        if ":" not in found[1]:
            base = "" if found[1].startswith("/") else dirname(path)
            yield Load(found[1].lstrip("/") or ".", (base,), is_loaded=False)


_READERS: Mapping[str, Callable[[str, str], Iterator[Load]]] = {
    **dict.fromkeys(("c", "cpp"), _c),
    **dict.fromkeys(("javascript", "typescript", "tsx", "vue", "svelte"), _script),
    **dict.fromkeys(("md", "markdown", "html", "css", "scss"), _page),
    **dict.fromkeys(("bash", "yml", "yaml"), _shell),
    **{"ruby": _ruby, "php": _php, "python": _python, "rust": _rust, "go": _go},
}

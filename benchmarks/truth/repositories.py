"""The pinned public repositories, and how one of them comes to lie in a folder at its commit."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

HOST = "https://github.com"


@dataclass(frozen=True, slots=True)
class Pinned:
    """A repository at one commit, with what its oracle has to be told.

    `packages` are what its Python imports; `options` are the oracle's own arguments.
    """

    language: str
    name: str  # owner/name
    commit: str
    options: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """The name without its owner."""
        return self.name.rpartition("/")[2]


_TEST = ("pytest",)
_JQ = ("-I.", "-Isrc", "-Ivendor", "-DUSE_DECNUM=1", "-DHAVE_PTHREAD=1", "-DHAVE_PTHREAD_KEY_CREATE=1")
"""What jq's own configure finds on Linux, as far as its sources ask for it."""
PINNED = (
    Pinned("Python", "pallets/flask", "2ac89889f4cc330eabd50f295dcef02828522c69", packages=("flask", *_TEST)),
    Pinned(
        "Python",
        "psf/requests",
        "1f6589ec3a1ee910f9a65cc3ceac60b26677bc0e",
        packages=("requests[socks]", "pytest-httpbin", "pytest-mock", "trustme", *_TEST),
    ),
    Pinned(
        "Python",
        "encode/httpx",
        "ae1b9f66238f75ced3ced5e4485408435de10768",
        packages=("httpx[brotli,cli,http2,socks,zstd]", "chardet", "trio", "trustme", "uvicorn", *_TEST),
    ),
    Pinned("Python", "simonw/llm", "f3f4f29c6e5e623c3776cbf6455dda2345638214", packages=("llm", *_TEST)),
    Pinned("Python", "pytest-dev/pytest", "df87db7b0462fb764ef73fa00561adf8ad047572", packages=_TEST),
    Pinned("TypeScript, JavaScript", "vuejs/core", "e2bede96134f757aad5c5b33ac9be055022dbfc8", ("tsconfig.json",)),
    Pinned("TypeScript, JavaScript", "darkreader/darkreader", "58ef40406a377ba130cbb10aad313f60fe8ef922"),
    Pinned("Go", "gin-gonic/gin", "dcaa4296d111981ffb31ac3eba90bb63e1eb5ab9"),
    Pinned("Go", "zeromicro/go-zero", "11f21098ddd95a58f801920fea4f0543d4d01586"),
    Pinned("Java", "FasterXML/jackson-core", "b367da1c30a25e99fbf2c30876e948b578c86846", ("src",)),
    Pinned("C", "jqlang/jq", "579e6f76cffd7643ba4002a2c3618a5ea710589a", _JQ),
    Pinned("Python", "pallets/click", "2c8cd3ac958a7eb316d67f2d316c27086c4c0369", packages=("click", *_TEST)),
    Pinned(
        "TypeScript, JavaScript",
        "reduxjs/redux-toolkit",
        "74200d87c27ca2b1c0915b2fbb4c44dd7494c2aa",
        ("packages/toolkit/tsconfig.base.json",),
    ),
    Pinned("Go", "spf13/cobra", "adbc8813901bba65827259daa8e22ff94ec1f30e"),
    Pinned("Java", "google/gson", "9835b6f90192f79cdf5300c528fc6212455fb6c1", ("gson/src",)),
    Pinned("PHP", "Seldaek/monolog", "57eb1028342134e701e77c617565d51b6e5a2a53"),
    Pinned("PHP", "guzzle/guzzle", "2779e868a00289e1b1fd854af030c43a06f4bcb4"),
    Pinned("C", "tmux/tmux", "c1f947a3c5bc72a40c32dead736f84c4628791ec", ("-I.", "-Icompat", "-D_GNU_SOURCE")),
)


class Unavailable(Exception):
    """Something is not on this machine; its text says what, in one line."""


def check_out(pinned: Pinned, clones: Path | None, into: Path) -> Path:
    """Return a work tree of the repository at its commit: from a clone in `clones`, else fetched. Unavailable."""
    tree = into / pinned.short
    if _git(tree, "rev-parse", "HEAD") == pinned.commit:
        return tree
    source = _find_clone(pinned, clones) if clones is not None else f"{HOST}/{pinned.name}"
    if source is None:
        raise Unavailable(f"{pinned.name}: no clone of it in {clones}")
    tree.mkdir(parents=True, exist_ok=True)
    _git(tree, "init", "--quiet")
    # A commit that no branch names is fetched from a clone's objects, or by its id.
    for step in (
        ("fetch", "--quiet", "--depth", "1", source, pinned.commit),
        ("checkout", "--quiet", "--force", pinned.commit),
    ):
        if _git(tree, "-c", "uploadpack.allowAnySHA1InWant=true", *step) is None:
            raise Unavailable(f"{pinned.name}: {source} does not give commit {pinned.commit[:10]}")
    return tree


def _find_clone(pinned: Pinned, clones: Path) -> str | None:
    owner = pinned.name.partition("/")[0]
    for place in (pinned.name, f"{owner}+{pinned.short}/repo", f"{owner}+{pinned.short}", pinned.short):
        if _git(clones / place, "cat-file", "-t", pinned.commit) == "commit":
            return str((clones / place).resolve())
    return None


def _git(folder: Path, *arguments: str) -> str | None:
    """Run git in a folder; None where it fails or there is no repository of its own."""
    if not folder.is_dir():
        return None
    upload = {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**_environment(), **upload}, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else None


def _environment() -> dict[str, str]:
    import os

    return {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}

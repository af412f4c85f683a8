"""Install Python packages with uv, which takes seconds where pip takes minutes; with pip where uv does not work.

    python packaging/install.py PYTHON ARGUMENTS...

PYTHON is that of a virtual environment, which needs no pip of its own; ARGUMENTS are options and requirements that
`pip install` and `uv pip install` have in common. The indexes, folders and certificate of pip's own configuration
count. uv lies in an environment of its own, build/uv, at the version and hashes of packaging/uv.lock, with the pip that
is asked. Ends with the status of what installed last.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
ENVIRONMENT = PROJECT / "build" / "uv"
OWN_PYTHON = ENVIRONMENT / "bin" / "python"
LOCK = PROJECT / "packaging" / "uv.lock"
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")
FLAGS = {"index-url": "--default-index", "extra-index-url": "--index", "find-links": "--find-links"}


def find_uv() -> Path | None:
    """Return the program, which is installed at its locked version first; None where that does not work."""
    wanted = LOCK.read_text("utf-8")
    uv, installed = ENVIRONMENT / "bin" / "uv", ENVIRONMENT / "installed"
    if uv.exists() and installed.exists() and installed.read_text("utf-8") == wanted:
        return uv
    steps = (
        (sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)),
        (str(OWN_PYTHON), *PIP, "install", "--require-hashes", "--only-binary", ":all:", "--requirement", str(LOCK)),
    )
    if any(subprocess.run(step, check=False).returncode for step in steps):
        return None
    installed.write_text(wanted, "utf-8")
    return uv


def read_settings() -> tuple[list[str], dict[str, str]]:
    """Return pip's configuration as options of uv, and as variables of its environment."""
    asked = (str(OWN_PYTHON), "-m", "pip", "config", "list")
    listed = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    options: list[str] = []
    variables = dict(os.environ)
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        name, text = key.rpartition(".")[2], str(ast.literal_eval(value))
        if name in FLAGS:
            options += [part for one in text.split() for part in (FLAGS[name], one)]
        if name == "cert":
            variables.setdefault("SSL_CERT_FILE", text)
    return options, variables


def install(python: str, arguments: list[str]) -> int:
    """Install, and return the exit status."""
    uv = find_uv()
    if uv is not None:
        options, variables = read_settings()
        # A version is looked for in all indexes, as pip does. Without byte code each command would start slowly where
        # Python may not write it later.
        compiled = ["--compile-bytecode"] if os.environ.get("PYTHONDONTWRITEBYTECODE") else []
        command = [str(uv), "pip", "install", "--quiet", "--no-config", "--python", python]
        command += ["--index-strategy", "unsafe-best-match", *options, *compiled, *arguments]
        if subprocess.run(command, env=variables, check=False).returncode == 0:
            return 0
    print("uv does not work here: pip installs", file=sys.stderr)
    own = str(OWN_PYTHON) if OWN_PYTHON.exists() else python
    return subprocess.run([own, *PIP, "--python", python, "install", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(install(sys.argv[1], sys.argv[2:]))

"""Asks aider's repo map, in a Python that has aider-chat: run by `evals.solvers.aider`, imports nothing of noctule.

Reads one JSON object per line, {"root", "text", "tokens"}, and answers each with one: the map's text, the files in the
order of aider's ranking, and those that the map shows; or {"error"}. What the task mentions is taken from it as aider's
chat does, with no file in the chat. Nothing is sent or fetched.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def offline() -> None:
    """Keep litellm and tiktoken from the network: both have what they need in litellm's package."""
    import importlib.util

    found = importlib.util.find_spec("litellm")
    if found is not None and found.origin is not None:
        vocabulary = Path(found.origin).parent / "litellm_core_utils" / "tokenizers"
        os.environ.update({"LITELLM_LOCAL_MODEL_COST_MAP": "True", "TIKTOKEN_CACHE_DIR": str(vocabulary)})


class Silence:
    """What the map asks of aider's terminal: reading files, and nothing said."""

    def read_text(self, filename: str) -> str | None:
        """Return a file's text."""
        try:
            return Path(filename).read_text(encoding="utf-8")
        except (OSError, UnicodeError):
            return None

    def tool_output(self, *_: object) -> None:
        """Say nothing."""

    tool_warning = tool_error = tool_output


class Tokens:
    """What the map asks of a model: its token count, of o200k as aider counts for recent models."""

    def __init__(self) -> None:
        import tiktoken

        self._encoding = tiktoken.get_encoding("o200k_base")

    def token_count(self, text: str) -> int:
        """Count."""
        return len(self._encoding.encode_ordinary(text))


class EmptyChat:
    """What aider's own functions for mentions ask of a chat that holds no file."""

    abs_read_only_fnames: tuple[str, ...] = ()

    def __init__(self, files: list[str]) -> None:
        self._files = files

    def get_all_relative_files(self) -> list[str]:
        """Return all files of the repository."""
        return self._files

    get_addable_relative_files = get_all_relative_files

    def get_inchat_relative_files(self) -> list[str]:
        """Return the files in the chat."""
        return []


def answer(asked: dict[str, Any], model: Tokens) -> dict[str, Any]:
    """Return the map, and the order of the files that it was cut from."""
    from aider.coders.base_coder import Coder
    from aider.repomap import RepoMap

    root, text = asked["root"], asked["text"]
    listing = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=True).stdout
    files = [os.fsdecode(name) for name in listing.split(b"\0") if name]
    chat = EmptyChat(files)
    words = Coder.get_ident_mentions(chat, text)
    named = Coder.get_file_mentions(chat, text) | Coder.get_ident_filename_matches(chat, words)
    mapper = RepoMap(map_tokens=asked["tokens"], root=root, main_model=model, io=Silence())
    ranked: list[Any] = []
    rank = mapper.get_ranked_tags

    def keep(*args: object, **kwargs: object) -> list[Any]:
        """Keep what is ranked: the map's text lists files by name."""
        ranked[:] = rank(*args, **kwargs)
        return list(ranked)

    mapper.get_ranked_tags = keep
    there = {str(Path(root, file)) for file in files}
    shown = mapper.get_repo_map(set(), there, mentioned_fnames=named, mentioned_idents=words) or ""
    lines = {line.rstrip(":") for line in shown.splitlines()}
    return {
        "files": list(dict.fromkeys(tag[0] for tag in ranked)),
        "shown": [file for file in files if file in lines],
        "map": shown,
    }


def main() -> None:
    """Answer until the input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what aider and its libraries print is no answer
    sys.path.pop(0)  # this file's own folder, where another module is called aider
    offline()
    model: Tokens | None = None
    for line in sys.stdin:
        try:
            model = model or Tokens()
            reply = answer(json.loads(line), model)
        except Exception as error:  # noqa: BLE001 - the outermost loop: whatever goes wrong is the reply
            reply = {"error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()

"""Fits and judges the numbers in indexer/tokens.py against the o200k vocabulary. Changes no file.

Needs tiktoken, numpy and a folder with the vocabulary under the name tiktoken gives it (litellm's wheel bundles one):

    TIKTOKEN_CACHE_DIR=FOLDER python benchmarks/fit_tokens.py [--fit] python=REPOSITORY go=REPOSITORY issues=FILE.jsonl

A repository may be bare; a name that is no language below takes .md files; a .jsonl file gives its
`problem_statement`s. Half of the files (by a hash of the path) fit the numbers, the other half judges them, in windows
of about 2,000 tokens. Without --fit, the numbers in the module are judged as they stand.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import zlib
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import tiktoken

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from noctule.indexer import tokens

EXTENSIONS = {
    "python": (".py",),
    "rust": (".rs",),
    "go": (".go",),
    "java": (".java",),
    "javascript": (".js", ".jsx"),
    "typescript": (".ts", ".tsx"),
    "c": (".c", ".h"),
    "cpp": (".cpp", ".hpp", ".cc"),
    "ruby": (".rb",),
    "php": (".php",),
    "csharp": (".cs",),
    "kotlin": (".kt",),
    "docs": (".rst", ".md", ".txt"),
    "config": (".toml", ".yml", ".yaml", ".json", ".cfg"),
}
CHARACTERS_PER_SOURCE = 900_000
WINDOW_CHARACTERS = 7_600
RIDGE = 10.0
AIM = 1.03

Texts = list[tuple[str, str]]
O200K = tiktoken.get_encoding("o200k_base")


def texts_of(name: str, place: Path) -> Texts:
    if place.suffix == ".jsonl":
        rows = map(json.loads, place.read_text().splitlines())
        return [(row["instance_id"], row["problem_statement"]) for row in rows]
    git = ["git", "-C", str(place)]
    listing = subprocess.run([*git, "ls-tree", "-r", "-z", "--name-only", "HEAD"], capture_output=True, check=True)
    endings = EXTENSIONS.get(name, (".md",))
    paths = [
        p for p in listing.stdout.decode("utf-8", "replace").split("\0") if p.endswith(endings) and ".min." not in p
    ]
    random.Random(1).shuffle(paths)
    found: Texts = []
    for path in paths:
        blob = subprocess.run([*git, "show", f"HEAD:{path}"], capture_output=True, check=True).stdout
        if 200 < len(blob) < 300_000:
            found.append((f"{place}/{path}", blob.decode("utf-8", "replace")[:60_000]))
        if sum(len(text) for _, text in found) > CHARACTERS_PER_SOURCE:
            break
    return found


def halves(texts: Texts) -> tuple[list[str], list[str]]:
    fitting = [text for path, text in texts if zlib.crc32(path.encode()) % 2 == 0]
    judging = [text for path, text in texts if zlib.crc32(path.encode()) % 2 == 1]
    return fitting, judging


def windows(texts: list[str]) -> list[str]:
    found, lines, size = [], [], 0
    for line in "\n".join(texts).splitlines(keepends=True):
        lines.append(line)
        size += len(line)
        if size >= WINDOW_CHARACTERS:
            found.append("".join(lines))
            lines, size = [], 0
    return found


def is_word(piece: str) -> bool:
    return piece[-1].isascii() and piece[-1].isalpha()


def features(piece: str) -> np.ndarray:
    row = np.zeros(18 + 27 * 27)
    lead = 0 if piece[0].isalpha() else 1 if piece[0] == " " else 2
    word = (piece if lead == 0 else piece[1:]).partition("'")[0]
    case = 0 if word.islower() else 1 if len(word) == 1 or word[1:].islower() else 2
    row[lead * 3 + case] = 1
    row[9 + lead * 3 + case] = len(word)
    edged = f"`{word.lower()}`"
    for first, second in pairwise(edged):
        row[18 + (ord(first) - 96) * 27 + ord(second) - 96] += 1
    return row


def fit(sources: dict[str, list[str]]) -> np.ndarray:
    """Ridge regression of a word's tokens on its features; each source weighs the same, pairs of letters are shrunk."""
    weight: Counter[str] = Counter()
    for texts in sources.values():
        pieces = Counter(p for text in texts for p in tokens._PIECE.findall(text) if is_word(p))
        total = sum(pieces.values())
        for piece, times in pieces.items():
            weight[piece] += times / total * 100_000
    words = [piece for piece, value in weight.items() if value >= 0.5]
    rows = np.array([features(piece) for piece in words], dtype=np.float32)
    tokens_of = np.array([len(O200K.encode_ordinary(piece)) for piece in words], dtype=np.float64)
    root = np.sqrt(np.array([weight[piece] for piece in words]))
    scaled = rows * root[:, None].astype(np.float32)
    penalty = np.full(rows.shape[1], RIDGE)
    penalty[:18] = 0.01
    gram = (scaled.T @ scaled).astype(np.float64) + np.diag(penalty)
    return np.linalg.solve(gram, scaled.T.astype(np.float64) @ (tokens_of * root))


def install(fitted: np.ndarray, raised: float) -> None:
    """Put the fitted numbers, rounded as the module stores them, into the imported module."""
    base = np.rint(fitted[:9] * 100 + raised).astype(int).reshape(3, 3)
    letter = np.rint(fitted[9:18] * 100).astype(int).reshape(3, 3)
    tokens._WORD = tuple(tuple((int(base[i, j]), int(letter[i, j])) for j in range(3)) for i in range(3))
    levels = np.clip(np.rint(fitted[18:] * 100 / tokens._STEP) + tokens._ZERO, 0, 61).astype(int).reshape(27, 27)
    tokens._PAIRS = tuple("".join(tokens._LEVELS[level] for level in row) for row in levels)
    tokens._PAIR_COST = {
        (chr(96 + i), chr(96 + j)): int(levels[i, j] - tokens._ZERO) * tokens._STEP
        for i in range(27)
        for j in range(27)
    }
    tokens._cost.cache_clear()


def judge(name: str, ratios: np.ndarray) -> str:
    low, high = np.quantile(ratios, (0.05, 0.95)) - 1
    return (
        f"| {name} | {len(ratios)} | {ratios.mean() - 1:+.1%} | {ratios.std():.1%} | {low:+.1%} | {high:+.1%} "
        f"| {(ratios < 0.95).mean():.1%} |"
    )


def main() -> None:
    sources: dict[str, Texts] = {}
    refit = "--fit" in sys.argv
    for argument in sys.argv[1:]:
        if argument != "--fit":
            name, _, place = argument.partition("=")
            sources.setdefault(name, []).extend(texts_of(name, Path(place)))
    split = {name: halves(texts) for name, texts in sources.items()}
    judged = {
        name: [(window, len(O200K.encode_ordinary(window))) for window in windows(judging)]
        for name, (_, judging) in split.items()
    }

    def ratios() -> dict[str, np.ndarray]:
        return {name: np.array([tokens.count(w) / true for w, true in found]) for name, found in judged.items()}

    if refit:
        fitted = fit({name: fitting for name, (fitting, _) in split.items()})
        install(fitted, 0)
        fitting_windows = [
            (w, len(O200K.encode_ordinary(w))) for fitting, _ in split.values() for w in windows(fitting)[:60]
        ]
        for raised in range(-6, 12):
            install(fitted, raised)
            if np.mean([tokens.count(w) / true for w, true in fitting_windows]) >= AIM:
                break
        print("_WORD =", tokens._WORD)
        print("_PAIRS = (\n" + "".join(f'    "{row}",\n' for row in tokens._PAIRS) + ")")
    print("| text | windows | mean | deviation | 5% below | 5% above | under by more than 5% |")
    print("|---|---|---|---|---|---|---|")
    results = ratios()
    for name, found in results.items():
        print(judge(name, found))
    print(judge("all", np.concatenate(list(results.values()))))


if __name__ == "__main__":
    main()

"""Why a file is no part of a snapshot: its name, its size, or where a link leads. Reads no content."""

from __future__ import annotations

import os
from pathlib import Path

TOO_LARGE_BYTES = 1_500_000
TOO_LARGE = "too large"

_BINARY = """
7z a aac avi avif bin bmp br bz2 class db deb dll dmg doc docx dylib eot exe flac gif gz h5 heic icns ico iso jar
jks jpeg jpg lz4 mkv mov mp3 mp4 mpeg mpg npy npz o odt ogg onnx otf parquet pdf pickle png ppt pptx psd
pyc pyd rar rpm so sqlite sqlite3 tar tgz tif tiff ttc ttf wasm wav webm webp whl woff woff2 xls xlsx xz zip zst
"""
BINARY = frozenset(_BINARY.split())


def reason_of_name(path: str) -> str | None:
    """Say why a file of this path is left out; None where its name does not speak against it."""
    if ".." in path and ".." in path.split("/"):
        return "path outside the repository"  # only a forged index or tree holds one
    return "binary" if "." in path and path.rpartition(".")[2].lower() in BINARY else None


def reason_of_listed_size(size: str) -> str | None:
    """Say the same of a size as git lists it."""
    return reason_of_size(int(size)) if size.isdecimal() else "not in this clone"


def reason_of_size(size: int) -> str | None:
    """Say the same of a size in bytes."""
    return TOO_LARGE if size > TOO_LARGE_BYTES else None


def reason_of_link(root: Path, full: str) -> str:
    """Say which sort of link stands at a path: links are never followed."""
    target = os.path.realpath(full)
    if target != str(root) and not target.startswith(os.path.join(root, "")):  # noqa: PTH118 - a text is compared
        return "symlink to outside the repository"
    return "symlink" if Path(target).exists() else "broken symlink"

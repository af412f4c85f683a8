"""What MkDocs does beside its own work: pages from the top folder, and links that lead out of docs/."""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("CHANGELOG.md", "CONTRIBUTING.md")
"""Pages of the top folder that are pages of the site too."""
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Any, config: Any) -> Any:  # noqa: ANN401 - MkDocs has no types for hooks
    """Add the pages of the top folder, and the icon of the editor's extension."""
    files.append(File.generated(config, "assets/icon.svg", abs_src_path=str(ROOT / "vscode-extension/media/icon.svg")))
    for name in PAGES:
        files.append(File.generated(config, name, content=(ROOT / name).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:  # noqa: ANN401, ARG001
    """Lead links to where their targets are on the site, or in the repository."""
    top = page.file.src_uri in PAGES
    return re.sub(
        _LINK, lambda link: _link(link, "" if top else posixpath.dirname(f"docs/{page.file.src_uri}")), markdown
    )


def _link(link: re.Match[str], folder: str) -> str:
    """Return a link of a page in a folder of the repository, as the site has it."""
    text, target, anchor = link[1], link[2], link[3] or ""
    path = posixpath.normpath(posixpath.join(folder, target))
    here = folder.removeprefix("docs").lstrip("/") or "."
    if path.startswith("docs/"):
        return f"[{text}]({posixpath.relpath(path.removeprefix('docs/'), here)}{anchor})"
    if path in PAGES:
        return f"[{text}]({posixpath.relpath(path, here)}{anchor})"
    repository = os.environ.get("NOCTULE_REPOSITORY", "").rstrip("/")
    if not (ROOT / path).exists():
        return link[0]  # MkDocs reports it
    # Without the variable no address is known, and the name of the file is as good as a link.
    return f"[{text}]({repository}/blob/main/{path})" if repository else f"`{path}`"

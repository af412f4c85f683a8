"""What is made while a wheel is built: the manual page, and for the package index a description with absolute links.

NOCTULE_REPOSITORY, as https://github.com/OWNER/noctule, is set by whoever publishes. Without it the package names no
address, since a wrong one could become somebody else's.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

BRANCH = "main"
_LINK = re.compile(r"(?<=\]\()(?!https?:|#|mailto:)(?=[^)\s]+\))")
_PICTURE = re.compile(r"(!\[[^]]*\]\()(?!https?:)")


def absolute_links(text: str, repository: str) -> str:
    """Return Markdown whose relative links and pictures lead to the repository."""
    if not repository:
        return text
    text = _PICTURE.sub(rf"\g<1>{repository}/raw/{BRANCH}/", text)
    return _LINK.sub(f"{repository}/blob/{BRANCH}/", text)


def addresses(repository: str) -> dict[str, str]:
    """Return the addresses that the package index shows."""
    pages = {"Documentation": "/tree/main/docs", "Changelog": "/blob/main/CHANGELOG.md", "Issues": "/issues"}
    return {"Source": repository, **{name: repository + page for name, page in pages.items()}} if repository else {}


class MetadataHook(MetadataHookInterface):
    """Adds the description and the addresses."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add them."""
        repository = os.environ.get("NOCTULE_REPOSITORY", "").rstrip("/")
        text = absolute_links((Path(self.root) / "README.md").read_text("utf-8"), repository)
        if repository:  # the MCP registry looks for this line: whoever owns the package owns the entry
            text += f"\n<!-- mcp-name: io.github.{repository.split('/')[-2]}/noctule -->\n"
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        metadata["urls"] = addresses(repository)


class BuildHook(BuildHookInterface[Any]):
    """Adds the manual page to wheels."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - as hatchling calls it
        """Write it, and say where it goes."""
        sys.path.insert(0, self.root)
        from noctule.lsp_server.cli.manual import manual

        page = Path(self.root) / "build/noctule.1"
        page.parent.mkdir(exist_ok=True)
        page.write_text(manual(), "utf-8")
        build_data["shared_data"][str(page)] = "share/man/man1/noctule.1"

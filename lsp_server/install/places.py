"""Where a user's programs keep their settings on this machine, and the command that starts noctule. Knows no client."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from noctule.lsp_server.install.entry import NAME


@dataclass(frozen=True, slots=True)
class UserPlaces:
    """The user's home, variables and platform, and the command that starts noctule here."""

    home: Path
    variables: Mapping[str, str]
    platform: str
    command: tuple[str, ...]

    @classmethod
    def here(cls) -> UserPlaces:
        """Return this machine. An editor has not the shell's PATH: the command is named in full."""
        script = Path(sys.argv[0])
        found = str(script.absolute()) if script.name == NAME and os.access(script, os.X_OK) else shutil.which(NAME)
        command = (found,) if found else (sys.executable, "-m", "noctule.lsp_server.cli.main")
        return cls(Path.home(), dict(os.environ), sys.platform, command)

    def folder(self, variable: str, default: str) -> Path:
        """Return the folder that a variable names in full, or one in the home folder."""
        named = self.variables.get(variable, "")
        return Path(named) if Path(named).is_absolute() else self.home / default

    @property
    def settings(self) -> Path:
        """Where applications keep their settings."""
        if self.platform == "darwin":
            return self.home / "Library/Application Support"
        if self.platform == "win32":
            return self.folder("APPDATA", "AppData/Roaming")
        return self.folder("XDG_CONFIG_HOME", ".config")

    @property
    def state(self) -> Path:
        """Where is kept what was put in."""
        return self.folder("XDG_STATE_HOME", ".local/state") / NAME / "installed"

"""A file that others own: read whole, replaced at once or not at all. Knows no format."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from noctule.indexer.runtime.scratch_file import scratch_file
from noctule.lsp_server.install.entry import RefusedChange

LARGEST = 64 << 20


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file behind whatever links lead to it; it need not be there."""

    path: Path

    @classmethod
    def of(cls, path: Path, inside: Path | None = None) -> ConfigFile:
        """Follow the links. Refused where they lead out of the folder that the file has to be in."""
        real = Path(os.path.realpath(path))
        if inside is not None and not real.is_relative_to(os.path.realpath(inside)):
            raise RefusedChange(
                f"{path} is a link to {real}, outside {inside}", "remove the link, or edit that file yourself"
            )
        return cls(real)

    def read(self) -> str | None:
        """Return the text, or None where there is no file. Refused."""
        try:
            seen = self.path.stat()
            if not stat.S_ISREG(seen.st_mode):
                raise RefusedChange(f"{self.path} is not a regular file")
            if seen.st_size > LARGEST:
                raise RefusedChange(f"{self.path} is too large for a configuration")
            return self.path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise RefusedChange(
                f"{self.path} is not UTF-8: byte {error.start}", "save it as UTF-8 and try again"
            ) from error
        except OSError as error:
            raise RefusedChange(f"cannot read {self.path}: {error.strerror or error}") from error

    def missing_folders(self) -> list[Path]:
        """Return the folders that have to be made for the file, the outermost first."""
        missing = []
        folder = self.path.parent
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        return missing[::-1]

    def write(self, text: str, instead_of: str | None) -> None:
        """Replace the text that was read, and no other, keeping the file's mode. Refused: nothing has changed then."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            mode = self.path.stat().st_mode & 0o7777 if instead_of is not None else None
            with scratch_file(self.path, text.encode("utf-8"), mode=mode, is_durable=True) as scratch:
                self._replace(scratch, instead_of)
        except OSError as error:
            raise RefusedChange(f"cannot write {self.path}: {error.strerror or error}") from error

    def _replace(self, scratch: Path, instead_of: str | None) -> None:
        if self.read() != instead_of:
            raise RefusedChange(f"{self.path} changed in the meantime", "run the same command again")
        if instead_of is not None and self.path.stat().st_nlink > 1:
            self.path.write_bytes(scratch.read_bytes())  # whoever linked it means both names to show the same
        else:
            scratch.replace(self.path)

    def remove(self, folders: list[Path]) -> None:
        """Remove the file, and those of the folders that are empty then. Refused."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise RefusedChange(f"cannot remove {self.path}: {error.strerror or error}") from error
        for folder in reversed(folders):
            with contextlib.suppress(OSError):  # somebody else uses it by now
                folder.rmdir()

"""Signatures of refs, by Ed25519 keys as ssh-keygen makes them. Knows neither what is signed nor where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.share.objects import EXTRA, ShareError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_DOMAIN = b"noctule shared ref\0"
"""Written before what is signed: a signature of something else never fits."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with a private key."""

    _key: Ed25519PrivateKey

    @classmethod
    def of_file(cls, file: Path) -> Signer:
        """Read an unencrypted private key. ShareError."""
        try:
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
            from cryptography.hazmat.primitives.serialization import load_ssh_private_key
        except ImportError as error:
            raise ShareError("signatures need the extra 'share'", EXTRA) from error
        advice = "make one with: ssh-keygen -t ed25519 -N '' -f FILE"
        try:
            key = load_ssh_private_key(file.read_bytes(), None)
        except (OSError, ValueError, TypeError) as error:
            raise ShareError(f"cannot read the key {file}", advice) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise ShareError(f"the key {file} is of another kind than Ed25519", advice)
        return cls(key)

    def sign(self, text: bytes) -> bytes:
        """Return the signature of a text."""
        return self._key.sign(_DOMAIN + text)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose refs are read: those signed by one of `keys` where there are any, else all."""

    keys: tuple[Ed25519PublicKey, ...] = ()

    @classmethod
    def of_lines(cls, lines: str) -> Trust:
        """Read public keys, one in each line or behind a comma, as `ssh-keygen` writes them. ShareError."""
        wanted = [line.strip() for line in lines.replace(",", "\n").splitlines() if line.strip()]
        if not wanted:
            return cls()
        try:
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
            from cryptography.hazmat.primitives.serialization import load_ssh_public_key
        except ImportError as error:
            raise ShareError("signatures need the extra 'share'", EXTRA) from error
        keys = []
        for line in wanted:
            try:
                key = load_ssh_public_key(line.encode())
            except (ValueError, TypeError) as error:
                raise ShareError(f"{line[:30]!r} is not a public key", "give the line of a .pub file") from error
            if not isinstance(key, Ed25519PublicKey):
                raise ShareError(f"{line[:30]!r} is of another kind than Ed25519", "give the line of a .pub file")
            keys.append(key)
        return cls(tuple(keys))

    def check(self, text: bytes, signature: bytes, name: str) -> None:
        """Raise where a text is not signed by one of the keys. ShareError."""
        if not self.keys:
            return
        from cryptography.exceptions import InvalidSignature

        for key in self.keys:
            try:
                key.verify(signature, _DOMAIN + text)
            except InvalidSignature:
                continue
            return
        what = "is signed by nobody that you trust" if signature else "is not signed"
        raise ShareError(f"the ref {name} {what}", "nothing was taken over; see [share] trusted in docs/settings.md")

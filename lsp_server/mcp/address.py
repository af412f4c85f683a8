"""An address to listen on, as people write it. Opens nothing."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 takes a free one."""

    host: str
    port: int

    @classmethod
    def of(cls, text: str) -> Address:
        """Read `PORT`, `HOST:PORT` or `[HOST]:PORT`; the host is 127.0.0.1 if left out. ValueError says what is wrong.

        An address that stands for all of a machine's is none that a client's `Host` header could be held against.
        """
        host, colon, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]") if colon else "127.0.0.1"
        if not host:
            raise ValueError("there is no host before the colon")
        if not (port.isascii() and port.isdigit() and int(port) < 1 << 16):
            raise ValueError(f"{port[:40]!r} is not a port from 0 to 65535")
        if host in ("0.0.0.0", "::"):
            raise ValueError(f"{host} means every address; name the one that clients use")
        return cls(host.lower(), int(port))

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def with_port(self, port: int) -> str:
        """Return the address in the form of a `Host` header."""
        return f"[{self.host}]:{port}" if ":" in self.host else f"{self.host}:{port}"

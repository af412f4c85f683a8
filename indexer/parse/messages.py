"""What a process that parses and the one that started it agree on: lengths of messages, reasons of failures."""

from __future__ import annotations

import struct

LENGTH = struct.Struct("<I")
CHANGED = "it changed while it was read"
UNREADABLE = "unreadable"

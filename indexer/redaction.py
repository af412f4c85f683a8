"""The place and the name under which scripts of others know `files/redaction.py`. Holds nothing of its own."""

from noctule.indexer.files.redaction import holds_secret
from noctule.indexer.files.redaction import redact as redacted

__all__ = ["holds_secret", "redacted"]

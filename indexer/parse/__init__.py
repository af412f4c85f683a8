"""Bytes of a blob in, symbols and words out, in parser processes. Knows no store."""

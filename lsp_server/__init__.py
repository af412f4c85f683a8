"""The faces: LSP, MCP and the command line. They call `indexer` and hold no logic of their own."""

__version__ = "0.1.0"

"""The faces: LSP, MCP and the command line. They call `indexer` and hold no logic of their own."""

"""What is known about a repository, and how it is worked out ahead of time. Knows no LSP, no MCP, no editor."""

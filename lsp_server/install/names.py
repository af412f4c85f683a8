"""What the command line calls the agents and editors that noctule can be put into. Knows nothing else of them."""

NAMES = ("claude-code", "codex", "cursor", "vscode", "gemini", "opencode", "zed")

"""What the command line calls the agents and editors that noctule can be put into. Knows nothing else of them."""

NAMES = (
    "claude-code",
    "codex",
    "cursor",
    "vscode",
    "copilot",
    "antigravity",
    "opencode",
    "zed",
    "windsurf",
    "kiro",
    "qwen",
    "portable",
)
"""Those with a file that noctule is put into; `portable` is `.mcp.json` of a project, which several clients read."""
PRINTED = ("jetbrains", "neovim", "helix", "emacs")
"""Those for which there is a text to put into a place of the user's choice."""
RETIRED = ("gemini",)
"""Those that are gone: what was put into their files can be taken out again."""

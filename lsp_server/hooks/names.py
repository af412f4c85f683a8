"""The agents whose hooks are answered, by the names that people type."""

AGENTS = ("claude-code", "codex", "cursor", "copilot", "antigravity")

"""Files and git: snapshots, live texts, roles, secrets. Knows no symbols and no store."""

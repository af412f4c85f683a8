#!/bin/sh
# Install the plugin into Claude Code and Codex, each with a home of its own, and look for what they say they found.
# AGENTS: where npm has installed both. Sends nothing to any model.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
HOME=$(mktemp -d) && export HOME
trap 'rm -rf "$HOME"' EXIT
CODEX_HOME=$HOME/.codex && export CODEX_HOME && mkdir "$CODEX_HOME"
PATH=$AGENTS/node_modules/.bin:$root/.venv/bin:$PATH
expect() { grep -q -- "$1" "$HOME/said" || { cat "$HOME/said"; echo "not found: $1" >&2; exit 1; }; }

cd "$root"
claude plugin validate --strict plugin
claude plugin validate --strict .
claude plugin marketplace add "$root" && claude plugin install noctule@noctule
claude plugin details noctule > "$HOME/said"
expect 'Skills (1)' && expect 'UserPromptSubmit, PostToolUse, SessionStart, SubagentStart'
claude mcp list > "$HOME/said" && expect 'plugin:noctule:noctule: noctule mcp - . Connected'

codex plugin marketplace add "$root" && codex plugin add noctule@noctule && codex plugin add noctule-hooks@noctule
codex mcp list > "$HOME/said" && expect '^noctule  *noctule  *mcp'
{
    echo '{"id":1,"method":"initialize","params":{"clientInfo":{"name":"test","version":"1"}}}'
    echo '{"method":"initialized"}'
    echo '{"id":2,"method":"hooks/list","params":{"cwds":["'"$root"'"]}}'
    sleep 5
} | codex app-server > "$HOME/said"
for event in userPromptSubmit postToolUse sessionStart subagentStart; do expect "$event"; done
echo "the plugin is found by both"

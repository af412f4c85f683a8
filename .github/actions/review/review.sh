#!/usr/bin/env bash
# Reviews a pull request: annotations on its lines, one comment that each run replaces, and the asked exit code.
# Reads CHANGE or BASE, PRECISION, FAIL_ON, COMMENT, NUMBER, GITHUB_REPOSITORY; writes to GITHUB_STEP_SUMMARY.
set -euo pipefail

change=${CHANGE:-}
if [ -z "$change" ]; then
    if [ -z "${BASE:-}" ]; then
        echo "::error::there is no pull request here; name the input 'change', such as origin/main...HEAD"
        exit 2
    fi
    change="$BASE...HEAD"
fi
if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
    echo "::warning::this clone is shallow, so little is known of the past; set fetch-depth to 0 in actions/checkout"
fi

noctule sleep --json > /dev/null
noctule review . "$change" --precision "${PRECISION:-0.8}" --github
text=$(noctule review . "$change" --precision "${PRECISION:-0.8}" --markdown)
printf '%s\n' "$text" >> "${GITHUB_STEP_SUMMARY:-/dev/null}"

if [ "${COMMENT:-true}" = true ] && [ -n "${NUMBER:-}" ]; then
    mark='<!-- noctule review -->'
    comments="repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments"
    # Comments of others that quote the mark are left alone: only one that begins with it is ours.
    known=$(gh api --paginate "$comments" --jq ".[] | select(.body | startswith(\"$mark\")) | .id" | head -n 1)
    if [ -n "$known" ]; then
        gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$known" --raw-field body="$text" > /dev/null
    else
        gh api --method POST "$comments" --raw-field body="$text" > /dev/null
    fi
fi

if [ -n "${FAIL_ON:-}" ]; then
    noctule review . "$change" --precision "${PRECISION:-0.8}" --fail-on "$FAIL_ON" > /dev/null
fi

#!/bin/sh
# The product on a repository: demo.sh NOCTULE REPO [TASK]. Without a task, the newest commit subject that is one.
set -eu
noctule=$1 repo=$2 task=${3-}

newest_task() {
    git -C "$repo" log --no-merges -n 200 --format='%an%x09%s' |
        grep -viE '\[bot\]|(dependabot|renovate)' | cut -f 2- |
        grep -viE '^(bump|release|version|revert|merge|update (changelog|dependenc)|v?[0-9]+\.[0-9])' |
        grep -E '([^ ]+ ){3}' | head -n 1 | sed -E 's/ \(#[0-9]+\)$//'
}

[ -n "$task" ] || task=$(newest_task) || true
[ -n "$task" ] || task="Where does this program start, and what does it read first?"
echo "Indexing $repo"
"$noctule" sleep "$repo"
printf '\nLikeliest to change next:\n'
"$noctule" predict "$repo" -k 10
printf '\nTask: %s\n\n' "$task"
"$noctule" context "$repo" --task "$task"

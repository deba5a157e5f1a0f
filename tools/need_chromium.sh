#!/bin/sh
# Makes sure that Chromium and fonts for Hangul and emoji are here: the browser tests and `make screens` need them.
# CHROMIUM names one that lies elsewhere. On Debian and its kin, as root, what is missing is installed.
set -eu
found=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
fonts=$(command -v fc-list >/dev/null && fc-list ':lang=ko' | head -n 1 || true)
[ -n "$found" ] && [ -n "$fonts" ] && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "installing Chromium and fonts" >&2
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends \
        chromium fontconfig fonts-noto-cjk fonts-noto-color-emoji; } >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
    rm -f "$log"
    exit 0
fi
[ -n "$found" ] || { echo "Chromium is missing; the browser tests need it
 hint: install it (on Debian: apt install chromium fonts-noto-cjk fonts-noto-color-emoji), or set CHROMIUM to its path" >&2; exit 1; }
echo "no font for Hangul is installed: screenshots will show boxes" >&2

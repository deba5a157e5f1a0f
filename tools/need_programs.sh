#!/bin/sh
# Makes sure that the programs are here which tests and `make screens` drive: Chromium, fonts for Hangul and emoji,
# Poppler, which reads the desk's certificates, and what deploy/ has settings for: three reverse proxies and Prometheus.
# With `image` as its argument also those that build the relay's image, with `dist` those that try a release. CHROMIUM
# names a Chromium that is elsewhere. On Debian and its kin, as root, what is missing is installed. Only Chromium is
# indispensable; the tests of another one say that they were skipped.
set -eu

has() {
    command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]
}

browser=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
lacking=
[ -n "$browser" ] || lacking="$lacking chromium"
[ -n "$(fc-list ':lang=ko' 2>/dev/null | head -n 1)" ] || lacking="$lacking fontconfig fonts-noto-cjk fonts-noto-color-emoji"
has pdfsig || lacking="$lacking poppler-utils"
has nginx || lacking="$lacking nginx-light"
has caddy || lacking="$lacking caddy"
has haproxy || lacking="$lacking haproxy"
has promtool || lacking="$lacking prometheus"
if [ "${1:-}" = image ]; then
    has buildah || lacking="$lacking buildah crun"
    has mmdebstrap || lacking="$lacking mmdebstrap"
fi
if [ "${1:-}" = dist ]; then
    has mmdebstrap || lacking="$lacking mmdebstrap"
    has lintian || lacking="$lacking lintian"
    has faketime || lacking="$lacking faketime"
    has ip || lacking="$lacking iproute2"
fi
[ -n "$lacking" ] || exit 0

if has apt-get && [ "$(id -u)" = 0 ]; then
    echo "installing$lacking" >&2
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    # Services are not to start: the tests run their own on loopback.
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
    # shellcheck disable=SC2086 # a list of packages
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends $lacking; } >"$log" 2>&1 && done=yes || done=
    rm -f /usr/sbin/policy-rc.d
    [ -n "$done" ] || { cat "$log" >&2; exit 1; }
    rm -f "$log"
    exit 0
fi
if [ -z "$browser" ]; then
    echo "missing: Chromium; the tests of the app drive it" >&2
    echo "   hint: install it (on Debian: apt install$lacking), or set CHROMIUM to its path" >&2
    exit 1
fi
echo "not installed, so that some tests are skipped or pictures lack letters:$lacking" >&2

#!/bin/sh
# Makes sure that the programs are here which tests and `make screens` drive: Chromium, fonts for Hangul and emoji,
# Poppler, which reads the desk's certificates, a session bus with a notification service on a screen that nobody sees,
# what deploy/ has settings for: three reverse proxies and Prometheus; and PostgreSQL and an engine (spec/engine.md), which
# the tests run themselves.
# With `s3` as its argument also the S3 server of `make test-buckets`, which is built with Go from a module whose hash is
# compared (100 seconds of a processor). With `valkey` also Debian 13's Valkey, in a folder of its own, for
# `make test-valkey`. With `image` as its argument also those that build the relay's image, with
# `dist` those that try a release. CHROMIUM
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
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || has initdb || lacking="$lacking postgresql"
has dbus-daemon || lacking="$lacking dbus-daemon"
has dunst || lacking="$lacking dunst"
has Xvfb || lacking="$lacking xvfb"
has valkey-server || has redis-server || lacking="$lacking redis-server"
if [ "${1:-}" = s3 ]; then
    s3="$(cd "$(dirname "$0")/.." && pwd)/.cache/s3"
    server=github.com/versity/versitygw
    version=v1.8.0
    sum=h1:au+wI+aybno/STsQiSm35Uu6Q6iK5MWReQxgO6SEMFc=
    if [ ! -x "$s3/versitygw" ] && has go; then
        echo "building $server $version" >&2
        mkdir -p "$s3"
        go mod download -json "$server@$version" | grep -qF "\"$sum\"" || { echo "$server $version is not what it was" >&2; exit 1; }
        GOBIN="$s3" CGO_ENABLED=0 go install -trimpath -ldflags "-s -w" "$server/cmd/versitygw@$version"
    fi
    [ -x "$s3/versitygw" ] || echo "there is no Go 1.25 to build an S3 server with: its tests are skipped" >&2
    exit 0
fi
if [ "${1:-}" = valkey ]; then
    valkey="$(cd "$(dirname "$0")/.." && pwd)/.cache/valkey"
    if [ ! -x "$valkey/bin/valkey-server" ]; then
        has mmdebstrap || { apt-get update -qq && apt-get install -y -qq --no-install-recommends mmdebstrap; } >/dev/null 2>&1 || true
        has mmdebstrap && [ "$(id -u)" = 0 ] || { echo "missing: root and mmdebstrap, to bring Debian 13's Valkey" >&2; exit 1; }
        rm -rf "$valkey" && mkdir -p "$valkey/bin"
        mmdebstrap --quiet --mode=root --variant=minbase --include=valkey-server,valkey-tools trixie "$valkey/system"
        # Debian 13's programs need its own loader and libraries.
        loader=$(cd "$valkey/system" && ls lib64/ld-linux-x86-64.so.2 lib/ld-linux-aarch64.so.1 2>/dev/null | head -n 1)
        for name in valkey-server valkey-cli; do
            printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$valkey/system/$loader" \
                "$(ls -d "$valkey"/system/usr/lib/*-linux-gnu)" "$valkey/system/usr/bin/$name" >"$valkey/bin/$name"
            chmod +x "$valkey/bin/$name"
        done
    fi
    exit 0
fi
if [ "${1:-}" = image ]; then
    has buildah || lacking="$lacking buildah crun"
    has mmdebstrap || lacking="$lacking mmdebstrap"
fi
if [ "${1:-}" = dist ]; then
    has mmdebstrap || lacking="$lacking mmdebstrap"
    has lintian || lacking="$lacking lintian"
    has faketime || lacking="$lacking faketime"
    has ip || lacking="$lacking iproute2"
    has qemu-aarch64-static || lacking="$lacking qemu-user-static"
    has diffoscope || lacking="$lacking diffoscope-minimal"
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

#!/bin/sh
# Installs the servers that `python -m bench.speed` compares with: Debian's packages, NATS from its Go module (Debian's
# has no synchronous mode), Synapse from PyPI in an environment of its own. Nothing is started; what cannot be had is
# said and left out, and the benchmark then says the same. Needs root for the packages.
set -u
cd "$(dirname "$0")/../.."
place=.cache/peers
mkdir -p "$place"

packages="mosquitto prosody lua-dbi-sqlite3 ejabberd erlang-p1-sqlite3 strace"
streams=redis-server
apt-cache show valkey-server >/dev/null 2>&1 && streams=valkey-server
for package in $packages $streams; do
    # RUNLEVEL=1 keeps the package's scripts from starting a service.
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$package" >"$place/apt.log" 2>&1 ||
        echo "left out: $package (see $place/apt.log)"
done

if command -v go >/dev/null 2>&1; then
    GOBIN="$(pwd)/$place" go install github.com/nats-io/nats-server/v2@v2.10.27 >"$place/nats.log" 2>&1 ||
        echo "left out: nats-server (see $place/nats.log)"
else
    echo "left out: nats-server (there is no Go to build it with)"
fi

[ -x "$place/synapse/bin/python" ] || "${PYTHON:-python3}" -m venv "$place/synapse"
"$place/synapse/bin/python" -m pip install -q --disable-pip-version-check matrix-synapse==1.163.2 >"$place/synapse.log" 2>&1 ||
    echo "left out: synapse (see $place/synapse.log)"

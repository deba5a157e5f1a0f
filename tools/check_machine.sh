#!/bin/sh
# Says plainly what this machine lacks before anything is built: Python >= 3.11 with venv, a C compiler, Rust >= 1.91.
# Usage: check_machine.sh PYTHON. Exits 1 after naming everything that is missing.

python=${1:-python3}
missing=0

lacks() {
    printf 'missing: %s\n   hint: %s\n' "$1" "$2" >&2
    missing=1
}

# True if the version $1 (like 1.95.0) is at least $2.$3.
at_least() {
    major=${1%%.*}
    rest=${1#*.}
    minor=${rest%%.*}
    [ "$major" -gt "$2" ] || { [ "$major" -eq "$2" ] && [ "$minor" -ge "$3" ]; }
}

if ! command -v "$python" >/dev/null 2>&1; then
    lacks "Python 3.11 or newer ('$python' is not a command)" "install it, or name yours: make PYTHON=/path/to/python3"
elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    lacks "Python 3.11 or newer ('$python' is older)" "install it, or name yours: make PYTHON=/path/to/python3"
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    lacks "Python's venv module" "on Debian: apt install python3-venv"
fi

if ! command -v cc >/dev/null 2>&1; then
    lacks "a C compiler ('cc' is not a command)" "on Debian: apt install build-essential"
fi

if ! command -v cargo >/dev/null 2>&1; then
    lacks "Rust 1.91 or newer ('cargo' is not a command)" "install rustup, then: rustup toolchain install stable"
else
    version=$(rustc --version 2>/dev/null | cut -d ' ' -f 2)
    if ! at_least "${version:-0.0.0}" 1 91; then
        lacks "Rust 1.91 or newer (found ${version:-none})" "rustup update stable"
    fi
fi

exit "$missing"

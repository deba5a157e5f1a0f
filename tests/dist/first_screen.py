"""Installs the offline folder where there is no network and no compiler, and waits for the app's first screen.

Run in a network namespace of its own: ``unshare --net python -m tests.dist.first_screen OFFLINE FOLDER``. Prints the
seconds of both as JSON.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from tests.browser.person import FLAGS, chromium_path

PROGRAMS: Final = ("dirname", "sh")
"""What the installer needs beside Python."""
PATIENCE_MS: Final = 60_000


def bare(folder: Path) -> Path:
    """A folder for PATH with no more in it than the installer needs."""
    folder.mkdir()
    for name in PROGRAMS:
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    # The Python that is under the test's own environment, as a machine would have it.
    (folder / "python3").symlink_to(Path(sys.base_prefix) / "bin/python3")
    return folder


def offline_now() -> None:
    """Loopback is up, and nothing else can be reached."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with socket.socket() as probe:
        probe.settimeout(2)
        try:
            probe.connect(("192.0.2.1", 443))
        except OSError:
            return
    raise AssertionError("there is a network here")


def screen_after(nulla: Path, environment: dict[str, str]) -> float:
    """Seconds from starting the app until its first screen can be used."""
    with sync_playwright() as playwright:
        # A person's browser is open before they install something.
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        page = browser.new_page(locale="en-GB")
        began = time.monotonic()
        command = [str(nulla), "--json", "app", "--no-browser"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as app:
            try:
                assert app.stdout
                page.goto(json.loads(app.stdout.readline())["url"], timeout=PATIENCE_MS)
                page.get_by_role("button", name="Create an account").wait_for(timeout=PATIENCE_MS)
                return time.monotonic() - began
            finally:
                app.terminate()


def main(offline: Path, folder: Path) -> None:
    """Install, start, look."""
    offline_now()
    environment = {"HOME": str(folder), "LANG": "C.UTF-8", "PATH": str(bare(folder / "bin"))}
    began = time.monotonic()
    subprocess.run(
        ["sh", str(offline / "install.sh"), str(folder / "program")], env=environment, check=True, stdout=sys.stderr
    )
    installed = time.monotonic()
    screen_s = screen_after(folder / "program/bin/nulla", environment)
    sys.stdout.write(json.dumps({"install_s": round(installed - began, 1), "screen_s": round(screen_s, 1)}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""What comes after the demo: the apps of those who played it, on the same conversation. ``demo_apps.py FOLDER``.

With a display, two of them open in the browser and stay until Ctrl-C. Without one, they are shown to a headless
Chromium, and pictures of what they show are left in the folder.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import webbrowser
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, sync_playwright

from nullabona.processes.program import Program, nulla
from nullabona.processes.servers import RelayProcess

MOST: Final = 2
VIEWS: Final = {"desktop": (1280, 800), "phone": (390, 844)}


def app(stack: ExitStack, person: dict[str, str], host: str) -> tuple[str, str]:
    """Somebody's app, until the end: their name and where a browser gets in."""
    language = "en" if person["name"].isascii() else "ko"
    options = ("--no-browser", "--json", "--profile", person["profile"], "--relay", host, "--lang", language)
    process = Program(nulla("app", *options))
    stack.callback(process.stop, signal.SIGINT)
    url: str = process.ready["url"]
    return person["name"], url


def picture(browser: Browser, folder: Path, name: str, url: str) -> list[Path]:
    """Pictures of somebody's group conversation, wide and narrow."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    page = context.new_page()
    page.goto(url)
    rows = page.locator("button[data-room]")
    rows.first.wait_for()
    rows.first.click()
    page.locator("article[data-message]").last.wait_for()
    taken = []
    for view, (width, height) in VIEWS.items():
        page.set_viewport_size({"width": width, "height": height})
        path = folder / f"{name}-{view}.png"
        page.screenshot(path=path, animations="disabled")
        taken.append(path)
    context.close()
    return taken


def headless(folder: Path, opened: list[tuple[str, str]]) -> None:
    """Pictures instead of windows."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        print("no display and no Chromium: nothing to show the apps with\n hint: install Chromium, or set CHROMIUM")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name, url in opened:
            for taken in picture(browser, folder, name, url):
                print(f"  {taken}")
        browser.close()


def main() -> None:
    """Open the apps, or take their pictures."""
    folder = Path(sys.argv[1])
    cast: dict[str, Any] = json.loads((folder / "cast.json").read_text(encoding="utf-8"))
    with ExitStack() as stack:
        stack.enter_context(RelayProcess(Path(cast["relay"]["data"]), listen=cast["relay"]["address"]))
        opened = [app(stack, person, cast["relay"]["address"]) for person in cast["people"][:MOST]]
        print(f"\nThe apps of {' and '.join(name for name, _ in opened)}, on this conversation:", flush=True)
        if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform == "darwin":
            for _, url in opened:
                webbrowser.open(url)
            print("  they are open in your browser; Ctrl-C ends them", flush=True)
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
        else:
            headless(folder, opened)


if __name__ == "__main__":
    main()

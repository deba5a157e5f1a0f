"""``nulla app --window``: the page in a window, the app beside it, both gone together."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.app.person import ROOT
from tests.cli.shell import environment

_LIBRARY = """
import json, os, pathlib, re, urllib.parse, urllib.request
made = []
def create_window(title, url, **more):
    made.append(url)
def start(**more):
    file = pathlib.Path(urllib.parse.unquote(urllib.parse.urlsplit(made[0]).path))
    page = re.search(r"url=(http://[^#]+)#launch", file.read_text())[1]
    with urllib.request.urlopen(page) as answer:
        shown = answer.status
    pathlib.Path(os.environ["SHOWN"]).write_text(json.dumps([shown, str(file), page]))
"""
"""Stands for pywebview: shows the page by fetching it, and closes at once."""


def _nulla(profile: Path, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.app.start", "app", "--profile", str(profile), "--window"]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=ROOT, env=environment(**more), timeout=50
    )


def test_a_window_shows_the_page_and_ends_the_app(tmp_path: Path) -> None:
    """The window is given the private file, the page is served behind it, and closing it ends the process."""
    (tmp_path / "webview.py").write_text(_LIBRARY, "utf-8")
    shown = tmp_path / "shown.json"
    done = _nulla(tmp_path / "profile", PYTHONPATH=f"{tmp_path}:{ROOT / 'src'}", SHOWN=str(shown))
    assert (0, "") == (done.returncode, done.stderr)
    status, file, page = json.loads(shown.read_text("utf-8"))
    assert (200, False, True) == (status, Path(file).exists(), page.startswith("http://127.0.0.1:"))


def test_without_the_library_its_extra_is_named(tmp_path: Path) -> None:
    """One sentence and a hint, no traceback, and no app that goes on behind it."""
    done = _nulla(tmp_path / "profile")
    assert (1, True) == (done.returncode, "[extra-missing]" in done.stderr)
    assert "nullabona[window]" in done.stderr
    assert "Traceback" not in done.stderr

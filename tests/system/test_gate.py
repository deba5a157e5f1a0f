"""What Windows loads is what `make check` checks for it; the system is asked for in a way that mypy reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.system.conftest import System

ROOT = Path(__file__).parents[2]
LOADS = """
import importlib, pkgutil, sys
for package in ("app", "cli.log", "cli.person", "client", "log", "reading", "system", "wire", "words"):
    package = importlib.import_module(f"nullabona.{package}")
    for each in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(each.name)
print("\\n".join(name for name in sys.modules if name.split(".")[0] == "nullabona"))
"""
NOT_CHECKED = {"nullabona.machine", "nullabona.processes"} | {
    f"nullabona.processes.{name}" for name in ("ports", "program", "servers")
}
"""The processes of the app's own server are not started there: `require_server_system` is before them."""


@pytest.mark.timeout(300)
def test_what_windows_loads_is_checked_for_it() -> None:
    """Every module of client, app and `nulla log` can be imported there, and is in the Makefile's list."""
    loaded = System("win32").run(LOADS)
    assert (0, "") == (loaded.code, loaded.err)
    rule = re.search(r"^EVERYWHERE := (.*?[^\\])$", (ROOT / "Makefile").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert rule is not None
    packages = {"app", "cli", "client", "log", "reading", "system", "wire", "words", "errors", "extras", "findings"}
    checked = {
        f"nullabona.{package}.{name.removesuffix('.py')}".removesuffix(".__init__")
        for package in ("machine", "updating")
        for name in rule[1].partition(f"addprefix {package}/,")[2].partition(")")[0].replace("\\", " ").split()
    }
    found = {name for name in loaded.out.split() if name.count(".") and name.split(".")[1] not in packages}
    assert set() == found - checked - NOT_CHECKED


def test_the_system_is_asked_for_in_one_way() -> None:
    """By ``sys.platform``: mypy knows which branch is another system's, and a fake system needs no more."""
    asked = re.compile(r"\bos\.name\b|platform\.system\(")
    sources = {path: path.read_text("utf-8") for path in (ROOT / "src/nullabona").rglob("*.py")}
    assert [] == [str(path.relative_to(ROOT)) for path, text in sources.items() if asked.search(text)]

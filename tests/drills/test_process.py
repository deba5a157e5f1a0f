"""The relay that a drill starts leaves what it writes where the drill looks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nullabona.processes.servers import RelayProcess

CARELESS = """
import json, os, sys, tempfile, time
import nullabona
where = {"here": ".", "home": os.path.expanduser("~"), "temporary": tempfile.gettempdir(),
         "cache": os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~"))}
for name, folder in where.items():
    with open(os.path.join(folder, name), "w") as kept:
        kept.write("127.77.1.2")
data = sys.argv[sys.argv.index("--data") + 1]
print(json.dumps({"ready": "ws://127.0.0.1:1/" + data}), flush=True)
time.sleep(60)
"""


def test_what_a_relay_writes_anywhere_lies_where_it_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it stands, in its home, for its cache, among temporary files; and its data is where we said, from here."""
    temporary = tmp_path / "relay-tmp"
    temporary.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.path.relpath(Path(__file__).parents[2] / "src"))
    with RelayProcess(Path("data"), log=Path("log"), temporary=Path("relay-tmp"), program=("-c", CARELESS)) as relay:
        assert str(tmp_path / "data") == relay.url.removeprefix("ws://127.0.0.1:1/")
    assert {"here", "home", "temporary", "cache"} == {path.name for path in temporary.iterdir()}
    assert {"relay-tmp", "log", "data"} == {path.name for path in tmp_path.iterdir()}


def test_a_program_is_found_from_where_we_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As that of the soak, which is no part of the package."""
    (tmp_path / "relay-tmp").mkdir()
    (tmp_path / "careless.py").write_text(CARELESS, "utf-8")
    monkeypatch.chdir(tmp_path)
    with RelayProcess(Path("data"), log=Path("log"), temporary=Path("relay-tmp"), program=("-m", "careless")) as relay:
        assert relay.url.endswith("/data")

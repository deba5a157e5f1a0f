"""What starts at log-in: an entry that a desktop reads, made, found and deleted; of others' entries none is touched."""

from __future__ import annotations

import configparser
import json
import plistlib
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from nullabona.cli.person.login import lasting
from nullabona.system.autostart import Autostart, NoAutostart
from tests.system.conftest import System


def test_an_entry_is_made_found_and_deleted(tmp_path: Path) -> None:
    """It is where XDG_CONFIG_HOME says, starts the command as it was given, and a second switch changes it."""
    config = tmp_path / "config"
    start = Autostart({"XDG_CONFIG_HOME": str(config)}, tmp_path)
    assert not start.is_on()
    start.switch(["/usr/bin/nulla", "app", "--profile", '/a "b" $c 100%', "--background"])
    assert start.is_on()
    path = config / "autostart" / "nullabona.desktop"
    entry = configparser.ConfigParser(interpolation=None)
    entry.read_string(path.read_text("utf-8"))
    command = entry["Desktop Entry"]["Exec"].replace("\\\\", "\\").replace("%%", "%").replace("\\$", "$")
    assert ["/usr/bin/nulla", "app", "--profile", '/a "b" $c 100%', "--background"] == shlex.split(command)
    if shutil.which("desktop-file-validate"):
        subprocess.run(["desktop-file-validate", str(path)], check=True)
    start.switch(None)
    assert not start.is_on()
    assert [] == list(path.parent.iterdir())
    start.switch(None)  # again is harmless


@pytest.mark.parametrize("command", [["/usr/bin/nulla", "a\nb"], ["a\x01b"]])
def test_what_an_entry_cannot_name_is_refused(tmp_path: Path, command: list[str]) -> None:
    """No argument becomes a line of the entry."""
    start = Autostart({}, tmp_path)
    with pytest.raises(NoAutostart):
        start.switch(command)
    assert not start.is_on()


def test_an_entry_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """A file that this app did not make is neither replaced nor deleted."""
    path = tmp_path / ".config" / "autostart" / "nullabona.desktop"
    path.parent.mkdir(parents=True)
    path.write_text("[Desktop Entry]\nName=mine\n", "utf-8")
    start = Autostart({}, tmp_path)
    assert not start.is_on()
    for command in (["/usr/bin/nulla"], None):
        with pytest.raises(NoAutostart):
            start.switch(command)
    assert "[Desktop Entry]\nName=mine\n" == path.read_text("utf-8")


STARTS = """
import sys, types
sys.modules["winreg"] = winreg = types.ModuleType("winreg")
class Key(dict):
    def __enter__(self): return self
    def __exit__(self, *_): pass
values = Key()
winreg.HKEY_CURRENT_USER = winreg.REG_SZ = 1
winreg.OpenKey = winreg.CreateKey = lambda *_: values
winreg.SetValueEx = lambda key, name, _, kind, value: key.__setitem__(name, value)
def query(key, name):
    if name not in key: raise FileNotFoundError
def delete(key, name):
    query(key, name); del key[name]
winreg.QueryValueEx, winreg.DeleteValue = query, delete
import json
from pathlib import Path
from nullabona.system.autostart import Autostart
start = Autostart({}, Path(HOME))
states = [start.is_on()]
start.switch(["/p y/python", "app", "--background"])
states.append(start.is_on())
written = [values.get("nullabona"), *(path.read_text() for path in Path(HOME).rglob("*.plist"))]
start.switch(None), start.switch(None)
states.append(start.is_on())
print(json.dumps({"states": states, "written": [one for one in written if one]}))
"""
"""What the modules of that system would do; the registry is a dictionary."""


def test_other_systems_have_entries_of_their_own(system: System, tmp_path: Path) -> None:
    """A launch agent on macOS, a value of the Run key on Windows; neither was tried on such a machine."""
    made = system.run(STARTS.replace("HOME", repr(str(tmp_path))))
    assert ("", 0) == (made.err, made.code)
    said = json.loads(made.out)
    assert [False, True, False] == said["states"]
    (written,) = said["written"]
    if system.windows:
        assert '"/p y/python" app --background' == written
    else:
        agent = plistlib.loads(written.encode())
        assert (["/p y/python", "app", "--background"], True) == (agent["ProgramArguments"], agent["RunAtLoad"])


def test_an_update_does_not_leave_the_start_behind(tmp_path: Path) -> None:
    """An installed version is named by the link that updates move; any other interpreter by its own name."""
    version = tmp_path / "versions" / "0.1.0"
    version.mkdir(parents=True)
    (tmp_path / "current").symlink_to(version)
    assert str(tmp_path / "current" / "bin" / "python") == lasting(version, version / "bin" / "python")
    assert "/usr/bin/python3" == lasting(Path("/usr"), Path("/usr/bin/python3"))

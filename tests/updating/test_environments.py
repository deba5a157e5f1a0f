"""Real environments: nothing but the checked files decides what gets into one."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.drills.stage.standin import wheel
from nullabona.releases.statement import ReleaseFile
from nullabona.releases.wheels import requirements
from nullabona.updating.environments import InstallFailed, PythonEnvironments


def test_what_a_tool_said_on_either_stream_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's venv says on stdout that ensurepip is missing: a refusal without its reason helps nobody."""

    def refused(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 1, "ensurepip is not available", "\n")

    monkeypatch.setattr(subprocess, "run", refused)
    with pytest.raises(InstallFailed, match="ensurepip is not available"):
        PythonEnvironments().make(tmp_path / "version")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_configuration_of_pip_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the machine's either, which pip reads even when it is isolated: it could put the program elsewhere."""
    (tmp_path / "xdg/pip").mkdir(parents=True)
    (tmp_path / "xdg/pip/pip.conf").write_text(f"[install]\ntarget = {tmp_path}/elsewhere\n")
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "xdg"))
    name, data = wheel("1.0")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / name).write_bytes(data)
    wanted = tmp_path / "files/requirements.txt"
    wanted.write_text(requirements([ReleaseFile(name, sha256(data).hexdigest(), len(data))]))
    tools = PythonEnvironments()
    tools.make(tmp_path / "version")
    tools.install(tmp_path / "version", tmp_path / "files", wanted)
    assert not (tmp_path / "elsewhere").exists()
    code, said = tools.run(tmp_path / "version", ["--version"])
    assert (0, True) == (code, "1.0" in said)

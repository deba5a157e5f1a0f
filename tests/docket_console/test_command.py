"""From an empty folder to a signed-in officer, by the commands that the how-to names."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path
from typing import Self

import pytest

from nullabona.docket.keeping.vault import new_identity
from nullabona.processes.program import nulla as nulla_command
from nullabona.processes.program import run
from tests.docket_console.place import Caller, Place

pytestmark = pytest.mark.timeout(240)
ENVIRONMENT = {"PATH": os.environ["PATH"], "LANG": "en", "NULLA_DOCKET": "desk"}
CONFIG = """\
operator = "Example Messenger"
origin = "relay.example/docket"
directory = "../relay"
log_keys = "log.keys"
policy = "policy"
"""


def nulla(folder: Path, *words: str, fails: bool = False) -> str:
    """What a command prints; with ``fails`` what it says on standard error."""
    done = run(nulla_command(*words), cwd=folder, env=ENVIRONMENT | {"HOME": str(folder)}, patience_s=120)
    assert fails == bool(done.code), done.err
    return done.err if fails else done.out.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A desk that was founded by key files."""
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk/docket.toml").write_text(CONFIG)
    for name in ("ada", "ben", "ina"):
        nulla(tmp_path, "docket", "officer", "new", name, "-o", f"{name}.officer")
    keys = nulla(tmp_path, "log", "keygen", "relay.example/docket", "desk/log.keys")
    policy = "".join(f"log {line}\n" for line in keys.splitlines()) + "quorum none\n"
    (tmp_path / "desk/policy").write_text(policy)
    first = [word for name, role in (("ada", "admin"), ("ben", "admin"), ("ina", "intake")) for word in
             ("--first", f"{name}.officer:{role}")]  # fmt: skip
    nulla(tmp_path, "docket", "init", "--outside", new_identity()[1], "--pointer-key", "pointer", *first)
    return tmp_path


class Served(Place):
    """The console as the command serves it."""

    def __enter__(self) -> Self:
        command = nulla_command("docket", "serve", "--origin", self.origin, "--listen", f"127.0.0.1:{self.port}")
        return self.begin(command, f"ready {self.origin}", ENVIRONMENT, self.folder)

    def stop(self) -> str:
        return self._process.stop().err


def test_a_founder_gets_into_the_console(folder: Path) -> None:
    """Invited, applied, admitted by two key files, signed in; and the public record is published while it serves."""
    place = Served(folder)
    link = nulla(folder, "docket", "invite", "ina", "--name", "Ina", "--origin", place.origin, "--known")
    assert link.startswith(f"{place.origin}/enrol#")
    ina = Caller(place, "ina")
    identity = json.loads((folder / "ina.officer").read_text())["identity"]
    with place:
        assert "in-use" in nulla(folder, "docket", "--officer", "ada.officer", "admit", "ina", fails=True)
        assert 200 == ina.enrol(link.partition("#")[2], identity).status
        assert 403 == ina.sign_in().status
    nulla(folder, "docket", "--officer", "ada.officer", "admit", "ina")
    waiting = [json.loads(line)["id"] for line in nulla(folder, "docket", "officer", "pending", "--json").splitlines()]
    assert 2 == len(waiting)
    for one in waiting:
        nulla(folder, "docket", "--officer", "ben.officer", "officer", "confirm", one)
    with place:
        assert 200 == ina.sign_in().status
        assert 200 == ina.get("/").status
        record = ina.get("/record").text
    assert "The last batch failed" not in record
    said = nulla(folder, "docket", "invite", "ina", "--name", "Ina", "--origin", place.origin, "--known", fails=True)
    assert "enrolment-refused" in said


@pytest.mark.parametrize("origin", ["http://desk.example", "https://desk.example/", "desk.example"])
def test_an_address_without_passkeys_is_refused(folder: Path, origin: str) -> None:
    """Before anything is opened."""
    assert "console-site" in nulla(folder, "docket", "serve", "--origin", origin, fails=True)


def test_a_port_that_is_taken_is_said(folder: Path) -> None:
    """The command ends, and not with success."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = ("serve", "--origin", "http://localhost", "--listen", f"127.0.0.1:{port}")
        assert "console-listen" in nulla(folder, "docket", *words, fails=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_console_in_good_order(folder: Path, number: signal.Signals) -> None:
    """Exit status 0, everybody let go, and no write-ahead log of either database stays behind."""
    with Served(folder) as place:
        assert [*(folder / "desk").rglob("*-wal")]
        ended = place._process.stop(number)
        assert 0 == ended.code, ended.err
    assert [] == [*(folder / "desk").rglob("*-wal")]


@pytest.mark.slow
def test_a_desk_is_looked_after_by_commands(folder: Path) -> None:
    """Asked how it is, refused a backup while it serves, ended in good order, kept, and made again elsewhere."""
    key, recipient = new_identity()
    (folder / "backup.key").write_text(key)
    (folder / "backup.key").chmod(0o600)
    backup = ("docket", "backup", "desk.age", "--recipient", recipient)
    with Served(folder) as place:
        listen = ("--listen", f"127.0.0.1:{place.port}")
        assert "healthy" == json.loads(nulla(folder, "docket", "status", *listen, "--json"))["finding"]
        assert "data-in-use" in nulla(folder, *backup, fails=True)
        nulla(folder, "docket", "drain")
        assert 0 == place._process.wait().code
    assert "not-running" in nulla(folder, "docket", "drain", fails=True)
    nulla(folder, *backup)
    nulla(folder, "docket", "--data", "again", "restore", "desk.age", "--identity", "backup.key")
    assert nulla(folder, "docket", "officer", "list") == nulla(folder, "docket", "--data", "again", "officer", "list")

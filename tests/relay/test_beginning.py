"""A record begins with `nulla relay init` and never by itself: not on an empty disk, not where data was deleted."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from nullabona.cli.operator.relay import relay as command
from nullabona.processes.ports import free_port
from nullabona.processes.program import nulla, run
from nullabona.processes.servers import RelayProcess
from tests.relay.peers import Box, Client

HOST = ("--host", "relay.example")


def invoke(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, list(arguments))
    return result.exit_code, result.output


def begun(data: Path) -> Path:
    """The data of a relay whose record has begun."""
    assert 0 == invoke("init", "--data", str(data), *HOST)[0]
    return data


def test_a_record_begins_once(tmp_path: Path) -> None:
    """`init` makes record and keys, and prints the keys; a second one refuses and changes nothing."""
    data = tmp_path / "data"
    code, said = invoke("init", "--data", str(data), *HOST)
    assert (0, invoke("vkeys", "--data", str(data), *HOST)[1]) == (code, said)
    assert said.startswith("relay.example/nullabona/directory+")
    key = (data / "record/record.key").read_bytes()
    code, said = invoke("init", "--data", str(data), *HOST)
    assert (1, True) == (code, "[record-begun]" in said)
    assert key == (data / "record/record.key").read_bytes()


@pytest.mark.parametrize("there", [False, True])
def test_an_empty_disk_is_refused(tmp_path: Path, *, there: bool) -> None:
    """`serve` makes nothing where no record has begun, ends with the code that units do not restart, and says why."""
    data = tmp_path / "data"
    if there:
        data.mkdir()
    code, said = invoke("serve", "--data", str(data), *HOST)
    assert (6, True, True) == (code, "[record-not-begun]" in said, "nulla relay init" in said)
    assert "not mounted" in said
    assert there == data.exists()
    assert not there or [] == list(data.iterdir())


@pytest.mark.parametrize("way", ["record elsewhere", "cards deleted"])
def test_a_record_without_its_cards_is_refused(tmp_path: Path, way: str) -> None:
    """A disk of cards that is not mounted must not tell everybody that their cards are lost; only a person says so."""
    data, record = tmp_path / "data", tmp_path / "record"
    options = ("--data", str(data), "--record", str(record), *HOST)
    assert 0 == invoke("init", *options)[0]
    if way == "cards deleted":
        (data / "cards.db").unlink()
    else:
        shutil.rmtree(data)
    before = sorted(tmp_path.rglob("*"))
    for name in ("serve", "init"):
        code, said = invoke(name, *options)
        assert (6, True, True) == (code, "[cards-missing]" in said, "--cards-lost" in said)
    assert before == sorted(tmp_path.rglob("*"))
    assert 0 == invoke("init", *options, "--cards-lost")[0]
    assert (data / "cards.db").exists()


def test_cards_without_their_record_are_refused(tmp_path: Path) -> None:
    """A record that was lost is put back, not begun again, and no option begins it."""
    data = begun(tmp_path / "data")
    shutil.rmtree(data / "record")
    for arguments in (("serve",), ("init",), ("init", "--cards-lost")):
        code, said = invoke(arguments[0], "--data", str(data), *HOST, *arguments[1:])
        assert (6, True) == (code, "[record-not-begun]" in said)
    assert not (data / "record").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--volatile", *HOST), "--data"),
        (("--listen", "0.0.0.0:8440", "--behind-proxy"), "--host"),
        (("--listen", "127.0.0.1:0"), "--host"),
    ],
)
def test_what_cannot_begin_is_explained(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """A record has a name for good, so it is not begun before that is known."""
    data = () if "--volatile" in arguments else ("--data", str(tmp_path / "data"))
    code, output = invoke("init", *data, *arguments)
    assert (1, True, True) == (code, "[bad-config]" in output, said in output)
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_a_taken_port_signs_nothing(tmp_path: Path) -> None:
    """A relay that does not get its port ends without having begun, closed or signed anything."""
    data = begun(tmp_path / "data")
    before = (data / "record/log.db").read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run(nulla("relay", "serve", "--data", str(data), "--listen", listen, *HOST))
    assert 1 == ended.code
    assert before == (data / "record/log.db").read_bytes()
    assert not (data / "record/public/checkpoint").exists()


@pytest.mark.slow
def test_data_that_is_deleted_begins_nothing_at_the_next_start(tmp_path: Path, box: Box) -> None:
    """It stops with 3; started again as a unit would, it stops with 6, and no other record is there."""
    data, listen = tmp_path / "data", f"127.0.0.1:{free_port()}"
    process = RelayProcess(data, listen=listen)
    client = Client(process.address)
    shutil.rmtree(data)
    client.ask(box.append(b"frame"))  # it finds the loss, at the latest when it has to keep something
    assert 3 == process.wait().code
    ended = run(nulla("relay", "serve", "--data", str(data), "--listen", listen))
    assert (6, True) == (ended.code, "[record-not-begun]" in ended.err)
    assert not (data / "record").exists()

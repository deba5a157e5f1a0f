"""`check`, `status` and `doctor` find what is wrong before people do, say what to do, and change nothing."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nullabona.cli.docket.console import serve as serve_console
from nullabona.cli.root import nulla
from nullabona.findings import Level
from nullabona.log.keys import Kind
from nullabona.machine.keyfile import encode_private_key, write_key_file
from nullabona.machine.settings import parse_endpoint
from nullabona.machine.tls import Tls
from nullabona.operating.checks.machine import of_certificate, of_clock, of_port
from nullabona.operating.checks.running import figures_in, of_figures
from nullabona.processes.ports import free_port
from nullabona.processes.servers import ANY_PORT, RelayProcess, WitnessProcess
from nullabona.relay.config import DEFAULT_LISTEN as RELAY_LISTEN
from nullabona.witness.config import DEFAULT_LISTEN as WITNESS_LISTEN
from nullabona.words.catalogue import Words
from tests.docket.test_founding_command import found as found_desk
from tests.repo.proxies import certificate as write_certificate

DAY = 86_400
HOST = "relay.example"


def ran(*words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code of `nulla`, and its findings by their keys."""
    done = CliRunner().invoke(nulla, [*words, "--json"], env={"LANG": "en"})
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return done.exit_code, {row["finding"]: row for row in rows}


def keys(found: dict[str, dict[str, Any]], level: str) -> set[str]:
    return {key for key, row in found.items() if row["level"] == level}


def files_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def begun(tmp_path: Path) -> tuple[str, ...]:
    """The options of a relay whose record has begun."""
    (tmp_path / "data").mkdir(mode=0o700)
    options = ("--data", str(tmp_path / "data"), "--host", HOST, "--listen", f"127.0.0.1:{free_port()}")
    assert 0 == CliRunner().invoke(nulla, ["relay", "init", *options]).exit_code
    return options


def test_a_check_changes_nothing(begun: tuple[str, ...], tmp_path: Path) -> None:
    """No file is made or changed, and what nobody needs to do anything about is good."""
    before = files_of(tmp_path)
    code, found = ran("relay", "check", *begun)
    assert (0, before) == (code, files_of(tmp_path))
    assert {"settings", "port-free", "database-sound"} <= keys(found, "good")
    assert {"witnesses-none", "mirrors-none"} <= keys(found, "warning")


@pytest.mark.parametrize(
    ("harm", "key"),
    [
        ("unmounted", "folder-missing"),
        ("no record", "record-not-begun"),
        ("no cards", "cards-missing"),
        ("damage", "database-damaged"),
        ("no key", "record-key-unreadable"),
        ("another's", "record-of-another"),
        ("port", "port-taken"),
    ],
)
def test_what_would_stop_a_start_is_found(begun: tuple[str, ...], tmp_path: Path, harm: str, key: str) -> None:
    """Each is wrong, has a hint, and makes the exit code 1."""
    data, options = tmp_path / "data", begun
    taken = None
    match harm:
        case "unmounted":
            shutil.rmtree(data)
        case "no record":
            shutil.rmtree(data / "record")
        case "no cards":
            (data / "cards.db").unlink()
        case "damage":
            (data / "cards.db").write_bytes(b"x" * 8_192)
        case "no key":
            (data / "record/record.key").unlink()
        case "another's":
            options = tuple("other.example" if each == HOST else each for each in begun)
        case _:
            taken = socket.create_server(("127.0.0.1", 0))
            options = (*begun[:-1], f"127.0.0.1:{taken.getsockname()[1]}")
    try:
        code, found = ran("relay", "check", *options)
    finally:
        if taken is not None:
            taken.close()
    assert (1, True, True) == (code, key in keys(found, "wrong"), bool(found[key]["hint"]))


@pytest.mark.parametrize("closed", ["record", "cards.db"])
def test_what_this_user_may_not_read_is_not_damaged(
    begun: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    """As after `nulla relay init` as root: the owner is named as the trouble, for a folder and for a file in it."""
    folder = tmp_path / "data" / closed
    exists, access = Path.exists, os.access

    def seen(path: Path) -> bool:
        if folder in path.parents:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return exists(path)

    monkeypatch.setattr(Path, "exists", seen)
    monkeypatch.setattr(os, "access", lambda path, mode: path != folder and access(path, mode))
    code, found = ran("relay", "check", *begun)
    wrong = {"file-forbidden"} if closed == "cards.db" else {"file-forbidden", "path-unusable"}
    assert (1, wrong) == (code, keys(found, "wrong"))
    assert all(found[key]["hint"] for key in wrong)


def test_an_engine_that_does_not_answer_is_found(begun: tuple[str, ...], tmp_path: Path) -> None:
    """The check that an operator runs first names the node: without its engine the relay does not start."""
    chain, _ = write_certificate(tmp_path)
    password = tmp_path / "password"
    password.write_text("secret\n")
    password.chmod(0o600)
    files = [f"--engine-{name}={password}" for name in ("password", "keeper-password")]
    node = f"127.0.0.1:{free_port()}"
    code, found = ran("relay", "check", *begun, "--engine", node, f"--engine-authority={chain}", *files)
    named = {key: row for key, row in found.items() if key.startswith("engine-")}
    assert (1, ["engine-node-silent"], True) == (code, list(named), node in named["engine-node-silent"]["message"])
    assert "secret" not in json.dumps(found)


def test_limits_are_compared_with_the_people(begun: tuple[str, ...]) -> None:
    """Limits of a small relay are named with the value that is needed; enough is good."""
    assert "limits-fit" in ran("relay", "check", *begun, "--people", "100")[1]
    found = ran("relay", "check", *begun, "--people", "30000")[1]
    assert ("warning", 71_000) == (found["limit-small"]["level"], found["limit-small"]["values"]["least"]) or (
        "blob_bytes_per_day" == found["limit-small"]["values"]["name"]
    )


@pytest.mark.parametrize(
    ("host", "now", "key"),
    [
        ("relay.example", 0, "certificate-lasts"),
        ("relay.example:8443", 0, "certificate-lasts"),
        ("other.example", 0, "certificate-of-another"),
        ("relay.example", 10**5 * DAY, "certificate-ended"),
    ],
)
def test_a_certificate_is_compared_with_host_and_clock(tmp_path: Path, host: str, now: int, key: str) -> None:
    """Its end, and the names that it is for."""
    cert, private = write_certificate(tmp_path)
    assert key in [each.key for each in of_certificate(Tls(cert, private), host, now)]


def test_files_of_a_certificate_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    """A key of another certificate."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    cert, _ = write_certificate(tmp_path / "a")
    _, private = write_certificate(tmp_path / "b")
    assert [Level.WRONG] == [each.level for each in of_certificate(Tls(cert, private), HOST, 0)]


@pytest.mark.parametrize(("day", "key"), [(101, "clock-behind"), (69, "clock-ahead"), (70, None), (100, None)])
def test_the_clock_is_compared_with_the_last_epoch(day: int, key: str | None) -> None:
    """On both sides of the month that a start believes."""
    found = {each.key for each in of_clock(day, 100 * DAY)} - {"clock-kept", "clock-alone"}
    assert ({key} if key else set()) == found


def test_a_socket_is_asked_and_not_removed(tmp_path: Path) -> None:
    """A socket where a server listens is taken; one that is left over is free; both files stay."""
    path = tmp_path / "s"
    endpoint = parse_endpoint(f"unix:{path}")
    assert "port-free" == of_port(endpoint, running=False).key
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        assert ["port-taken", "port-ours"] == [of_port(endpoint, running=each).key for each in (False, True)]
    assert "port-free" == of_port(endpoint, running=False).key
    assert path.exists()


def test_the_numbers_of_a_relay_are_judged() -> None:
    """Refused connections, a clock that is not believed, a witness that fails: each is found."""
    text = (
        "# TYPE x gauge\nnullabona_relay_connections 950\nnullabona_relay_connections_limit 1000\n"
        'nullabona_relay_connections_refused_total{why="files"} 0\nnullabona_relay_clock_stands 1\n'
        'nullabona_relay_witness_failures_total{witness="w.example/a+00"} 3\n'
        'nullabona_relay_faults_total{kind="blob"} 1\n'
        "nullabona_relay_certificate_end_seconds 86400\nnullabona_relay_disk_free_bytes 1\n"
        "nullabona_relay_disk_reserve_bytes 2\n"
    )
    found = {each.key: each.level.value for each in of_figures(figures_in(text), 0)}
    assert found == {
        "connections-many": "warning", "faults": "warning", "clock-stands": "wrong", "disk-short": "wrong",
        "certificate-days": "warning", "witness-failed": "warning", "accounts": "good",
    }  # fmt: skip
    refused = figures_in('nullabona_relay_connections_refused_total{why="files"} 2')
    assert "connections-refused" in {each.key for each in of_figures(refused, 0)}


def test_every_finding_that_is_not_good_says_what_to_do() -> None:
    """In both languages, and it is never said of nothing."""
    fine = {"settings", "ready", "healthy", "accounts", "record-age"}
    quiet = {key for key, one in Words("checks").items() if not one.en_hint}
    ends = ("-lasts", "-free", "-ours", "-enough", "-kept", "-sound", "-fit", "-signs", "-fresh", "-some", "-healthy",
            "-here", "-open", "-answers")  # fmt: skip
    assert set() == {key for key in quiet - fine if not key.endswith(ends) and not key.startswith(("level-", "to-do"))}


def test_a_desk_is_looked_at(tmp_path: Path) -> None:
    """A key that is missing and a damaged database are found; a founded desk that has all it needs is good."""
    assert "bad-config" in keys(ran("doctor", "--desk", str(tmp_path / "nowhere"))[1], "wrong")
    found_desk(tmp_path)
    tmp_path.chmod(0o700)
    assert "key-file" in keys(ran("doctor", "--desk", str(tmp_path))[1], "wrong")
    write_key_file(tmp_path / "k", [encode_private_key(Kind.ED25519, "relay.example/docket", bytes(32))])
    (tmp_path / "p").write_text("quorum none\n")
    found = ran("doctor", "--desk", str(tmp_path))[1]
    assert {"settings", "database-sound"} <= keys(found, "good")
    assert set() == keys(found, "wrong") - {"disk-short"}
    (tmp_path / "desk/desk.db").write_bytes(b"x" * 8_192)
    assert (1, True) == ((done := ran("doctor", "--desk", str(tmp_path)))[0], bool(keys(done[1], "wrong")))


def test_what_keeps_a_server_from_starting_is_said_once(tmp_path: Path) -> None:
    """Two looks meet a configuration that cannot be used; one line says so, for relay and witness each."""
    relay, witness = tmp_path / "relay.toml", tmp_path / "witness.toml"
    relay.write_text('hots = "relay.example"\n')
    witness.write_text('dta = "x"\n')
    done = CliRunner().invoke(nulla, ["doctor", "--relay", str(relay), "--witness", str(witness), "--json"])
    assert (1, ["bad-config"] * 2) == (done.exit_code, [json.loads(row)["finding"] for row in done.stdout.splitlines()])


def test_servers_on_one_machine_listen_at_different_ports() -> None:
    """By their defaults: relay, witness and the desk's console run beside each other."""
    console = [each.default for each in serve_console.params if each.name == "listen"]
    assert 3 == len({RELAY_LISTEN, WITNESS_LISTEN, *console}), console


@pytest.mark.slow
def test_the_doctor_sees_a_relay_with_its_witness(tmp_path: Path) -> None:
    """Running: everything is good but what a small test lacks. A witness that is gone and a stopped relay are found."""
    data, port = tmp_path / "data", free_port()
    config = tmp_path / "relay.toml"
    witnesses, mirrors = tmp_path / "witnesses.txt", tmp_path / "mirrors.txt"
    mirrors.write_text("copy\n")
    config.write_text(f'data = "data"\nlisten = ["127.0.0.1:{port}"]\nhost = "127.0.0.1:{port}"\nperiod = 1\n'
                      'witnesses = "witnesses.txt"\nmirrors = "mirrors.txt"\n')  # fmt: skip
    witnesses.write_text("quorum none\n")
    made = CliRunner().invoke(nulla, ["relay", "init", "--config", str(config)])
    with WitnessProcess(tmp_path / "w", "w.example/w", made.stdout.split()) as witness:
        witnesses.write_text(f"witness w {witness.vkey} {witness.url}\nquorum w\n")
        with RelayProcess(data, "--config", str(config), listen=f"127.0.0.1:{port}", begin=False):
            while not (data / "record/public/checkpoint").exists():
                os.sched_yield()
            known = tmp_path / "w/witness.toml"
            known.write_text(known.read_text().replace(ANY_PORT, witness.url.removeprefix("http://")))
            code, found = ran("doctor", "--relay", str(config), "--witness", str(known))
            good = {"port-ours", "witness-signs", "healthy", "ready", "outside-healthy", "connections-some"}
            assert set() == good - keys(found, "good")
            assert (1, {"mirror-silent"}) == (code, keys(found, "wrong") - {"files-few", "disk-short"})
            witness.stop()
            assert "witness-silent" in keys(ran("relay", "check", "--config", str(config))[1], "wrong")
    code, found = ran("relay", "status", "--config", str(config))
    assert (1, {"not-running"}) == (code, keys(found, "wrong"))


def test_the_doctor_looks_at_the_others_too(tmp_path: Path) -> None:
    """A file that cannot be read is a finding, and the next server is looked at."""
    words = ("doctor", "--relay", str(tmp_path / "none"), "--desk", str(tmp_path / "desk"), "--json")
    done = CliRunner().invoke(nulla, [*words], env={"LANG": "en"})
    said = [json.loads(line)["message"] for line in done.stdout.splitlines()]
    assert (1, 2) == (done.exit_code, len(said))
    assert "none" in said[0]
    assert "desk" in said[1]

"""Troubles of a relay that runs: what the runbook says one sees is seen, and what it says to do ends it."""

from __future__ import annotations

import asyncio
import datetime as dt
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from nullabona.directory.opening import RecordOptions
from nullabona.directory.service import Clock, Options, open_directory
from nullabona.processes.program import Program, nulla, run
from nullabona.processes.servers import RelayProcess
from tests.operating.staging import Place, entries, until
from tests.relay.peers import Box, Client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    with made.witness:
        yield made


def words(entry: str) -> str:
    """What one sees, by the runbook."""
    (found,) = entries()[entry]
    return found


def certificate(cert: Path, key: Path, days: int) -> None:
    """A certificate for localhost that ends in so many days."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    builder = builder.serial_number(1).not_valid_before(now - dt.timedelta(days=9))
    builder = builder.not_valid_after(now + dt.timedelta(days=days))
    made = builder.sign(private, hashes.SHA256())
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                          serialization.NoEncryption()))  # fmt: skip
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))


def test_a_certificate_that_ended(tmp_path: Path) -> None:
    """The log says it at the start and after SIGHUP; renewed, it is taken without a restart."""
    cert, key, log = (tmp_path / name for name in ("cert", "key", "log"))
    certificate(cert, key, -1)
    with RelayProcess(None, "--tls-cert", str(cert), "--tls-key", str(key), log=log) as relay:
        until(lambda: words("The certificate has ended") in log.read_text())
        checked = run(nulla("relay", "check", "--volatile", "--tls-cert", str(cert), "--tls-key", str(key)))
        assert (1, True) == (checked.code, "certificate ended" in checked.out)
        certificate(cert, key, 90)
        relay.send(signal.SIGHUP)
        until(lambda: "loaded again" in log.read_text())
        assert 1 == log.read_text().count(words("The certificate has ended"))


@pytest.mark.parametrize("days", [-40, 2], ids=["the machine was off", "the date is behind"])
def test_a_wrong_clock(tmp_path: Path, days: int) -> None:
    """Neither is believed; nothing of the record moves until the date is stated or right."""
    today = dt.datetime.now(dt.UTC)
    closed = int(today.timestamp()) + days * 86_400
    place = Place(tmp_path, witness=False)

    async def close_an_epoch() -> None:
        clock = Clock(today=lambda: closed // 86_400, now=lambda: closed)
        directory = open_directory(place.data, place.at, Options(clock=clock, record=RecordOptions(period_s=1)))
        await directory.advance(force=True)
        await directory.close()

    asyncio.run(close_an_epoch())
    size, log = place.size, tmp_path / "log"
    with place.relay(log=log):
        until(lambda: words("The clock is wrong") in log.read_text())
        checked = place.run("check")
        assert ("clock" if days > 0 else "--today") in checked.out
        assert size == place.size
    if days < 0:
        with place.relay("--today", today.date().isoformat()):
            place.grows(size + 1)


def test_a_full_relay(tmp_path: Path) -> None:
    """One more than `connections` is refused and said; with the limit raised they all come in."""
    config, log = tmp_path / "relay.toml", tmp_path / "log"
    config.write_text("volatile = true\n[limits]\nconnections = 2\n")
    with RelayProcess(None, "--config", str(config), log=log) as relay:
        held = [Client(relay.address) for _ in range(2)]
        with socket.create_connection(relay.address) as third:
            assert b"" == third.recv(1)
        until(lambda: words("The relay is full") in log.read_text())
        held[0].append(Box(), b"those that are in go on")
    config.write_text("volatile = true\n[limits]\nconnections = 9\n")
    with RelayProcess(None, "--config", str(config)) as relay:
        assert [1, 1, 1] == [Client(relay.address).append(Box(), b"x").seq for _ in range(3)]


def test_too_few_files(tmp_path: Path) -> None:
    """The start says what to set, as `check` does before; with fewer connections, or more files, nothing is said."""
    few = 300
    limited = ("/bin/sh", "-c", f'ulimit -n {few} && exec "$@"', "sh")
    said = words("The process has too few files")
    log = tmp_path / "log"
    with RelayProcess(None, log=log, pinned=limited):
        until(lambda: said in log.read_text())
        assert f"hold {few} files" in log.read_text()
    checked = run([*limited, *nulla("relay", "check", "--volatile")])
    assert f"LimitNOFILE={20_000 + 256}" in checked.out
    config, quiet = tmp_path / "relay.toml", tmp_path / "quiet"
    config.write_text("volatile = true\n[limits]\nconnections = 44\n")
    with RelayProcess(None, "--config", str(config), log=quiet, pinned=limited) as relay:
        Client(relay.address).append(Box(), b"x")
        assert said not in quiet.read_text()


def test_a_dead_witness(place: Place, tmp_path: Path) -> None:
    """The log names it, `check` finds it, messages go on; when it answers again the record goes on by itself."""
    config, log = tmp_path / "w/witness.toml", tmp_path / "log"
    with place.relay(log=log) as relay:
        place.grows(2)
        place.witness.stop()
        until(lambda: words("A witness does not sign") in log.read_text())
        assert place.witness.vkey.split("+")[0] in log.read_text()
        checked = place.run("check")
        assert (1, True) == (checked.code, "cannot be reached" in checked.out)
        Client(relay.address).append(Box(), b"messages go on")
        size = place.size
        address = place.witness.url.removeprefix("http://")
        with Program(nulla("witness", "serve", "--config", str(config), "--listen", address, "--json")) as again:
            assert again.ready
            place.grows(size + 1)

"""A relay whose record is in PostgreSQL, by the operator's commands."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullabona.directory.opening import RecordOptions
from nullabona.directory.service import Options, open_directory
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.keys import Kind, new_signer
from nullabona.machine.http_client import Route
from nullabona.machine.settings import BadConfig
from nullabona.operating.beginning import CardsMissing, RecordBegun, begin_relay, check_begun
from nullabona.operating.checks import record
from nullabona.operating.checks.relay import check_relay, settled
from nullabona.operating.directory import RecordNotBegun
from nullabona.processes.program import Program, nulla, run
from nullabona.processes.servers import ANY_PORT
from nullabona.reading import Word
from tests.postgres.server import programs
from tests.postgres.test_standby import Pair

pytestmark = [
    pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed: tools/need_programs.sh"),
    pytest.mark.timeout(180),  # two servers start, on a machine that may be busy
]
HOST = "relay.example"


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A primary and its standby."""
    made = Pair()
    yield made
    made.remove()


def begun(settings: dict[str, str]) -> None:
    """As serve does it, before anything is made."""
    setting = settled(settings)
    check_begun(setting.config, setting.host, setting.chosen)


def test_a_record_begins_once(pair: Pair, tmp_path: Path) -> None:
    """Serve begins nothing in an empty database; init does, once; cards that are lost begin again only when told."""
    settings = {"data": str(tmp_path), "host": HOST, "store": pair.first.url(pair.name)}
    with pytest.raises(RecordNotBegun):
        begun(settings)
    begin_relay(settings)
    begun(settings)
    with pytest.raises(RecordBegun):
        begin_relay(settings)
    pair.first.sql("DROP SCHEMA cards CASCADE", pair.name)
    with pytest.raises(CardsMissing):
        begun(settings)
    begin_relay(settings, cards_lost=True)
    begun(settings)
    assert not (tmp_path / "cards.db").exists()


def test_the_setting_has_no_password() -> None:
    """The refusal does not repeat it."""
    with pytest.raises(BadConfig) as raised:
        settled({"data": "d", "host": HOST, "store": "postgresql://nulla:secret@db/nulla"})
    assert "secret" not in raised.value.render()


async def published(data: Path, url: str) -> None:
    """The record has its first epoch, however soon the relay was stopped."""
    service = open_directory(data, HOST, Options(record=RecordOptions(store=url)))
    await service.advance(force=True)
    await service.close()


@pytest.mark.slow
@pytest.mark.parametrize(("more", "finding"), [(0, "witness-signs"), (1, "witness-has-more")])
def test_a_check_compares_the_log_with_its_witnesses(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: int, finding: str
) -> None:
    """As with SQLite: a server that was put back to an older state has less than a witness cosigned."""
    witness = new_signer(Kind.COSIGN_ED25519, "w.example/w", b"w" * 32)
    lines = tmp_path / "witnesses.txt"
    lines.write_text(f"witness w {witness.verifier.encode()} http://127.0.0.1:1\nquorum w\n")
    settings = {"data": str(tmp_path / "data"), "host": HOST, "store": pair.first.url(pair.name)}
    begin_relay(settings)
    asyncio.run(published(tmp_path / "data", settings["store"]))
    ((origin, size, root),) = pair.first.sql("SELECT origin, size, root FROM record.tree", pair.name)
    assert isinstance(size, int)
    assert isinstance(root, bytes)

    async def said(*_: object) -> tuple[Word, ...]:
        return (Word("w", Checkpoint(str(origin), size + more, root)),)

    monkeypatch.setattr(record, "ask_witnesses", said)
    found = check_relay({**settings, "witnesses": str(lines)}, Route())
    assert [finding] == [each.key for each in found if each.key.startswith("witness-")]


@pytest.mark.slow
def test_the_commands_use_it(pair: Pair, tmp_path: Path) -> None:
    """init, check, serve and a backup; boxes stay in SQLite; a restore into PostgreSQL is refused."""
    relay = ("--data", str(tmp_path / "relay"), "--host", HOST, "--store", pair.first.url(pair.name))
    assert 0 == run(nulla("relay", "init", *relay)).code
    assert 0 == run(nulla("relay", "check", *relay, "--listen", ANY_PORT)).code
    process = Program(nulla("relay", "serve", *relay, "--json", "--listen", ANY_PORT))
    with urllib.request.urlopen(f"{process.ready['ready']}/healthz", timeout=20) as answer:
        assert 200 == answer.status
    ended = process.stop()
    assert 0 == ended.code
    assert "postgresql" not in ended.err
    asyncio.run(published(tmp_path / "relay", pair.first.url(pair.name)))
    backup = str(tmp_path / "backup")
    assert 0 == run(nulla("relay", "backup", *relay, backup)).code
    refused = run(nulla("relay", "restore", *relay, backup))
    assert (1, True) == (refused.code, "restores a record in SQLite only" in refused.err)
    assert ["boxes.db"] == sorted(path.name for path in (tmp_path / "relay").rglob("*.db"))

"""A witness whose memory is in PostgreSQL, by its commands' own way: begun once, then served."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullabona.log.keys import Kind
from nullabona.machine.keyfile import encode_private_key, write_key_file
from nullabona.machine.postgres.durability import MayForget
from nullabona.machine.settings import BadConfig
from nullabona.processes.program import Program, nulla, run
from nullabona.processes.servers import ANY_PORT
from nullabona.witness.beginning import WitnessBegun, WitnessNotBegun, begin, check_begun
from nullabona.witness.config import Config, make_config
from nullabona.witness.core.judging import Held
from nullabona.witness.run import open_store
from tests.postgres.server import programs
from tests.postgres.test_standby import Pair
from tests.witness.running import log_signers, seed

VKEYS = [signer.verifier.encode() for signer in log_signers("log.example/a")]
pytestmark = [
    pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed: tools/need_programs.sh"),
    pytest.mark.timeout(180),  # two servers start, on a machine that may be busy
]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A primary and its standby."""
    made = Pair()
    yield made
    made.remove()


def configured(folder: Path, store: str) -> Config:
    """What a witness's file says."""
    key = folder / "witness.key"
    write_key_file(key, [encode_private_key(Kind.COSIGN_ED25519, "witness.example/w", seed("w"))])
    return make_config({"data": str(folder / "data"), "key": str(key), "store": store, "log": [{"vkeys": VKEYS}]})


def test_it_begins_once_and_remembers(pair: Pair, tmp_path: Path) -> None:
    """Another machine, with the same key and an empty folder, remembers what was cosigned."""
    config = configured(tmp_path, pair.first.url(pair.name))
    with pytest.raises(WitnessNotBegun):
        check_begun(config)
    begin(config)
    with pytest.raises(WitnessBegun):
        begin(config)
    check_begun(config)
    lock, store = open_store(config)
    store.change("log.example/a", lambda _: (Held(3, bytes(32), b"note"), None))
    store.close()
    lock.close()
    (tmp_path / "other").mkdir()
    lock, store = open_store(configured(tmp_path / "other", pair.first.url(pair.name)))
    assert Held(3, bytes(32), b"note") == store.find("log.example/a")
    store.close()
    lock.close()


def test_a_server_that_could_forget_is_refused(database: str, tmp_path: Path) -> None:
    """A witness that forgets could be shown another log."""
    with pytest.raises(MayForget):
        begin(configured(tmp_path, database))


def test_the_setting_has_no_password(tmp_path: Path) -> None:
    """And what is configured does not show where the database is."""
    with pytest.raises(BadConfig, match="contains a password"):
        configured(tmp_path, "postgresql://w:secret@db/witness")


@pytest.mark.slow
def test_the_commands_use_it(pair: Pair, tmp_path: Path) -> None:
    """Init begins it once; serve serves from it, and says nothing of the database."""
    configured(tmp_path, url := pair.first.url(pair.name))
    path = tmp_path / "witness.toml"
    path.write_text(f'data = "d"\nkey = "witness.key"\nstore = "{url}"\n[[log]]\nvkeys = {json.dumps(VKEYS)}\n')
    refused = run(nulla("witness", "serve", "--config", str(path)))
    assert (6, True) == (refused.code, "[witness-not-begun]" in refused.err)
    assert [0, 1] == [run(nulla("witness", "init", "--config", str(path))).code for _ in range(2)]
    process = Program(nulla("witness", "serve", "--config", str(path), "--json", "--listen", ANY_PORT))
    with urllib.request.urlopen(f"{process.ready['ready']}/healthz", timeout=20) as answer:
        assert 200 == answer.status
    ended = process.stop()
    lines = ["nullabona.witness: started", "nullabona.witness: stopped; nothing was asked"]
    assert (0, lines) == (ended.code, ended.err.splitlines())
    assert not (tmp_path / "d/witness.db").exists()


@pytest.mark.slow
def test_a_server_without_a_standby_is_named(database: str, tmp_path: Path) -> None:
    """In both languages, with the code."""
    configured(tmp_path, database)
    path = tmp_path / "witness.toml"
    path.write_text(f'data = "d"\nkey = "witness.key"\nstore = "{database}"\n[[log]]\nvkeys = {json.dumps(VKEYS)}\n')
    for language, words in (("en", "synchronous_standby_names is empty"), ("ko", "대기 서버의 이름")):
        said = run(nulla("--lang", language, "witness", "init", "--config", str(path)))
        assert (True, True) == ("[postgres-may-forget]" in said.err, words in said.err)

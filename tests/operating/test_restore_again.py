"""A restore that was killed between two of its steps goes on when it is repeated."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from nullabona.directory.opening import RecordOptions
from nullabona.directory.service import Options, open_directory
from nullabona.machine.http_client import Route
from nullabona.operating import keeping
from nullabona.operating.beginning import begin_relay
from nullabona.operating.keeping import BackupExists, back_up_relay, restore_relay
from nullabona.sequencer import LogExists, open_log, restoring
from nullabona.sequencer.store.sqlite import LogStore
from nullabona.wire.epoch import origin_of

HOST = "relay.example"


class Killed(BaseException):
    """The process ends here."""


def kill(*_: object, **__: object) -> None:
    raise Killed


def settings(data: Path) -> dict[str, Any]:
    return {"data": str(data), "host": HOST, "listen": ["127.0.0.1:1"], "period": 600}


async def _advance(data: Path, times: int) -> None:
    service = open_directory(data, HOST, Options(record=RecordOptions(period_s=600)))
    for _ in range(times):
        await service.advance(force=True)
    await service.close()


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """Of a relay with a record of three entries, whose machine is lost."""
    begin_relay(settings(tmp_path / "lost"))
    asyncio.run(_advance(tmp_path / "lost", 2))
    back_up_relay(settings(tmp_path / "lost"), None, tmp_path / "backup")
    return tmp_path / "backup"


@pytest.mark.parametrize(
    ("owner", "name"),
    [(restoring, "_begin_at"), (LogStore, "integrate"), (LogStore, "note_pruned"), (keeping, "write_private"),
     (keeping, "begin_relay")],
    ids=["no-database", "empty-database", "unpruned", "no-key", "no-cards"],
)  # fmt: skip
def test_a_restore_that_was_killed_is_repeated(
    tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    """Before each of its later writes; then the relay closes its next epoch."""
    data = tmp_path / "new"
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, kill)
        with pytest.raises(Killed):
            restore_relay(settings(data), backup, None, Route())
    assert 3 == restore_relay(settings(data), backup, None, Route()).newest.size
    asyncio.run(_advance(data, 1))
    assert "\n4\n" in (data / "record/public/checkpoint").read_text()
    with pytest.raises(BackupExists):
        restore_relay(settings(data), backup, None, Route())


def test_a_log_that_grew_is_never_taken_for_a_restored_one(tmp_path: Path, backup: Path) -> None:
    """Its cards are lost, and it has an entry more than the backup: it is left as it is."""
    data = tmp_path / "new"
    restore_relay(settings(data), backup, None, Route())
    (data / "cards.db").unlink()
    log = open_log(data / "record", (), origin_of(HOST))
    log.stage([b"more"])
    log.release()
    with pytest.raises(LogExists):
        restore_relay(settings(data), backup, None, Route())

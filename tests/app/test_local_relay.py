"""The relay that the app starts to try things out: a machine that is too slow for it, others who could fill it."""

from __future__ import annotations

import asyncio
import stat
import threading
import time
from pathlib import Path

import pytest

from nullabona.app.session import local_relay
from nullabona.app.session.local_relay import LocalRelay, token_here
from nullabona.directory.core.records import Spent
from nullabona.operating.directory import FILES
from nullabona.operating.registration import take_admission
from nullabona.processes.program import ProcessFailed
from nullabona.relay.config import make_config, read_file
from nullabona.wire.registration import parse_token


class Slow:
    """A process that is there only when nobody waits for it any more."""

    def __init__(self) -> None:
        self.may_start = threading.Event()
        self.stopped = threading.Event()

    def run(self, _port: int) -> Slow:
        self.may_start.wait(30)
        return self

    def stop(self) -> None:
        self.stopped.set()


def test_a_relay_that_starts_too_late_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would run with no owner, and keep the folder from the next one."""
    slow = Slow()
    monkeypatch.setattr(LocalRelay, "_run", slow.run)
    monkeypatch.setattr(local_relay, "_PATIENCE_S", 0.05)

    async def story() -> bool:
        with pytest.raises(ProcessFailed):
            await LocalRelay(tmp_path, tmp_path / "keys").start()
        assert not slow.stopped.is_set()
        slow.may_start.set()
        return await asyncio.to_thread(slow.stopped.wait, 20)

    assert asyncio.run(story())


def test_tokens_are_for_a_relay_of_this_person_only(tmp_path: Path) -> None:
    """With the key of its port, in a folder of theirs that nobody else reads; not for other hosts, nor without it."""
    keys = tmp_path / "keys"
    settings = LocalRelay(tmp_path, keys)._write_settings(7_700)
    told = read_file(settings, FILES)
    admission = take_admission(told)
    text = token_here(keys, "mina@127.0.0.1:7700")
    today = int(time.time()) // 86_400
    assert isinstance(admission.judge(parse_token(text), host="127.0.0.1:7700", today=today), Spent)
    assert ["", "", ""] == [
        token_here(keys, f"mina@{host}") for host in ("127.0.0.1:7701", "localhost:7700", "a.example")
    ]
    assert (0o700, 0o600) == (stat.S_IMODE(keys.stat().st_mode), stat.S_IMODE((keys / "7700.key").stat().st_mode))
    LocalRelay(tmp_path, keys)._write_settings(7_700)
    assert admission == take_admission(read_file(settings, FILES)), "a new start takes the same tokens"
    (keys / "7700.key").chmod(0o644)
    assert "" == token_here(keys, "mina@127.0.0.1:7700")


def test_a_relay_here_keeps_little(tmp_path: Path) -> None:
    """What somebody else on the machine could fill it with: its limits are valid, and no disk is full after them."""
    told = read_file(LocalRelay(tmp_path, tmp_path / "keys")._write_settings(7_700), FILES)
    bounds = make_config({"data": "data", "limits": told["limits"]}).limits
    kept = (bounds.frame_bytes_per_day + bounds.blob_bytes_per_day) * bounds.retention_days
    assert kept < 12 * 2**30
    assert bounds.queue_bytes + bounds.unsent_total_bytes + bounds.arriving_total_bytes < 2**28

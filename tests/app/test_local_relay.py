"""The relay that the app starts to try things out, where the machine is too slow for it."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from nullabona.app.session import local_relay
from nullabona.app.session.local_relay import LocalRelay
from nullabona.processes.program import ProcessFailed


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
            await LocalRelay(tmp_path).start()
        assert not slow.stopped.is_set()
        slow.may_start.set()
        return await asyncio.to_thread(slow.stopped.wait, 20)

    assert asyncio.run(story())

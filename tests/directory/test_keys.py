"""The record's keys: made once, never replaced in silence, for their owner's eyes only."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from nullabona.directory.keys import RecordKeyUnreadable
from nullabona.directory.service import Clock, Options, open_directory
from nullabona.directory.store.sqlite import CardsUnreadable
from nullabona.relay.store.interface import StoreGone
from nullabona.relay.store.sqlite import NotOurs


def live(data: Path) -> None:
    """A directory that closes an epoch and ends."""

    async def run() -> None:
        service = open_directory(data, "relay.example", Options(clock=Clock(seconds=lambda: 0.0, now=lambda: 1_000)))
        try:
            await service.advance(force=True)
        finally:
            await service.close()

    asyncio.run(run())


@pytest.mark.parametrize("gone", ["record/record.key", "record"])
def test_a_record_that_has_begun_never_gets_another_key(tmp_path: Path, gone: str) -> None:
    """Without its key it refuses to start and writes none; with the key put back it goes on."""
    live(tmp_path)
    aside = tmp_path.with_name("aside")
    shutil.move(tmp_path / gone, aside)
    with pytest.raises(RecordKeyUnreadable, match=r"record\.key is not there"):
        live(tmp_path)
    assert not (tmp_path / "record/record.key").exists()
    shutil.rmtree(tmp_path / gone, ignore_errors=True)
    shutil.move(aside, tmp_path / gone)
    live(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """As every other file with private keys is; the hint says what it must be."""
    live(tmp_path)
    (tmp_path / "record/record.key").chmod(mode)
    with pytest.raises(RecordKeyUnreadable, match="may be read by others") as caught:
        live(tmp_path)
    assert "0600" in caught.value.hint


@pytest.mark.parametrize(("harm", "said"), [("folder", "is none"), ("noise", "is no file with")])
def test_a_key_that_cannot_be_read_is_named(tmp_path: Path, harm: str, said: str) -> None:
    """With its path and the system's reason; nothing of its content is said."""
    live(tmp_path)
    key = tmp_path / "record/record.key"
    key.unlink()
    if harm == "folder":
        key.mkdir(mode=0o700)
    else:
        key.write_text("noise\n")
        key.chmod(0o600)
    with pytest.raises(RecordKeyUnreadable, match=said) as caught:
        live(tmp_path)
    assert (True, False) == (str(key) in caught.value.message, "noise" in caught.value.render())


@pytest.mark.parametrize("kind", [NotOurs, CardsUnreadable, StoreGone])
def test_no_hint_moves_the_record_away(kind: type[NotOurs | CardsUnreadable | StoreGone]) -> None:
    """Whoever follows a hint of the stores keeps the public record: it names files, and the record as what stays."""
    assert (True, False) == ("record/" in kind.default_hint, "data directory away" in kind.default_hint)

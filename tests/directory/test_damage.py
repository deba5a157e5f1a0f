"""A card database that is damaged is named with what to do, counted, and makes the directory unwell."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from nullabona.directory.service import Clock, Options, open_directory
from nullabona.errors import NullabonaError
from nullabona.machine.failures import name_of
from nullabona.wire.messages import LookupCard, PublishCard, Refusal
from tests.wire.cards import TODAY, card_bytes, first_card


class Carrier:
    """What a relay is to its directory."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, str]] = []

    def note(self, kind: str, error: BaseException) -> None:
        self.noted.append((kind, name_of(error)))

    def end(self, error: NullabonaError) -> None:
        raise AssertionError(error)


def test_damage_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Everybody is refused, and the operator is told why: /healthz, the counts and the log, once a minute."""
    caplog.set_level(logging.WARNING)

    async def play() -> tuple[str, str, list[object], Carrier]:
        clock = Clock(today=lambda: TODAY, seconds=lambda: 0.0, now=lambda: 1_000)
        service = open_directory(tmp_path, "relay.example", Options(clock=clock))
        carrier = Carrier()
        service.settle_in(carrier)
        await service.advance()
        await service.publish(PublishCard(first_card().encoded))
        await service.advance(force=True)
        well = service.trouble
        await service.close()
        service = open_directory(tmp_path, "relay.example", Options(clock=clock))
        service.settle_in(carrier)
        service._record.resume()
        _damage(tmp_path / "cards.db")
        answers: list[object] = [await service.look_up(LookupCard("민아")) for _ in range(3)]
        answers.append(await service.publish(PublishCard(card_bytes())))
        ill = service.trouble
        await service.close()
        return well, ill, answers, carrier

    well, ill, answers, carrier = asyncio.run(play())
    assert ("", True) == (well, ill.startswith("the cards are damaged: SQLITE_CORRUPT"))
    assert all(isinstance(answer, Refusal) and answer.code == "busy" for answer in answers)
    assert {"directory"} == {kind for kind, _ in carrier.noted}
    assert all(name.startswith("SQLITE_CORRUPT") for _, name in carrier.noted)
    assert 1 == caplog.text.count("the card database is damaged")
    assert "keep-the-record.md" in caplog.text


def _damage(path: Path) -> None:
    """Noise in every page but the first two, where the list of tables is."""
    data = bytearray(path.read_bytes())
    page = int.from_bytes(data[16:18], "big")
    data[2 * page :] = b"\xa5" * (len(data) - 2 * page)
    path.write_bytes(data)

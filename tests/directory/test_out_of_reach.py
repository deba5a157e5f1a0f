"""A directory whose witnesses are out of reach at its start shows what it published moments ago, and signs nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nullabona.directory import epochs
from nullabona.directory.opening import PERIOD_S, RecordOptions
from nullabona.directory.service import Clock, Options, open_directory
from nullabona.log.keys import Kind, new_signer
from nullabona.wire.messages import AnyResponse, LogFile, LookupCard, PublishCard, Refusal
from tests.wire.cards import TODAY, card_bytes, first_card

CLOSED = TODAY * 86_400
WITNESS = new_signer(Kind.COSIGN_ED25519, "w.example/w", bytes(32)).verifier.encode()
NOBODY_THERE = f"witness w {WITNESS} http://127.0.0.1:9/\nquorum w\n"


def options(now: int, witnesses: str) -> Options:
    clock = Clock(today=lambda: TODAY, seconds=lambda: 0.0, now=lambda: now)
    return Options(clock=clock, record=RecordOptions(witnesses=witnesses))


async def answers(data: Path, later_s: int, *, promised: bool = False) -> list[AnyResponse]:
    """Look-up, file and new card, of one that published a card (or only promised to) and starts without its witness."""
    first = open_directory(data, "relay.example", options(CLOSED, "quorum none\n"))
    await first.advance()
    await first.publish(PublishCard(first_card().encoded))
    if not promised:
        await first.advance(force=True)
    await first.close()
    again = open_directory(data, "relay.example", options(CLOSED + later_s, NOBODY_THERE))
    again.begin()
    try:
        return [
            await again.look_up(LookupCard("민아")),
            await again.log_file(LogFile("checkpoint")),
            await again.publish(PublishCard(card_bytes())),
        ]
    finally:
        await again.close()


@pytest.mark.parametrize(
    ("later_s", "refused"), [(PERIOD_S, ["", "", "busy"]), (30 * PERIOD_S, ["busy", "not-found", "busy"])]
)
def test_what_was_published_moments_ago_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later_s: int, refused: list[str]
) -> None:
    """A copy that is older than that shows nothing: it may be an old backup. Neither takes a card."""
    monkeypatch.setattr(epochs, "READY_S", 1.0)
    found = asyncio.run(answers(tmp_path, later_s))
    assert refused == [answer.code if isinstance(answer, Refusal) else "" for answer in found]


def test_a_promise_is_not_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up that would need one is told to come again."""
    monkeypatch.setattr(epochs, "READY_S", 1.0)
    found = asyncio.run(answers(tmp_path, PERIOD_S, promised=True))[0]
    assert isinstance(found, Refusal)
    assert "busy" == found.code

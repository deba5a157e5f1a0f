"""False cards that the lists of changes leave out: found by the owner's own look, and not signed where a mirror is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from nullabona.client.api import Client, Options, Warned, open_client
from nullabona.client.core.directory.keeping import load_position, save_position
from nullabona.client.core.directory.listing import Position
from nullabona.client.profile import Unprotected
from nullabona.drills.lying_directory.findings import SLACK_S, Caught
from nullabona.drills.lying_directory.relay import LyingRelay, lying_relay
from nullabona.drills.operator.cards import forge_card
from nullabona.drills.reporting.text import Sentences, Text
from nullabona.errors import PeerError
from nullabona.wire.card import Card

_say: Final = Sentences("drill_lying_directory")

LOOK_S: Final = 43_200
"""Within this time a device looks at its own handle, whatever the lists say."""
STALE_S: Final = 60
"""Beside two periods, how old the newest epoch may be that people take."""
WRONG: Final = "status-403"
"""What a witness answers whose mirror finds a list wrong."""

STALE: Final = "log-stale"
"""What people are told of a record that has stopped."""


async def warned(client: Client, after: int, reason: str, within_s: float) -> str:
    """The code of the warning that comes with this reason, or as this code; empty if none does in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            async for event in client.events(after=after):
                if isinstance(event, Warned) and reason in {event.detail.get("reason"), event.code}:
                    return event.code
    return ""


async def found_by_own_look(relay: LyingRelay, mina: Client, false: bytes, patience_s: float, slack_s: float) -> Caught:
    """Nobody mirrors the map."""
    await relay.operator.do("leave_out", name="mina")
    return await found_when_drawn(relay, mina, false, patience_s, slack_s, ("M-06", _say("leave-out-unmirrored")))


async def found_when_drawn(
    relay: LyingRelay, mina: Client, false: bytes, patience_s: float, slack_s: float, deed: tuple[str, Text]
) -> Caught:
    """Enter a card of which the lists tell her device nothing, or nothing that it heeds. The drawn time of the look is
    read from the device, and brought forward. ``deed``: the line of the threat model, and what is done.
    """
    (id, lie), after, begun_s = deed, mina.last_event(), time.time()
    epoch = int(await relay.operator.do("enter", card=false.hex()))
    async with asyncio.timeout(patience_s):
        while (position := position_of(mina)) is None or position.epoch < epoch:  # noqa: ASYNC110 - it reads in its own time
            await asyncio.sleep(0.2)
    ahead_s = max(0.0, position.look_s - begun_s)
    begun = time.monotonic()
    async with _brought_forward(mina):
        code = await warned(mina, after, "unknown-card", slack_s)
    seconds = time.monotonic() - begun
    more = _say("look-brought-forward", hours=ahead_s / 3_600, seconds=seconds)
    return Caught(id, lie, _OWNER, code, frozenset({"foreign-entry"}), ahead_s + seconds, more, LOOK_S + slack_s)


def position_of(client: Client) -> Position | None:
    """How far a device has read the lists, and when it looks at its own handle by itself."""
    with client._session.look() as store:  # noqa: SLF001 - what the owner's own device keeps
        return load_position(store)


@asynccontextmanager
async def _brought_forward(client: Client) -> AsyncIterator[None]:
    """The drawn time has come, also if the device writes down meanwhile how far it read the lists."""

    async def move() -> None:
        while True:
            with client._session.change() as store:  # noqa: SLF001 - as above
                position, now_s = load_position(store), int(time.time())
                if position is not None and position.look_s > now_s:
                    save_position(store, replace(position, look_s=now_s))
            await asyncio.sleep(0.5)

    task = asyncio.get_running_loop().create_task(move())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def refused_by_mirror(folder: Path, period_s: int, patience_s: float) -> AsyncIterator[Caught]:
    """Another relay, one of whose witnesses mirrors the map: what that witness does, and what people see and when."""
    async with AsyncExitStack() as stack:
        relay = await stack.enter_async_context(lying_relay(folder, period_s, patience_s, mirrored=True))
        cast = []
        for name in ("mina", "jun"):
            opened = open_client(folder / name, unlock=Unprotected(), create=True, options=Options())
            cast.append(client := await stack.enter_async_context(opened))
            await client.account.create(f"{name}@{relay.host}")
            await client.account.wait_published(timeout_s=patience_s)
        mina, jun = cast
        true = await until_in_record(jun, mina.me.handle, patience_s)
        begun, after, within_s = time.monotonic(), mina.last_event(), period_s + SLACK_S
        await relay.operator.do("leave_out", name="mina")
        false = forge_card(true, Ed25519PrivateKey.generate(), previous=None)
        await relay.operator.do("enter", card=false.hex())
        refused = await relay.operator.do("refused", reason=WRONG, within_s=2 * within_s)
        lie = _say("leave-out-mirrored")
        code = WRONG if refused else ""
        yield Caught("M-19", lie, _say("mirroring-witness"), code, frozenset({WRONG}), time.monotonic() - begun,
                     within_s=within_s)  # fmt: skip
        if not refused:
            return
        limit_s = 2 * period_s + STALE_S + within_s
        told = await asyncio.gather(_stale_to(jun, true, 2 * limit_s), warned(mina, after, STALE, 2 * limit_s))
        for code, by in zip(told, (_LOOKER, _OWNER), strict=True):
            yield Caught("M-19", _say("meanwhile-true-card"), by, code, frozenset({STALE}), time.monotonic() - begun,
                         within_s=limit_s)  # fmt: skip


async def until_in_record(looker: Client, handle: str, patience_s: float) -> Card:
    """Wait until the card is in the record and the looker has seen it there."""
    async with asyncio.timeout(patience_s):
        while True:
            card = await looker.contacts.look_up(handle)
            if looker.record.standing().size > 3:
                return card
            await asyncio.sleep(0.2)


async def _stale_to(looker: Client, true: Card, within_s: float) -> str:
    """What a look-up is refused with in the end; "believed" if it shows another card before, empty if neither."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while True:
                try:
                    card = await looker.contacts.look_up(str(true.handle))
                except PeerError as error:
                    return error.code
                if card.encoded != true.encoded:
                    return "believed"
                await asyncio.sleep(0.5)
    return ""


_OWNER: Final = _say("owner-s-device")
_LOOKER: Final = _say("person-looks-card")

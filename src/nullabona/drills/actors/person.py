"""One person of the demo: a process of its own that runs the client's API and is told what to do, line by line
(`nullabona.processes.orders`).

``python -m nullabona.drills.actors.person PROFILE ADDRESS [together]``. Its connections come from ADDRESS, one of the
loopback network, so that the drills have an address to look for.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from nullabona.client.account import need_account, renew_card
from nullabona.client.api import Client, Options, Unlock, Unprotected, Warned, open_client
from nullabona.client.api.events import RelayLostBox
from nullabona.client.core.contacts import handed_cards
from nullabona.errors import NullabonaError, UserError
from nullabona.processes.orders import obey, speak_utf8

WAIT_S: Final = 30.0
PROVEN_S: Final = 180.0
CARD_S: Final = 75.0
LOOK_S: Final = 0.2
TOGETHER: Final = "together"
HASTE: Final = {
    "settle": 1_500, "put_back_any": 2_000, "receipt": 300, "receipt_unread": 300, "reply": 300,
    "retry": 300, "retry_most": 1_000,
    "announcement": 2_000, "ticket": 1_000, "commit_spread": 300, "apart": 200, "unsure": 1_000, "behind": 200,
    "joining": 100, "card": 1_000,
}  # fmt: skip
"""Delays of the client, in ms, shortened for the demo: what waits up to a minute elsewhere waits two seconds here."""

_ANYBODY: Final = Unprotected()


class Unmet(UserError):
    """The expected event did not happen."""

    code = "unmet"


class FromAddress(asyncio.SelectorEventLoop):
    """An event loop whose connections to this machine come from one address."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    async def create_connection(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        if options.get("sock") is None:
            options["local_addr"] = (self._address, 0)
        return await super().create_connection(*args, **options)


class Deeds:
    """What a person can be told to do."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def create(self, handle: str, relay: str) -> dict[str, str]:
        """Make the account and publish its card; its id and its 24 words."""
        made = await self._client.account.create(handle, relay=relay)
        await self._client.account.wait_published(timeout_s=WAIT_S)
        return {"account": made.account.hex(), "phrase": self._client.account.phrase()}

    async def private_keys(self) -> dict[str, str]:
        """Private keys that last as long as the account or the device; never those of boxes, which a relay is told."""
        account = self._client._session.account()  # noqa: SLF001 - nobody may ask for them; a drill looks for them
        root = account.root
        return {
            "account's secret": root.secret.hex(),
            "identity key": root.identity_seed().hex(),
            "inbox key": root.inbox().hpke_seed.hex(),
            "device key": account.record.device_seed.hex(),
        }

    async def proven(self) -> None:
        """Wait until this account's card is in the public record and what it sends to strangers brings the proof."""
        async with asyncio.timeout(PROVEN_S):
            while not self._client.record.proves_us():  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(LOOK_S)

    async def renew_card(self) -> int:
        """Make the account's next card, as its device does once a week; its number."""
        runner = self._client._session.runner  # noqa: SLF001 - nobody can ask for it
        with runner.step() as step:
            made = renew_card(step.store, step.mls, need_account(step.store), step.day)
        runner.publishing.poke()
        return made.card.sequence

    async def knows_card(self, handle: str, number: int) -> bool:
        """Wait until this device would add a contact to a group with the card of this number, and ask nobody. False: it
        does not come to that, so it will ask.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(CARD_S):
                while self._card_of(handle) != number:  # noqa: ASYNC110 - no event tells of it
                    await asyncio.sleep(LOOK_S)
        return self._card_of(handle) == number

    async def ask(self, handle: str, greeting: str) -> None:
        """Ask somebody to talk."""
        await self._client.contacts.request(handle, greeting)

    async def accept(self, handle: str) -> None:
        """Wait for a request and say yes."""
        await self._until(lambda: self._state_of(handle) in {"asking", "accepted"}, "no contact request came")
        await self._client.contacts.accept(handle)

    async def befriended(self, handle: str) -> None:
        """Wait until both can talk."""
        await self._until(lambda: self._can_write(handle), "the contact did not come about")

    async def group(self, name: str, handles: list[str]) -> None:
        """Open a group with others."""
        room = await self._client.rooms.create_group(name, handles)
        await self._client.rooms.wait_changed(room.id, timeout_s=WAIT_S)

    async def joined(self, room: str, members: int) -> None:
        """Wait until this account is in a room with so many members; say yes to a stranger's invitation."""
        await self._until(lambda: self._members(room) == members, "the room did not come about")

    async def say(self, room: str, text: str) -> None:
        """Write, and wait until the relay has it."""
        message = await self._client.messages.send(room, text)
        await self._client.messages.wait_sent(room, message, timeout_s=WAIT_S)

    async def write(self, room: str, text: str) -> None:
        """Write, and wait for nothing: the relay may not be honest."""
        await self._client.messages.send(room, text)

    async def send_file(self, room: str, name: str, text: str) -> None:
        """Send a file with this text in it, and wait until the relay has it."""
        message = await self._client.files.send(room, text.encode(), name=name)
        await self._client.messages.wait_sent(room, message, timeout_s=WAIT_S)

    async def has(self, room: str, count: int) -> None:
        """Wait until the room has so many messages."""
        await self._until(lambda: len(self._history(room)) >= count, f"fewer than {count} messages came")

    async def history(self, room: str) -> list[list[str]]:
        """Everything in a room, as pairs of account and text."""
        return self._history(room)

    async def remove(self, room: str, handle: str) -> None:
        """Remove somebody from a group and wait until it is done."""
        await self._client.rooms.remove(room, handle)
        await self._client.rooms.wait_changed(room, timeout_s=WAIT_S)

    async def removed(self, room: str) -> None:
        """Wait until this account was removed from a room."""
        await self._until(lambda: self._client.rooms.get(room).phase == "removed", "the removal did not arrive")

    async def warned(self, after: int) -> dict[str, Any]:
        """What this account was warned of after an event, and the last event there is."""
        last, codes = self._client.last_event(), []
        if last > after:
            async for event in self._client.events(after=after):
                if isinstance(event, Warned):
                    codes.append(event.code)
                elif isinstance(event, RelayLostBox):
                    codes.append("relay-lost-box")
                if event.id >= last:
                    break
        return {"last": last, "codes": codes}

    async def evidence(self, code: str) -> list[str]:
        """What this device keeps as evidence of a kind, in hexadecimal."""
        return [each.shown.hex() for each in self._client.record.evidence() if each.code == code]

    async def room_ids(self) -> list[str]:
        """The ids of this account's rooms, in hexadecimal."""
        return [room.id.hex() for room in self._client.rooms.all()]

    async def look_up(self, handle: str) -> str:
        """Look a card up: the code of what is wrong with it, or nothing."""
        try:
            await self._client.contacts.look_up(handle)
        except NullabonaError as error:
            return error.code
        return ""

    async def renew_keys(self, room: str) -> None:
        """Ask for new keys, and wait for nothing."""
        await self._client.rooms.update_keys(room)

    async def epoch(self, room: str) -> list[str]:
        """The epoch of a room that this device is in, and the address of its box."""
        details = self._client.rooms.details(room)
        return [str(details.epoch), details.box.hex()]

    async def settled(self, room: str) -> None:
        """Wait until every change that this device wants of a room has come about: new keys after a lie, say."""
        await self._client.rooms.wait_changed(room, timeout_s=WAIT_S)

    async def sync(self) -> None:
        """Wait until everything went out and came in."""
        await self._client.sync(timeout_s=WAIT_S)

    async def _until(self, true: Callable[[], bool], otherwise: str) -> None:
        last = self._client.last_event()
        try:
            async with asyncio.timeout(WAIT_S):
                if true():
                    return
                async for _ in self._client.events(after=last):
                    if true():
                        return
        except TimeoutError:
            raise Unmet(otherwise) from None

    def _state_of(self, handle: str) -> str:
        return next((contact.state for contact in self._client.contacts.all() if contact.handle == handle), "")

    def _card_of(self, handle: str) -> int:
        found = next(contact for contact in self._client.contacts.all() if contact.handle == handle)
        with self._client._session.view() as step:  # noqa: SLF001 - as above
            card, _ = handed_cards.newest_of(step, found.account)
        return -1 if card is None else card.sequence

    def _can_write(self, handle: str) -> bool:
        found = next((contact for contact in self._client.contacts.all() if contact.handle == handle), None)
        if found is None or found.state != "accepted" or not found.room:
            return False
        return any(room.id == found.room and room.members == 2 for room in self._client.rooms.all())

    def _members(self, name: str) -> int:
        return next((room.members for room in self._client.rooms.all() if room.title == name), 0)

    def _history(self, room: str) -> list[list[str]]:
        return [
            [message.account.hex(), message.text]
            for message in self._client.messages.page(room, limit=10_000)
            if message.kind == "text"
        ]


def hasty(*, together: bool = False) -> Options:
    """A client with the shortened delays; ``together``: whose rooms share a connection."""
    options = Options()
    return replace(options, timing=replace(options.timing, **HASTE), net=replace(options.net, fast=together))


async def _serve(profile: Path, make: Callable[[Client], Deeds], unlock: Unlock, options: Options) -> None:
    async with open_client(profile, unlock=unlock, create=True, options=options) as client:
        await obey(make(client), {"ok": "ready"})


def main(make: Callable[[Client], Deeds] = Deeds, unlock: Unlock = _ANYBODY, options: Options | None = None) -> None:
    """Run one person, who can do what ``make`` makes of the client."""
    speak_utf8()
    profile, address, *more = sys.argv[1:]
    with asyncio.Runner(loop_factory=lambda: FromAddress(address)) as runner:
        runner.run(_serve(Path(profile), make, unlock, options or hasty(together=more == [TOGETHER])))


if __name__ == "__main__":
    main()

"""A person with devices: links one, puts one out, deletes and reads messages, makes backups and comes back from them.

``python -m nullabona.drills.stolen.owner PROFILE ADDRESS``. A file ``PROFILE.passphrase`` says what opens the profile;
without one it is unprotected.
"""

from __future__ import annotations

import sys
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Final

from nullabona.client.api import Client, DeviceLink, Options, Passphrase, Unlock, Unprotected
from nullabona.client.core import committing
from nullabona.drills.cast.person import MoreDeeds, restless
from nullabona.drills.demo.person import WAIT_S, Unmet, main

TEND_MS: Final = 1_000
"""How long a device waits at random before it brings others of its account in and out, instead of twenty seconds."""


class OwnerDeeds(MoreDeeds):
    """What somebody does with devices."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._client = client
        self._links: AbstractAsyncContextManager[DeviceLink] | None = None
        self._link: DeviceLink | None = None

    # -- devices

    async def offer(self) -> dict[str, str]:
        """Show a code for one more device."""
        self._links = self._client.link_device()
        self._link = await self._links.__aenter__()
        return {"code": self._link.code.digits, "handle": str(self._link.code.handle)}

    async def admit(self) -> None:
        """Say yes to whoever uses the code, and tell them everything."""
        assert self._links is not None
        assert self._link is not None
        await self._link.candidate()
        await self._link.accept()
        await self._link.handed_over()
        await self._links.__aexit__(None, None, None)

    async def join(self, code: str, handle: str, name: str) -> str:
        """Become one of an account's devices; its id."""
        me = await self._client.join_account(code, handle=handle, name=name)
        await self._client.wait_linked(timeout_s=WAIT_S)
        return me.device.hex()

    async def put_out(self, device: str) -> None:
        """Put a device out of every room and off the card."""
        await self._client.remove_device(bytes.fromhex(device))

    async def restore(self, phrase: str, handle: str) -> None:
        """The account of these words, on this device."""
        await self._client.restore_account(phrase, handle)
        await self._client.wait_published(timeout_s=WAIT_S)

    async def backup(self, path: str) -> None:
        """Write a backup that the 24 words open."""
        await self._client.backup(Path(path))

    async def back(self, rooms: int) -> None:
        """Wait until this account is in so many rooms (again)."""
        await self._until(lambda: self._joined() >= rooms, "the rooms did not come back")

    async def devices_in(self, room: str, count: int) -> None:
        """Wait until a room has so many devices."""
        await self._until(lambda: self._client.room_details(room).devices == count, f"the room has not {count} devices")

    async def box(self, room: str) -> str:
        """The address of the box into which a room's messages go now: who is in the same epoch has the same."""
        return self._client.room_details(room).box.hex()

    async def in_box(self, room: str, box: str) -> None:
        """Wait until a room's messages go into this box."""
        await self._until(lambda: self._client.room_details(room).box.hex() == box, "the room did not move there")

    # -- messages

    async def texts(self, room: str) -> list[str]:
        """Everything that was said in a room, in order."""
        return [text for _, text in self._history(room)]

    async def everything(self) -> list[str]:
        """Everything that was said in any room."""
        return [text for room in self._client.rooms() for _, text in self._history(room.id.hex())]

    async def heard(self, room: str, text: str) -> None:
        """Wait until somebody has said this."""
        await self._until(lambda: text in [said for _, said in self._history(room)], "it was not heard")

    async def read(self, room: str) -> None:
        """Mark everything as read."""
        await self._client.mark_read(room)

    async def erase(self, room: str, text: str, *, for_all: bool) -> None:
        """Delete a message, here or for all."""
        found = [message.id for message in self._client.messages(room, limit=10_000) if message.text == text]
        if not found:
            raise Unmet("there is no such message")
        await self._client.delete(room, found, for_all=for_all)

    async def gone(self, room: str, text: str) -> None:
        """Wait until a message is not there any more."""
        await self._until(lambda: text not in [said for _, said in self._history(room)], "the message did not go")

    async def timer(self, room: str, seconds: int) -> None:
        """Messages from now on live so long once read; 0: for ever."""
        await self._client.set_timer(room, seconds)
        await self._client.wait_changed(room, timeout_s=WAIT_S)

    async def timed(self, room: str, seconds: int) -> None:
        """Wait until a room has this timer."""
        await self._until(lambda: self._client.room(room).timer_s == seconds, "the timer did not change")

    def _joined(self) -> int:
        return sum(room.phase == "joined" for room in self._client.rooms())


def swift() -> Options:
    """The options of everybody here; their devices look after one another within a second."""
    committing.TEND_MS = TEND_MS
    options = restless()
    return replace(options, timing=replace(options.timing, ticket=1_000))


def unlock_of(profile: Path) -> Unlock:
    """What opens a profile of the drill."""
    file = profile.with_name(f"{profile.name}.passphrase")
    return Passphrase(file.read_text("utf-8")) if file.exists() else Unprotected()


if __name__ == "__main__":
    main(OwnerDeeds, unlock_of(Path(sys.argv[1])), swift())

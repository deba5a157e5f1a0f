"""A person with devices: links one, revokes one, deletes and reads messages, makes backups and comes back from them.

``python -m nullabona.drills.stolen_device.owner PROFILE ADDRESS``. A file ``PROFILE.passphrase`` says what opens
the profile; without one it is unprotected.
"""

from __future__ import annotations

import sys
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from nullabona.client.api import Client, DeviceLink, Options, Passphrase, Unlock, Unprotected
from nullabona.client.core.group import intents
from nullabona.client.keys import AccountRoot
from nullabona.client.runner import runner
from nullabona.drills.actors.observer import MoreDeeds, restless
from nullabona.drills.actors.person import WAIT_S, Unmet, main

TEND_MS: Final = 1_000
"""How long a device waits at random before it brings others of its account in and out, instead of twenty seconds."""

IDLE_SHARE: Final = 1 / 6
"""Of the time after which a program is idle, so much: half a second of three, as here each has its watch every two."""
_IDLE_S: Final = runner.IDLE_S
ACCOUNT_SECRET: Final = "account's secret"  # noqa: S105 - a label
STORE_KEY: Final = "store's key"
"""The label of the key that opens the store and is kept in none."""
_PRIVATE: Final = "SELECT k, v FROM mls_kv WHERE k = CAST('epoch' AS BLOB) OR scope = CAST('kp' AS BLOB)"
"""The secrets of each room's epoch, and the private halves of key packages."""


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
        self._links = self._client.devices.link()
        self._link = await self._links.__aenter__()
        return {"code": self._link.code.digits, "handle": str(self._link.code.handle)}

    async def admit(self) -> None:
        """Admit the device that uses the code, and give it everything."""
        assert self._links is not None
        assert self._link is not None
        await self._link.candidate()
        await self._link.accept()
        await self._link.handed_over()
        await self._links.__aexit__(None, None, None)

    async def join(self, code: str, handle: str, name: str) -> str:
        """Become one of an account's devices; its id."""
        me = await self._client.devices.join(code, handle=handle, name=name)
        await self._client.devices.wait_linked(timeout_s=WAIT_S)
        return me.device.hex()

    async def revoke(self, device: str) -> None:
        """Revoke a device: it is removed from every room and from the card."""
        await self._client.devices.remove(bytes.fromhex(device))

    async def restore(self, phrase: str, handle: str) -> None:
        """The account of these words, on this device."""
        await self._client.account.restore(phrase, handle)
        await self._client.account.wait_published(timeout_s=WAIT_S)

    async def backup(self, path: str) -> None:
        """Write a backup that the 24 words open."""
        await self._client.archive.backup(Path(path))

    async def back(self, rooms: int) -> None:
        """Wait until this account is in so many rooms (again)."""
        await self._until(lambda: self._joined() >= rooms, "the rooms did not come back")

    async def devices_in(self, room: str, count: int) -> None:
        """Wait until a room has so many devices."""
        await self._until(
            lambda: self._client.rooms.details(room).devices == count, f"the room has not {count} devices"
        )

    async def box(self, room: str) -> str:
        """The address of the box into which a room's messages go now: who is in the same epoch has the same."""
        return self._client.rooms.details(room).box.hex()

    async def in_box(self, room: str, box: str) -> None:
        """Wait until a room's messages go into this box."""
        await self._until(lambda: self._client.rooms.details(room).box.hex() == box, "the room did not move there")

    # -- what is in a device

    async def keys(self) -> dict[str, str]:
        """Private keys in this device's store, by kind; and the store's own key, which is not in it."""
        session = self._client._session  # noqa: SLF001 - what the person's own device knows
        record = session.account().record
        inbox = AccountRoot(record.root).inbox()
        found = {ACCOUNT_SECRET: record.root, "device's key": record.device_seed, "inbox's key": inbox.hpke_seed,
                 "what opens the inbox": inbox.read_secret, STORE_KEY: session.profile._key}  # fmt: skip # noqa: SLF001
        with session.view() as step:
            rooms = [step.room(id).current.secret for id in step.store.rooms()]
            found |= {f"secret of room {n}": secret for n, secret in enumerate(rooms, 1)}
            rows = session.profile.store._connection.execute(_PRIVATE)  # noqa: SLF001
            found |= {f"MLS keys {n}": _private_part(kind, row) for n, (kind, row) in enumerate(rows, 1)}
        return {label: key.hex() for label, key in found.items()}

    async def give_away(self, room: str) -> dict[str, Any]:
        """A room's id, and of each epoch that this device knows, oldest first, what opens its box and its frames."""
        id = self._client.rooms.get(room).id
        with self._client._session.view() as step:  # noqa: SLF001 - see above
            tracks = step.room(id).boxes
        return {
            "room": id.hex(),
            "epochs": [
                {"secret": track.secret.hex(), "ended_by": track.winner.commit.hex() if track.winner else ""}
                for track in tracks
            ],
        }

    # -- messages

    async def texts(self, room: str) -> list[str]:
        """Everything that was said in a room, in order."""
        return [text for _, text in self._history(room)]

    async def everything(self) -> list[str]:
        """Everything that was said in any room."""
        return [text for room in self._client.rooms.all() for _, text in self._history(room.id.hex())]

    async def heard(self, room: str, text: str) -> None:
        """Wait until somebody has said this."""
        await self._until(lambda: text in [said for _, said in self._history(room)], "it was not heard")

    async def read(self, room: str) -> None:
        """Mark everything as read."""
        await self._client.messages.mark_read(room)

    async def erase(self, room: str, text: str, *, for_all: bool) -> None:
        """Delete a message, here or for all."""
        found = [message.id for message in self._client.messages.page(room, limit=10_000) if message.text == text]
        if not found:
            raise Unmet("there is no such message")
        await self._client.messages.delete(room, found, for_all=for_all)

    async def gone(self, room: str, text: str) -> None:
        """Wait until a message is not there any more."""
        await self._until(lambda: text not in [said for _, said in self._history(room)], "the message did not go")

    async def timer(self, room: str, seconds: int) -> None:
        """Messages from now on live so long once read; 0: for ever."""
        await self._client.rooms.set_timer(room, seconds)
        await self._client.rooms.wait_changed(room, timeout_s=WAIT_S)

    async def timed(self, room: str, seconds: int) -> None:
        """Wait until a room has this timer."""
        await self._until(lambda: self._client.rooms.get(room).timer_s == seconds, "the timer did not change")

    def _joined(self) -> int:
        return sum(room.phase == "joined" for room in self._client.rooms.all())


def _private_part(kind: bytes, row: bytes) -> bytes:
    """32 bytes of a row that nobody else has: of an epoch's secrets the first, of a key package the leaf's seed."""
    return row[1:33] if kind == b"epoch" else row[-32:]


def swift() -> Options:
    """The options of everybody here; their devices look after one another within a second, and no box is trimmed."""
    intents.TEND_MS = TEND_MS
    runner.IDLE_S = IDLE_SHARE * _IDLE_S  # type: ignore[misc]
    options = restless()
    return replace(options, timing=replace(options.timing, ticket=1_000, trim=3_600_000))


def unlock_of(profile: Path) -> Unlock:
    """What opens a profile of the drill."""
    file = profile.with_name(f"{profile.name}.passphrase")
    return Passphrase(file.read_text("utf-8")) if file.exists() else Unprotected()


if __name__ == "__main__":
    main(OwnerDeeds, unlock_of(Path(sys.argv[1])), swift())

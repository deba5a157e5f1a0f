"""A member with a program of its own: it keeps every secret, and turns it against the room.

``python -m nullabona.drills.insider.member PROFILE ADDRESS``.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from typing import Any, Final

import msgspec

from nullabona.client.api import Client
from nullabona.client.core.delivery import inbox_sending, outbox
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.content import Moved
from nullabona.client.core.model.inbox_items import Invitation, encode_pack
from nullabona.client.core.model.outbox_targets import InboxBlob
from nullabona.client.core.model.room_info import RoomInfo
from nullabona.client.core.restore import returning
from nullabona.client.core.timeline import sending
from nullabona.client.net import Connection, NetOptions, connect, parse_endpoint
from nullabona.drills.actors.person import main
from nullabona.drills.insider.kept import Kept, Owner
from nullabona.drills.insider.luring import Lure
from nullabona.drills.insider.witness import HonestDeeds, unhurried
from nullabona.drills.reporting.report import DrillFailed
from nullabona.wire.address import EpochKeys
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from nullabona.wire.messages import POLICY_INBOX, Append, Appended

_ANSWER_S: Final = 20.0
_NOISE: Final = 200
"""Bytes of a ciphertext that is none: with it a frame has 512."""


class InsiderDeeds(HonestDeeds):
    """What it can do besides what everybody can."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._kept: dict[str, Kept] = {}
        self._moved: dict[str, tuple[int, bytes]] = {}
        self._storms: dict[str, asyncio.Task[int]] = {}
        self._calm: dict[str, asyncio.Event] = {}
        self._wire: Connection | None = None
        """A connection of its own."""

    async def keep(self, room: str) -> int:
        """Keep the epoch it is in; which one that is."""
        record = self._client._session.account().record  # noqa: SLF001 - its own program
        with self._client._session.view() as step:  # noqa: SLF001 - its own program
            me = Owner(record.device_seed, step.mls.identity, self._client._session.options.suite)  # noqa: SLF001
            self._kept[room] = Kept.of(step, self._client.rooms.get(room).id, me)
        return self._kept[room].epoch

    # -- frames

    async def name_everybody(self, room: str, times: int, generation: int) -> dict[str, int]:
        """Frames that say they are by each other leaf, ``times`` for each, into the box of the kept epoch."""
        kept = self._kept[room]
        forger = kept.forger()
        others = [leaf for leaf in kept.leaves if leaf != kept.own_leaf]
        named = [leaf for leaf in others for _ in range(times)]
        bodies = [forger.in_the_name_of(leaf, generation, secrets.token_bytes(_NOISE)) for leaf in named]
        return await self._put(kept, [(Kind.MESSAGE, body) for body in bodies])

    async def claim_falsely(self, room: str, victim: str, count: int) -> dict[str, int]:
        """Well signed claims that commits that do not exist removed the victim, by an order of this device's."""
        kept, account = self._kept[room], bytes.fromhex(victim)
        with self._client._session.view() as step:  # noqa: SLF001 - its own program
            signer = step.local.signature_key
        claims = [kept.claim(secrets.token_bytes(60), account, signer) for _ in range(count)]
        return await self._put(kept, [(Kind.SETTLED, each) for each in claims])

    # -- hosts

    async def lure(self, room: str, victim: str, host: str) -> dict[str, int]:
        """Put every kind of item that names a host into a contact's inbox, under this account and under none."""
        account = self._client._session.account()  # noqa: SLF001 - its own program
        with self._client._session.view() as step:  # noqa: SLF001 - its own program
            inbox = inbox_addresses.inbox_of(step, bytes.fromhex(victim))
        if inbox is None:
            raise DrillFailed("the member does not know where to write to")
        id = self._client.rooms.get(room).id
        sizes = [
            await self._request(account.relay, Append(POLICY_INBOX, inbox.write_secret, inbox.read_hash, frame), frame)
            for known in (True, False)
            for frame in Lure(account, host, known=known).frames(inbox, id)
        ]
        return {"frames": len(sizes), "bytes": sum(sizes)}

    # -- roles

    async def say_moved(self, room: str) -> None:
        """Say that the room moved by another commit, which is none."""
        kept = self._kept[room]
        self._moved[room] = kept.epoch, secrets.token_bytes(32)
        with self._client._session.step() as step:  # noqa: SLF001 - its own program
            sending.send_note(step, step.room(kept.room), Moved(*self._moved[room], 0))

    async def show_the_way(self, room: str, victims: dict[str, str]) -> None:
        """Show everybody (account → handle) the way to a branch behind that commit, with one admin."""
        kept = self._kept[room]
        kept.commit(info=self._mine(kept))
        ticket = kept.ticket((*kept.history[:-1], (*self._moved[room], ())))
        with self._client._session.step() as step:  # noqa: SLF001 - its own program
            for account, handle in victims.items():
                inbox_sending.post(step, bytes.fromhex(account), handle, ticket)

    async def invite_falsely(self, room: str, account: str, handle: str) -> None:
        """Invite a member into the room that it is in, onto a branch where nobody is.

        Twice: by the first, which tells of a commit that would win, the member looks for that branch, and who does so
        may be invited onto it. The commit is none.
        """
        kept, invited = self._kept[room], bytes.fromhex(account)
        epoch, _, removed = kept.history[-1]
        told = (*kept.history[:-1], (epoch, bytes(32), removed))
        with self._client._session.step() as step:  # noqa: SLF001 - its own program
            contact = step.store.contact(invited)
            if contact is None or not contact.key_packages:
                raise DrillFailed("the member has no key package of whom it would invite")
            leaves = [leaf for leaf, owner in kept.leaves.items() if owner == invited]
            welcome, tree = kept.invite(contact.key_packages[0], leaves, self._mine(kept))
            for pack in (encode_pack(b"", b"", told), encode_pack(welcome, tree, told)):
                ref = outbox.queue_blob(step, InboxBlob(kept.info.relay, kept.room), pack)
                inbox_sending.post(
                    step, invited, handle, Invitation(secrets.token_bytes(16), kept.room, kept.info.relay, ref)
                )

    def _mine(self, kept: Kept) -> RoomInfo:
        """The room with this member as its only admin."""
        return msgspec.structs.replace(kept.info, name="mine now", admins=(self._client.me.account,))

    # -- storms

    async def storm(self, room: str, rate: float, ahead: int) -> None:
        """Begin to commit so many times a second, each time into the box that follows, until told to end.

        ``ahead``: so many at once first, so that nobody else is where the next goes.
        """
        kept, self._calm[room] = self._kept[room], asyncio.Event()
        for _ in range(ahead):
            await self._commit_once(kept)
        on = self._commit_on(kept, 1 / rate, self._calm[room], ahead)
        self._storms[room] = asyncio.get_running_loop().create_task(on)

    async def calm(self, room: str) -> int:
        """End it; how many commits there were."""
        self._calm[room].set()
        return await self._storms.pop(room)

    async def _commit_on(self, kept: Kept, pause_s: float, calm: asyncio.Event, ahead: int) -> int:
        made, loop = 0, asyncio.get_running_loop()
        began = loop.time()
        while not calm.is_set():
            await self._commit_once(kept)
            made += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(calm.wait(), max(0.0, began + made * pause_s - loop.time()))
        return ahead + made

    async def _commit_once(self, kept: Kept) -> None:
        before = kept.keys
        await self._append(kept, before, Kind.COMMIT, kept.commit())

    async def _put(self, kept: Kept, bodies: list[tuple[Kind, bytes]]) -> dict[str, int]:
        keys = kept.keys
        sizes = [await self._append(kept, keys, kind, body) for kind, body in bodies]
        return {"frames": len(sizes), "bytes": sum(sizes)}

    async def _append(self, kept: Kept, keys: EpochKeys, kind: Kind, body: bytes) -> int:
        frame = seal_frame(keys.frame_key, keys.box.address, secrets.token_bytes(NONCE_SIZE), kind, body)
        wake = (keys.wake_secret, max(1, kept.tokens))
        request = Append(keys.box.policy, keys.box.write_secret, keys.box.read_hash, frame, wake=wake)
        return await self._request(kept.info.relay, request, frame)

    async def _request(self, relay: str, request: Append, frame: bytes) -> int:
        if self._wire is None:
            self._wire = await connect(parse_endpoint(relay), NetOptions())
        answer = await self._wire.request(request, _ANSWER_S)
        if not isinstance(answer, Appended):
            raise DrillFailed("the relay takes no frame of the member")
        return len(frame)


def disobey() -> None:
    """Its program never takes the content of a box for a sign that it is a copy: it wrote much of that itself."""

    def nothing(*_: Any, **__: Any) -> None:  # noqa: ANN401 - as the real one
        return

    returning.copied_back = nothing


if __name__ == "__main__":
    disobey()
    main(InsiderDeeds, options=unhurried())

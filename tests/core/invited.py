"""An invitation into a real MLS group, as it comes into a device's inbox."""

from __future__ import annotations

from typing import Any

import msgspec

from nullabona.client.core.contacts import held_invitations
from nullabona.client.core.delivery.blobs import MISSING, Missing
from nullabona.client.core.identity import device_certificates
from nullabona.client.core.incoming import invitations
from nullabona.client.core.model.inbox_items import History, Invitation, encode_pack
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.core.model.room_info import DIRECT, GROUP, RoomInfo, encode_info
from nullabona.client.core.model.state import RoomState
from nullabona.wire.blob import BlobRef, cut_blob
from nullabona.wire.certificate import DeviceCertificate
from tests.core.stage import RELAY, START, Randomness, Stage
from tests.rooms.world import fields_of

HERE = frozenset({RELAY})


class Invited:
    """Jun has a room and adds Mina, whose device is tried, and the others named. He is its admin unless others are."""

    def __init__(
        self,
        *others: Stage,
        kind: str = GROUP,
        admins: tuple[bytes, ...] | None = None,
        pair: tuple[bytes, ...] | None = None,
        mina: Stage | None = None,
        adds_mina: bool = True,
        low: bool = False,
        host: str = "relay.example",
        history: History = (),
    ) -> None:
        self.mina, self.jun = mina or Stage("mina", rng=Randomness("mina", low=low)), Stage("jun", host=host)
        two = tuple(sorted((self.mina.me.account, self.jun.me.account))) if kind == DIRECT else ()
        heads = (self.jun.me.account,) if kind == GROUP else ()
        name = "family" if kind == GROUP else ""
        self.info = RoomInfo(1, kind, name, RELAY, heads if admins is None else admins, two if pair is None else pair)
        self.id = self.jun.rng.bytes(32)
        added = [*([self.mina] if adds_mina else []), *others]
        with self.jun.step() as step:
            group = step.mls.create(self.id, encode_info(self.info))
            staged = group.commit(add=[each.person.card.devices[0].key_package for each in added])
            group.merge_pending()
        self.pack = encode_pack(staged.welcome or b"", staged.tree or b"", history)
        self.ref, self.chunks = cut_blob(bytes(32), self.pack)

    @property
    def sender(self) -> DeviceCertificate:
        """The device that invites."""
        return self.jun.person.card.devices[0].certificate

    def item(self, id: bytes = b"1" * 16, **about: Any) -> Invitation:  # noqa: ANN401 (fields of an invitation)
        found = {"room": self.id, "relay": RELAY, "blob": self.ref, **about}
        return Invitation(id, **found)

    def fetched(self) -> None:
        """What the invitation leads to is here."""
        with self.mina.step() as step:
            for digest, chunk in self.chunks:
                step.store.put_chunk(digest, chunk, step.day)

    def contact(self, state: ContactState | None = ContactState.ACCEPTED, room: bytes = b"") -> None:
        """Jun is a contact of Mina's in this state, and his card was looked up a moment ago."""
        with self.mina.step() as step:
            if state is not None:
                card = self.jun.person.card
                step.store.put_contact(Contact(self.jun.me.account, self.jun.me.handle, "", state, room, "", b""))
                device_certificates.note(step, card)

    def comes(
        self, item: Invitation | None = None, *, fetched: bool = True, at: frozenset[str] = HERE
    ) -> Missing | None:
        """The invitation is read in Mina's inbox."""
        if fetched:
            self.fetched()
        with self.mina.step() as step:
            return invitations.invited(step, self.sender, item or self.item(), START, at=at)

    @property
    def room(self) -> RoomState | None:
        """What Mina's device has of the room."""
        with self.mina.step() as step:
            return step.find_room(self.id)

    @property
    def phase(self) -> str:
        """Where Mina's device is: the room's phase, or that it is not there, or that the person is asked."""
        with self.mina.step() as step:
            found, waits = step.find_room(self.id), held_invitations.load(step, self.id)
        return found.phase if found is not None else "asked" if waits is not None else "none"

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """What Mina's device told of the room, but for notices."""
        with self.mina.store.transaction():
            rows = self.mina.store.events(0, 1_000)
        wanted = [row for row in rows if row.room == self.id and row.kind not in {"notice", "member-added", "epoch"}]
        return [(row.kind, fields_of(row.data)) for row in wanted]


def larger(ref: BlobRef, chunks: int) -> BlobRef:
    """A reference to so many chunks, none of which is here."""
    names = tuple(bytes((number,)) * 32 for number in range(chunks))
    return msgspec.structs.replace(ref, size=ref.size * chunks, chunks=names)


__all__ = ["HERE", "MISSING", "Invited", "larger"]

"""A conversation in memory: one step of a device that is in a group and in a room of two, undone after a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import cast

import msgspec

from nullabona.client.core.model.content import Attachment, Body, File, Stored, decode_envelope
from nullabona.client.core.model.mls_port import Group, Mls
from nullabona.client.core.model.records import Message, MessageState
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import kinds
from nullabona.wire.blob import BlobRef
from tests.core.stage import START, Other, Stage, rows

JUN, NARI, STRANGER = Other("jun"), Other("nari"), Other("stranger")
PHOTO = File(Attachment("photo", "beach.jpg", "image/jpeg", 3, (BlobRef(3, b"k" * 32, (b"d" * 32,)),)), "by the sea")


class _UndoneError(Exception):
    """Nothing of what a test did stays."""


@dataclass
class TwoRooms:
    """A device with a group of three, where it is the only admin, and a room of two with Jun."""

    stage: Stage = field(default_factory=Stage)

    def __post_init__(self) -> None:
        self.group = self.stage.room(JUN, NARI)
        self.direct = self.stage.room(JUN, kind=DIRECT)

    def talk(self) -> Iterator[Talk]:
        """One step; undone afterwards."""
        stage = self.stage
        with suppress(_UndoneError), stage.store.transaction():
            heard = Overheard(stage.mls)
            mls = cast("Mls", heard)
            yield Talk(self, Step(stage.store, mls, stage.me, stage.rng, stage.timing, START), heard)
            raise _UndoneError
        stage.mls.abandon()


@dataclass
class Overheard:
    """The real MLS, and what was said in which room before it was encrypted."""

    mls: Mls
    said: list[tuple[bytes, Body]] = field(default_factory=list)

    def group(self, id: bytes) -> _OverheardGroup:
        return _OverheardGroup(self.mls.group(id), id, self.said)

    def __getattr__(self, name: str) -> object:
        return getattr(self.mls, name)


@dataclass
class _OverheardGroup:
    group: Group
    id: bytes
    said: list[tuple[bytes, Body]]

    def encrypt(self, plaintext: bytes) -> bytes:
        self.said.append((self.id, decode_envelope(plaintext).body))
        return self.group.encrypt(plaintext)

    def __getattr__(self, name: str) -> object:
        return getattr(self.group, name)


@dataclass
class Talk:
    """What a test does in one step."""

    two_rooms: TwoRooms
    step: Step
    overheard: Overheard
    said_before: int = 0

    @property
    def me(self) -> bytes:
        return self.step.local.account

    @property
    def group(self) -> RoomState:
        return self.step.room(self.two_rooms.group)

    @property
    def direct(self) -> RoomState:
        return self.step.room(self.two_rooms.direct)

    def dismissed(self) -> None:
        """Nari is the group's only admin from now on."""
        self.group.info = msgspec.structs.replace(self.group.info, admins=(NARI.account,))

    def said(self, body: Stored, by: Other | None = None, *, entitled: bool = False, **about: object) -> Message:
        """A line or annotation of the group as it is stored: mine unless ``by`` somebody; one after the other."""
        self.said_before += 1
        count = self.said_before
        whose = (self.step.local.account, self.step.local.device) if by is None else (by.account, by.device)
        state = MessageState.SENT if by is None else MessageState.RECEIVED
        id = count.to_bytes(16, "big")
        row = Message(self.two_rooms.group, id, *whose, START + count, count, 0, state, b"", b"", 0, b"")
        row = replace(kinds.filled(self.step, row, body, entitled=entitled), **about)  # type: ignore[arg-type]
        self.step.store.put_message(row)
        return row

    def out(self, room: bytes) -> list[Body]:
        """What was said into a room so far, in order."""
        return [body for where, body in self.overheard.said if where == room]

    def now(self, line: Message) -> Message:
        """A row as it is now."""
        found = self.step.store.message(line.room, line.id)
        assert found is not None
        return found

    def body(self, line: Message) -> Stored:
        """What a row says now."""
        return kinds.stored(self.now(line))

    def notes(self, line: Message) -> list[Stored]:
        """What is attached to a line, in order."""
        return [kinds.stored(note) for note in self.step.store.annotations(line.room, line.id)]

    def told(self) -> list[tuple[str, bytes]]:
        """What listeners were told so far of a message: the kind, and which one."""
        return [(kind, data["message"]) for kind, _, data in rows(self.step) if "message" in data]

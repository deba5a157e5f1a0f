"""A hostile device: it keeps every secret it ever had, and can make of them whatever is well formed.

What it does with that is in `tests.rooms.byzantine`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeVar

import msgspec
import nullabona_mls as native

from nullabona.client.core.model import content, inbox_items
from nullabona.client.core.model.message_ids import RANDOM, message_id
from nullabona.client.core.model.proofs import (
    CommitNote,
    RemovalOrder,
    Ruling,
    decode_ruling,
    encode_note,
    make_order,
    make_ruling,
)
from nullabona.client.core.model.room_info import ROOM_INFO_EXTENSION, encode_info
from nullabona.wire.blob import cut_blob
from nullabona.wire.frame import Kind
from tests.rooms.hostile import laid_out, to_inbox
from tests.rooms.kept import KeptEpoch, branch, kept_now
from tests.rooms.world import RELAY, Person

T = TypeVar("T")
MOST_KEPT = 24


@dataclass
class HostileDevice:
    """A device and what it has kept. Chance is the world's, so that a seed plays the same again."""

    person: Person
    room: bytes
    victims: Sequence[Person]
    kept: list[KeptEpoch] = field(default_factory=list)
    sent: int = 0
    """What it has put to the relay so far."""
    frames: int = 0
    seen: list[bytes] = field(default_factory=list)
    """Frames of others that it read, and sends again."""
    said: list[str] = field(default_factory=list)
    """What it did, for whoever looks into a failure."""
    storms: bool = True
    without: frozenset[str] = frozenset()
    """Deeds that it does not do."""
    rulings: list[Ruling] = field(default_factory=list)
    """What admins have made of the room, as far as it saw that."""
    noise: set[tuple[bytes, bytes]] = field(default_factory=set)
    """Who cannot follow which of its commits, which a changed crate made so: see `Watch`."""
    ahead: list[KeptEpoch] = field(default_factory=list)
    """Where its own commits have led so far, while it storms."""

    def __post_init__(self) -> None:
        self.world, self.dice = self.person.world, self.person.world.dice
        self.keep()

    def keep(self) -> None:
        """Keep the epoch it is in, and what lies in its box."""
        found = kept_now(self.person, self.room)
        if found is not None and all(found.secret != each.secret for each in self.kept):
            self.kept.append(found)
            del self.kept[:-MOST_KEPT]
        state = self.person.look(self.room)
        known = [decode_ruling(data) for data in state.rulings] if state is not None else []
        self.rulings += [ruling for ruling in known if ruling not in self.rulings]
        for kept in self.kept[-2:]:
            box = self.world.relay.boxes.get(bytes(kept.keys.box.address))
            frames = list(box.frames.values()) if box is not None else []
            self.seen += [frame for frame in frames[-4:] if frame not in self.seen]
        del self.seen[:-64]

    def _one(self, some: Sequence[T]) -> T:
        return some[self.dice.between(0, len(some) - 1)]

    def _epoch(self) -> KeptEpoch:
        """Mostly the newest, else any."""
        return self.kept[-1] if self.dice.between(0, 1) else self._one(self.kept)

    def _hash(self) -> bytes:
        """A hash that is of something, or of nothing; sometimes one that beats most."""
        roll = self.dice.between(0, 3)
        if roll == 0:
            return sha256(b"nothing").digest()
        if roll == 1:
            return bytes(4) + self.dice.bytes(28)
        commits = [commit for _, commit, _ in self._epoch().history]
        return self._one(commits) if commits else self.dice.bytes(32)

    def _account(self) -> bytes:
        return self._one([*self.victims, self.person]).account

    def _anybody(self) -> bytes:
        return self._account() if self.dice.between(0, 5) else self.dice.bytes(32)

    def _put(self, kept: KeptEpoch, kind: Kind, body: bytes, *, indirect: bool = False) -> None:
        self._append(kept, kept.frame(self.dice, kind, body, indirect=indirect))

    def _append(self, kept: KeptEpoch, frame: bytes) -> None:
        """Put a frame there; its own device takes it for its own, so that it does not trip over it."""
        from nullabona.client.core.model.records import Frame

        box = kept.keys.box.address
        self.world.relay_of(self.person).append(bytes(box), frame)  # type: ignore[union-attr]
        self.sent += len(frame)
        self.frames += 1
        with self.person.store.transaction():
            own = Frame(box, sha256(frame).digest(), 0, b"", Kind.MESSAGE, mine=True, message=b"", day=0, data=b"")
            self.person.store.put_frame(own)

    def _say(self, kept: KeptEpoch, body: content.Body) -> None:
        ids = [message_id(self._one([self.person, *self.victims]).account, self.dice.bytes(RANDOM)), *self._ids()]
        own = message_id(self.person.account, self.dice.bytes(RANDOM))
        id = own if self.dice.between(0, 3) else self._one(ids)
        at = self._one([self.world.now, 0, 2**53, self.world.now + 86_400_000])
        said = content.Envelope(id, at, self._views(kept), self._one([b"", *self._ids()]), body)
        self._put(kept, Kind.MESSAGE, kept.group().encrypt(kept.signer, content.encode_envelope(said)))

    def _views(self, kept: KeptEpoch) -> tuple[content.View, ...]:
        if self.dice.between(0, 1):
            return ()
        box = self.world.relay.boxes.get(bytes(kept.keys.box.address))
        incarnation = box.incarnation if box is not None and self.dice.between(0, 3) else self.dice.bytes(8)
        seq = self._one([1, 2, 5, 2**40, box.head if box is not None else 0])
        listed = tuple(range(1, self.dice.between(1, 12)))
        lists = (listed, ()) if self.dice.between(0, 1) else ((), listed)
        return (content.View(kept.keys.box.address[:8], incarnation, seq, self.dice.bytes(16), *lists),)

    def _ids(self) -> list[bytes]:
        with self.person.store.transaction():
            return [message.id for message in self.person.store.messages(self.room, limit=20)] or [self.dice.bytes(16)]

    def _order(self, kept: KeptEpoch) -> RemovalOrder:
        """Well signed by this device; whether it may give it is another matter."""
        account = self._anybody()
        keys = [m.encryption_key for m in kept.members if self._account_of(kept, m.leaf) == account]
        signer = self.person.me.signature_key
        if self.dice.between(0, 3) == 0:
            signer = self._one(kept.members).signature_key
        room = self.room if self.dice.between(0, 5) else self.dice.bytes(32)
        return make_order(self.person.mls, signer, room, account, keys or [self.dice.bytes(32)])

    def _account_of(self, kept: KeptEpoch, leaf: int) -> bytes:
        found = next(m for m in kept.members if m.leaf == leaf)
        return next((p.account for p in self.world.people if p.me.signature_key == found.signature_key), b"")

    def _commit(self, kept: KeptEpoch) -> tuple[bytes, KeptEpoch]:
        """A commit of this device in that epoch, lawful or not, and where it leads."""
        group = kept.group()
        others = [m.leaf for m in kept.members if m.signature_key != self.person.me.signature_key]
        roll = self.dice.between(0, 4)
        remove: list[int] = [self._one(others)] if roll == 1 and others else []
        info, aad = None, b""
        if roll == 2:
            admins = self._one([(self.person.account,), (*kept.info.admins, self.person.account)])
            info = msgspec.structs.replace(kept.info, admins=admins, name="mine")
        if roll == 3:
            aad = encode_note(CommitNote((self._order(kept),)))
            remove = [self._one(others)] if others and self.dice.between(0, 1) else []
        extensions = None if info is None else [(ROOM_INFO_EXTENSION, encode_info(info))]
        commit = group.commit(kept.signer, update=True, remove=remove, group_ext=extensions, aad=aad).commit
        group.merge_pending()
        accounts = [self._account_of(kept, leaf) for leaf in remove]
        return commit, branch(kept, group, commit, sha256(commit).digest(), accounts)

    def _remember(self, kept: KeptEpoch) -> None:
        """A branch of its own making is one more place to act from; but the newest honest epoch stays the newest."""
        self.kept.insert(max(0, len(self.kept) - 1), kept)
        del self.kept[:-MOST_KEPT]

    def _to(self, victim: Person, body: inbox_items.ItemBody) -> None:
        self.sent += 1_024
        self.frames += 1
        to_inbox(self.person, victim, body)

    def _ticket(self, kept: KeptEpoch, history: Sequence[tuple[int, bytes, tuple[bytes, ...]]]) -> inbox_items.Ticket:
        group = kept.group()
        box = self.world.relay.boxes.get(bytes(kept.keys.box.address))
        incarnation = box.incarnation if box is not None else b""
        info, tree = group.group_info(kept.signer), group.ratchet_tree()
        went = (self._order(kept),) if self.dice.between(0, 3) == 0 else ()
        return inbox_items.Ticket(
            self.room, kept.epoch, kept.secret, info, tree, incarnation, 0, tuple(history),
            rulings=self._rulings(kept), went=went,
        )  # fmt: skip

    def _rulings(self, kept: KeptEpoch) -> tuple[Ruling, ...]:
        """What admins are said to have made of the room: what they have, what they have not, or nothing."""
        roll = self.dice.between(0, 3)
        if roll == 0:
            return ()
        rulings = list(self.rulings)
        if roll > 1:
            accounts = {self._account_of(kept, member.leaf) for member in kept.members}
            epoch = self._one([kept.epoch, kept.epoch - 1, kept.epoch + 1, 2**40])
            rulings.append(make_ruling(self.person.mls, self.room, max(0, epoch), encode_info(kept.info), accounts))
        return tuple(rulings[-8:])

    def _invitation(
        self, kept: KeptEpoch, victim: Person | None = None, *, rules: bool = False
    ) -> inbox_items.Invitation:
        """Into this very room, on a branch of its own; ``rules``: on which it is the only admin."""
        group = kept.group()
        victim = victim or self._one(self.victims)
        mine = msgspec.structs.replace(kept.info, admins=(self.person.account,), name="mine")
        info = [(ROOM_INFO_EXTENSION, encode_info(mine))] if rules else None
        others = [m.leaf for m in kept.members if m.signature_key == victim.me.signature_key]
        try:
            package = victim.card.devices[0].key_package
            bundle = group.commit(kept.signer, add=[package], remove=others, group_ext=info)
            ref = laid_out(self.world, bundle)
        except native.CoreError:  # its own library refuses: then it leads to nothing
            ref, _ = cut_blob(self.dice.bytes(32), b"x")
        relay = RELAY if self.dice.between(0, 3) else "wss://two.example:443/v1"
        return inbox_items.Invitation(self.dice.bytes(16), self.room, relay, ref)

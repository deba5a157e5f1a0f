"""A hostile device: it keeps every secret it ever had and sends any well-formed thing to any box it can write to.

What it is to the room (a member, one that was removed or revoked, a copied folder, an old admin) is up to the schedule;
what it can send is the same for all, as far as its secrets reach.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import msgspec
import nullabona_mls as native

from nullabona.client.core.delivery.room_items import OPEN, SEALED
from nullabona.client.core.model import content, inbox_items
from nullabona.client.core.model.proofs import MoveOrder, encode_move, make_claim, make_move
from nullabona.client.core.model.room_info import ROOM_INFO_EXTENSION, encode_info
from nullabona.errors import NullabonaError
from nullabona.wire.blob import cut_blob, encode_ref
from nullabona.wire.frame import Kind
from nullabona.wire.seal import ITEM_DIRECT, seal_answer
from tests.rooms.hostile import drop_in, gone
from tests.rooms.hostile_device import HostileDevice
from tests.rooms.kept import KeptEpoch, branch

STORM = 20
"""Commits that it makes ahead of everybody else at once, at most."""
FAR = 2_000
"""The farthest generation that it names."""
TARGETS = ("wss://two.example:443/v1", "wss://one.example:443/v1", "ws://127.0.0.1:1/v1", "two", "")


class Hostile(HostileDevice):
    """Everything that it does."""

    def act(self) -> None:
        """One hostile thing, whatever comes of it."""
        self.keep()
        if not self.kept:
            return
        deeds = self._deeds()
        self.play(deeds[self.dice.between(0, len(deeds) - 1)].__name__)

    def play(self, deed: str) -> None:
        """One thing by its name, whatever comes of it."""
        self.said.append(deed.lstrip("_"))
        try:
            getattr(self, deed)()
        except (NullabonaError, native.CoreError):
            return  # it asked its own library for something impossible

    def _deeds(self) -> list[Callable[[], None]]:
        deeds = [
            self._says, self._says, self._says_moved, self._forges_sender, self._forges_sender, self._claims,
            self._claims, self._commits, self._commits_ahead, self._moves, self._replays, self._trims, self._garbles,
            self._lacks_blob, self._sends_ticket, self._sends_ticket, self._sends_item, self._invites, self._asks,
            self._garbles_item, self._ends_room, self._takes_over, self._freezes, self._burns,
            self._invites_away, self._invites_away, self._shuts_out, self._asks_in_box, self._answers_in_box,
        ]  # fmt: skip
        chosen = [*deeds, self._storms] if self.storms else deeds
        return [deed for deed in chosen if deed.__name__ not in self.without]

    def _says(self) -> None:
        kept = self._epoch()
        self._say(kept, self._body(kept))

    def _says_moved(self) -> None:
        kept = self._epoch()
        epoch = self._one([kept.epoch, max(0, kept.epoch - 1), kept.epoch + 1, 0, 2**40])
        self._say(kept, content.Moved(epoch, self._hash(), self.dice.between(0, 1)))

    def _body(self, kept: KeptEpoch) -> content.Body:
        """Any kind of message but a line that a person would read: lines of its own are no attack."""
        target = self._one(self._ids())
        bodies: list[Callable[[], content.Body]] = [
            content.Receipt,
            lambda: content.Leave(self._order(kept)),
            lambda: content.Edit(target, "edited"),
            lambda: content.Delete(target),
            lambda: content.React(target, "!"),
            lambda: content.Vote(target, (0, 11)),
            lambda: content.ClosePoll(target),
            lambda: content.Pin(target, bool(self.dice.between(0, 1))),
            lambda: content.Profile("p00"),
            lambda: content.Typing(on=True),
            lambda: content.Sync(()),
            lambda: content.Handed(self._invitation(kept)),
        ]
        return self._one(bodies)()

    def _forges_sender(self) -> None:
        """A frame that says it is by any leaf, at any place of its ratchet."""
        kept = self._epoch()
        leaf = self._one([*(m.leaf for m in kept.members), 4_000])
        generation = self._one([0, 1, 2, 64, 256, FAR, 2**32 - 1])
        body = kept.in_the_name_of(leaf, generation, self.dice.bytes(self.dice.between(32, 300)))
        self._put(kept, self._one([Kind.MESSAGE, Kind.MESSAGE, Kind.COMMIT]), body)

    def _claims(self) -> None:
        """That a commit was merged: one that is valid, one that is not, one of others, or noise."""
        kept = self._epoch()
        commit = self._one([*kept.commits, self.dice.bytes(300), self._commit(kept)[0]])
        removed = tuple(self._anybody() for _ in range(self.dice.between(0, 2)))
        signer = self.person.me.signature_key
        if self.dice.between(0, 3) == 0:
            signer = self._one(kept.members).signature_key
        self._put(kept, Kind.SETTLED, make_claim(self.person.mls, signer, kept.keys.box.address, commit, removed))

    def _commits(self) -> None:
        """Into a box, whether its epoch is over or not."""
        kept = self._epoch()
        commit, after = self._commit(kept)
        self._put(kept, Kind.COMMIT, commit)
        self._remember(after)

    def _commits_ahead(self) -> None:
        """A few lawful ones in a row, each in the box of the one before, where nobody else can be yet."""
        self._ahead(self.dice.between(2, 4))

    def _shuts_out(self) -> None:
        """A lawful commit with noise for path secrets, for some or for all: they cannot follow, and cannot prove it."""
        kept = self.kept[-1] if self.dice.between(0, 3) else self._one(self.kept)
        group = kept.group()
        commit = group.commit(kept.signer, update=True).commit
        group.merge_pending()
        digest = sha256(commit).digest()
        shut = self.dice.between(1, 2 ** len(self.victims) - 1)
        self.noise |= {(v.certificate, digest) for at, v in enumerate(self.victims) if shut >> at & 1}
        self._put(kept, Kind.COMMIT, commit)
        self._remember(branch(kept, group, commit, digest, ()))

    def commit_on(self) -> None:
        """One more lawful commit, where the one before led, so that nobody else can be first."""
        if not self.ahead or self.ahead[-1].epoch <= self.kept[-1].epoch:
            self.ahead = [self.kept[-1]]
        kept = self.ahead[-1]
        group = kept.group()
        commit = group.commit(kept.signer, update=True).commit
        group.merge_pending()
        self._put(kept, Kind.COMMIT, commit)
        self.ahead = [branch(kept, group, commit, sha256(commit).digest(), ())]

    def _storms(self) -> None:
        self._ahead(STORM)

    def _ahead(self, count: int) -> None:
        kept = self.kept[-1]
        for _ in range(count):
            group = kept.group()
            commit = group.commit(kept.signer, update=True).commit
            group.merge_pending()
            self._put(kept, Kind.COMMIT, commit)
            kept = branch(kept, group, commit, sha256(commit).digest(), ())
        self._remember(kept)

    def _moves(self) -> None:
        """A move order, by whom it may be or not, to anywhere."""
        kept = self._epoch()
        number, relay = self._one([1, 2, 255, 256, 2**53]), self._one(TARGETS) or "x"
        signer = self._one([self.person.me.signature_key, *(m.signature_key for m in kept.members)])
        order: MoveOrder = make_move(self.person.mls, signer, self.room, number, relay)
        self._put(kept, Kind.MOVE, encode_move(order))

    def _replays(self) -> None:
        """Somebody's frame once more, where it was or elsewhere."""
        if self.seen:
            self._append(self._epoch(), self._one(self.seen))

    def _trims(self) -> None:
        address = bytes(self._epoch().keys.box.address)
        relay = self.world.relay_of(self.person)
        box = relay.boxes.get(address) if relay is not None else None
        if box is not None:
            relay.trim(address, self.dice.between(0, box.head + 1))  # type: ignore[union-attr]

    def _garbles(self) -> None:
        kept = self._epoch()
        if self.dice.between(0, 1):
            self._append(kept, self.dice.bytes(512))
        else:
            kind = self._one(list(Kind))
            self._put(kept, kind, self.dice.bytes(self.dice.between(0, 400)), indirect=bool(self.dice.between(0, 1)))

    def _lacks_blob(self) -> None:
        ref, chunks = cut_blob(self.dice.bytes(32), self.dice.bytes(70_000))
        for _, chunk in chunks[: self.dice.between(0, 1)]:
            self.world.relay.put_blob(chunk)
        self._put(self._epoch(), self._one([Kind.MESSAGE, Kind.COMMIT, Kind.SETTLED]), encode_ref(ref), indirect=True)

    def _ends_room(self) -> None:
        """A frame in the name of each leaf of an epoch, all at once: who believed it would have no keys any more."""
        kept = self._epoch()
        for member in kept.members:
            if member.signature_key != self.person.me.signature_key:
                self._put(kept, Kind.MESSAGE, kept.in_the_name_of(member.leaf, 0, self.dice.bytes(200)))

    def _takes_over(self) -> None:
        """All are told that the room moved, and each is shown the way to a branch on which this device is the admin."""
        kept, commit = self._epoch(), self._hash()
        self._say(kept, content.Moved(kept.epoch, commit, 0))
        group = kept.group()
        info = msgspec.structs.replace(kept.info, admins=(self.person.account,), name="mine")
        made = group.commit(kept.signer, update=True, group_ext=[(ROOM_INFO_EXTENSION, encode_info(info))]).commit
        group.merge_pending()
        after = branch(kept, group, made, commit, ())
        self._remember(after)
        for victim in self.victims:
            self._to(victim, self._ticket(after, after.history[-8:]))

    def _invites_away(self) -> None:
        """Somebody is made to look for the way back, by a gap or a claim, and is invited elsewhere meanwhile."""
        kept, victim = self._epoch(), self._one(self.victims)
        if self.dice.between(0, 1):
            self._trims()
            self._garbles()
        else:
            self._freezes()
        self._to(victim, self._invitation(kept, victim, rules=bool(self.dice.between(0, 1))))

    def _freezes(self) -> None:
        """Claims that ever better commits removed somebody, of commits that there are not."""
        kept = self._epoch()
        noise = sorted((self.dice.bytes(40) for _ in range(4)), key=lambda each: sha256(each).digest(), reverse=True)
        for commit in noise:
            body = make_claim(
                self.person.mls, self.person.me.signature_key, kept.keys.box.address, commit, (self._account(),)
            )
            self._put(kept, Kind.SETTLED, body)

    def _burns(self) -> None:
        """Frames that say they are far ahead in one leaf's ratchet."""
        kept = self._epoch()
        leaf = self._one(kept.members).leaf
        for _ in range(10):
            self._put(kept, Kind.MESSAGE, kept.in_the_name_of(leaf, FAR, self.dice.bytes(200)))

    def _sends_ticket(self) -> None:
        """Into the room as it is, or into a branch of its own, with a history that says anything."""
        kept = self._epoch()
        if self.dice.between(0, 1):
            _, kept = self._commit(kept)
            self._remember(kept)
        history = list(kept.history[-8:])
        for _ in range(self.dice.between(0, 2)):
            removed = tuple(self._anybody() for _ in range(self.dice.between(0, 1)))
            history.append((max(0, kept.epoch - 1), self._hash(), removed))
        self._to(self._one(self.victims), self._ticket(kept, history))

    def _invites(self) -> None:
        self._to(self._one(self.victims), self._invitation(self._epoch()))

    def _asks(self) -> None:
        """For a ticket, over and over."""
        kept = self._epoch()
        self._to(
            self._one(self.victims), inbox_items.TicketRequest(self.room, kept.epoch, self._one([b"", self._hash()]))
        )

    def _asks_in_box(self) -> None:
        """For a ticket or a file, of anybody, with a key that is one or none, signed for that box or another."""
        kept, other = self._epoch(), self._epoch()
        victim = self._one(self.victims)
        key = self._one([self.person.card.inbox.hpke_key, victim.card.inbox.hpke_key, self.dice.bytes(1_216), b""])
        box = self._one([kept, other]).keys.box.address
        asked = inbox_items.TicketRequest(
            self.room, kept.epoch, self._one([b"", self._hash()]), box=box, helper=victim.account, key=key,
            id=self._one([bytes(8), self.dice.bytes(8)]),
        )  # fmt: skip
        bodies: list[inbox_items.ItemBody] = [asked, asked, inbox_items.FileRequest(self.room, self._one(self._ids()))]
        item = inbox_items.sign_item(self.person.mls, other.keys.box.address, self._one(bodies))
        self._put(kept, Kind.ITEM, self._one([OPEN, OPEN, SEALED, b"\x02"]) + item)

    def _answers_in_box(self) -> None:
        """A question that nobody asked it, or somebody did: the way into a branch of its own, or *gone*."""
        kept, victim = self._epoch(), self._one(self.victims)
        address = kept.keys.box.address
        bodies: list[inbox_items.ItemBody] = [self._ticket(kept, kept.history[-8:]), gone(self.world, self.room)]
        plain = ITEM_DIRECT + inbox_items.sign_item(self.person.mls, address, self._one(bodies))
        self._put(kept, Kind.ITEM, SEALED + seal_answer(victim.card.inbox.hpke_key, address, plain))

    def _sends_item(self) -> None:
        kept = self._epoch()
        told = inbox_items.RoomTold(self.room, encode_info(kept.info), ((self._account(), self.person.me.handle),))
        bodies: list[inbox_items.ItemBody] = [
            gone(self.world, self.room, days_ago=self.dice.between(0, 3)),
            inbox_items.LinkUse(self.room, self.dice.bytes(16), self.person.card.encoded),
            inbox_items.FileRequest(self.room, self._one(self._ids())),
            inbox_items.LinkRefusal(self.room, self.dice.bytes(16), "closed"),
            inbox_items.RoomsAsked(),
            inbox_items.RoomsTold((told,)),
        ]
        self._to(self._one(self.victims), self._one(bodies))

    def _garbles_item(self) -> None:
        self.sent += 1_024
        self.frames += 1
        drop_in(self.world, self._one(self.victims), self.dice.bytes(self.dice.between(1, 400)))

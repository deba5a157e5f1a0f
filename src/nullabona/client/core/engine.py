"""The engine of one device: everything that can happen to it, each as one step in one transaction.

The engine decides; it never waits, sends or looks at a clock. The shell (`nullabona.client.runner`) tells it what
happened and then carries out its requests: the reads of `reads`, the items of the store's outbox, chunks, look-ups,
and a call of `tick` at `wake_at`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Any, Final

from nullabona.client.core import acquaintance, automatic, files, timers, upkeep
from nullabona.client.core.account import own_devices
from nullabona.client.core.box_positions import BoxPosition, positions_of
from nullabona.client.core.contacts import requests
from nullabona.client.core.delivery import blobs, inbox_sending, outbox, reply_boxes
from nullabona.client.core.devices import inbox_state, membership, sync_out
from nullabona.client.core.directory.changes import Day
from nullabona.client.core.directory.found import Found, ProvenCard
from nullabona.client.core.identity import carried, claims
from nullabona.client.core.incoming import inbox_items, relay_answers, room_boxes
from nullabona.client.core.model.change_set import NOTHING, ChangeSet
from nullabona.client.core.model.facts.messages import PassingFact
from nullabona.client.core.model.facts.signals import AccountDeleted, InboxReadElsewhere, MembershipEnded, ProfileCopied
from nullabona.client.core.model.mls_port import Mls
from nullabona.client.core.model.outbox_targets import room_of
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import OutboxItem
from nullabona.client.core.model.requests import (
    INBOX,
    REPLIES,
    AfterScout,
    ChunkRequest,
    ReadFor,
    ReadRequest,
    Scout,
)
from nullabona.client.core.model.state import JOINED, REJOINING, RoomState, decode_state
from nullabona.client.core.read_requests import inbox_reads, join_read, reply_reads, room_reads, room_wake
from nullabona.client.core.relocation import search
from nullabona.client.core.restore import returning
from nullabona.client.core.step import LocalDevice, Randomness, Step, Timing
from nullabona.client.core.sync import rejoin, removal_watch
from nullabona.client.core.timeline import file_messages, notices
from nullabona.errors import PeerError
from nullabona.wire.address import Address
from nullabona.wire.messages import AnyResponse, Frames

_NEVER: Final = 1 << 62


class Engine:
    """One device. Calls must not overlap. ``now`` is always ms since the epoch."""

    def __init__(
        self, store: Store, mls: Mls, local: LocalDevice, rng: Randomness, timing: Timing | None = None
    ) -> None:
        self._store = store
        self._mls = mls
        self.local = local
        self._rng = rng
        self._timing = timing or Timing()
        self._joins: dict[bytes, rejoin.Join] = {}
        self._wake: dict[bytes, int] = {}
        self._positions: dict[bytes, dict[Address, BoxPosition]] = {}
        self._down = self._up = frozenset[str]()
        self._scouts: list[Scout] = []
        self.on_passing: Callable[[PassingFact], None] = lambda _: None
        """Called with each fact that nothing keeps, after the step that told it."""
        self._load()

    # -- steps ----------------------------------------------------------------------------------------------------

    @contextmanager
    def step(self, now: int, *rooms: bytes, chosen: bool = True) -> Iterator[Step]:
        """One transaction: its changes happen all or not at all, and are durable when this returns."""
        step = self._look(now, down=self._down, up=self._up, chosen=chosen)
        joins = dict(self._joins)
        try:
            with self._store.transaction():
                yield step
                automatic.by_itself(step)
                touched = self._upkeep(step, set(rooms) | set(step.touched))
                seen = [(id, acquaintance.attended(step, step.loaded(id))) for id in touched]
                step.save()
                self._mls.flush()
        except BaseException:
            self._joins = joins
            self._mls.abandon()
            raise
        self._mls.committed()
        self.local = step.local
        self._scouts += step.scouts
        for fact in step.unlogged:
            if isinstance(fact, PassingFact):
                self.on_passing(fact)
        for room in seen:
            self._note_wake(*room)

    def _load(self) -> None:
        with self._store.transaction():
            step = self._look()
            for room in self._store.rooms():
                self._note_wake(room, acquaintance.attended(step, step.find_room(room)))
            self._inbox_wake = state.trim_at if (state := inbox_state.load(step)) else None
            files.sweep(step)

    def _note_wake(self, room: bytes, state: RoomState | None) -> None:
        if state and (wake := room_wake(state)) is not None:
            self._wake[room] = wake
        else:
            self._wake.pop(room, None)
        self._positions[room] = positions_of(state) if state is not None else {}

    def _upkeep(self, step: Step, rooms: set[bytes]) -> set[bytes]:
        """Do what time or this step's events made due in these rooms, then what concerns all rooms."""
        for room in filter(None, (acquaintance.attended(step, step.find_room(id)) for id in sorted(rooms))):
            if room.phase == JOINED:
                upkeep.look_after(step, room)
            elif room.phase == REJOINING:
                returning.look_after(step, room)
                membership.share_anew(step, room)
            else:
                removal_watch.look_after(step, room)
        # After the rooms, since reading one may show that this profile is a copy: none of its keys is used again.
        for room_id in sorted({fact.room for fact in step.unlogged if isinstance(fact, ProfileCopied)}):
            returning.copied_back(step, step.room(room_id))
        # A device that was revoked leaves every room, so nothing that the rooms above wanted goes on.
        if AccountDeleted() in step.unlogged:
            membership.sign_out(step)
        out = own_devices.is_signed_out(step.store) if self._joins else False
        for room_id in [room_id for room_id, join in self._joins.items() if out or join.deadline <= step.now]:
            self._abandon_join(step, room_id)
        automatic.once_out(step)
        # From this step's facts: first the notices, which are lines of a room, then what our other devices must know.
        notices.of_facts(step)
        sync_out.of_facts(step)
        if InboxReadElsewhere() in step.unlogged:
            self._inbox_heard(step)
        if any(isinstance(fact, MembershipEnded) for fact in step.unlogged):
            self._inbox_wake = step.now  # an invitation back may have come before we read that we are out
        return rooms | step.touched

    def _inbox_heard(self, step: Step) -> None:
        state = inbox_state.load(step)
        if state is not None:
            inbox_items.trim_soon(step, state)
            inbox_state.save(step, state)
        self._inbox_wake = state.trim_at if state is not None else None

    # -- what happened --------------------------------------------------------------------------------------------

    def tick(self, now: int) -> ChangeSet:
        """Time has passed: do what is due."""
        due = [room for room, wake in self._wake.items() if wake <= now]
        joins = [room for room, join in self._joins.items() if join.deadline <= now]
        inbox_due = self._inbox_wake is not None and self._inbox_wake <= now
        if not (due or joins or inbox_due or self._next_timed() <= now):
            return NOTHING
        with self.step(now, *due, *joins, chosen=False) as step:
            timers.sweep(step)
            if inbox_due:
                self._inbox_upkeep(step)
        return ChangeSet(frozenset(due) | frozenset(joins))

    def _next_timed(self) -> int:
        """When the next timer that belongs to no room is due."""
        with self._store.reading():
            due = timers.next_due(self._look())
        return _NEVER if due is None else due

    def on_frames(
        self, of: ReadFor, address: Address, after: int, answer: Frames, now: int, relay: str = ""
    ) -> ChangeSet:
        """A read of a box asked for frames after ``after`` and got ``answer``. We may still be joining its room.

        ``relay`` is the relay that we asked; empty: the one that keeps the box. Other relays' answers are ignored.
        """
        if of is INBOX:
            return self.on_inbox(after, answer, now, relay)
        if of is REPLIES:
            return self.on_inbox(after, answer, now, relay, address)
        return self._on_room_frames(of, address, after, answer, now, relay)

    def _on_room_frames(
        self, room_id: bytes, address: Address, after: int, answer: Frames, now: int, relay: str
    ) -> ChangeSet:
        position = self._positions.get(room_id, {}).get(address)
        idle = room_id not in self._joins and now < self._wake.get(room_id, _NEVER)
        if idle and position is not None and position.has(after, answer, relay):
            if position.current:
                self._mls.caught_up(room_id)
            return NOTHING
        with self.step(now, room_id, chosen=False) as step:
            room = step.find_room(room_id)
            if room is None:
                return step.changes_in(room_id)
            room_boxes.take_frames(step, room, address, after, answer, relay)
            self._begin_joins(step, inbox_items.take_answers(step))
            join = self._joins.get(room_id)
            if join is not None and join.keys.box.address == address and relay in {"", join.relay}:
                self._read_join(step, room, join, after, answer)
        return step.changes_in(room_id)

    def _read_join(self, step: Step, room: RoomState, join: rejoin.Join, after: int, answer: Frames) -> None:
        won = rejoin.take_frames(join, after, answer)
        if won is None:
            return
        if won:
            rejoin.adopt(step, room, join)
            del self._joins[room.id]
        else:
            self._abandon_join(step, room.id)

    def _abandon_join(self, step: Step, room_id: bytes) -> None:
        join = self._joins.pop(room_id)
        room = step.find_room(room_id)
        if room is not None:
            rejoin.give_up(step, room, join)

    def on_inbox(
        self, after: int, answer: Frames, now: int, relay: str = "", reply: Address | None = None
    ) -> ChangeSet:
        """A read of the inbox, or of the box ``reply``, at ``relay`` (empty: the one that keeps it) got ``answer``."""
        with self.step(now, chosen=False) as step:
            state = inbox_state.load(step)
            if state is not None:
                self._begin_joins(
                    step, inbox_items.take_frames(step, state, after, answer, relay or state.relay, reply)
                )
                inbox_state.save(step, state)
                self._inbox_wake = state.trim_at
        return step.changes()

    def _inbox_upkeep(self, step: Step) -> None:
        state = inbox_state.load(step)
        if state is not None:
            self._begin_joins(step, inbox_items.upkeep(step, state))
            inbox_state.save(step, state)
        self._inbox_wake = state.trim_at if state is not None else None

    def _begin_joins(self, step: Step, joins: list[rejoin.Join]) -> None:
        for join in joins:
            if join.room in self._joins:  # the earlier join is not decided yet; if it fails, we ask again
                rejoin.drop(step, join)
            else:
                self._joins[join.room] = join

    def on_sent(self, item: OutboxItem, answer: AnyResponse, now: int) -> ChangeSet:
        """The relay answered an outbox item."""
        rooms = _rooms_of(item)
        with self.step(now, *rooms, chosen=False) as step:
            relay_answers.answered(step, item, answer)
        return ChangeSet(rooms)

    def on_unsent(self, item: OutboxItem, now: int) -> ChangeSet:
        """The relay could not be reached, or did not answer: the item is sent again later.

        Other items of that kind for that box wait with it, so only one item probes a box that accepts nothing.
        """
        with self.step(now, chosen=False) as step:
            relay_answers.unanswered(step, item)
        return ChangeSet(_rooms_of(item))

    def on_chunk(self, digest: bytes, data: bytes | None, now: int) -> ChangeSet:
        """A chunk was fetched (its digest must be checked here), or the relay does not have it."""
        with self.step(now, chosen=False) as step:
            waiting = [chunk for chunk in blobs.wanted_chunks(step) if chunk.digest == digest]
            if data is None or sha256(data).digest() != digest:
                file_messages.piece_missing(step, digest, blobs.chunk_missing(step, digest))
                return ChangeSet(frozenset())
            blobs.chunk_came(step, digest, data)
            files.piece_came(step, digest, data)
            rooms = {chunk.room for chunk in waiting if chunk.room}
            for room in rooms:
                step.find_room(room)
            self._inbox_upkeep(step)
        return ChangeSet(frozenset(rooms))

    def on_card(self, found: Found, now: int) -> ChangeSet:
        """The public record was asked for a handle."""
        with self.step(now, chosen=False) as step:
            if isinstance(found, ProvenCard):
                with suppress(PeerError):
                    automatic.card_came(step, requests.learn_card(step, found))
                    self._inbox_upkeep(step)
            inbox_sending.looked_up(step, found.handle)
            for claim, verdict in claims.answer(step, found):
                automatic.settle(step, claim, verdict)
            return step.changes()

    def carries(self, handle: str) -> bool:
        """Whether an account that claims a handle brought a proof that could not be compared with the log yet."""
        with self._store.reading():
            return bool(carried.waits(self._look(), handle))

    def on_log(self, handle: str, shown: Day, now: int) -> tuple[ChangeSet, bool]:
        """The handle's directory has shown its log's newest day: settle claims by the proofs that they came
        with. Also returns whether that settled any; proofs that do not hold are dropped.
        """
        with self.step(now, chosen=False) as step:
            settled = [automatic.carried_proof(step, account, shown) for account in carried.waits(step, handle)]
            return step.changes(), any(settled)

    def on_way(self, relay: str, now: int, *, connected: bool) -> ChangeSet:
        """A relay was connected, or became unreachable."""
        before = self._down, self._up
        self._down = self._down - {relay} if connected else self._down | {relay}
        self._up = self._up | {relay} if connected else self._up - {relay}
        if (self._down, self._up) == before:
            return NOTHING
        with self.step(now, chosen=False) as step:
            search.reached(step, relay)
        return step.changes()

    def take_scouts(self) -> list[Scout]:
        """The reads at other relays that are wanted now; one that is not made is wanted again later."""
        scouts, self._scouts = self._scouts, []
        return scouts

    def on_scouted(self, scout: Scout, answer: Frames, now: int) -> tuple[ChangeSet, AfterScout]:
        """A read at another relay got ``answer``. Also returns what to do there next."""
        with self.step(now, scout.room, chosen=False) as step:
            following = search.take(step, scout, answer)
        return step.changes(), following

    # -- what is wanted -------------------------------------------------------------------------------------------

    def rooms(self) -> list[bytes]:
        with self._store.reading():
            return self._store.rooms()

    def read_for(self) -> list[ReadFor]:
        """What boxes are read for: the inbox, rooms, and replies while an answer to a contact request is due."""
        with self._store.reading():
            waits = reply_boxes.followed(self._look())
            return [INBOX, *self._store.rooms(), *([REPLIES] if waits else [])]

    def reads(self, of: ReadFor) -> tuple[ReadRequest, ...]:
        """The reads to keep outstanding for a room, the inbox or replies."""
        if of is INBOX:
            return inbox_reads(self._inbox())
        with self._store.reading():
            if of is REPLIES:
                return reply_reads(self._look())
            data = self._store.load_room(of)
            room = acquaintance.attended(self._look(), decode_state(data) if data else None)
        join = self._joins.get(of)
        return (*(room_reads(room) if room else ()), *([join_read(join)] if join else ()))

    def former_inboxes(self) -> list[ReadRequest]:
        """The inbox at relays that the account has left, to be read occasionally."""
        state = self._inbox()
        return [ReadRequest(at.relay, state.box, at.position, old=True) for at in state.former] if state else []

    def _inbox(self) -> inbox_state.InboxState | None:
        with self._store.reading():
            return inbox_state.load(self._look())

    def _look(self, now: int = 0, **about: Any) -> Step:  # noqa: ANN401 - fields of `Step`
        """A step for reading only; it is not saved."""
        return Step(self._store, self._mls, self.local, self._rng, self._timing, now, **about)

    def due(self, now: int) -> list[OutboxItem]:
        """Outbox items to send now, in order. Only the first item of a queue (`queue_of`) may be in flight."""
        with self._store.reading():
            return self._store.outbox(now)

    def chunk_requests(self, now: int) -> list[ChunkRequest]:
        with self._store.reading():
            return [ChunkRequest(c.relay, c.digest) for c in blobs.wanted_chunks(self._look(now)) if c.next_at <= now]

    def lookups(self, now: int) -> list[str]:
        """Handles whose cards we need, to write to their inboxes or to check a claimed identity."""
        with self._store.reading():
            step = self._look(now)
            return sorted(inbox_sending.wanted_handles(step) | set(claims.due(step)))

    def wake_at(self) -> int | None:
        """When to call `tick`, in ms, if nothing happens earlier."""
        with self._store.reading():
            step = self._look()
            joins = (join.deadline for join in self._joins.values())
            times = [*self._wake.values(), *joins, *filter(None, [self._inbox_wake])]
            times += [chunk.next_at for chunk in blobs.wanted_chunks(step) if chunk.relay not in self._down]
            times += [item.next_at for item in inbox_sending.unsent(step)]
            later = (outbox.next_due(self._store, self._down), timers.next_due(step), claims.next_due(step))
        return min([*times, *(time for time in later if time is not None)], default=None)


def _rooms_of(item: OutboxItem) -> frozenset[bytes]:
    room = room_of(item.target)
    return frozenset({room}) if room is not None else frozenset()

"""One step of a device: everything the core does about one thing that happened, in one transaction.

A step takes the time and its randomness as arguments. It loads a room at the first request for it and saves all rooms
together at the end. The shell afterwards reads from the store what the network has to do (`core.read_requests`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

from nullabona.client.core.model.change_set import ChangeSet
from nullabona.client.core.model.errors import NoSuchRoom
from nullabona.client.core.model.facts.base import Logged
from nullabona.client.core.model.facts.messages import PassingFact
from nullabona.client.core.model.facts.signals import ReplyBoxesChanged, SignalFact
from nullabona.client.core.model.facts.union import Fact, encode_fact
from nullabona.client.core.model.mls_port import Group, Mls
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.requests import REPLIES, ReadFor, RoomAnswer, Scout
from nullabona.client.core.model.state import RoomState, decode_state, encode_state
from nullabona.wire.handle import parse_handle

DAY_MS: Final = 86_400_000


def way_key(room: bytes) -> str:
    """The store key of the ticket that `core.sync.former_rooms` keeps for a room."""
    return f"kept-ticket:{room.hex()}"


class Randomness(Protocol):
    """Where randomness comes from; an argument, so that a schedule can be replayed."""

    def bytes(self, count: int) -> bytes: ...
    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        ...


@dataclass(frozen=True, slots=True)
class Timing:
    """Delays of the protocol, in ms (spec/room.md, "Times"). Tests shorten them; people do not."""

    settle: int = 30_000
    """After a box was found re-created: how long to wait for settled commits before deciding."""
    reread: int = 60_000
    """After the relay lost a box: how long we wait to read it again before we put anything back."""
    put_back_any: int = 60_000
    """We put back another member's missing frame within this time."""
    receipt: int = 2_000
    """A receipt is sent within this time, more in large rooms: of what was read after a pause, or changed the room."""
    receipt_unread: int = 900_000
    """Mean time until a receipt of what came and was not read, if nothing is sent before."""
    overslept: int = 120_000
    """A receipt that nobody waits for and that is overdue by more than this is sent within this time."""
    reply: int = 25_000
    """While a person talks, a receipt of what they read waits this long for their reply, and up to as long again."""
    pause: int = 600_000
    """A person who has read and written nothing in a room for this long does not talk there any more."""
    blob: int = 60_000
    """How long we wait for a commit's blobs before we skip the commit."""
    silence: int = 14_400_000
    """After the current box was lost: if no other device shows up in it for this long, we ask for a ticket."""
    announcement: int = 600_000
    """After a commit: when we announce it as settled if some device has not shown up yet; doubles."""
    retry: int = 2_000
    """First delay of a retry; doubles up to `retry_most`."""
    retry_most: int = 900_000
    commit_spread: int = 1_500
    """We retry a commit that lost within this time."""
    invite: int = 3_600_000
    """We send an unanswered invitation again after this time; doubles."""
    claim: int = 600_000
    """We ask the public record about the sender of a contact request within this time."""
    card: int = DAY_MS
    """We hand a new card of ours to each contact within this time after its proof came."""
    link_answer: int = 600_000
    """After this time we tell a person who follows a link into a group that nobody has answered."""
    ticket: int = 20_000
    """How long to wait for a ticket before asking the next helper; doubles."""
    lighten: int = DAY_MS
    """We trim what every device acknowledged in the current box within this time, if it is our turn."""
    trim: int = 120_000
    """We trim a closed box within this time once every device has acknowledged it."""
    scout: int = 10_000
    """If a room's relay is unreachable, we search other relays within this time; then less and less often."""
    scout_cards: int = 10_000
    """After this time we also look up the cards of the members who may move the room."""
    joining: int = 5_000
    """Time between two reads of a box whose wake token we do not know, because our entry is not confirmed yet."""
    apart: int = 60_000
    """Mean time between two reads of a box on an unlinked connection, if the relay sends no activity digests."""
    active: int = 150
    """Mean time until an unlinked read of a box that was active."""
    behind: int = 5_000
    """The same for a box that may have been active while this device was away."""
    unsure: int = 600_000
    """The same for a box that may have been active, because digests omitted activity."""
    calm: int = 1_800_000
    """The same for a box that was not active."""
    calm_old: int = 14_400_000
    """The same if its epoch is over or we are not in the room: announcements and frames put back there wake us."""
    update: int = 7 * DAY_MS
    """A device renews its keys in a room at least this often."""


@dataclass(frozen=True, slots=True)
class LocalDevice:
    """The account and the keys of this device."""

    account: bytes
    device: bytes
    handle: str
    signature_key: bytes
    relay: str

    @property
    def host(self) -> str:
        """The host of the account's directory."""
        return parse_handle(self.handle).authority


@dataclass(slots=True)
class Step:
    """What one step works with. `Engine` makes it and never keeps it."""

    store: Store
    mls: Mls
    local: LocalDevice
    rng: Randomness
    timing: Timing
    now: int
    _rooms: dict[bytes, RoomState] = field(default_factory=dict)
    _loaded: dict[bytes, bytes] = field(default_factory=dict)
    _rosters: dict[bytes, dict[int, Device]] = field(default_factory=dict)
    down: frozenset[str] = frozenset()
    """Relays that are unreachable."""
    up: frozenset[str] = frozenset()
    """Relays that are connected. We know nothing yet about relays in neither set."""
    scouts: list[Scout] = field(default_factory=list)
    """Reads at other relays that this step asks for."""
    answers: list[RoomAnswer] = field(default_factory=list)
    """Answers to our questions that this step found in boxes of rooms: they are acted on like items of the inbox."""
    chosen: bool = True
    """The person caused this step; False if something received, or time, did."""
    told: list[Fact] = field(default_factory=list)
    """The facts of this step, in order."""
    unlogged: list[SignalFact | PassingFact] = field(default_factory=list)
    """Those of `told` that the log does not keep."""

    @property
    def touched(self) -> frozenset[bytes]:
        """The rooms this step looked at."""
        return frozenset(self._rooms)

    def changes(self, *rooms: bytes) -> ChangeSet:
        """What the shell must look at again: ``rooms``, and what this step looked at."""
        return ChangeSet(self.touched | frozenset(rooms) | self._replies())

    def changes_in(self, room: bytes) -> ChangeSet:
        """The same for a step about one room, whatever other rooms it looked at."""
        return ChangeSet(frozenset({room}) | self._replies())

    def _replies(self) -> frozenset[ReadFor]:
        return frozenset({REPLIES}) if ReplyBoxesChanged() in self.unlogged else frozenset()

    @property
    def day(self) -> int:
        return self.now // DAY_MS

    def room(self, room: bytes) -> RoomState:
        """Raises `NoSuchRoom`."""
        found = self.find_room(room)
        if found is None:
            raise NoSuchRoom("this profile has no such room")
        return found

    def find_room(self, room: bytes) -> RoomState | None:
        if room not in self._rooms:
            data = self.store.load_room(room)
            if data is None:
                return None
            self._loaded[room] = data
            self._rooms[room] = decode_state(data)
        return self._rooms[room]

    def loaded(self, room: bytes) -> RoomState | None:
        """The room, if this step loaded it and it still exists."""
        return self._rooms.get(room)

    def add_room(self, state: RoomState) -> None:
        """Add a room, or replace its state."""
        self._rooms[state.id] = state
        self._loaded.pop(state.id, None)

    def forget_room(self, room: bytes) -> None:
        known = self._rooms.pop(room, None)
        for track in known.boxes if known is not None else []:
            self.store.drop_box(track.keys.box.address)
        self._rosters.pop(room, None)
        self.store.delete_room(room)
        self.forget_way(room)

    def forget_way(self, room: bytes) -> None:
        """Delete the ticket that was kept for a room, so that it lets nobody in (`core.sync.former_rooms`)."""
        self.store.delete_value(way_key(room))

    def group(self, room: RoomState) -> Group:
        return self.mls.group(room.id)

    def roster(self, room: bytes) -> dict[int, Device]:
        """The room's current devices by leaf."""
        if room not in self._rosters:
            self._rosters[room] = {device.leaf: device for device in self.store.devices(room)}
        return self._rosters[room]

    def roster_changed(self, room: bytes) -> None:
        self._rosters.pop(room, None)

    def others(self, room: RoomState, epoch: int) -> list[Device]:
        """Devices other than this one that are in the room now and already were in ``epoch``."""
        return [
            device
            for device in self.roster(room.id).values()
            if device.device != self.local.device and device.since <= epoch
        ]

    def tell(self, fact: Fact) -> None:
        """Add a fact to `told`, which later parts of the step look at; listeners get it if it is logged."""
        self.told.append(fact)
        match fact:
            case Logged():
                self.store.log_event(fact.kind, fact.room, encode_fact(fact))
            case _:
                self.unlogged.append(fact)

    def due(self, at: int | None) -> bool:
        """Whether something was to be done by now; None: it is not to be done."""
        return at is not None and at <= self.now

    def before(self, until: int | None) -> bool:
        """Whether that time is still to come."""
        return until is not None and self.now < until

    def over(self, at: int | None, span: int) -> bool:
        """Whether ``span`` ms have passed since then; None: it never was."""
        return at is None or self.now >= at + span

    def within(self, most: int) -> int:
        """A time at most ``most`` ms from now, at random."""
        return self.now + self.rng.between(0, max(most, 0))

    def save(self) -> None:
        """Write every room that changed."""
        for room, state in self._rooms.items():
            data = encode_state(state)
            if data != self._loaded.get(room):
                self.store.save_room(room, data)
                self._loaded[room] = data

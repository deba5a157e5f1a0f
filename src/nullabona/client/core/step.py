"""One step of a device: everything the core does about one thing that happened, in one transaction.

A step knows the time and draws randomness only from what it was given. Rooms are loaded when first asked for and saved
together at the end; whatever the network must do is found in the store afterwards (`core.read_requests`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec

from nullabona.client.core.model.errors import NoSuchRoom
from nullabona.client.core.model.mls_port import Group, Mls
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import Device, Progress, Writing
from nullabona.client.core.model.requests import Scout
from nullabona.client.core.model.state import RoomState, decode_state, encode_state

DAY_MS: Final = 86_400_000


def way_key(room: bytes) -> str:
    """Where `core.sync.former_rooms` has what it keeps of a room."""
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
    put_back_any: int = 60_000
    """Within this time somebody else's missing frame is put back."""
    receipt: int = 2_000
    """A receipt is sent within this time, more in large rooms."""
    blob: int = 60_000
    """How long a commit waits for its blobs before it is passed over."""
    silence: int = 14_400_000
    """After the current box was lost: how long nobody else may show up in it before a ticket is asked for."""
    announcement: int = 600_000
    """After a commit: when to put it back as settled if some device has not shown up yet; doubles."""
    retry: int = 2_000
    """First delay of a retry; doubles up to `retry_most`."""
    retry_most: int = 900_000
    commit_spread: int = 1_500
    """A commit that lost is tried again within this time."""
    invite: int = 3_600_000
    """An invitation nobody answered is sent again after this time; doubles."""
    claim: int = 600_000
    """Within this time the record is asked about somebody who asks to talk."""
    link_answer: int = 600_000
    """Who follows a link into a group is told after this time that nobody has answered."""
    ticket: int = 20_000
    """How long to wait for a ticket before asking the next helper; doubles."""
    trim: int = 120_000
    """A closed box that everybody acknowledged is trimmed within this time."""
    scout: int = 10_000
    """A room whose relay is out of reach is looked for elsewhere within this time; then ever less often."""
    scout_cards: int = 10_000
    """After so long the cards of those who may move it are looked up, too."""
    joining: int = 5_000
    """Between two reads of a box whose wake token we do not know yet, as our entry into its room is not confirmed."""
    apart: int = 60_000
    """Between two reads of one box, on average, if it is read apart and the relay sends no activity digests."""
    active: int = 300
    """A box that is read apart and was active is read after this time, on average."""
    behind: int = 5_000
    """The same for a box that may have been active while this device was away."""
    unsure: int = 600_000
    """The same for a box that may have been active, as digests omitted activity."""
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


@dataclass(slots=True)
class Step:
    """What one step works with. Made by `Engine`; never kept."""

    store: Store
    mls: Mls
    me: LocalDevice
    rng: Randomness
    timing: Timing
    now: int
    _rooms: dict[bytes, RoomState] = field(default_factory=dict)
    _loaded: dict[bytes, bytes] = field(default_factory=dict)
    _rosters: dict[bytes, dict[int, Device]] = field(default_factory=dict)
    mutual: list[bytes] = field(default_factory=list)
    """Accounts that asked us while we were asking them."""
    vouched: list[bytes] = field(default_factory=list)
    """Accounts that asked us with a link that we gave out."""
    left: list[bytes] = field(default_factory=list)
    """Accounts with which we were in a room of two that we are out of now."""
    trusted: list[bytes] = field(default_factory=list)
    """Accounts that we asked or accepted, here or on another device: their invitations need no asking any more."""
    wished: list[bytes] = field(default_factory=list)
    """Groups into which we follow a link."""
    returned: list[bytes] = field(default_factory=list)
    """Accounts that asked us again, whom we had accepted."""
    progress: dict[tuple[bytes, bytes], Progress] = field(default_factory=dict)
    """The newest word about each file, by room and message, for whoever watches."""

    writing: list[Writing] = field(default_factory=list)
    """Who has begun or stopped writing, for whoever watches."""
    copies: set[bytes] = field(default_factory=set)
    """Rooms in which this device's own leaf has said what this profile knows nothing of: it is an old copy."""
    down: frozenset[str] = frozenset()
    """Relays that are out of reach."""
    up: frozenset[str] = frozenset()
    """Relays that are connected. Of the others nothing is known yet."""
    scouts: list[Scout] = field(default_factory=list)
    """Looks at other relays that this step wants."""
    relay_left: str = ""
    """The account's own relay until this step."""
    chosen: bool = True
    """What is done is the person's doing; not so what follows from what came, or from time."""
    ended: bool = False
    """The account is deleted, another of its devices says: this one is out when the step is over."""
    others_inbox: bool = False
    """Another device of the account told how far it has come in the inbox."""
    reads_changed: set[bytes] = field(default_factory=set)
    """What is read beside rooms and has changed (`core.delivery.reply_boxes.REPLIES`)."""
    heard: bool = False
    """This step takes over what another device of the account chose, which is not told back."""
    told: list[tuple[str, bytes, dict[str, Any]]] = field(default_factory=list)
    """What this step told listeners."""

    @property
    def touched(self) -> frozenset[bytes]:
        """The rooms this step looked at, and `reads_changed`."""
        return frozenset(self._rooms) | self.reads_changed

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
        """Begin with a room, or replace what was known of it."""
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
        """Nobody is to come into a room any more by what was kept of it (`core.sync.former_rooms`)."""
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
        """Devices other than ours that are in the room now and already were in ``epoch``."""
        return [
            device
            for device in self.roster(room.id).values()
            if device.device != self.me.device and device.since <= epoch
        ]

    def event(self, kind: str, room: bytes = b"", **data: Any) -> None:  # noqa: ANN401 — whatever MessagePack knows
        """Tell listeners; kept until they have handled it."""
        self.told.append((kind, room, data))
        self.store.log_event(kind, room, msgspec.msgpack.encode(data))

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

"""The state of one room on one device: values only, saved whole after every step that changed it (spec/room.md §8)."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta, field

from nullabona.client.core.model.branches import CompetingBranch, Helper, Rejoin, Tries
from nullabona.client.core.model.proofs import MoveOrder, RemovalOrder, Ruling
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.room_info import RoomInfo
from nullabona.errors import Bug
from nullabona.wire.address import Address, EpochKeys, epoch_keys
from nullabona.wire.wakes import WakeToken, wake_token

JOINED = "joined"
REMOVED = "removed"
LEFT = "left"
REJOINING = "away"
"""In the room as far as this device remembers, but without its keys: it asks a member for a ticket."""

FORMER_MOST = 64


class CommitCandidate(msgspec.Struct, array_like=True):
    """A commit that lies in the current box and may win: decided when the box has been read to ``head``."""

    seq: int
    frame: bytes
    settled: bool
    give_up_at: int = 0
    """When to stop waiting for its blobs (ms; 0: not waiting)."""


# Kept as maps: the names on the right are in every profile.
_TRACK_NAMES: Final = {"competing": "rival", "announce_at": "beacon_at", "announcements": "beacons"}
_ROOM_NAMES: Final = {"rejoin": "heal", "owed": "stranded", "unreachable_at": "astray_at"}


class BoxTrack(msgspec.Struct, rename=_TRACK_NAMES):
    """Where this device stands in one epoch's box. Times in ms; 0 means "not set"."""

    epoch: int
    secret: bytes
    incarnation: bytes = b""
    generation: int = 0
    """How often this device saw the relay lose the box."""
    position: int = 0
    chain: bytes = b""
    head: int = 0
    """The head that the last read from ``position`` told of, or a higher one that another told of since."""
    look_until: int = 0
    """Others may be in a later epoch already: no commit is made before this time, or before the box was read."""
    missing: list[int] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    deferred: dict[int, bytes] = field(default_factory=dict)
    """seq → hash of message frames that wait for blobs; nothing from the first of them on is acknowledged."""
    expected: dict[int, bytes] = field(default_factory=dict)
    """seq that the relay said an own frame has → the frame's hash, until it is read back there."""
    candidates: list[CommitCandidate] = field(default_factory=list)
    decide_at: int = 0
    """Read up to this seq before deciding between candidates."""
    settle_until: int = 0
    """Order may have been lost: decide nothing before this time."""
    winner: bytes = b""
    """Hash of the commit that ended this epoch for us; empty while the epoch is current."""
    winner_removed: list[bytes] = field(default_factory=list)
    winner_seq: int = 0
    winner_frame: bytes = b""
    left_at: int = 0
    competing: CompetingBranch | None = None
    """The best branch that must come to ours, in case nobody of ours is left."""
    settled_seen: bool = False
    """Our winner lies in this incarnation as a settled commit."""
    announce_at: int = 0
    announcements: int = 0
    announced: bool = False
    """Our winner was announced, by us or another device, since we last thought of doing so."""
    put_back_own_at: int = 0
    put_back_any_at: int = 0
    trim_at: int = 0
    trimmed: bool = False
    """Nobody who is in the room needs the box; it is followed for those who were removed since."""
    answer_at: int = 0
    """When to tell whoever was removed since, and does not know it, which branch we are on."""
    asked_at: int = 0
    """When we last followed the claim of somebody who was removed since."""
    tags: list[bytes] = field(default_factory=list)
    """Of the commits that this device made in the epoch: see `CommitNote`."""
    silence_at: int = 0
    """After a loss: when somebody else must have shown up in the new box, or we ask where the room is."""
    confirm_at: int = 0
    """When a frame the relay took must have been read back, or is put there again."""
    diverged: bool = False
    acked: int = 0
    """Every other device acknowledged up to this seq."""
    check_acks: bool = False
    told: int = -1
    """The seq of our view that we last told the room."""
    doubts: int = 0
    """Receipts since a message came whose reason was that something was gone or said nothing to us."""
    start: int = 0
    """Chain comparisons begin above this seq (a gap lies at or below it)."""
    relay: str = ""
    """Which relay keeps the box."""
    moves: int = 0
    """`RoomInfo.moves` of the epoch: a move order with a higher number brings the box elsewhere."""
    left: list[str] = field(default_factory=list)
    """The relays that kept it before, newest last."""
    order_seen: bool = False
    """The move order that brought it here lies in this incarnation."""
    insist_until: int = 0
    """Until when our own commit is waited for that others' are passed over for."""
    behind: list[bytes] = field(default_factory=list)
    """Hashes of move orders that lie behind a commit which is not decided yet."""
    leaf: int = -1
    """Our leaf in the epoch; -1 if it is not remembered."""
    leaves: int = 0
    """One more than the highest leaf of the epoch: how many wake tokens its box has. 0 if it is not remembered."""

    @property
    def keys(self) -> EpochKeys:
        return epoch_keys(self.secret)

    @property
    def wake_token(self) -> WakeToken | None:
        """What this device waits for instead of reading the box all the time."""
        return wake_token(self.keys.wake_secret, self.leaf) if self.leaf >= 0 else None

    @property
    def wake(self) -> tuple[bytes, int] | None:
        """What an append to the box wakes."""
        return (self.keys.wake_secret, self.leaves) if self.leaves else None

    @property
    def closed(self) -> bool:
        return bool(self.winner)

    @property
    def undecided(self) -> bool:
        """Whether this device knows of frames that it has not read, or of commits none of which is chosen yet."""
        return bool(self.candidates) or self.position < self.head

    @property
    def read_so_far(self) -> bool:
        """Whether the box was read as far as it must be to choose between candidates."""
        return self.position >= min(self.decide_at, self.head or self.decide_at)

    @property
    def acknowledged(self) -> int:
        """The seq up to which this device has durably processed the box."""
        return min(self.deferred) - 1 if self.deferred else self.position

    def __repr__(self) -> str:
        return f"<BoxTrack epoch={self.epoch} position={self.position} closed={self.closed}>"


class AddAccount(msgspec.Struct, array_like=True, tag=1, frozen=True):
    """Add devices of an account, by the key packages of its card."""

    account: bytes
    handle: str
    key_packages: tuple[bytes, ...]
    inbox: bytes
    """The account's encoded `Inbox`, where its invitation goes."""
    reply: bytes = b""
    """The secret of the box in which it waits for it instead (`core.delivery.reply_boxes`), or empty."""

    def __repr__(self) -> str:
        return f"<AddAccount {self.handle}>"


class RemoveAccount(msgspec.Struct, array_like=True, tag=2, frozen=True):
    """Remove every device of an account, by our own right or by an order."""

    account: bytes
    order: RemovalOrder | None = None


class SetInfo(msgspec.Struct, array_like=True, tag=3, frozen=True):
    """Change the name and the timer (if not None), appoint or dismiss admins."""

    name: str | None = None
    appoint: tuple[bytes, ...] = ()
    dismiss: tuple[bytes, ...] = ()
    timer_s: int | None = None


class RemoveDevice(msgspec.Struct, array_like=True, tag=5, frozen=True):
    """Remove one device of our own account."""

    device: bytes


class UpdateKeys(msgspec.Struct, array_like=True, tag=4, frozen=True):
    """Renew our leaf's keys: what an attacker copied before is worth nothing afterwards."""


class NoteMove(msgspec.Struct, array_like=True, tag=6, frozen=True):
    """Write the relay that the newest move order names into the room info, for those who come later."""


Intent: TypeAlias = AddAccount | RemoveAccount | RemoveDevice | SetInfo | UpdateKeys | NoteMove


class PendingCommit(msgspec.Struct, array_like=True):
    """An own commit that is staged in MLS and lies in the outbox or the box."""

    commit: bytes
    """SHA-256 of the MLS bytes."""
    frame: bytes
    intents: list[Intent]
    removed: list[bytes]
    orders: list[RemovalOrder]
    invites: bool
    ruling: Ruling | None = None


class Merged(msgspec.Struct, array_like=True):
    """One commit of this branch's history: what a fork is judged by and what must be redone elsewhere."""

    epoch: int
    """The epoch it ended."""
    commit: bytes
    removed: list[bytes]
    orders: list[RemovalOrder]
    mine: list[Intent]
    revoked: bool = False
    """It removed a device of an account that is still in."""
    was: RoomInfo | None = None
    """The room info before, if it is a commit of ours that changed it."""
    changed: list[bytes] = field(default_factory=list)
    """Accounts that came or went by it, if it is a commit of ours."""


class Invite(msgspec.Struct, array_like=True):
    """An invitation that its devices have not shown up for yet; sent again with back-off."""

    account: bytes
    devices: list[bytes]
    inbox: bytes
    item: bytes
    """The encoded invitation, so that a repeat is recognised as one."""
    next_at: int
    attempts: int = 0
    reply: bytes = b""
    """Where it is put the first time, if not into the inbox: see `AddAccount.reply`."""
    handed: bool = False
    """Whether it went by the room of two with the account, as it is now."""

    def __repr__(self) -> str:
        return f"<Invite attempts={self.attempts}>"


class Tended(msgspec.Struct, array_like=True):
    """How often this device brought a device of its account into the room or out of it, and when that was last."""

    times: int
    last: int


class RoomState(msgspec.Struct, rename=_ROOM_NAMES):
    """Everything but messages, frames, views and devices, which are rows."""

    id: bytes
    info: RoomInfo
    phase: str
    boxes: list[BoxTrack]
    history: list[Merged] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    pending: PendingCommit | None = None
    rejoin: Rejoin | None = None
    invites_at: int = 0
    """When the first unanswered invitation is due again."""
    receipt_at: int = 0
    update_at: int = 0
    commit_at: int = 0
    """Not before this time may we stage the next commit (spreads races)."""
    read_upto: Annotated[bytes, Meta(max_length=16)] = b""
    """Id of the newest message our account has read; told with the next message."""
    marker_told: bytes = b""
    redo: list[bytes] = field(default_factory=list)
    """Accounts that the branch we left had removed, as long as we want them removed here too: nothing is sent."""
    former: dict[str, Helper] = field(default_factory=dict)
    """signature key (hex) of a device that was removed → whose it is; the newest `FORMER_MOST`."""
    doubted: dict[str, int] = field(default_factory=dict)
    """account (hex) whose claim of another branch led to none → until when the next is not followed, in ms."""
    tries: dict[str, Tries] = field(default_factory=dict)
    """account (hex) → the questions that its claims of other branches have cost (`core.group.evidence`)."""
    vain: Tries = Tries()
    """The questions that all such claims have cost since one of them proved true."""
    beaten: int = 0
    """How many commits that removed nobody came first since we want somebody out."""
    walked: Tries = Tries()
    """How many epochs we went through without a pause."""
    rulings: list[bytes] = field(default_factory=list)
    """What admins have made of the room, encoded, newest last (`core.group.rulings`)."""
    went: list[RemovalOrder] = field(default_factory=list)
    """By which orders accounts went since the newest ruling."""
    led_by: bytes = b""
    """The account whose word alone brought us to this branch."""
    led_at: int = 0
    """When to ask somebody else whether it is the room's; 0: that is known."""
    let_in_by: bytes = b""
    """The account whose invitation, or word for what the room is, brought us into it."""
    told_by: bytes = b""
    """The account that told us what the room is, of which we remember nothing ourselves, until we are in."""
    as_of: int | None = None
    """Since such a one led us here: the epoch up to which we knew the room before; None: from when our leaf came on."""
    profile_at: int = 0
    """When to tell the room what our account is called."""
    profile_late: bool = False
    """Accounts came in that were not told yet."""
    sync_at: int = 0
    """Of the room our account's devices share: when to tell the others what changed here."""
    tend_at: int = 0
    """When to see to it that all our account's devices, and only they, are in."""
    tended: dict[str, Tended] = field(default_factory=dict)
    """device (hex) of our account → how often it was seen to so."""
    unfollowed: list[int] = field(default_factory=list)
    """When we asked because of a commit that we cannot follow, in ms, within a day (`core.group.unfollowed`)."""
    moved_on: int = 0
    """The day on which we last began an epoch because somebody could not read what we said."""
    typing_at: int = 0
    """When we last told that we were writing."""
    owed: dict[str, list[bytes]] = field(default_factory=dict)
    """device (hex) that a fork left outside → our messages it has not acknowledged; sent again when it is back."""
    unmatched_markers: dict[str, bytes] = field(default_factory=dict)
    """account (hex) → a marker that names a message we do not have yet."""
    order: MoveOrder | None = None
    """The move order that holds, of those we have heard of."""
    note_at: int = 0
    """When to write it into the room info, if nobody has."""
    scout_at: int = 0
    """When to look for the room at other relays next; 0: there is no reason to."""
    scout_since: int = 0
    scout_turn: int = 0
    unreachable_at: int = 0
    """When to ask members where the room is, if it was found nowhere."""

    def __post_init__(self) -> None:
        """What an earlier version stored does not say where a box is: rooms did not move, so the room info does."""
        for track in self.boxes:
            track.relay = track.relay or self.info.relay

    @property
    def current(self) -> BoxTrack:
        return self.boxes[-1]

    @property
    def epoch(self) -> int:
        return self.boxes[-1].epoch

    @property
    def relay(self) -> str:
        """The relay that keeps what is put into the room now."""
        return self.boxes[-1].relay if self.boxes else self.info.relay

    @property
    def puts_out(self) -> bool:
        """Whether somebody is to go. That waits for no other branch: who is to go may have told us of it."""
        return any(isinstance(intent, RemoveAccount | RemoveDevice) for intent in self.intents)

    def track_at(self, address: Address) -> BoxTrack | None:
        return next((track for track in self.boxes if track.keys.box.address == address), None)

    def __repr__(self) -> str:
        return f"<RoomState {self.phase} epoch={self.epoch if self.boxes else None}>"


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(RoomState)


def encode_state(state: RoomState) -> bytes:
    return _encoder.encode(state)


def decode_state(data: bytes) -> RoomState:
    """Raises `Bug`: the store is authenticated, so bytes that do not decode are our own fault."""
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError:
        raise Bug("a stored room does not decode") from None


def helpers_of(members: list[Device]) -> list[Helper]:
    """One for each account."""
    return [Helper(account, handle) for account, handle in {m.account: m.handle for m in members}.items()]

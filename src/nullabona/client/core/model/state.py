"""The state of one room on one device: values only, saved whole after every step that changed it (spec/room.md §8)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, field

from nullabona.client.core.model.branches import CompetingBranch, HeldRequest, Helper, KnownUpTo, Rejoin, Tries
from nullabona.client.core.model.gaps import Gap, Given
from nullabona.client.core.model.intents import Intent, RemoveAccount, RemoveDevice
from nullabona.client.core.model.proofs import FormerKey, MoveOrder, RemovalOrder, Ruling
from nullabona.client.core.model.room_info import RoomInfo
from nullabona.errors import Bug
from nullabona.wire.address import Address, EpochKeys, epoch_keys
from nullabona.wire.wakes import WakeToken, wake_token

JOINED = "joined"
REMOVED = "removed"
LEFT = "left"
REJOINING = "away"
"""This device remembers being in the room but has no keys for it: it asks a member for a ticket."""


class CommitCandidate(msgspec.Struct, array_like=True):
    """A commit in the current box that may win. We decide once we have read the box to ``head``."""

    seq: int
    frame: bytes
    settled: bool
    give_up_at: int | None = None
    """When to stop waiting for its blobs (ms); None: not waiting yet."""


class Winner(msgspec.Struct, array_like=True, frozen=True):
    """The commit (SHA-256 of the MLS bytes) that ended an epoch, and the accounts it removed."""

    commit: bytes
    removed: tuple[bytes, ...] = ()


class BoxTrack(msgspec.Struct):
    """How far this device is in one epoch's box. Times in ms; None: nothing is due."""

    epoch: int
    secret: bytes
    incarnation: bytes = b""
    generation: int = 0
    """How often this device saw the relay lose the box."""
    position: int = 0
    chain: bytes = b""
    head: int = 0
    """The head that the last read from ``position`` reported, or a higher one that another read reported since."""
    look_until: int | None = None
    """Others may already be in a later epoch: make no commit before this time or until the box was read."""
    missing: list[int] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    deferred: dict[int, bytes] = field(default_factory=dict)
    """seq → hash of message frames that wait for blobs; we acknowledge nothing from the first of them on."""
    expected: dict[int, bytes] = field(default_factory=dict)
    """seq that the relay reported for an own frame → the frame's hash, until we read it back there."""
    candidates: list[CommitCandidate] = field(default_factory=list)
    decide_at: int | None = None
    """Read up to this seq before deciding between candidates."""
    settle_until: int | None = None
    """The relay may have lost the order of frames: decide nothing before this time."""
    winner: Winner | None = None
    """The commit that ended this epoch for us; None while the epoch is current."""
    left_at: int | None = None
    """When this device went on to the next epoch, or out of the room."""
    competing: CompetingBranch | None = None
    """The best branch that must come to ours; we go there if nobody else is on ours."""
    settled_seen: bool = False
    """This incarnation of the box contains our winner as a settled commit."""
    announce_at: int | None = None
    announcements: int = 0
    announced: bool = False
    """We or another device announced our winner since our last announcement was due."""
    put_back_own_at: int | None = None
    put_back_any_at: int | None = None
    reread_until: int | None = None
    """After a loss: nothing goes back before the box was read again to its head, or this time."""
    read_before: int = 0
    """The seq up to which we had read the box when it was lost."""
    lighten_at: int | None = None
    """While the epoch is current: when to trim what every device has acknowledged."""
    lightened: int = 0
    """The seq up to which this device trimmed the box while its epoch was current."""
    trim_at: int | None = None
    trimmed: bool = False
    """No member needs the box any more; we follow it for accounts that were removed since."""
    answer_at: int | None = None
    """When to announce our branch to accounts that were removed since and may not know it."""
    asked_at: int | None = None
    """When we last asked for a ticket because of this box."""
    tags: list[bytes] = field(default_factory=list)
    """Tags of the commits that this device made in the epoch: see `CommitNote`."""
    silence_at: int | None = None
    """After a loss: if no other device has shown up in the new box by then, we ask where the room is."""
    confirm_at: int | None = None
    """When to append a frame again that the relay accepted, unless we have read it back by then."""
    diverged: bool = False
    acked: int = 0
    """Every other device acknowledged up to this seq."""
    check_acks: bool = False
    told: int | None = None
    """The seq of the view that we last sent to the room; None: it has none of this incarnation of the box."""
    doubts: int = 0
    """Receipts since the last message that we sent because a frame was gone or we could not decrypt it."""
    start: int = 0
    """Chain comparisons begin above this seq, because there is a gap at or below it."""
    relay: str = ""
    """Which relay keeps the box."""
    moves: int = 0
    """`RoomInfo.moves` of the epoch: a move order with a higher number moves the box to another relay."""
    left: list[str] = field(default_factory=list)
    """The relays that kept it before, newest last."""
    order_seen: bool = False
    """This incarnation of the box contains the move order that brought it here."""
    insist_until: int | None = None
    """Until when we skip other commits in favour of our own removal."""
    behind: list[bytes] = field(default_factory=list)
    """Hashes of move orders that follow a commit which is not decided yet."""
    leaf: int = 0
    """Our leaf in the epoch."""
    leaves: int = 1
    """The highest leaf of the epoch plus one: the number of wake tokens of its box."""
    unproven_end: bool = False
    """We know the winner only from the history in a ticket, so we do not announce it: it may be a lie."""
    answers: int = 0
    """How often we announced our branch because a member claimed another one."""
    refused: bytes = b""
    """The commit of a better branch that nobody could prove to us: our claims name it, and its people come here."""

    @property
    def keys(self) -> EpochKeys:
        return epoch_keys(self.secret)

    @property
    def wake_token(self) -> WakeToken:
        """The token that this device waits for instead of polling the box."""
        return wake_token(self.keys.wake_secret, self.leaf)

    @property
    def wake(self) -> tuple[bytes, int]:
        """The wake secret and the number of tokens that an append to the box wakes."""
        return self.keys.wake_secret, self.leaves

    @property
    def closed(self) -> bool:
        return self.winner is not None

    @property
    def unsure_until(self) -> int:
        """Before this time we say and commit nothing that the box may prove late; 0: nothing is unsure."""
        return max(self.settle_until or 0, self.look_until or 0)

    @property
    def undecided(self) -> bool:
        """Whether this device knows of unread frames, or of commits among which it has not chosen yet."""
        return bool(self.candidates) or self.position < self.head

    @property
    def read_so_far(self) -> bool:
        """Whether the box was read far enough to choose between candidates."""
        return self.decide_at is None or self.position >= min(self.decide_at, self.head or self.decide_at)

    @property
    def acknowledged(self) -> int:
        """The seq up to which this device has durably processed the box."""
        return min(self.deferred) - 1 if self.deferred else self.position

    def __repr__(self) -> str:
        return f"<BoxTrack epoch={self.epoch} position={self.position} closed={self.closed}>"


class PendingCommit(msgspec.Struct, array_like=True):
    """An own commit that is staged in MLS and is in the outbox or the box."""

    commit: bytes
    """SHA-256 of the MLS bytes."""
    frame: bytes
    intents: list[Intent]
    removed: list[bytes]
    orders: list[RemovalOrder]
    invites: bool
    ruling: Ruling | None = None


class Merged(msgspec.Struct, array_like=True):
    """One commit of this branch's history, to judge forks by and to redo on another branch."""

    epoch: int
    """The epoch it ended."""
    commit: bytes
    removed: list[bytes]
    orders: list[RemovalOrder]
    mine: list[Intent]
    revoked: bool = False
    """It removed a device of an account that is still in the room."""
    was: RoomInfo | None = None
    """The room info before, if our own commit changed it."""
    changed: list[bytes] = field(default_factory=list)
    """Accounts that our own commit added or removed."""


class Invite(msgspec.Struct, array_like=True):
    """An invitation whose devices have not shown up yet; sent again with back-off."""

    account: bytes
    devices: list[bytes]
    inbox: bytes
    item: bytes
    """The encoded invitation, kept so that a repeat has the same bytes."""
    next_at: int
    attempts: int = 0
    reply: bytes = b""
    """The reply box to use instead of the inbox for the first attempts: see `AddAccount.reply`."""
    handed: bool = False
    """Whether we sent this version of it through the room that we share with the account."""
    again_at: int | None = None  # when we last sent it because they asked again

    def __repr__(self) -> str:
        return f"<Invite attempts={self.attempts}>"


class DeviceChanges(msgspec.Struct, array_like=True):
    """How often this device added or removed another device of its account, and when it last did."""

    times: int
    last: int


class Unheard(msgspec.Struct, array_like=True, frozen=True):
    """A device of our account that is in the room and has not shown up there since its leaf was added."""

    since: int
    """The epoch of that leaf."""
    due: int
    """When we do something about it, in ms; 0: we have."""


class RoomState(msgspec.Struct):
    """Everything about a room except messages, frames, views and devices, which are rows."""

    id: bytes
    info: RoomInfo
    phase: str
    boxes: list[BoxTrack]
    history: list[Merged] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    pending: PendingCommit | None = None
    rejoin: Rejoin | None = None
    invites_at: int | None = None
    """When the first unanswered invitation is due again."""
    receipt_at: int | None = None
    talked_at: int | None = None
    """When the person last wrote in this room, or read something new, on this device."""
    receipt_waits: bool = False
    """The receipt that is due at `receipt_at` is one that nobody waits for."""
    update_at: int | None = None
    """When to renew our keys next."""
    commit_at: int = 0
    """We stage no commit before this time, to spread races."""
    read_upto: Annotated[bytes, Meta(max_length=16)] = b""
    """Id of the newest message our account has read; sent with the next message."""
    redo: list[bytes] = field(default_factory=list)
    """Accounts that the branch we left had removed and that we want to remove here too. Until then we send nothing."""
    former: dict[str, Helper] = field(default_factory=dict)
    """signature key (hex) of a device that was removed → whose it is; the newest ones (`core.group.members`)."""
    doubted: dict[str, int] = field(default_factory=dict)
    """account (hex) that led us to an empty branch → until when no claim and no ticket of it counts, in ms."""
    tries: dict[str, Tries] = field(default_factory=dict)
    """account (hex) → ticket requests that its claims of other branches have caused (`core.group.evidence`)."""
    looked_at: int | None = None
    """When we last asked members where they are because of claims that count no more (`core.group.branches`)."""
    vain: Tries = Tries()
    """Ticket requests that all such claims have caused since the last claim that proved true."""
    beaten: int = 0
    """How many commits that removed nobody came before our removal."""
    asked: list[HeldRequest] = field(default_factory=list)
    """Members' ticket requests that wait until we know which branch and epoch we are in (`core.sync.tickets`)."""
    walked: Tries = Tries()
    """How many epochs we went through without a pause."""
    rulings: list[bytes] = field(default_factory=list)
    """The admins' rulings, encoded, newest last (`core.group.rulings`)."""
    went: list[RemovalOrder] = field(default_factory=list)
    """The orders by which accounts were removed since the newest ruling."""
    led_by: bytes = b""
    """The account whose ticket or invitation alone brought us to this branch."""
    led_at: int | None = None
    """When to ask another account whether it is the room's branch; None: no need to ask."""
    let_in_by: bytes = b""
    """The account whose invitation, or whose description of the room, brought us into it."""
    told_by: bytes = b""
    """The account that described the room to us when we remembered nothing of it; empty once we are in."""
    as_of: KnownUpTo | None = None
    """How far we knew the room when an account without authority led us here; None: since our leaf was added."""
    profile_at: int | None = None
    """When to send our account's profile to the room."""
    profile_late: bool = False
    """New accounts have not received our profile yet."""
    sync_at: int | None = None
    """In the room of our account's devices: when to send them what changed here."""
    tend_at: int | None = None
    """When to make sure that all devices of our account, and only they, are in the room for us."""
    device_changes: dict[str, DeviceChanges] = field(default_factory=dict)
    """device (hex) of our account → how often we added or removed it."""
    unheard: dict[str, Unheard] = field(default_factory=dict)
    """device (hex) of our account → since when we wait for it to show up (`core.devices.unheard`)."""
    unheard_at: int | None = None
    """When the first of these is due."""
    unfollowed: list[int] = field(default_factory=list)
    """When we asked about a commit that we cannot follow, in ms, within a day (`core.group.unfollowed`)."""
    moved_on: int = 0
    """The day on which we last began an epoch because a device could not decrypt our messages."""
    typing_at: int = 0
    """When we last sent that we were writing."""
    owed: dict[str, list[bytes]] = field(default_factory=dict)
    """device (hex) that a fork left outside → our messages that it has not acknowledged; resent when it is back."""
    unmatched_markers: dict[str, bytes] = field(default_factory=dict)
    """account (hex) → a marker that names a message we do not have yet."""
    order: MoveOrder | None = None
    """The valid move order, of all those we know."""
    note_at: int | None = None
    """When to write it into the room info, if no other member has."""
    scout_at: int | None = None
    """When to search other relays for the room next; None: no search."""
    scout_since: int = 0
    scout_turn: int = 0
    unreachable_at: int | None = None
    """When to ask members where the room is, if no relay had it."""
    former_boxes: list[BoxTrack] = field(default_factory=list)
    """The last box of each branch that we left, newest last: who stayed there may ask in it where we are."""
    inbox_at: int | None = None
    """When our questions go into the inboxes of members, if none in the room's boxes was answered."""
    led_inbox_at: int | None = None
    """The same of questions whether the branch is the room's to which somebody led us."""
    put_off: bool = False
    """That time came while this device was off, so we chose a later one."""
    back_at: int | None = None
    """When this device came back after about a month."""
    gap: Gap | None = None
    """What was said while this device was without the room, and may be missing here."""
    given: list[Given] = field(default_factory=list)
    """What this device hands over to restored devices of members."""
    stays: dict[str, int] = field(default_factory=dict)
    """account (hex) → the epoch since which it is in, if no device that it has now was here then."""
    card_at: int | None = None
    """In a direct room: when to hand the other account our newest card (`core.contacts.card_handing`)."""
    card_told: int = -1
    """The number of the newest card of ours that was handed over here; -1: none was."""
    card_frame: bytes = b""
    """The hash of the frame in which this device did so last."""
    former_keys: list[FormerKey] = field(default_factory=list)
    """Leaf keys that accounts may still have on other branches, newest last (`core.group.removal_orders`)."""

    @property
    def current(self) -> BoxTrack:
        return self.boxes[-1]

    @property
    def epoch(self) -> int:
        return self.boxes[-1].epoch

    @property
    def relay(self) -> str:
        """The relay that keeps the current box."""
        return self.boxes[-1].relay if self.boxes else self.info.relay

    @property
    def puts_out(self) -> bool:
        """Whether we want to remove somebody. That waits for no other branch: its target may have claimed that one."""
        return any(isinstance(intent, RemoveAccount | RemoveDevice) for intent in self.intents)

    def track_at(self, address: Address) -> BoxTrack | None:
        return next((track for track in self.boxes if track.keys.box.address == address), None)

    def former_at(self, address: Address) -> BoxTrack | None:
        """The same of `former_boxes`."""
        return next((track for track in self.former_boxes if track.keys.box.address == address), None)

    def __repr__(self) -> str:
        return f"<RoomState {self.phase} epoch={self.epoch if self.boxes else None}>"


_decoder = msgspec.msgpack.Decoder(RoomState)


def encode_state(state: RoomState) -> bytes:
    return msgspec.msgpack.encode(state)


def decode_state(data: bytes) -> RoomState:
    """Raises `Bug` if the bytes do not decode: the store is authenticated, so that is our own fault."""
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError:
        raise Bug("a stored room does not decode") from None

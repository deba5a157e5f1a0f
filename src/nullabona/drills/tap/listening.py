"""Infers from a recording of a relay's traffic which connections read which boxes, and from that who talks to whom.

These are an analyst's first steps. The leakage measure (docs/leakage.md) has the strong attackers and large numbers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import combinations, pairwise
from typing import Final, TypeAlias

from nullabona.drills.operator.recording import Seen
from nullabona.drills.tap.heads import marks_of, tied
from nullabona.drills.tap.noise import Columns, Noise
from nullabona.drills.tap.opening import Sealed, opens, opens_inbox, opens_piece
from nullabona.wire.address import box_address
from nullabona.wire.card import UnverifiedCard, decode_card
from nullabona.wire.messages import (
    POLICY_INBOX,
    AnyRequest,
    AnyResponse,
    Append,
    Appended,
    AwaitWake,
    CardFound,
    Frames,
    GetBlob,
    LookupCard,
    PublishCard,
    PutBlob,
    Read,
)

Pair: TypeAlias = frozenset[str]
_ASKED_S: Final = 2.0
"""Somebody who writes to an inbox looked up its owner's card at most this many seconds earlier."""
_MOST: Final = 16
"""Most look-ups of one group."""
_TOGETHER_S: Final = 1.5
"""The connections of one device begin within this many seconds of one another."""


@dataclass(slots=True)
class Box:
    """What the relay saw of a box. Connections are numbers of the recording."""

    inbox: bool
    readers: set[int] = field(default_factory=set)
    writers: set[int] = field(default_factory=set)
    sizes: list[int] = field(default_factory=list)
    """Bytes of each frame that was appended."""

    @property
    def peers(self) -> set[int]:
        """Every connection that used the box."""
        return self.readers | self.writers


@dataclass(slots=True)
class Listened:
    """What the requests and answers of a recording show. ``peer`` is a connection, ``address`` where it comes from."""

    lines: int = 0
    """Lines of the recording: requests, and answers with their requests."""
    size: int = 0
    """Bytes of requests and answers."""
    seconds: float = 0.0
    """Time between the first line and the last."""
    boxes: dict[bytes, Box] = field(default_factory=dict)
    began: dict[int, float] = field(default_factory=dict)
    """When each connection was first seen."""
    address: dict[int, str] = field(default_factory=dict)
    """The network address of each connection."""
    inbox_of: dict[str, bytes] = field(default_factory=dict)
    """Handle → the address of its inbox, for every card that passed."""
    blobs_from: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """How many pieces of files each address uploaded."""
    blobs_to: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """How many pieces of files each address asked for."""
    filing: set[int] = field(default_factory=set)
    """Connections that carried pieces of files, in either direction."""
    requests: Counter[int] = field(default_factory=Counter)
    """How many requests came over each connection."""
    noise: Noise = field(default_factory=Noise)
    """Whether frames and pieces of files look like noise."""
    waited_at: set[bytes] = field(default_factory=set)
    """Boxes for which a read waited at the relay."""
    opened_by: dict[bytes, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    """Hash of a read or write secret → the boxes that the secret opens."""
    tokens: dict[bytes, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Wake token → the connections that waited for it."""
    looked_up: list[tuple[float, str]] = field(default_factory=list)
    """When a card was looked up, and the name. A relay that is also the directory sees this."""
    askers: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    """Name → each address that looked it up, and when it did so last."""
    letters: list[tuple[float, bytes]] = field(default_factory=list)
    """When an item was appended to an inbox, and to which."""
    asking: set[int] = field(default_factory=set)
    """Connections that looked up or published cards, or appended to an inbox."""
    sealed: dict[bytes, Sealed] = field(default_factory=lambda: defaultdict(Sealed))
    """Box of a room → what passed for it, sealed and in the clear."""
    pieces: dict[bytes, bytes] = field(default_factory=dict, repr=False)
    """Hash → piece of a file."""
    cards: dict[str, UnverifiedCard] = field(default_factory=dict)
    """Handle → its last card that passed."""
    nonces: Columns = field(default_factory=Columns)
    """Nonces of the frames of rooms."""
    heads: dict[int, bytes] = field(default_factory=dict, repr=False)
    """The HTTP head of each connection's first request."""

    @classmethod
    def of(cls, tape: Iterable[Seen]) -> Listened:
        """Sort the requests and answers of ``tape``."""
        found = cls()
        times = [0.0, 0.0]
        for seen in tape:
            times = [times[0] or seen.at, seen.at]
            found._take(seen)
        found.seconds = times[1] - times[0]
        return found

    def reading(self, *, inbox: bool) -> set[int]:
        """Connections that read an inbox, or with ``inbox=False`` a room's box."""
        return {peer for box in self.boxes.values() if box.inbox is inbox for peer in box.readers}

    def requests_for_rooms(self, *, but: Collection[str]) -> list[int]:
        """How many requests each connection carried that used a room's box, except those from the addresses ``but``."""
        peers = {peer for box in self.rooms_boxes() for peer in box.peers if self.address[peer] not in but}
        return [self.requests[peer] for peer in peers]

    def rooms_on_one(self) -> int:
        """The most boxes of rooms that one connection used."""
        return max(Counter(peer for box in self.rooms_boxes() for peer in box.peers).values(), default=0)

    def opened_alike(self) -> int:
        """How many secrets open more than one box, and so link the requests for those boxes."""
        return sum(len(boxes) > 1 for boxes in self.opened_by.values())

    def shared(self) -> int:
        """How many things in the relay's memory would link connections: boxes of rooms for which a read waits, and wake
        tokens for which more than one address waits.
        """
        devices = [{self.address[peer] for peer in peers} for peers in self.tokens.values()]
        return sum(not self.boxes[address].inbox for address in self.waited_at) + sum(len(one) > 1 for one in devices)

    def opened(self) -> list[str]:
        """What an attacker can decrypt with a key that follows from the recording or from nothing: one kind for each
        ("frame", "inbox" or "file").
        """
        found = ["frame" for box, sealed in self.sealed.items() if opens(box, sealed)]
        found += ["inbox" for card in self.cards.values() if opens_inbox(card)]
        return found + ["file" for digest, piece in self.pieces.items() if opens_piece(digest, piece)]

    def marked(self, *, but: Collection[str]) -> list[int]:
        """Connections that used a room's box and whose HTTP head differs from the others', except from ``but``."""
        marks = marks_of(self.heads)
        peers = {peer for box in self.rooms_boxes() for peer in box.peers if self.address[peer] not in but}
        return sorted(peer for peer in peers if marks.get(peer))

    def tied_by_heads(self) -> bool:
        """Whether an HTTP head links a connection that reads an inbox with one that uses rooms or carries files."""
        others = {peer for box in self.rooms_boxes() for peer in box.peers} | self.filing
        inbox = self.reading(inbox=True)
        return tied(marks_of(self.heads), inbox, others - inbox)

    def rooms_boxes(self) -> list[Box]:
        """Boxes that no card names as an inbox."""
        return [box for box in self.boxes.values() if not box.inbox]

    def _take(self, seen: Seen) -> None:
        self.lines += 1
        self.size += len(seen.request) + len(seen.response)
        if not seen.request:
            return
        self.began.setdefault(seen.peer, seen.at)
        self.address[seen.peer] = seen.address
        if seen.head:
            self.heads.setdefault(seen.peer, seen.head)
        if not seen.response:
            asked = seen.asked()
            self._take_request(seen.peer, seen.address, asked)
            self._take_question(seen.at, seen.address, asked)
        else:
            self._take_answer(seen.asked(), seen.told())

    def _take_answer(self, asked: AnyRequest, told: AnyResponse) -> None:
        if isinstance(told, CardFound) and told.card:
            self._take_card(told.card)
        elif isinstance(asked, Append | Read) and isinstance(told, Appended | Frames) and asked.policy != POLICY_INBOX:
            self.sealed[_address(asked)].add(told.incarnation)

    def _take_request(self, peer: int, address: str, asked: AnyRequest) -> None:
        self.requests[peer] += 1
        match asked:
            case Read():
                box = self._box(asked.policy, sha256(asked.read_secret).digest(), asked.write_hash)
                box.readers.add(peer)
                if not box.inbox:
                    self.sealed[_address(asked)].add(asked.read_secret, sha256(asked.read_secret).digest())
                if asked.wait_s:
                    self.waited_at.add(_address(asked))
            case AwaitWake():
                self.tokens[asked.token].add(peer)
            case Append():
                box = self._box(asked.policy, asked.read_hash, sha256(asked.write_secret).digest())
                box.writers.add(peer)
                box.sizes.append(len(asked.frame))
                self.noise.add(bytes(asked.frame))
                if not box.inbox:
                    self._take_frame(asked)
            case PutBlob() | GetBlob():
                self._take_piece(peer, address, asked)
            case PublishCard():
                self._take_card(asked.card)
            case _:
                pass
        if isinstance(asked, PublishCard | LookupCard) or (isinstance(asked, Append) and asked.policy == POLICY_INBOX):
            self.asking.add(peer)

    def _take_piece(self, peer: int, address: str, asked: PutBlob | GetBlob) -> None:
        self.filing.add(peer)
        if isinstance(asked, GetBlob):
            self.blobs_to[address] += 1
            return
        self.noise.add(bytes(asked.data))
        self.pieces[asked.digest] = bytes(asked.data)
        self.blobs_from[address] += 1

    def _take_frame(self, asked: Append) -> None:
        """Keep a frame of a room, with every secret and hash that the relay saw of its box."""
        sealed, frame = self.sealed[_address(asked)], bytes(asked.frame)
        sealed.frames.append(frame)
        self.nonces.add(frame)
        write_hash = sha256(asked.write_secret).digest()
        sealed.add(asked.read_hash, asked.write_secret, write_hash, _address(asked))
        if asked.wake is not None:
            sealed.add(bytes(asked.wake[0]))

    def _take_question(self, at: float, address: str, asked: AnyRequest) -> None:
        match asked:
            case LookupCard():
                self.looked_up.append((at, asked.name))
                self.askers[asked.name][address] = at
            case Append(policy=policy) if policy == POLICY_INBOX:
                self.letters.append((at, _address(asked)))
            case _:
                pass

    def _take_card(self, data: bytes) -> None:
        card = decode_card(data)
        self.inbox_of[str(card.handle)] = card.body.inbox.address
        self.cards[str(card.handle)] = card

    def _box(self, policy: int, read_hash: bytes, write_hash: bytes) -> Box:
        address = box_address(policy, read_hash, write_hash)
        for half in (read_hash, write_hash):
            self.opened_by[half].add(address)
        return self.boxes.setdefault(address, Box(policy == POLICY_INBOX))


def _address(asked: Append | Read) -> bytes:
    """The address of the box that a request is about."""
    if isinstance(asked, Append):
        return box_address(asked.policy, asked.read_hash, sha256(asked.write_secret).digest())
    return box_address(asked.policy, sha256(asked.read_secret).digest(), asked.write_hash)


@dataclass(frozen=True, slots=True)
class Guess:
    """Who talks to whom, as guessed."""

    named: Mapping[int, str]
    """Connection → the handle that it was matched to."""
    rooms: frozenset[frozenset[str]]
    """Sets of handles that share a box."""

    @property
    def pairs(self) -> frozenset[Pair]:
        """All pairs of handles that share a room."""
        return frozenset(frozenset(pair) for room in self.rooms for pair in combinations(sorted(room), 2))


def guess_with_addresses(tape: Listened) -> Guess:
    """Guess that every connection from an address that reads an inbox belongs to the inbox's owner."""
    home = {tape.address[peer]: handle for handle, peer in _inbox_readers(tape)}
    return _guess(tape, {peer: home[address] for peer, address in tape.address.items() if address in home})


def guess_without_addresses(tape: Listened) -> Guess:
    """Guess that a connection that reads rooms' boxes belongs to the owner of an inbox: the one whose connection began
    nearest in time, within `_TOGETHER_S`.
    """
    inboxes = [(tape.began[peer], handle) for handle, peer in _inbox_readers(tape)]
    named = {}
    for peer in {peer for box in tape.rooms_boxes() for peer in box.readers}:
        distance, handle = min(((abs(at - tape.began[peer]), handle) for at, handle in inboxes), default=(1e9, ""))
        if distance <= _TOGETHER_S:
            named[peer] = handle
    return _guess(tape, named)


def guess_by_look_ups(tape: Listened) -> frozenset[Pair]:
    """Guess pairs of who sent a contact request and who got it, without addresses and connections.

    A card says whose inbox got the request. The owner then looks up the sender: that is the next card that is looked
    up, leaving out the owner's own and look-ups just before somebody writes to that inbox.
    """
    handles = {handle.rpartition("@")[0]: handle for handle in tape.inbox_of}
    return frozenset(frozenset((handles[asks[answer][1]], handles[owner])) for owner, answer, asks in _answered(tape))


def looked_up_together(tape: Listened) -> frozenset[frozenset[str]]:
    """Sets of names whose cards were looked up in one burst, as somebody does who makes a group of them.

    Within a burst, each look-up follows the one before in less than half of the time that separates the burst from the
    look-ups before and after it. Look-ups just before a request, and those that answer one, are left out.
    """
    asks, begun = _asks(tape), min((at for at, _ in tape.letters), default=float("inf"))
    taken = {answer for _, answer, _ in _answered(tape)}
    later = [(n, ask) for n, ask in enumerate(asks) if ask[0] > begun]
    # A request that brings a proof is answered without a look-up, so each look-up may be one for a group.
    return _bursts([ask for n, ask in later if n not in taken]) | _bursts([ask for _, ask in later])


def _bursts(rest: Sequence[tuple[float, str]]) -> frozenset[frozenset[str]]:
    gaps = [float("inf"), *(then - at for (at, _), (then, _) in pairwise(rest)), float("inf")]
    found = (
        frozenset(name for _, name in rest[first : last + 1])
        for first, last in combinations(range(len(rest)), 2)
        if last - first < _MOST and 2 * max(gaps[first + 1 : last + 1]) < min(gaps[first], gaps[last + 1])
    )
    return frozenset(names for names in found if len(names) > 1)


def _written(tape: Listened) -> list[tuple[float, str]]:
    """When each item came into an inbox, and its owner's name."""
    owner = {address: handle.rpartition("@")[0] for handle, address in tape.inbox_of.items()}
    return [(at, owner[box]) for at, box in tape.letters if box in owner]


def _asks(tape: Listened) -> list[tuple[float, str]]:
    """Look-ups of people whose inbox is known, without those just before an item to the same name."""
    names, written = {handle.rpartition("@")[0] for handle in tape.inbox_of}, _written(tape)
    return [
        (at, name)
        for at, name in tape.looked_up
        if name in names and not any(name == to and 0 <= on - at < _ASKED_S for on, to in written)
    ]


def _answered(tape: Listened) -> Iterator[tuple[str, int, list[tuple[float, str]]]]:
    """For each item in an inbox whose answer was seen: the owner's name, the index of the look-up, and all look-ups.

    That look-up is the next one of another name.
    """
    asks = _asks(tape)
    for at, asked in _written(tape):
        found = next((n for n, (then, name) in enumerate(asks) if then > at and name != asked), None)
        if found is not None:
            yield asked, found, asks


def _inbox_readers(tape: Listened) -> Iterator[tuple[str, int]]:
    for handle, address in tape.inbox_of.items():
        for peer in tape.boxes[address].readers if address in tape.boxes else ():
            yield handle, peer


def _guess(tape: Listened, named: Mapping[int, str]) -> Guess:
    rooms = (frozenset(named[peer] for peer in box.peers if peer in named) for box in tape.rooms_boxes())
    return Guess(named, frozenset(room for room in rooms if len(room) > 1))


@dataclass(frozen=True, slots=True)
class Score:
    """A guess compared with the truth: how many pairs were guessed rightly, guessed at all, and are true."""

    right: int
    guessed: int
    true: int

    @classmethod
    def of(cls, guessed: frozenset[Pair], true: frozenset[Pair]) -> Score:
        """The score of guessed pairs."""
        return cls(len(guessed & true), len(guessed), len(true))

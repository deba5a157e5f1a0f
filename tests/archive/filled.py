"""Profiles full of random life, written row by row as the core writes them, with secrets planted where none may go."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import msgspec

from nullabona.client import account as accounts
from nullabona.client.account import Account
from nullabona.client.core import preferences
from nullabona.client.core.files import PIECES_PER_BLOB, blob_refs
from nullabona.client.core.model.content import (
    Attachment,
    Deleted,
    File,
    Gone,
    Notice,
    NoticeKind,
    Pin,
    Poll,
    Profile,
    React,
    Stored,
    Text,
    Vote,
    encode_body,
)
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.records import (
    UNPLACED,
    Contact,
    ContactState,
    Device,
    FileState,
    Frame,
    Message,
    MessageState,
    Person,
    Piece,
    StoredFile,
)
from nullabona.client.core.model.room_info import DIRECT, GROUP, RoomInfo
from nullabona.client.core.model.state import JOINED, LEFT, REMOVED, BoxTrack, RoomState, encode_state
from nullabona.client.core.timeline import kinds, search
from nullabona.client.store import SqliteStore
from nullabona.wire.address import Address
from nullabona.wire.blob import PIECE, seal_piece
from nullabona.wire.handle import parse_handle

TODAY = 20_700
NOW = TODAY * 86_400_000
RELAY = "https://relay.example"
SECRET = b"planted ratchet secret"
"""Lies in every place that no archive may read."""
WORDS = "안녕 주말에 만날까 좋아 그래 회의 사진 봤어 hello see you tomorrow 고마워 ㅋㅋㅋ 😀 <b>&\"' 밥 먹자".split(" ")
EMOJI = ("👍", "😂", "❤️")


@dataclass
class Life:
    """What is needed while a profile is filled."""

    store: SqliteStore
    rng: random.Random
    account: Account
    people: list[bytes] = field(default_factory=list)
    rooms: list[bytes] = field(default_factory=list)
    lines: dict[bytes, list[bytes]] = field(default_factory=dict)
    sent: int = 0
    path: Path = Path()
    """Where the profile lies, if it does."""

    def id(self, size: int = 16) -> bytes:
        return self.rng.randbytes(size)

    @cached_property
    def me(self) -> bytes:
        return self.account.local.account

    def say(self) -> str:
        return " ".join(self.rng.choices(WORDS, k=self.rng.randint(1, 9)))


def with_account(store: SqliteStore) -> Account:
    """An account in an empty store."""
    return accounts.create_account(store, handle=parse_handle("mina@relay.example"), relay=RELAY, today=TODAY)


def fill(store: SqliteStore, seed: int, *, messages: int = 120, rooms: int = 3) -> Life:
    """A profile with rooms, people, messages of every kind, files, and all that must stay where it is."""
    life = Life(store, random.Random(seed), accounts.load_account(store) or with_account(store))
    with store.transaction():
        _people(life)
        for number in range(rooms):
            _room(life, number)
        _plant(life)
    for start in range(0, messages, 500):
        with store.transaction():
            for _ in range(min(500, messages - start)):
                talk(life)
    with store.transaction():
        _choose(life)
    return life


def _people(life: Life) -> None:
    store, rng = life.store, life.rng
    for number in range(6):
        account = life.id(32)
        life.people.append(account)
        store.put_person(Person(account, f"p{number}@relay.example", life.say()[:40], rng.randbytes(40), NOW - number))
        store.set_value(f"inbox-of:{account.hex()}", rng.randbytes(30))
    for number, state in enumerate(ContactState):
        account = life.people[number]
        contact = Contact(account, f"p{number}@relay.example", f"별명{number}", state, b"", life.say(), b"")
        store.put_contact(contact)
    store.set_value("own-profile", msgspec.msgpack.encode(Profile("미나", b"")))
    store.set_value("record:relay.example", b"pinned")


def _room(life: Life, number: int) -> None:
    store, room = life.store, life.id(32)
    life.rooms.append(room)
    life.lines[room] = []
    pair = (life.me, life.people[0])
    info = (
        RoomInfo(1, DIRECT, "", RELAY, (), pair)
        if number == 0
        else RoomInfo(1, GROUP, f"모임 {number} <i>&", RELAY, (life.me,))
    )
    members = [life.me, *life.people[: 1 if number == 0 else 4]]
    phase = (JOINED, JOINED, REMOVED, LEFT)[number % 4]
    state = RoomState(room, info, phase, [BoxTrack(3, (SECRET + bytes(32))[:32])], read_upto=life.id())
    store.save_room(room, encode_state(state))
    store.put_devices(
        Device(room, life.id(), account, f"p{leaf}@relay.example", leaf, life.id(32), life.id(32), 0)
        for leaf, account in enumerate(members)
    )


def _plant(life: Life) -> None:
    """State of groups, frames, the outbox, secrets in single values: none of it may be archived."""
    store = life.store
    for room in life.rooms:
        store.mls_advance(room, None, 1)
    store.mls_write([(b"scope", b"epoch", SECRET * 3)], [])
    store.put_frame(Frame(b"b" * 32, b"h" * 32, 1, b"c" * 16, 1, mine=True, message=b"", day=1, data=SECRET * 2))
    store.add_outbox(RoomFrame("r", life.rooms[0], Address(b"b" * 32), SECRET, 1), ref=b"r", data=SECRET)
    for key in ("links", "join-requests", "unsent-items", "chunks-wanted"):
        store.set_value(key, SECRET)
    store.log_event("note", b"", SECRET)
    store.saw("box", b"h" * 32, 1)
    store.saw("import:kakao", sha256(b"one").digest(), TODAY)


def _choose(life: Life) -> None:
    store = life.store
    chosen: dict[str, dict[str, object]] = {
        preferences.PROFILE: {"language": "ko", "theme": "dark"},
        preferences.room_scope(life.rooms[0]): {"draft": life.say(), "pinned": 2},
        preferences.contact_scope(life.people[2]): {"verified": life.people[2]},
    }
    for scope, values in chosen.items():
        for key, value in values.items():
            store.put_preference(scope, key, msgspec.msgpack.encode(value))
    for room in life.rooms:
        for account in (life.me, *life.people[:3]):
            store.put_marker(room, account, life.rng.randrange(100))


def talk(life: Life, room: bytes | None = None) -> Message:
    """One more row: a line of any kind, or an annotation of an earlier one, as the core would have kept it."""
    rng = life.rng
    room = room or rng.choice(life.rooms)
    lines = life.lines[room]
    target = rng.choice(lines) if lines else b""
    what = rng.randrange(20)
    account = rng.choice([life.me, *life.people[:4]])
    if target and what < 4:
        emoji, account = rng.choice(EMOJI), rng.choice(life.people)
        notes: list[Stored] = [React(target, emoji), Vote(target, (0,)), Pin(target, on=True)]
        return put(life, room, rng.choice(notes), account)
    if target and what == 4:
        return put(life, room, Gone("done"), account, kind="edit", about=target)
    if what == 5:
        return put(life, room, Notice(NoticeKind.RENAMED, account, (), life.say()), b"")
    if what == 6:
        return put(life, room, Poll(life.say(), ("예", "아니요 <x>"), multiple=False), account)
    if what == 7:
        return put(life, room, Deleted(account), account)
    if what < 10:
        return put_file(life, room, account)
    mentions = (life.me,) if what == 11 else ()
    return put(life, room, Text(life.say(), target if what == 10 else b"", mentions, forwarded=what == 12), account)


def put(
    life: Life, room: bytes, body: Stored, account: bytes, *, kind: str = "", about: bytes = b"", id: bytes = b""
) -> Message:
    """A row with this body."""
    life.sent += 1
    shown = isinstance(body, Text | File | Poll | Notice | Deleted)
    own = account == life.me
    states = (MessageState.DELIVERED, MessageState.SENT, MessageState.WAITING, MessageState.FAILED)
    state = life.rng.choices(states, (20, 3, 1, 1))[0] if own else MessageState.RECEIVED
    position = UNPLACED + life.sent if state in {MessageState.WAITING, MessageState.FAILED} else life.sent
    message = Message(
        *(room, id or life.id(), account, life.id(), NOW + life.sent * 1_000, position, 3, state),
        *(b"b" * 32, b"f" * 32, 0, encode_body(body), kind or kinds.kind_of(body), shown),
        unread=0 if own or not shown else 1,
        about=about or getattr(body, "target", b""),
        edited_at=NOW if life.rng.randrange(30) == 0 and isinstance(body, Text) else None,
    )
    life.store.put_message(message)
    search.index(life.store, message, body)
    if shown:
        life.lines[room].append(message.id)
    return message


def put_file(
    life: Life,
    room: bytes,
    account: bytes,
    *,
    data: bytes | None = None,
    name: str = "사진 <1>.jpg",
    kind: str = "photo",
) -> Message:
    """A file message with all its pieces here."""
    id = life.id()
    data = data if data is not None else b"\xff\xd8\xff" + life.rng.randbytes(life.rng.randint(1, 5_000))
    keys = [life.id(32) for _ in range(0, len(data), PIECES_PER_BLOB * PIECE)]
    pieces: list[Piece] = []
    for place, start in enumerate(range(0, len(data), PIECE)):
        chunk = seal_piece(keys[place // PIECES_PER_BLOB], place % PIECES_PER_BLOB, data[start : start + PIECE])
        digest = sha256(chunk).digest()
        life.store.put_chunk(digest, chunk, TODAY)
        pieces.append(Piece(place, digest, done=True))
    said = Attachment(kind, name, "image/jpeg", len(data), blob_refs(keys, [p.digest for p in pieces], len(data)))  # type: ignore[arg-type]
    message = put(life, room, File(said, life.say()), account, id=id)
    life.store.put_file(StoredFile(room, id, account == life.me, FileState.HERE))
    life.store.put_pieces(room, id, pieces)
    return message


def edit(life: Life, message: Message, text: str) -> None:
    """The line says something else now, as `annotating.settle` leaves it."""
    body = Text(text)
    new = replace(message, body=encode_body(body), edited_at=message.sent_at + 1)
    life.store.put_message(new)
    search.index(life.store, new, body)


def rows(store: SqliteStore) -> Iterator[object]:
    """Everything that an archive keeps, as one device or another would have it, in a fixed order."""
    with store.transaction():
        yield from store.value_page("inbox-of:", "", 10_000)
        yield from store.preference_page(("", ""), 10_000)
        yield from store.people()
        yield from store.contacts()
        for room in store.rooms():
            yield room, store.devices(room), store.markers(room)
        for _, m in store.message_page(0, 1_000_000):
            yield (
                m.room,
                m.id,
                m.account,
                m.sent_at,
                m.position,
                m.body,
                m.kind,
                m.shown,
                m.unread,
                m.about,
                m.edited_at,
            )
        for file in store.file_page((b"", b""), 100_000):
            pieces = store.pieces(file.room, file.message)
            yield file, pieces, [store.chunk(piece.digest) for piece in pieces]
        yield from store.seen_page("import", ("", b""), 100_000)

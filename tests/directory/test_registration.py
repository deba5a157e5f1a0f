"""Who may register a handle: anybody, people with a token, or nobody for now. A card that is there stays."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.directory.core.records import LAPSE_DAYS
from nullabona.directory.core.registering import LONGEST_DAYS, Admission, Registration
from nullabona.directory.service import DirectoryService, Options, open_directory
from nullabona.wire.card import sign_delete
from nullabona.wire.handle import parse_handle
from nullabona.wire.messages import AnyResponse, CardTaken, DeleteCard, Done, PublishCard, Refusal
from nullabona.wire.registration import issue_token
from tests.directory.test_service import HOST, FakeTime, ask, plain
from tests.wire.cards import JUN, MINA, TODAY, card_bytes, first_card, identity, next_bytes

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
STRANGER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
FIRST = first_card()
TAKEN = CardTaken()


def token(serial: int = 1, *, key: Ed25519PrivateKey = KEY, host: str = HOST, until: int = TODAY) -> bytes:
    return issue_token(key.sign, key.public_key().public_bytes_raw(), host, bytes([serial]) * 16, until)


@dataclass
class Place:
    """A directory whose rule is chosen at each start."""

    data: Path | None
    time: FakeTime = field(default_factory=FakeTime)

    @asynccontextmanager
    async def open(self, rule: Registration) -> AsyncIterator[DirectoryService]:
        admission = Admission(rule, frozenset(key.public_key().public_bytes_raw() for key in (KEY, OTHER)))
        service = open_directory(self.data, HOST, Options(admission=admission, clock=self.time.clock()))
        try:
            await service.advance()
            yield service
        finally:
            await service.close()

    def play(self, rule: Registration, requests: Sequence[PublishCard | DeleteCard]) -> list[AnyResponse | bytes]:
        async def story() -> list[AnyResponse]:
            async with self.open(rule) as service:
                return [await ask(service, request) for request in requests]

        return plain(asyncio.run(story()))


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_token_registers_one_handle(tmp_path: Path, *, on_disk: bool) -> None:
    """Without one, nothing; with one, once; what was registered is renewed without."""
    place = Place(tmp_path if on_disk else None)
    answers = place.play(
        Registration.TOKEN,
        [
            PublishCard(FIRST.encoded),
            PublishCard(FIRST.encoded, token()),
            PublishCard(FIRST.encoded, token()),
            PublishCard(FIRST.encoded),
            PublishCard(next_bytes(FIRST)),
            PublishCard(card_bytes("jun", JUN), token()),
            PublishCard(card_bytes("jun", JUN), token(2)),
        ],
    )
    refused = [Refusal("token-needed"), Refusal("token-refused")]
    assert [refused[0], TAKEN, TAKEN, TAKEN, TAKEN, refused[1], TAKEN] == answers


def test_a_used_token_stays_used_after_a_restart(tmp_path: Path) -> None:
    """Also once its handle was deleted: a token is for one registration."""
    place = Place(tmp_path)
    delete = DeleteCard(sign_delete(identity("mina"), FIRST, day=TODAY))
    assert [TAKEN, Done()] == place.play(Registration.TOKEN, [PublishCard(FIRST.encoded, token()), delete])
    assert [Refusal("token-refused")] == place.play(Registration.TOKEN, [PublishCard(card_bytes("jun", JUN), token())])


def test_two_at_once_do_not_share_a_token() -> None:
    """They are decided in one transaction, one after the other."""

    async def story() -> list[AnyResponse]:
        async with Place(None).open(Registration.TOKEN) as service:
            both = [PublishCard(FIRST.encoded, token()), PublishCard(card_bytes("jun", JUN), token())]
            return list(await asyncio.gather(*[ask(service, each) for each in both]))

    assert [TAKEN, Refusal("token-refused")] == plain(asyncio.run(story()))


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (token(until=TODAY), True),
        (token(until=TODAY - 1), False),
        (token(until=TODAY + LONGEST_DAYS), True),
        (token(until=TODAY + LONGEST_DAYS + 1), False),
        (token(key=STRANGER), False),
        (token(host="other.example"), False),
        (token()[:-1], False),
        (token() + b"\0", False),
        (bytes(len(token())), False),
        (token()[:-1] + bytes([token()[-1] ^ 1]), False),
    ],
    ids=["last-day", "ended", "longest", "too-long", "stranger", "host", "short", "long", "zeros", "altered"],
)
def test_only_a_good_token_is_taken(given: bytes, *, taken: bool) -> None:
    """Each bound on both sides; a signature is the issuer's over everything."""
    answer = Place(None).play(Registration.TOKEN, [PublishCard(FIRST.encoded, given)])
    assert [TAKEN if taken else Refusal("token-refused")] == answer


def test_paused_means_nobody_new(tmp_path: Path) -> None:
    """With or without a token; who is there renews, and is found."""
    place = Place(tmp_path)
    assert [TAKEN] == place.play(Registration.OPEN, [PublishCard(FIRST.encoded)])
    answers = place.play(
        Registration.PAUSED,
        [
            PublishCard(next_bytes(FIRST)),
            PublishCard(card_bytes("jun", JUN)),
            PublishCard(card_bytes("jun", JUN), token()),
        ],
    )
    assert [TAKEN, Refusal("registration-paused"), Refusal("registration-paused")] == answers


@pytest.mark.parametrize("rule", [Registration.TOKEN, Registration.PAUSED])
def test_the_owner_of_a_lapsed_card_needs_no_token(tmp_path: Path, rule: Registration) -> None:
    """A year away does not cost a person their handle, whatever rule came meanwhile."""
    place = Place(tmp_path)
    assert [TAKEN] == place.play(Registration.OPEN, [PublishCard(FIRST.encoded)])
    place.time.day += LAPSE_DAYS + 1
    back = PublishCard(card_bytes("mina", MINA, day=place.time.day))
    somebody = PublishCard(card_bytes("jun", JUN, day=place.time.day))
    code = "token-needed" if rule is Registration.TOKEN else "registration-paused"
    assert [TAKEN, Refusal(code)] == place.play(rule, [back, somebody])


@pytest.mark.parametrize("on_disk", [False, True])
def test_two_issuers_do_not_use_up_each_others_tokens(tmp_path: Path, *, on_disk: bool) -> None:
    """The same number, from another operator, is another token; each of them is good once."""
    place = Place(tmp_path if on_disk else None)
    handles = zip((MINA, JUN, parse_handle(f"bora@{HOST}")), (KEY, OTHER, OTHER), strict=True)
    cards = [PublishCard(card_bytes("mina", handle), token(key=key)) for handle, key in handles]
    assert [TAKEN, TAKEN, Refusal("token-refused")] == place.play(Registration.TOKEN, cards)


def test_a_mark_is_forgotten_when_the_token_ends(tmp_path: Path) -> None:
    """The token itself is refused from then on, so nothing has to be remembered."""
    place = Place(tmp_path)
    assert [TAKEN] == place.play(Registration.TOKEN, [PublishCard(FIRST.encoded, token())])
    assert _spent(place) == 1
    place.time.day += 1
    assert _spent(place) == 0
    assert [Refusal("token-refused")] == place.play(Registration.TOKEN, [PublishCard(card_bytes("jun", JUN), token())])


def _spent(place: Place) -> int:
    """How many marks the directory keeps, after it has looked at the day."""

    async def story() -> int:
        async with place.open(Registration.TOKEN) as service:
            count: int = service._store._writer.execute("SELECT count(*) FROM spent").fetchone()[0]  # type: ignore[attr-defined]
            return count

    return asyncio.run(story())


def test_an_open_directory_looks_at_no_token() -> None:
    """Any bytes do, and none is spent."""
    answers = Place(None).play(
        Registration.OPEN, [PublishCard(FIRST.encoded, b"?"), PublishCard(card_bytes("jun", JUN), token())]
    )
    assert [TAKEN, TAKEN] == answers


def test_what_is_kept_does_not_tell_whose_token_it_was(tmp_path: Path) -> None:
    """Of a used token its mark and its last day stay, beside no handle, in the order of the marks."""
    place = Place(tmp_path)
    first, second = PublishCard(FIRST.encoded, token(2)), PublishCard(card_bytes("jun", JUN), token(1))
    assert [TAKEN, TAKEN] == place.play(Registration.TOKEN, [first, second])
    with closing(sqlite3.connect(tmp_path / "cards.db")) as db:
        rows = db.execute("SELECT * FROM spent").fetchall()
        others = [table for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        others.remove("spent")
        cells = [cell for table in others for row in db.execute(f"SELECT * FROM {table}") for cell in row]
    key = KEY.public_key().public_bytes_raw()
    marks = [sha256(b"nullabona used token v1\0" + key + bytes([number]) * 16).digest() for number in (1, 2)]
    assert sorted((mark, TODAY) for mark in marks) == rows
    kept = [cell for cell in cells if isinstance(cell, bytes)]
    assert not [cell for cell in kept for told in (*marks, b"\1" * 16, b"\2" * 16) if told in cell]

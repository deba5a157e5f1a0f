"""What adversaries of drills can do with what they know, on something that gives in and on what does not."""

from __future__ import annotations

import gc
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

import pytest

from nullabona.drills.expert import inboxes
from nullabona.drills.expert.inventory import Box, Inventory, Registered
from nullabona.drills.operator.remembering import Known, ties
from nullabona.drills.removal.computing import boxes_of, chunks_of
from nullabona.drills.search import Bare, Chunk, Kind, Secret
from nullabona.drills.tap.heads import marks_of, tied
from nullabona.drills.tap.noise import Columns
from nullabona.drills.tap.opening import Sealed, common_keys, opens, opens_piece
from nullabona.wire.address import box_address, epoch_keys
from nullabona.wire.blob import seal_piece
from nullabona.wire.frame import Kind as FrameKind
from nullabona.wire.frame import seal_frame
from nullabona.wire.messages import POLICY_ROOM, Append, Read
from tests.drills.plants import noise
from tests.wire.cards import inbox_of

BOX = box_address(POLICY_ROOM, noise(32, 1), noise(32, 2))
SHOWN = (noise(32, 3), noise(16, 4), noise(32, 5))


@pytest.mark.parametrize(
    ("key", "gives_in"),
    [
        (noise(32, 99), False),
        (bytes(32), True),
        (SHOWN[0], True),
        (sha256(SHOWN[1]).digest(), True),
        (sha256(SHOWN[0] + SHOWN[2]).digest(), True),
        (sha256(b"nullabona room v1 frame").digest(), True),
    ],
)
def test_a_frame_opens_with_a_key_that_follows_from_what_was_shown(key: bytes, *, gives_in: bool) -> None:
    """Shown itself, hashed, joined to another, or a constant of the program; a key that was drawn stays shut."""
    sealed = Sealed([seal_frame(key, BOX, noise(12, 6), FrameKind.MESSAGE, b"words")])
    sealed.add(*SHOWN)
    assert gives_in is opens(BOX, sealed)
    assert gives_in is not (key not in common_keys() and not opens(BOX, sealed))


def test_a_piece_of_a_file_opens_with_zeros_and_not_with_a_drawn_key() -> None:
    """As the second piece of a file, too."""
    for key, gives_in in ((bytes(32), True), (noise(32, 7), False)):
        piece = seal_piece(key, 1, b"picture")
        assert gives_in is opens_piece(sha256(piece).digest(), piece)


HEAD = b"POST /v1\nhost: relay\ncontent-type: x\ncontent-length: %d"


def test_heads_that_are_alike_say_nothing() -> None:
    """How long the request is, and a key that RFC 6455 wants drawn, are no marks."""
    sockets = {n: b"GET /v1\nhost: relay\nsec-websocket-key: %d" % n for n in (3, 4)}
    assert {frozenset()} == {*marks_of({1: HEAD % 5, 2: HEAD % 500, **sockets}).values()}


def test_what_stands_in_some_heads_ties_those() -> None:
    """A number of the device, another order, or a drawn key that comes twice."""
    heads = {1: HEAD % 5 + b"\nx-device: 7", 2: HEAD % 5, 3: HEAD % 9 + b"\nx-device: 7"}
    marks = marks_of(heads)
    assert tied(marks, {1}, {3})
    assert not tied(marks, {1}, {2})
    turned = b"POST /v1\nhost: relay\ncontent-length: 5\ncontent-type: x"
    assert all(marks_of({1: HEAD % 5, 2: turned}).values())
    twice = {n: b"GET /v1\nsec-websocket-key: same" if n < 3 else b"GET /v1\nsec-websocket-key: 3" for n in (1, 2, 3)}
    assert tied(marks_of(twice), {1}, {2})


def test_nonces_that_count_or_name_something_were_not_drawn() -> None:
    """A length at the end, or one name for all; of few nothing is said, and what chance makes is drawn."""
    for make, drawn in (
        (lambda n: noise(512, n), True),
        (lambda n: noise(10, n) + (300 + n).to_bytes(2, "big") + bytes(500), False),
        (lambda n: b"the room's id" + noise(499, n), False),
    ):
        columns = Columns()
        for n in range(40):
            columns.add(make(n))
            assert columns.count >= 32 or columns.drawn
        assert drawn is columns.drawn


@dataclass
class Remembers:
    """Something of a relay's, as its module says."""

    kept: object


Remembers.__module__ = "nullabona.relay.made_up"


@pytest.fixture
def only_this_test() -> Iterator[None]:
    """What other tests left in this process is out of the collector's sight: there can be millions of objects."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("only_this_test")
def test_what_ties_a_bell_to_a_box_in_memory_is_found() -> None:
    """As an entry of a dict, in a row, as attributes, hashed or in hexadecimal; either alone ties nothing."""
    known, secret = Known(), noise(32, 21)
    append = Append(POLICY_ROOM, noise(32, 22), noise(32, 23), noise(512), wake=(secret, 3))
    known.take(append)
    known.take(Read(POLICY_ROOM, noise(32, 24), noise(32, 25), 0))
    box = box_address(POLICY_ROOM, append.read_hash, sha256(append.write_secret).digest())
    for tie in ({secret: box}, [(secret.hex(), [box])], Remembers((sha256(secret).digest(), sha256(box).digest()))):
        assert len(ties(known, [tie])) == 1, tie
    for one in ({secret: 1}, [box], Remembers((box, append.write_secret)), append):
        assert [] == ties(known, [one]), one
    assert isinstance(ties(known), list)


@pytest.mark.usefixtures("only_this_test")
def test_a_dict_that_the_collector_does_not_list_is_found_where_it_is_held() -> None:
    """Bytes beside bytes: Python lists such a dict nowhere but in what holds it."""
    known, secret, box = Known(), noise(32, 26), noise(32, 27)
    known.tokens.add(secret)
    known.boxes.add(box)
    kept = {secret: box}
    assert not gc.is_tracked(kept)
    assert [] == ties(known, [Remembers(kept)])
    held = Remembers(kept)
    assert "an entry of a dict" in ties(known)
    del held, kept
    assert [] == ties(known)


def test_a_tuple_that_is_half_made_is_looked_at_as_far_as_it_goes() -> None:
    """The collector lists it while a generator still fills it; to take what is not there yet would end the process."""
    known, found = Known({BOX}, {SHOWN[1]}), list[str]()

    def parts() -> Iterator[bytes]:
        yield BOX
        yield SHOWN[1]
        young = gc.get_objects(generation=0)
        half = [one for one in young if type(one) is tuple and any(part is BOX for part in gc.get_referents(one))]
        found.extend(ties(known, half))

    gc.disable()
    try:
        assert (BOX, SHOWN[1]) == tuple(parts())
    finally:
        gc.enable()
    assert ["a tuple"] == found


ADDRESSES = [Secret.text(Kind.ADDRESS, text, text) for text in ("127.61.18.103", "127.77.1.2", "127.201.33.44")]


def test_addresses_as_four_bytes_say_something_only_if_all_are_there() -> None:
    """In either order; one of them, or two of two, may be chance."""
    four = [ipaddress.IPv4Address(secret.value.decode()).packed for secret in ADDRESSES]
    for count, found in ((3, 3), (2, 0)):
        bare, data = Bare.of(ADDRESSES), noise(50) + four[0] + noise(9) + four[1][::-1] + noise(3) + four[2]
        assert len(list(bare.watch([Chunk("memory", 0, data if count == 3 else data[:-4])]))) == 1
        assert found == len(bare.findings)
    few = Bare.of(ADDRESSES[:2])
    assert len(list(few.watch([Chunk("memory", 0, b"".join(four))]))) == 1
    assert [] == few.findings


def test_a_picture_is_found_by_a_key_that_follows_from_it() -> None:
    """Its own hash, zeros, its length; not by one that was drawn."""
    picture = noise(5_000)
    for key in (sha256(picture).digest(), bytes(32), sha256(b"5000").digest()):
        assert sha256(seal_piece(key, 0, picture)).hexdigest() in chunks_of(picture)
    assert sha256(seal_piece(noise(32, 8), 0, picture)).hexdigest() not in chunks_of(picture)


def test_the_box_of_two_is_found_if_it_follows_from_their_cards() -> None:
    """Whichever of them comes first."""
    one, other = noise(32, 9), noise(32, 10)
    assert epoch_keys(sha256(other + one).digest()).box.address in boxes_of([one, other])
    assert epoch_keys(noise(32, 11)).box.address not in boxes_of([one, other])


# -- inboxes ------------------------------------------------------------------------------------------------------

NAMES = ("mina", "jun", "dan")


def inventory(*boxes: Box, day: int = 20_000) -> Inventory:
    """With a card for each of `NAMES`, and these boxes."""

    @dataclass
    class Body:
        inbox: object

    @dataclass
    class Card:
        body: Body

    cards = tuple(Registered(name, Card(Body(inbox_of(name))), day, b"", 1) for name in NAMES)  # type: ignore[arg-type]
    return Inventory(boxes, cards, (), 0, 0, {}, (), (), ())


def drawn(*numbers: int, days: tuple[int, ...] = (20_031, 20_044, 20_050)) -> list[Box]:
    """An inbox for each of `NAMES` with this last number, two items in it."""
    return [
        Box(inbox_of(name).address, number, day, (2_048, 2_048), (20_030, 20_030), (number - 1, number))
        for name, number, day in zip(NAMES, numbers, days, strict=False)
    ]


FAR = (700_000, 90_000, 3_100_000)


def test_inboxes_whose_numbers_and_days_were_drawn_tell_nothing() -> None:
    """Nor do two inboxes, whatever they look like."""
    assert ([], []) == (list(inboxes.undrawn(inventory(*drawn(*FAR)))), list(inboxes.clocked(inventory(*drawn(*FAR)))))


def test_inboxes_that_tell_how_much_came_are_seen() -> None:
    """Numbers from one on, one day for all, and no row where nothing came."""
    assert any("begin" in found for found in inboxes.undrawn(inventory(*drawn(5, 9, 7))))
    assert any("expiry_day" in found for found in inboxes.undrawn(inventory(*drawn(*FAR, days=(20_030,) * 3))))
    assert ["an inbox without a row"] == list(inboxes.undrawn(inventory(*drawn(*FAR)[:2])))


def test_inboxes_that_tell_when_something_came_are_seen() -> None:
    """Numbers by the second, with gaps between them, and a day that is a second."""
    gap = replace(drawn(*FAR)[0], numbers=(1_000, 1_100))
    assert any("gaps" in found for found in inboxes.clocked(inventory(gap, *drawn(*FAR)[1:])))
    assert any("side by side" in found for found in inboxes.clocked(inventory(*drawn(700_000, 700_090, 9_000))))
    assert ["cards.db: card.registered_day"] == list(inboxes.clocked(inventory(*drawn(*FAR), day=1_790_000_000)))

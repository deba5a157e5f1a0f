"""What an owner concludes from the epochs of the own handle: what is wrong, what entered, which promises were kept."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.directory.evidence import Trail, View, is_evidence, subject_of
from nullabona.client.core.directory.owner import (
    BROKEN,
    EMPTY_CHANGE,
    FOREIGN,
    MISSING,
    Alarm,
    Watch,
    judge,
    new_entries,
    settle,
)
from nullabona.client.core.directory.promises import Expected
from nullabona.log.prefix import TOMBSTONE, Opening
from nullabona.wire.producible import StoredEntry
from tests.core.test_directory_keeping import PINNED

A, B, C, ALIEN = (letter * 32 for letter in (b"a", b"b", b"c", b"x"))
OWN = [A, B, C]


def stood(digest: bytes, version: int) -> Opening:
    """What stood at the handle."""
    return Opening(version.to_bytes(16, "big"), version, digest)


def sights(*openings: Opening | None) -> list[tuple[int, int, Opening | None]]:
    """Epochs in a row from the tenth on, each closed ten seconds after the one before."""
    return [(10 + number, 10 * (10 + number), opening) for number, opening in enumerate(openings)]


def watching(opening: Opening | None = None, place: int | None = None) -> Watch:
    """A watch up to the ninth epoch."""
    entry = (b"", 0, b"") if opening is None else (opening.nonce, opening.version, opening.digest)
    return Watch(10, (b"p" * 32,), entry, place, 90)


@pytest.mark.parametrize(
    ("before", "seen", "reasons", "after", "place"),
    [
        ((None, None), [None, None], [], None, None),
        ((None, None), [stood(A, 1)], [], stood(A, 1), 0),
        ((stood(A, 1), 0), [stood(A, 1), stood(A, 1)], [], stood(A, 1), 0),
        ((stood(A, 1), 0), [stood(B, 2), stood(C, 5)], [], stood(C, 5), 2),
        ((stood(A, 1), 0), [stood(A, 2)], [(EMPTY_CHANGE, 10, "entered-again")], stood(A, 2), 0),
        ((stood(A, 2), 0), [stood(A, 1)], [(EMPTY_CHANGE, 10, "entered-again")], stood(A, 1), 0),
        (
            (stood(ALIEN, 1), 0),
            [stood(ALIEN, 2), stood(A, 3), stood(A, 3)],
            [(EMPTY_CHANGE, 10, "entered-again")],
            stood(A, 3),
            0,
        ),
        ((stood(B, 2), 1), [stood(A, 3)], [(FOREIGN, 10, "older-card")], stood(A, 3), 1),
        ((stood(A, 1), 0), [stood(B, 1)], [(FOREIGN, 10, "renumbered")], stood(B, 1), 0),
        ((stood(A, 1), 0), [stood(ALIEN, 2)], [(FOREIGN, 10, "unknown-card")], stood(ALIEN, 2), 0),
        ((stood(A, 1), 0), [stood(TOMBSTONE, 2)], [(FOREIGN, 10, "deleted")], stood(TOMBSTONE, 2), 0),
        ((stood(A, 1), 0), [None], [(MISSING, 10, "removed")], None, 0),
        ((stood(A, 4), 0), [None, stood(B, 1)], [(MISSING, 10, "removed")], stood(B, 1), 1),
        (
            (stood(A, 1), 0),
            [stood(ALIEN, 2), stood(ALIEN, 2), stood(B, 3), stood(ALIEN, 4)],
            [(FOREIGN, 10, "unknown-card"), (FOREIGN, 13, "unknown-card")],
            stood(ALIEN, 4),
            1,
        ),
    ],
)
def test_what_this_account_did_not_do_is_an_alarm(
    before: tuple[Opening | None, int | None],
    seen: list[Opening | None],
    reasons: list[tuple[str, int, str]],
    after: Opening | None,
    place: int | None,
) -> None:
    """Once, in the epoch in which it entered; what stood there last is known afterwards, and which card of ours."""
    watch, alarms = judge(watching(*before), sights(*seen), OWN)
    assert [Alarm(code, epoch, 10 * epoch, reason) for code, epoch, reason in reasons] == alarms
    assert watching(after, place) == watch


def test_of_a_card_that_was_made_twice_the_later_place_counts() -> None:
    """An older one after it is still older."""
    watch, alarms = judge(watching(), sights(stood(A, 1), stood(B, 2)), [A, B, A])
    assert (2, ["older-card"]) == (watch.place, [alarm.reason for alarm in alarms])


def test_what_entered_is_told_with_its_epoch() -> None:
    """Something gone is an entry too, one version after the one that stood there."""
    seen = sights(stood(A, 1), stood(A, 2), stood(A, 2), None, None, stood(B, 1))
    assert [
        StoredEntry(11, 2, stood(A, 2).nonce, A),
        StoredEntry(13, 3, b"", None),
        StoredEntry(15, 1, stood(B, 1).nonce, B),
    ] == new_entries(watching(stood(A, 1)), seen)
    assert [] == new_entries(watching(), sights(None))


# -- promises -----------------------------------------------------------------------------------------------------


def promise(digest: bytes = A, after: int = 9, by: int = 11) -> Expected:
    """A card must stand there in the tenth or eleventh epoch."""
    return Expected("relay.example", "mina@relay.example", digest, after, by, b"note", (), 0)


BROKEN_AT_11 = Alarm(BROKEN, 11, 110, "not-entered", b"note")


@pytest.mark.parametrize(
    ("seen", "after", "still", "alarms"),
    [
        ([stood(A, 1)], [], [], []),
        ([None, stood(A, 1)], [], [], []),
        ([None], [], [promise()], []),
        ([], [], [promise()], []),
        ([None, None], [], [], [BROKEN_AT_11]),
        ([None, stood(B, 1)], [], [], [BROKEN_AT_11]),
        ([None, None, stood(A, 1)], [], [], [BROKEN_AT_11]),
        ([None, stood(B, 2)], [A, B], [], []),
        ([None, stood(B, 2)], [B, A], [], [BROKEN_AT_11]),
        ([None, stood(B, 2)], [B], [], [BROKEN_AT_11]),
    ],
)
def test_a_promise_is_kept_broken_or_still_open(
    seen: list[Opening | None], after: list[bytes], still: list[Expected], alarms: list[Alarm]
) -> None:
    """In its epochs the card must stand there, or a later one of the account; the signed promise is the evidence."""
    assert (still, alarms) == settle([promise()], sights(*seen), after)


def test_each_promise_is_settled_by_its_own_epochs() -> None:
    """What stood there before or after them keeps none; where none of them was seen, the end of the last counts."""
    seen = sights(stood(A, 1), stood(B, 2), stood(C, 3))
    early, kept, late, open_ = promise(B, 7, 9), promise(B, 10, 11), promise(A, 10, 12), promise(A, 12, 13)
    assert (
        [open_],
        [Alarm(BROKEN, 9, 120, "not-entered", b"note"), Alarm(BROKEN, 12, 120, "not-entered", b"note")],
    ) == settle([early, kept, late, open_], seen)


# -- the trail ----------------------------------------------------------------------------------------------------


def test_evidence_is_about_an_epoch_that_was_seen() -> None:
    """With the hashes of those behind it; of another epoch there is none."""
    views = tuple(View(epoch, 10 * epoch, (b"", 0, b""), (), (), (), bytes([epoch]) * 32) for epoch in (3, 4, 5))
    trail = Trail(b"label", views, b"checkpoint")

    found = msgspec.msgpack.decode(trail.evidence(PINNED, "mina@relay.example", 4, b"promise"))
    assert ([bytes([5]) * 32], b"checkpoint", b"promise", 4) == (found[7], found[8], found[9], found[6][0])
    assert (b"", b"") == (trail.evidence(PINNED, "x", 2), trail.evidence(PINNED, "x", 6))


def test_what_a_file_of_evidence_is_about_is_read_without_checking_it() -> None:
    """Whose handle, and which epoch; anything else is no such file."""
    view = View(4, 40, (b"", 0, b""), (), (), (), b"l" * 32)
    data = Trail(b"label", (view,), b"checkpoint").evidence(PINNED, "mina@relay.example", 4)
    assert (("mina@relay.example", 4), True) == (subject_of(data), is_evidence(data))
    for other in (b"", b"\xc1", data[:-1], msgspec.msgpack.encode(["another form", 1])):
        assert (None, False) == (subject_of(other), is_evidence(other))


def test_a_watch_knows_its_newest_epoch() -> None:
    """And where the log has to continue."""
    watch = watching()
    assert (9, 10, (b"p" * 32,)) == (watch.epoch, watch.frontier.size, watch.frontier.peaks)

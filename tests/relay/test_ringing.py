"""Who may have how many marks in a peal, and what is remembered of peals when strangers ring as fast as they can."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.relay.core.limits import Limits
from nullabona.relay.core.pealing import _THIN, Pealing
from nullabona.relay.core.ringing import Ringing
from nullabona.relay.core.sharing import in_turn, level
from nullabona.wire.bells import MORE, mark, rang_more
from nullabona.wire.messages import MARK_SIZE, Hear, Pealed
from tests.relay.hearers import SECRET, now, over, rings, split_marks
from tests.relay.peers import Box, RunningRelay

SALT = bytes(8)
PLENTY = 2**30


def secret(box: int, way: int = 0) -> bytes:
    return box.to_bytes(16, "big") + way.to_bytes(16, "big")


def marks(*boxes: int) -> list[bytes]:
    return [mark(SALT, secret(box)) for box in boxes]


def test_who_rings_once_comes_before_who_rings_often() -> None:
    """A stranger's thousand boxes and one box of somebody else's, rung last: it has its mark."""
    ringing = Ringing(SALT)
    for box in range(1_000):
        ringing.ring(secret(box), box, "stranger", new=False)
    ringing.ring(secret(5_000), 5_000, "honest", new=False)
    told, more = ringing.told(10)
    assert (marks(0, 5_000), 10, True) == (told[:2], len(told), more)


def test_a_box_that_was_there_comes_before_one_that_begins() -> None:
    """Whoever begins a box for each ring is told last, and only if there is room."""
    ringing = Ringing(SALT)
    for box in range(100):
        ringing.ring(secret(box), box, f"stranger {box}", new=True)
    ringing.ring(secret(500), 500, "honest", new=False)
    assert marks(500, 0, 1) == ringing.told(3)[0]
    assert (marks(500, *range(100)), False) == ringing.told(101)


def test_one_connection_has_one_mark_in_a_box() -> None:
    """The first secret counts, and that there were others is not told: nobody honest has two."""
    ringing = Ringing(SALT)
    for way in range(50):
        ringing.ring(secret(1, way), 1, "stranger", new=False)
    assert (marks(1), False) == ringing.told(PLENTY)


def test_who_rings_another_persons_box_does_not_take_their_mark_away() -> None:
    """A member that floods by one connection rings a room's box, too: the mark is told as of who rings it first of all
    that they ring.
    """
    ringing = Ringing(SALT)
    for box in range(100):
        ringing.ring(secret(box), box, "flooding member", new=False)
    ringing.ring(secret(99), 99, "honest", new=False)
    assert marks(0, 99) == ringing.told(2)[0]


def test_as_many_as_there_is_room_for_are_told() -> None:
    """Exactly that many is not too many."""
    ringing = Ringing(SALT)
    for box in range(3):
        ringing.ring(secret(box), box, "somebody", new=False)
    assert [(marks(0, 1), True), (marks(0, 1, 2), False)] == [ringing.told(2), ringing.told(3)]


@given(st.lists(st.integers(0, 9), max_size=400), st.integers(2, 50))
def test_so_many_wait_and_who_rings_least_is_among_them(rung: list[int], most: int) -> None:
    """However much is rung: never more wait than was said, and the first of each is told while there is a place."""
    ringing = Ringing(SALT, most)
    for box, source in enumerate(rung):
        ringing.ring(secret(box), box, source, new=False)
        assert len(ringing) <= most
    firsts = {mark(SALT, secret(rung.index(source))) for source in set(rung)}
    told, more = ringing.told(PLENTY)
    assert more == (len(told) < len(rung))
    if 2 * len(firsts) <= most:
        assert firsts <= set(told)


@given(st.lists(st.integers(0, 50), max_size=20), st.integers(0, 300))
def test_a_level_is_the_highest_that_fits(sizes: list[int], most: int) -> None:
    """Everybody has what they want or as much as the level, which cannot be raised."""
    found = level(sizes, most)
    assert sum(min(size, found) for size in sizes) <= most
    assert found == max(sizes, default=0) or sum(min(size, found + 1) for size in sizes) > most


def test_turns() -> None:
    """The first of each, then the second."""
    assert ["a", "d", "b", "e", "c"] == list(in_turn(["abc", "", "de"]))


# -- what is remembered


def pealing(most_bytes: int = Limits().peal_bytes) -> Pealing:
    return Pealing(random.Random(1).getrandbits, most_bytes)


def peal(made: Pealing, boxes: Sequence[int], most: int = PLENTY) -> None:
    for box in boxes:
        made.ring(secret(box), box, box)
    made.close(most)


def heard(made: Pealing, after: int) -> Pealed:
    return made.after(after, PLENTY)


def test_that_more_rang_is_told() -> None:
    """As a first mark that nobody has; where all is told it is not there."""
    made = pealing()
    begin = made.head
    for most in (3, 2):
        peal(made, range(3), most)
    whole, part = heard(made, begin).peals
    assert [3 * MARK_SIZE, 3 * MARK_SIZE] == [len(whole[1]), len(part[1])]
    assert [False, True] == [rang_more(Pealed(1, (each,))) for each in (whole, part)]
    assert MORE == part[1][:MARK_SIZE]


def test_hours_in_which_little_rings_are_not_pushed_out() -> None:
    """A quiet night, then an hour in which strangers ring all they can: of the night every peal is there, whole. What
    the strangers rang loses marks in place of it, the oldest first, and says so.
    """
    made = pealing(200_000)
    begin = made.head
    for _ in range(500):
        peal(made, range(3))
    quiet = heard(made, begin)
    for _ in range(500):
        peal(made, range(1_000))
    answer = heard(made, begin)
    assert (begin + 1, 1_000) == (answer.first, len(answer.peals))
    assert quiet.peals == answer.peals[:500]
    sizes = [len(told) // MARK_SIZE for _, told in answer.peals[500:]]
    thin = sizes.count(_THIN + 1)
    assert [_THIN + 1] * thin + [1_000] * (500 - thin) == sizes
    assert thin > 400
    assert rang_more(Pealed(1, answer.peals[500:501]))


def test_when_nothing_can_lose_marks_the_oldest_goes() -> None:
    """As ever: then whoever was away for longer learns that they missed something."""
    made = pealing(10_000)
    begin = made.head
    for _ in range(200):
        peal(made, range(_THIN))
    assert Pealed(made.head + 1, ()) == heard(made, begin)
    assert 10_000 // (120 + _THIN * MARK_SIZE) == len(heard(made, made.head - 65).peals)


def test_what_is_forgotten_gives_its_room_back() -> None:
    """Whole, thinned or on top: the count comes back to nought, and numbers go on."""
    made = pealing(60_000)
    for _ in range(300):
        peal(made, range(100))
    made.forget_before(made.head - 10)
    assert 11 == len(heard(made, made.head - 11).peals)
    made.forget_before(made.head + 1)
    assert (0, 0, 0) == (made._bytes, len(made._thin), sum(map(len, made._heavy)))


@pytest.mark.slow
def test_twelve_hours_of_the_worst_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that a relay tells by default, in every fifth of a second of twelve hours: who was away all that time learns
    which peals there were.
    """
    limits = Limits()
    made = pealing(limits.peal_bytes)
    begin = made.head
    most = limits.peal_bytes_per_s // 5 // MARK_SIZE
    told = bytes(range(256)) * 16
    for _ in range(12 * 3_600 * 5):
        made.ring(bytes(32), 0, 0)
        assert made._open is not None
        monkeypatch.setattr(
            made._open, "told", lambda most: ([told[at : at + 4] for at in range(0, 4 * most, 4)], True)
        )
        made.close(most)
    assert begin + 1 == made.after(begin, 1_000).first


@pytest.fixture
def tight(run: Callable[..., RunningRelay], monkeypatch: pytest.MonkeyPatch) -> RunningRelay:
    """A relay that tells 60 marks of a peal, which is over when a test says so."""
    monkeypatch.setattr("nullabona.relay.peals.PEAL_S", 60.0)
    return run(limits=Limits(peal_bytes_per_s=MARK_SIZE))


@pytest.mark.parametrize("boxes", [50, 500], ids=["each-again", "each-new"])
def test_a_stranger_who_rings_all_they_can_takes_nobodys_mark(tight: RunningRelay, boxes: int) -> None:
    """Five hundred appends of one connection, each with another secret, into boxes of its own: somebody who appends
    once, meanwhile, is told, and who hears takes no more than was said.
    """
    hearer, stranger = tight.client(), tight.client()
    begin = now(hearer)
    own = [Box() for _ in range(boxes)]
    asked = stranger.start(*[own[at % boxes].append(b"x", (secret(at), 1)) for at in range(500)])
    for number in asked:
        stranger.result(number)
    honest = tight.client()
    rings(honest, Box())
    over(tight)
    answer = hearer.ask(Hear(begin, 0))
    assert isinstance(answer, Pealed)
    [(salt, told)] = answer.peals
    assert mark(salt, SECRET) in split_marks(told)
    assert (min(boxes + 1, 61) * MARK_SIZE, boxes > 60) == (len(told), rang_more(answer))

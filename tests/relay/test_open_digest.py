"""How many tags a connection gets in a digest, and what is remembered when strangers append as fast as they can."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.log.digest_chain import ALL, FEW
from nullabona.relay.core import past_digests
from nullabona.relay.core.digests import Digests
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.open_digest import OpenDigest
from nullabona.relay.core.past_digests import THIN
from nullabona.relay.core.sharing import in_turn, level
from nullabona.wire.messages import ACTIVITY_TAG_SIZE, ActivityDigests, PollActivity
from nullabona.wire.wakes import OMITTED, activity_tag, omits_activity
from tests.relay.peers import Box, RunningRelay
from tests.relay.pollers import SECRET, now, over, split_tags, wakes

SALT = bytes(8)
PLENTY = 2**30


def secret(box: int, way: int = 0) -> bytes:
    return box.to_bytes(16, "big") + way.to_bytes(16, "big")


def tags(*boxes: int) -> list[bytes]:
    return [activity_tag(SALT, secret(box)) for box in boxes]


def test_who_appends_once_comes_before_who_appends_often() -> None:
    """A stranger's thousand boxes, and then one box of somebody else's: it has its tag."""
    open_digest = OpenDigest(SALT)
    for box in range(1_000):
        open_digest.record(secret(box), box, "stranger", new=False)
    open_digest.record(secret(5_000), 5_000, "honest", new=False)
    told, more = open_digest.tags(10)
    assert (tags(0, 5_000), 10, True) == (told[:2], len(told), more)


def test_a_box_that_was_there_comes_before_one_that_begins() -> None:
    """Boxes that begin with their append come last, and only if there is room."""
    open_digest = OpenDigest(SALT)
    for box in range(100):
        open_digest.record(secret(box), box, f"stranger {box}", new=True)
    open_digest.record(secret(500), 500, "honest", new=False)
    assert tags(500, 0, 1) == open_digest.tags(3)[0]
    assert (tags(500, *range(100)), False) == open_digest.tags(101)


def test_one_connection_has_one_tag_in_a_box() -> None:
    """The first secret counts, and that there were others is not told: nobody honest has two."""
    open_digest = OpenDigest(SALT)
    for way in range(50):
        open_digest.record(secret(1, way), 1, "stranger", new=False)
    assert (tags(1), False) == open_digest.tags(PLENTY)


def test_who_appends_to_another_persons_box_does_not_take_their_tag_away() -> None:
    """A member that floods over one connection appends to a room's box, too: its tag counts for the connection that has
    it earlier in its own order.
    """
    open_digest = OpenDigest(SALT)
    for box in range(100):
        open_digest.record(secret(box), box, "flooding member", new=False)
    open_digest.record(secret(99), 99, "honest", new=False)
    assert tags(0, 99) == open_digest.tags(2)[0]


def test_as_many_as_there_is_room_for_are_told() -> None:
    """Exactly that many is not too many."""
    open_digest = OpenDigest(SALT)
    for box in range(3):
        open_digest.record(secret(box), box, "somebody", new=False)
    assert [(tags(0, 1), True), (tags(0, 1, 2), False)] == [open_digest.tags(2), open_digest.tags(3)]


@given(st.lists(st.integers(0, 9), max_size=400), st.integers(2, 50))
def test_so_many_wait_and_who_appends_least_is_among_them(active: list[int], most: int) -> None:
    """However much is active: never more wait than was said, and the first of each is told while there is a place."""
    open_digest = OpenDigest(SALT, most)
    for box, source in enumerate(active):
        open_digest.record(secret(box), box, source, new=False)
        assert len(open_digest) <= most
    firsts = {activity_tag(SALT, secret(active.index(source))) for source in set(active)}
    told, more = open_digest.tags(PLENTY)
    assert more == (len(told) < len(active))
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


def make(most_bytes: int = Limits().activity_bytes) -> Digests:
    return Digests(random.Random(1).getrandbits, most_bytes)


def one_digest(made: Digests, boxes: Sequence[int], most: int = PLENTY) -> None:
    for box in boxes:
        made.record(secret(box), box, box)
    made.close(most)


def polled(made: Digests, after: int) -> ActivityDigests:
    return made.after(after, PLENTY)


def test_that_activity_is_omitted_is_told() -> None:
    """As a first tag that nobody has; where all is told it is not there."""
    made = make()
    begin = made.head
    for most in (3, 2):
        one_digest(made, range(3), most)
    whole, part = polled(made, begin).digests
    assert [3 * ACTIVITY_TAG_SIZE, 3 * ACTIVITY_TAG_SIZE] == [len(whole[1]), len(part[1])]
    assert [False, True] == [omits_activity(ActivityDigests(1, (each,))) for each in (whole, part)]
    assert OMITTED == part[1][:ACTIVITY_TAG_SIZE]


def test_hours_in_which_little_happens_are_not_pushed_out() -> None:
    """A quiet night, then an hour in which strangers append all they can: every digest of the night is there, whole.
    Digests of the strangers lose tags instead, the oldest first, and say so.
    """
    made = make(200_000)
    begin = made.head
    for _ in range(500):
        one_digest(made, range(3))
    quiet = polled(made, begin)
    for _ in range(500):
        one_digest(made, range(1_000))
    answer = polled(made, begin)
    assert (begin + 1, 1_000) == (answer.first, len(answer.digests))
    assert quiet.digests == answer.digests[:500]
    sizes = [len(told) // ACTIVITY_TAG_SIZE for _, told in answer.digests[500:]]
    thin = sizes.count(THIN + 1)
    assert [THIN + 1] * thin + [1_000] * (500 - thin) == sizes
    assert thin > 400
    assert omits_activity(ActivityDigests(1, answer.digests[500:501]))


def test_when_nothing_can_lose_tags_the_oldest_goes() -> None:
    """As ever: then whoever was away for longer learns that they missed something."""
    made = make(10_000)
    begin = made.head
    for _ in range(200):
        one_digest(made, range(THIN))
    assert ActivityDigests(made.head + 1, ()) == polled(made, begin)
    assert 10_000 // (120 + THIN * ACTIVITY_TAG_SIZE) == len(polled(made, made.head - 65).digests)


def test_what_is_forgotten_gives_its_room_back() -> None:
    """Whole, thinned or on top: the count comes back to nought, and numbers go on."""
    made = make(60_000)
    for _ in range(300):
        one_digest(made, range(100))
    made.forget_before(made.head - 10)
    assert 11 == len(polled(made, made.head - 11).digests)
    made.forget_before(made.head + 1)
    assert (0, 0, 0) == (made._bytes, len(made._thin), sum(map(len, made._heavy)))
    assert not made._others


def test_an_answer_hashes_no_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes with digests that had many tags is made when they are closed or lose them: it is asked for often."""
    made = make(60_000)
    for _ in range(300):
        one_digest(made, range(100))
    hashed: list[bytes] = []

    def counts(data: bytes) -> object:
        hashed.append(data)
        return sha256(data)

    monkeypatch.setattr(past_digests, "sha256", counts)
    answer = made.signed(polled(made, made.head - 200), brief=False)
    assert ({ALL, FEW}, []) == ({other[:1] for other in answer.others}, hashed)


@pytest.mark.slow
def test_twelve_hours_of_the_worst_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that a relay tells by default, in every fifth of a second of twelve hours: who was away all that time learns
    which activity digests there were.
    """
    limits = Limits()
    made = make(limits.activity_bytes)
    begin = made.head
    most = limits.activity_bytes_per_s // 5 // ACTIVITY_TAG_SIZE
    told = bytes(range(256)) * 16
    for _ in range(12 * 3_600 * 5):
        made.record(bytes(32), 0, 0)
        assert made._open is not None
        monkeypatch.setattr(
            made._open, "tags", lambda most: ([told[at : at + 4] for at in range(0, 4 * most, 4)], True)
        )
        made.close(most)
    assert begin + 1 == made.after(begin, 1_000).first


@pytest.fixture
def tight(run: Callable[..., RunningRelay], monkeypatch: pytest.MonkeyPatch) -> RunningRelay:
    """A relay that tells 60 tags of an activity digest, which is closed when a test says so."""
    monkeypatch.setattr("nullabona.relay.activity.DIGEST_S", 60.0)
    return run(limits=Limits(activity_bytes_per_s=ACTIVITY_TAG_SIZE))


@pytest.mark.parametrize("boxes", [50, 500], ids=["each-again", "each-new"])
def test_a_stranger_who_appends_all_they_can_takes_nobodys_tag(tight: RunningRelay, boxes: int) -> None:
    """Five hundred appends of one connection, each with another secret, into boxes of its own: somebody who appends
    once, meanwhile, is told, and a polling client is sent no more than was said.
    """
    poller, stranger = tight.client(), tight.client()
    begin = now(poller)
    own = [Box() for _ in range(boxes)]
    asked = stranger.start(*[own[at % boxes].append(b"x", (secret(at), 1)) for at in range(500)])
    for number in asked:
        stranger.result(number)
    honest = tight.client()
    wakes(honest, Box())
    over(tight)
    answer = poller.ask(PollActivity(begin, 0))
    assert isinstance(answer, ActivityDigests)
    [(salt, told)] = answer.digests
    assert activity_tag(salt, SECRET) in split_tags(told)
    assert (min(boxes + 1, 61) * ACTIVITY_TAG_SIZE, boxes > 60) == (len(told), omits_activity(answer))

"""The bookkeeping of activity digests, against a plain model: all activity in order, or that some was missed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from nullabona.relay.activity import ANSWER_BYTES
from nullabona.relay.core.digests import Digests
from nullabona.relay.core.past_digests import OVERHEAD
from nullabona.wire.messages import (
    ACTIVITY_TAG_SIZE,
    MAX_ACTIVITY_DIGESTS,
    MAX_RESPONSE,
    SALT_SIZE,
    ActivityDigests,
    encode,
)
from nullabona.wire.wakes import activity_tag, may_continue

ONE = ACTIVITY_TAG_SIZE + OVERHEAD
"""Bytes of an activity digest with one tag."""
PLENTY = 2**40
BOXES = [bytes([number]) * 32 for number in range(6)]
POLLERS = "abc"
secrets = st.binary(min_size=32, max_size=32)


def dice(seed: int = 1) -> Callable[[int], int]:
    return random.Random(seed).getrandbits


def record(digests: Digests, secret: bytes) -> bool:
    """A box that was there before is appended to, over a connection of its own, as most are."""
    return digests.record(secret, int.from_bytes(secret, "big"), secret)


def one_digest(digests: Digests, *active: bytes) -> None:
    """One digest, from its first append to its end."""
    for secret in active:
        record(digests, secret)
    digests.close(PLENTY)


def tags(salt: bytes, active: Iterable[bytes]) -> bytes:
    return b"".join(sorted(activity_tag(salt, secret) for secret in active))


class Pollers(RuleBasedStateMachine):
    """At any pace, and in answers of any size: each is told every digest after the one before, or that they missed."""

    def __init__(self) -> None:
        super().__init__()
        self.most_bytes = 6 * ONE
        self.real = Digests(dice(), self.most_bytes)
        self.head = self.real.head
        self.at = dict.fromkeys(POLLERS, self.head)
        """The number up to which each has heard."""
        self.open: set[bytes] = set()
        self.kept: dict[int, frozenset[bytes]] = {}
        """By number: which boxes were active, as far as it is to be remembered."""

    @rule(box=st.sampled_from(BOXES))
    def a_box_is_active(self, box: bytes) -> None:
        assert record(self.real, box) == (not self.open)
        self.open.add(box)

    @rule()
    def a_digest_is_closed(self) -> None:
        if not self.open:
            return
        self.real.close(PLENTY)
        self.head += 1
        self.kept[self.head] = frozenset(self.open)
        self.open = set()
        while len(self.kept) > 1 and sum(map(size_of, self.kept.values())) > self.most_bytes:
            del self.kept[min(self.kept)]

    @rule()
    def nobody_hears(self) -> None:
        self.real.forget()
        self.head += 1
        self.open, self.kept = set(), {}

    @rule(poller=st.sampled_from(POLLERS), most_bytes=st.integers(0, 5 * ONE))
    def asks(self, poller: str, most_bytes: int) -> None:
        answer = self.real.after(self.at[poller], most_bytes)
        self._check(answer, self.at[poller], most_bytes)
        self.at[poller] = answer.first + len(answer.digests) - 1

    @rule(behind=st.integers(-3, 12))
    def a_stranger_asks(self, behind: int) -> None:
        self._check(self.real.after(self.head - behind, PLENTY), self.head - behind, PLENTY)

    def _check(self, answer: ActivityDigests, at: int, most_bytes: int) -> None:
        missing = range(at + 1, self.head + 1)
        if at > self.head or any(number not in self.kept for number in missing):
            assert ActivityDigests(self.head + 1, ()) == answer
            return
        assert at + 1 == answer.first
        told = [self.kept[number] for number in missing[: len(answer.digests)]]
        assert [tags(salt, boxes) for (salt, _), boxes in zip(answer.digests, told, strict=True)] == [
            active for _, active in answer.digests
        ]
        sizes = [size_of(self.kept[number]) for number in missing]
        assert len(told) == max(_most(sizes, most_bytes), min(1, len(sizes)))

    @invariant()
    def counts_agree(self) -> None:
        assert (self.head, sum(map(len, self.kept.values())) + len(self.open)) == (self.real.head, len(self.real))


TestHearers = Pollers.TestCase


def size_of(boxes: Sequence[bytes] | frozenset[bytes]) -> int:
    return len(boxes) * ACTIVITY_TAG_SIZE + OVERHEAD


def _most(sizes: list[int], most_bytes: int) -> int:
    """How many of these, from the first on, are no more than so many bytes together."""
    return sum(sum(sizes[: count + 1]) <= most_bytes for count in range(len(sizes)))


@given(
    st.lists(st.sets(st.sampled_from(BOXES), min_size=1), max_size=30),
    st.data(),
    st.integers(1, 20 * ONE),
)
def test_nothing_is_missed_silently(active_boxes: list[set[bytes]], data: st.DataObject, most_kept: int) -> None:
    """However seldom somebody asks, and however little an answer holds, what they were told and the gaps that they
    were told of are, together, exactly all activity.
    """
    digests = Digests(dice(), most_kept)
    at = begin = digests.head
    heard: list[set[bytes] | None] = []

    def ask(most_bytes: int) -> bool:
        nonlocal at
        answer = digests.after(at, most_bytes)
        heard.extend([None] * (answer.first - at - 1))
        heard.extend({box for box in BOXES if activity_tag(salt, box) in _split(told)} for salt, told in answer.digests)
        at = answer.first + len(answer.digests) - 1
        return at < digests.head

    for active in active_boxes:
        one_digest(digests, *active)
        for _ in range(data.draw(st.integers(0, 2))):
            ask(data.draw(st.integers(0, 4 * ONE)))
    while ask(data.draw(st.integers(0, 4 * ONE))):
        pass
    assert len(active_boxes) == len(heard) == at - begin
    assert all(told in (None, active) for told, active in zip(heard, active_boxes, strict=True))
    if sum(map(size_of, map(frozenset, active_boxes))) <= most_kept:
        assert active_boxes == heard


def _split(active: bytes) -> set[bytes]:
    return {active[at : at + ACTIVITY_TAG_SIZE] for at in range(0, len(active), ACTIVITY_TAG_SIZE)}


# -- one digest


def test_a_digest_is_a_salt_and_a_tag_for_each_box() -> None:
    """The first append begins it and the others do not; nobody is told of it until it is closed."""
    digests = Digests(dice(), PLENTY)
    begin = digests.head
    assert [True, False] == [record(digests, box) for box in BOXES[:2]]
    assert ActivityDigests(begin + 1, ()) == digests.after(begin, PLENTY)
    digests.close(PLENTY)
    answer = digests.after(begin, PLENTY)
    [(salt, _)] = answer.digests
    assert SALT_SIZE == len(salt)
    assert ActivityDigests(begin + 1, ((salt, tags(salt, BOXES[:2])),)) == answer
    assert record(digests, BOXES[0])


def test_a_box_that_is_active_twice_has_one_tag() -> None:
    """How often a box was active within a digest is not told."""
    once, twice = Digests(dice(), PLENTY), Digests(dice(), PLENTY)
    one_digest(once, BOXES[0], BOXES[1])
    one_digest(twice, BOXES[0], BOXES[1], BOXES[0], BOXES[0])
    assert once.after(once.head - 1, PLENTY) == twice.after(twice.head - 1, PLENTY)


@given(st.lists(secrets, min_size=1, max_size=9, unique=True), st.randoms())
def test_the_order_of_ringing_is_not_told(active: list[bytes], rng: random.Random) -> None:
    """The same boxes give the same digest in any order of appends."""
    forth, other = Digests(dice(), PLENTY), Digests(dice(), PLENTY)
    one_digest(forth, *active)
    one_digest(other, *rng.sample(active, len(active)))
    assert forth.after(forth.head - 1, PLENTY) == other.after(other.head - 1, PLENTY)


def test_the_tags_of_a_box_have_nothing_in_common() -> None:
    """A box that is in every digest is not recognised: no salt and no tag comes twice."""
    digests = Digests(dice(), PLENTY)
    begin = digests.head
    for _ in range(300):
        one_digest(digests, BOXES[0])
    told = digests.after(begin, PLENTY).digests
    assert [300, 300] == [len({salt for salt, _ in told}), len({active for _, active in told})]


def test_two_runs_have_no_number_and_no_salt_in_common() -> None:
    """What one run of a relay numbered says nothing in the next."""
    first, second = (Digests(dice(seed), PLENTY) for seed in (1, 2))
    old = first.head
    for digests in (first, second):
        one_digest(digests, BOXES[0])
    assert ActivityDigests(second.head + 1, ()) == second.after(old, PLENTY)
    salts = {digests.after(digests.head - 1, PLENTY).digests[0][0] for digests in (first, second)}
    assert 2 == len(salts)


# -- what is remembered


@pytest.mark.parametrize(("most_bytes", "kept"), [(3 * ONE, 3), (3 * ONE - 1, 2), (2 * ONE, 2), (1, 1)])
def test_so_many_bytes_are_remembered(most_bytes: int, kept: int) -> None:
    """Up to and including the limit; the oldest is forgotten first, and the newest digest is there in any case."""
    digests = Digests(dice(), most_bytes)
    for box in BOXES[:3]:
        one_digest(digests, box)
    told = digests.after(digests.head - kept, PLENTY)
    assert [tags(salt, [box]) for (salt, _), box in zip(told.digests, BOXES[3 - kept : 3], strict=True)] == [
        active for _, active in told.digests
    ]
    assert ActivityDigests(digests.head + 1, ()) == digests.after(digests.head - kept - 1, PLENTY)
    assert kept == len(digests)


def test_what_is_forgotten_was_missed() -> None:
    """Whoever comes back after it learns so, whether or not they had heard everything until then."""
    digests = Digests(dice(), PLENTY)
    begin = digests.head
    one_digest(digests, BOXES[0])
    digests.forget()
    news = ActivityDigests(digests.head + 1, ())
    assert [news, news] == [digests.after(begin, PLENTY), digests.after(begin + 1, PLENTY)]
    assert news == digests.after(news.first - 1, PLENTY)
    assert 0 == len(digests)


def test_a_digest_that_is_not_over_is_forgotten_too() -> None:
    """Nothing of it is in the next one, which begins with the next append."""
    digests = Digests(dice(), PLENTY)
    record(digests, BOXES[0])
    digests.forget()
    assert 0 == len(digests)
    assert record(digests, BOXES[1])
    digests.close(PLENTY)
    [(salt, active)] = digests.after(digests.head - 1, PLENTY).digests
    assert tags(salt, [BOXES[1]]) == active


@pytest.mark.parametrize("ahead", [-(2**47), -2, 1, 2, 2**47])
def test_a_number_that_means_nothing_here_is_answered_with_where_we_are(ahead: int) -> None:
    """Of another run, too old, or not given out yet: something may have been missed, and from now on nothing is."""
    digests = Digests(dice(), PLENTY)
    one_digest(digests, BOXES[0])
    answer = digests.after(digests.head + ahead, PLENTY)
    assert ActivityDigests(digests.head + 1, ()) == answer
    one_digest(digests, BOXES[1])
    assert answer.first == digests.after(answer.first - 1, PLENTY).first
    assert 1 == len(digests.after(answer.first - 1, PLENTY).digests)


# -- the size of an answer


@pytest.mark.parametrize(("most_bytes", "told"), [(3 * ONE, 3), (3 * ONE - 1, 2), (2 * ONE, 2), (ONE - 1, 1), (0, 1)])
def test_an_answer_holds_so_many_bytes(most_bytes: int, told: int) -> None:
    """Up to and including the limit, from the oldest on; at least one digest, so that whoever asks gets further."""
    digests = Digests(dice(), PLENTY)
    begin = digests.head
    for box in BOXES[:4]:
        one_digest(digests, box)
    whole, part = digests.after(begin, PLENTY), digests.after(begin, most_bytes)
    assert ActivityDigests(begin + 1, whole.digests[:told]) == part
    assert ActivityDigests(begin + 1 + told, whole.digests[told:]) == digests.after(begin + told, PLENTY)


@pytest.mark.parametrize("more", [0, 1])
def test_an_answer_holds_so_many_digests(more: int) -> None:
    """`MAX_ACTIVITY_DIGESTS` and no more, which every decoder takes; the rest is the next answer."""
    digests = Digests(dice(), PLENTY)
    begin = digests.head
    for _ in range(MAX_ACTIVITY_DIGESTS + more):
        one_digest(digests, BOXES[0])
    answer = digests.after(begin, PLENTY)
    assert MAX_ACTIVITY_DIGESTS == len(answer.digests)
    assert len(encode(answer)) < MAX_RESPONSE
    assert more == len(digests.after(begin + MAX_ACTIVITY_DIGESTS, PLENTY).digests)


@pytest.mark.parametrize("boxes", [1, 3, 60, 2_000, 30_000])
def test_a_poller_can_tell_an_answer_that_is_cut_short(boxes: int) -> None:
    """However many boxes are active in each digest: as many activity digests as make two answers, and then one."""
    digests = Digests(dice(), PLENTY)
    begin = digests.head
    secrets = [number.to_bytes(32, "big") for number in range(boxes)]
    size = size_of(secrets)
    for _ in range(2 * ANSWER_BYTES // size + 1):
        one_digest(digests, *secrets)
    cut = digests.after(begin, ANSWER_BYTES)
    assert len(cut.digests) < digests.head - begin
    assert may_continue(cut)
    assert boxes >= 40_000 or not may_continue(digests.after(digests.head - 1, ANSWER_BYTES))

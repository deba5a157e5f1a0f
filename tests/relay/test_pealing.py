"""The bookkeeping of peals, against a plain model: who asks hears all that rang, in order, or that they missed some."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from nullabona.relay.core.pealing import _OVERHEAD, Pealing
from nullabona.relay.peals import ANSWER_BYTES
from nullabona.wire.bells import mark, may_go_on
from nullabona.wire.messages import MARK_SIZE, MAX_PEALS, MAX_RESPONSE, SALT_SIZE, Pealed, encode

ONE = MARK_SIZE + _OVERHEAD
"""Bytes of a peal with one mark."""
PLENTY = 2**40
BOXES = [bytes([number]) * 32 for number in range(6)]
HEARERS = "abc"
secrets = st.binary(min_size=32, max_size=32)


def dice(seed: int = 1) -> Callable[[int], int]:
    return random.Random(seed).getrandbits


def rings(pealing: Pealing, secret: bytes) -> bool:
    """A box rings, that was there before; by a connection of its own, as most append."""
    return pealing.ring(secret, int.from_bytes(secret, "big"), secret)


def peal(pealing: Pealing, *rung: bytes) -> None:
    """One peal, from its first bell to its end."""
    for secret in rung:
        rings(pealing, secret)
    pealing.close(PLENTY)


def marks(salt: bytes, rung: Iterable[bytes]) -> bytes:
    return b"".join(sorted(mark(salt, secret) for secret in rung))


class Hearers(RuleBasedStateMachine):
    """At any pace, and in answers of any size: each is told every peal after the one before, or that they missed."""

    def __init__(self) -> None:
        super().__init__()
        self.most_bytes = 6 * ONE
        self.real = Pealing(dice(), self.most_bytes)
        self.head = self.real.head
        self.at = dict.fromkeys(HEARERS, self.head)
        """The number up to which each has heard."""
        self.open: set[bytes] = set()
        self.kept: dict[int, frozenset[bytes]] = {}
        """By number: which boxes rang, as far as it is to be remembered."""

    @rule(box=st.sampled_from(BOXES))
    def rings(self, box: bytes) -> None:
        assert rings(self.real, box) == (not self.open)
        self.open.add(box)

    @rule()
    def a_peal_is_over(self) -> None:
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

    @rule(hearer=st.sampled_from(HEARERS), most_bytes=st.integers(0, 5 * ONE))
    def asks(self, hearer: str, most_bytes: int) -> None:
        answer = self.real.after(self.at[hearer], most_bytes)
        self._check(answer, self.at[hearer], most_bytes)
        self.at[hearer] = answer.first + len(answer.peals) - 1

    @rule(behind=st.integers(-3, 12))
    def a_stranger_asks(self, behind: int) -> None:
        self._check(self.real.after(self.head - behind, PLENTY), self.head - behind, PLENTY)

    def _check(self, answer: Pealed, at: int, most_bytes: int) -> None:
        missing = range(at + 1, self.head + 1)
        if at > self.head or any(number not in self.kept for number in missing):
            assert Pealed(self.head + 1, ()) == answer
            return
        assert at + 1 == answer.first
        told = [self.kept[number] for number in missing[: len(answer.peals)]]
        assert [marks(salt, boxes) for (salt, _), boxes in zip(answer.peals, told, strict=True)] == [
            rung for _, rung in answer.peals
        ]
        sizes = [size_of(self.kept[number]) for number in missing]
        assert len(told) == max(_most(sizes, most_bytes), min(1, len(sizes)))

    @invariant()
    def counts_agree(self) -> None:
        assert (self.head, sum(map(len, self.kept.values())) + len(self.open)) == (self.real.head, len(self.real))


TestHearers = Hearers.TestCase


def size_of(boxes: Sequence[bytes] | frozenset[bytes]) -> int:
    return len(boxes) * MARK_SIZE + _OVERHEAD


def _most(sizes: list[int], most_bytes: int) -> int:
    """How many of these, from the first on, are no more than so many bytes together."""
    return sum(sum(sizes[: count + 1]) <= most_bytes for count in range(len(sizes)))


@given(
    st.lists(st.sets(st.sampled_from(BOXES), min_size=1), max_size=30),
    st.data(),
    st.integers(1, 20 * ONE),
)
def test_nothing_is_missed_silently(peals: list[set[bytes]], data: st.DataObject, most_kept: int) -> None:
    """However seldom somebody asks, and however little an answer holds, what they were told and the gaps that they
    were told of are, together, exactly what rang.
    """
    pealing = Pealing(dice(), most_kept)
    at = begin = pealing.head
    heard: list[set[bytes] | None] = []

    def ask(most_bytes: int) -> bool:
        nonlocal at
        answer = pealing.after(at, most_bytes)
        heard.extend([None] * (answer.first - at - 1))
        heard.extend({box for box in BOXES if mark(salt, box) in _split(rung)} for salt, rung in answer.peals)
        at = answer.first + len(answer.peals) - 1
        return at < pealing.head

    for rung in peals:
        peal(pealing, *rung)
        for _ in range(data.draw(st.integers(0, 2))):
            ask(data.draw(st.integers(0, 4 * ONE)))
    while ask(data.draw(st.integers(0, 4 * ONE))):
        pass
    assert len(peals) == len(heard) == at - begin
    assert all(told in (None, rung) for told, rung in zip(heard, peals, strict=True))
    if sum(map(size_of, map(frozenset, peals))) <= most_kept:
        assert peals == heard


def _split(rung: bytes) -> set[bytes]:
    return {rung[at : at + MARK_SIZE] for at in range(0, len(rung), MARK_SIZE)}


# -- one peal


def test_a_peal_is_a_salt_and_a_mark_for_each_box() -> None:
    """The first bell begins it and the others do not; until it is over nobody is told of it."""
    pealing = Pealing(dice(), PLENTY)
    begin = pealing.head
    assert [True, False] == [rings(pealing, box) for box in BOXES[:2]]
    assert Pealed(begin + 1, ()) == pealing.after(begin, PLENTY)
    pealing.close(PLENTY)
    answer = pealing.after(begin, PLENTY)
    [(salt, _)] = answer.peals
    assert SALT_SIZE == len(salt)
    assert Pealed(begin + 1, ((salt, marks(salt, BOXES[:2])),)) == answer
    assert rings(pealing, BOXES[0])


def test_a_box_that_rings_twice_has_one_mark() -> None:
    """How often a box rang within a peal is not told."""
    once, twice = Pealing(dice(), PLENTY), Pealing(dice(), PLENTY)
    peal(once, BOXES[0], BOXES[1])
    peal(twice, BOXES[0], BOXES[1], BOXES[0], BOXES[0])
    assert once.after(once.head - 1, PLENTY) == twice.after(twice.head - 1, PLENTY)


@given(st.lists(secrets, min_size=1, max_size=9, unique=True), st.randoms())
def test_the_order_of_ringing_is_not_told(rung: list[bytes], chance: random.Random) -> None:
    """The same boxes give the same peal in whatever order they rang."""
    forth, other = Pealing(dice(), PLENTY), Pealing(dice(), PLENTY)
    peal(forth, *rung)
    peal(other, *chance.sample(rung, len(rung)))
    assert forth.after(forth.head - 1, PLENTY) == other.after(other.head - 1, PLENTY)


def test_the_marks_of_a_box_have_nothing_in_common() -> None:
    """A box that rings in every peal is not known again: no salt and no mark comes twice."""
    pealing = Pealing(dice(), PLENTY)
    begin = pealing.head
    for _ in range(300):
        peal(pealing, BOXES[0])
    told = pealing.after(begin, PLENTY).peals
    assert [300, 300] == [len({salt for salt, _ in told}), len({rung for _, rung in told})]


def test_two_runs_have_no_number_and_no_salt_in_common() -> None:
    """What one run of a relay numbered says nothing in the next."""
    first, second = (Pealing(dice(seed), PLENTY) for seed in (1, 2))
    old = first.head
    for pealing in (first, second):
        peal(pealing, BOXES[0])
    assert Pealed(second.head + 1, ()) == second.after(old, PLENTY)
    salts = {pealing.after(pealing.head - 1, PLENTY).peals[0][0] for pealing in (first, second)}
    assert 2 == len(salts)


# -- what is remembered


@pytest.mark.parametrize(("most_bytes", "kept"), [(3 * ONE, 3), (3 * ONE - 1, 2), (2 * ONE, 2), (1, 1)])
def test_so_many_bytes_are_remembered(most_bytes: int, kept: int) -> None:
    """Up to and including the limit; the oldest is forgotten first, and the newest peal is there in any case."""
    pealing = Pealing(dice(), most_bytes)
    for box in BOXES[:3]:
        peal(pealing, box)
    told = pealing.after(pealing.head - kept, PLENTY)
    assert [marks(salt, [box]) for (salt, _), box in zip(told.peals, BOXES[3 - kept : 3], strict=True)] == [
        rung for _, rung in told.peals
    ]
    assert Pealed(pealing.head + 1, ()) == pealing.after(pealing.head - kept - 1, PLENTY)
    assert kept == len(pealing)


def test_what_is_forgotten_was_missed() -> None:
    """Whoever comes back after it learns so, whether or not they had heard everything until then."""
    pealing = Pealing(dice(), PLENTY)
    begin = pealing.head
    peal(pealing, BOXES[0])
    pealing.forget()
    news = Pealed(pealing.head + 1, ())
    assert [news, news] == [pealing.after(begin, PLENTY), pealing.after(begin + 1, PLENTY)]
    assert news == pealing.after(news.first - 1, PLENTY)
    assert 0 == len(pealing)


def test_a_peal_that_is_not_over_is_forgotten_too() -> None:
    """Nothing of it is in the next one, which begins with the next bell."""
    pealing = Pealing(dice(), PLENTY)
    rings(pealing, BOXES[0])
    pealing.forget()
    assert 0 == len(pealing)
    assert rings(pealing, BOXES[1])
    pealing.close(PLENTY)
    [(salt, rung)] = pealing.after(pealing.head - 1, PLENTY).peals
    assert marks(salt, [BOXES[1]]) == rung


@pytest.mark.parametrize("ahead", [-(2**47), -2, 1, 2, 2**47])
def test_a_number_that_means_nothing_here_is_answered_with_where_we_are(ahead: int) -> None:
    """Of another run, too old, or not given out yet: something may have been missed, and from now on nothing is."""
    pealing = Pealing(dice(), PLENTY)
    peal(pealing, BOXES[0])
    answer = pealing.after(pealing.head + ahead, PLENTY)
    assert Pealed(pealing.head + 1, ()) == answer
    peal(pealing, BOXES[1])
    assert answer.first == pealing.after(answer.first - 1, PLENTY).first
    assert 1 == len(pealing.after(answer.first - 1, PLENTY).peals)


# -- the size of an answer


@pytest.mark.parametrize(("most_bytes", "told"), [(3 * ONE, 3), (3 * ONE - 1, 2), (2 * ONE, 2), (ONE - 1, 1), (0, 1)])
def test_an_answer_holds_so_many_bytes(most_bytes: int, told: int) -> None:
    """Up to and including the limit, from the oldest on; at least one peal, so that whoever asks gets further."""
    pealing = Pealing(dice(), PLENTY)
    begin = pealing.head
    for box in BOXES[:4]:
        peal(pealing, box)
    whole, part = pealing.after(begin, PLENTY), pealing.after(begin, most_bytes)
    assert Pealed(begin + 1, whole.peals[:told]) == part
    assert Pealed(begin + 1 + told, whole.peals[told:]) == pealing.after(begin + told, PLENTY)


@pytest.mark.parametrize("more", [0, 1])
def test_an_answer_holds_so_many_peals(more: int) -> None:
    """`MAX_PEALS` and no more, which every decoder takes; the rest is the next answer."""
    pealing = Pealing(dice(), PLENTY)
    begin = pealing.head
    for _ in range(MAX_PEALS + more):
        peal(pealing, BOXES[0])
    answer = pealing.after(begin, PLENTY)
    assert MAX_PEALS == len(answer.peals)
    assert len(encode(answer)) < MAX_RESPONSE
    assert more == len(pealing.after(begin + MAX_PEALS, PLENTY).peals)


@pytest.mark.parametrize("boxes", [1, 3, 60, 2_000, 30_000])
def test_whoever_hears_can_tell_an_answer_that_is_cut_short(boxes: int) -> None:
    """However many boxes ring in each peal: as many peals as make two answers, and then one."""
    pealing = Pealing(dice(), PLENTY)
    begin = pealing.head
    secrets = [number.to_bytes(32, "big") for number in range(boxes)]
    size = size_of(secrets)
    for _ in range(2 * ANSWER_BYTES // size + 1):
        peal(pealing, *secrets)
    cut = pealing.after(begin, ANSWER_BYTES)
    assert len(cut.peals) < pealing.head - begin
    assert may_go_on(cut)
    assert boxes >= 40_000 or not may_go_on(pealing.after(pealing.head - 1, ANSWER_BYTES))

"""Digests that lost most of their tags: under one hash nobody is shown anything else, and two have to tell of them."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nullabona.client.runner import activity_stream
from nullabona.client.runner.signed_stream import DigestsUnsigned, SignedStream
from nullabona.errors import Malformed
from nullabona.log import digest_chain
from nullabona.log.digest_chain import ALL, FEW, FEW_TAGS, leaf_of, without
from nullabona.wire.messages import ACTIVITY_TAG_SIZE, ActivityDigests
from nullabona.wire.wakes import OMITTED, activity_tag
from tests.client.signing import Signing
from tests.client.test_activity_stream import MANY, OURS, Relay, answer, polled

SALT: Final = b"saltsalt"
TAGS: Final = st.sets(
    st.binary(min_size=ACTIVITY_TAG_SIZE, max_size=ACTIVITY_TAG_SIZE), min_size=FEW_TAGS + 1, max_size=40
)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next connection comes at once."""
    monkeypatch.setattr(activity_stream, "GONE_S", 0.0)


def joined(tags: set[bytes]) -> bytes:
    return b"".join(sorted(tags))


def leaf(tags: bytes, other: bytes) -> bytes | None:
    """The hash of what is shown; None if it is refused."""
    try:
        return leaf_of(SALT, tags, other)
    except Malformed:
        return None


@st.composite
def digests(draw: st.DrawFn) -> tuple[set[bytes], set[bytes]]:
    """All tags of a digest, and the few of them that are kept in any case."""
    tags = draw(TAGS)
    few = set(draw(st.permutations(sorted(tags)))[:FEW_TAGS])
    assume(OMITTED not in tags)
    return tags, few


def test_sizes_are_those_of_the_wire() -> None:
    """What the log's module says of them itself, as it imports nothing of the wire."""
    assert (ACTIVITY_TAG_SIZE, OMITTED) == (digest_chain._TAG_SIZE, digest_chain._OMITTED)


@given(digests(), st.sampled_from([b"", OMITTED]))
def test_a_digest_that_lost_tags_is_still_the_same_link(digest: tuple[set[bytes], set[bytes]], mark: bytes) -> None:
    """All tags with the few of them, and the few with the hash of all others; also of one that omits activity."""
    tags, few = digest
    every, rest = mark + joined(tags), mark + joined(tags - few)
    assert rest == without(every, joined(few))
    assert leaf_of(SALT, every, ALL + joined(few)) == leaf_of(SALT, OMITTED + joined(few), FEW + sha256(rest).digest())


@given(digests(), TAGS, st.integers(0, 40), st.binary(min_size=4, max_size=4))
def test_a_digest_has_no_other_face(
    digest: tuple[set[bytes], set[bytes]], others: set[bytes], at: int, false: bytes
) -> None:
    """Of all tags and of the few: one tag more, one less, in another order, without the mark, others altogether."""
    tags, few = digest
    assume(false not in tags | {OMITTED})
    every, kept, rest = joined(tags), joined(few), sha256(joined(tags - few)).digest()
    hashed = leaf_of(SALT, every, ALL + kept)
    gone = sorted(tags)[at % len(tags)]
    for shown in (
        joined(tags | {false}),
        joined(tags - {gone}),
        every[4:] + every[:4],
        OMITTED + every,
        joined(others),
    ):
        if shown != every:
            for other in (b"", ALL + kept, ALL + joined(set(sorted(others)[:FEW_TAGS]))):
                assert leaf(shown, other) != hashed
    for shown in (kept, OMITTED + joined(few | {false}), OMITTED + joined(few - {min(few)}), OMITTED + joined(others)):
        assert leaf(shown, FEW + rest) != hashed
    other_few = set(sorted(tags - few)[:1]) | set(sorted(few)[1:])
    assert leaf(OMITTED + joined(other_few), FEW + sha256(joined(tags - other_few)).digest()) != hashed


@pytest.mark.parametrize(
    ("tags", "other"),
    [
        (joined({bytes([n]) * 4 for n in range(1, 10)}), b"\x02" + bytes(32)),
        (joined({bytes([n]) * 4 for n in range(1, 10)}), FEW + bytes(32)),
        (OMITTED + joined({bytes([n]) * 4 for n in range(1, 9)}), FEW + bytes(31)),
        (OMITTED + joined({bytes([n]) * 4 for n in range(1, 8)}), FEW + bytes(32)),
        (joined({bytes([n]) * 4 for n in range(1, 10)})[:-1], ALL + joined({bytes([n]) * 4 for n in range(1, 9)})),
        (joined({bytes([n]) * 4 for n in range(1, 10)}), ALL + joined({bytes([n]) * 4 for n in range(1, 8)})),
    ],
)
def test_what_no_relay_tells_counts_as_unsigned(tags: bytes, other: bytes) -> None:
    """Another kind, no mark, a hash or a few of another size, half a tag: whatever is signed."""
    shown = Signing().signed(ActivityDigests(5, ((SALT, b""),)))
    shown = msgspec.structs.replace(shown, digests=((SALT, tags),), others=(other,))
    with pytest.raises(DigestsUnsigned):
        SignedStream().check(shown)


# -- the stream


def faces(first: int, count: int = 1, *, ours: bool = False) -> tuple[ActivityDigests, ActivityDigests]:
    """An answer of digests of which the first has many tags; the same after it lost all but a few."""
    whole = answer(first, count)
    salt, _ = whole.digests[0]
    few = {bytes([240 + n]) * 4 for n in range(FEW_TAGS - ours)} | (
        {activity_tag(salt, OURS["one"])} if ours else set()
    )
    more = {bytes([100 + n]) * 4 for n in range(20)}
    others = [b""] * (count - 1)
    return tuple(
        ActivityDigests(first, ((salt, tags), *whole.digests[1:]), others=(other, *others))
        for tags, other in (
            (joined(few | more), ALL + joined(few)),
            (OMITTED + joined(few), FEW + sha256(joined(more)).digest()),
        )
    )  # type: ignore[return-value]


def shortened(first: int, count: int = 1) -> ActivityDigests:
    return faces(first, count)[1]


def test_one_connection_that_tells_of_lost_tags_is_not_acted_upon() -> None:
    """The second one has all tags: nothing was omitted, and nothing but those is read."""
    whole, few = faces(2, ours=True)
    relay, told, upto = polled(lambda: Relay(few, whole), 1)
    assert [(["one"], True), "up changed"] == told
    assert (1, 2) == (relay.rests, upto)


def test_two_connections_that_tell_of_lost_tags_are_believed() -> None:
    """Then any of our boxes may have been active."""
    relay, told, _ = polled(lambda: Relay(*[faces(2, ours=True)[1]] * 2), 1)
    assert [(["one"], True), "omitted", "up changed"] == told
    assert relay.rests == 1


def test_all_answers_about_the_past_come_on_the_second_connection() -> None:
    """A client that was away for long does not change the connection with each of them, and later it does again."""
    busy = [shortened(2, MANY), shortened(2 + MANY, MANY), shortened(2 + 2 * MANY)]
    later = shortened(3 + 2 * MANY)
    relay, told, upto = polled(lambda: Relay(busy[0], *busy, later, later), 1)
    assert relay.rests == 2
    assert told.count("omitted") == 2
    assert upto == 3 + 2 * MANY


def test_the_first_answer_of_all_needs_no_second() -> None:
    """Who never asked this relay has nothing that could be told apart."""
    relay, told, _ = polled(lambda: Relay(shortened(1)), 0)
    assert relay.rests == 0
    assert "omitted" in told


def test_a_tag_for_one_connection_alone_is_nowhere() -> None:
    """The relay tells all of one thing and one connection of a box more, as the few that are left: it does not hold."""
    false = activity_tag(SALT, OURS["one"])
    every = joined({bytes([n]) * 4 for n in range(1, 10)})
    signed = Signing().signed(ActivityDigests(2, ((SALT, every),), others=(ALL + every[: 4 * FEW_TAGS],)))
    alone = OMITTED + joined({false, *(every[at : at + 4] for at in range(0, 28, 4))})
    for other in (every[32:], every, b""):
        shown = msgspec.structs.replace(signed, digests=((SALT, alone),), others=(FEW + sha256(other).digest(),))
        with pytest.raises(DigestsUnsigned):
            SignedStream().check(shown)

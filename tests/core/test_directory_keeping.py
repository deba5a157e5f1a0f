"""What is remembered of directories, promises, own cards and evidence: how much of it, and what is let go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest

from nullabona.client.core.directory import keeping
from nullabona.client.core.directory.evidence import LARGEST
from nullabona.client.core.directory.keeping import MOST_EVIDENCE, MOST_EXPECTED, MOST_OWN, Evidence
from nullabona.client.core.directory.owner import Watch
from nullabona.client.core.directory.pinned import Pinned
from nullabona.client.core.directory.promises import Expected, decode_expected, encode_expected
from nullabona.client.store import SqliteStore
from nullabona.errors import Malformed
from nullabona.wire.producible import StoredEntry

HOST, OTHER = "relay.example", "two.example"
PINNED = Pinned(HOST, "policy", by_hand=False, genesis=b"g", size=3, peaks=(b"p" * 32,), checkpoint=b"c", seen_s=5)


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    """A store inside one transaction."""
    made = SqliteStore.testing_in_memory()
    with made.transaction():
        yield made


def expected(number: int = 0, host: str = HOST, **about: object) -> Expected:
    """A promise; each number another card."""
    plain = Expected(host, f"mina@{host}", number.to_bytes(32, "big"), 1, 3, b"note", (b"p" * 32,), 90)
    return msgspec.structs.replace(plain, **about)


def evidence(number: int, code: str = "log-forked", size: int = 3) -> Evidence:
    """Something wrong that was shown."""
    return Evidence(code, HOST, 7, b"before", number.to_bytes(size, "big"))


def entry(epoch: int) -> StoredEntry:
    """What stood at a handle since an epoch."""
    return StoredEntry(epoch, epoch, b"n" * 16, b"d" * 32)


def test_a_directory_is_remembered_until_the_person_has_it_forgotten(store: SqliteStore) -> None:
    """When that was, too; its promises go with it, and those of others stay."""
    assert (None, None) == (keeping.load_pinned(store, HOST), keeping.forgotten_s(store, HOST))
    other = msgspec.structs.replace(PINNED, host=OTHER)
    for pinned in (PINNED, other):
        keeping.save_pinned(store, pinned)
    keeping.save_expected(store, [expected(1), expected(2, OTHER)])
    keeping.forget_pinned(store, HOST, 77)
    assert (None, other) == (keeping.load_pinned(store, HOST), keeping.load_pinned(store, OTHER))
    assert (77, None) == (keeping.forgotten_s(store, HOST), keeping.forgotten_s(store, OTHER))
    assert [expected(2, OTHER)] == keeping.load_expected(store)


def test_a_watch_is_remembered_and_forgotten(store: SqliteStore) -> None:
    """With all that it knows."""
    watch = Watch(9, (b"p" * 32,), (b"n" * 16, 2, b"d" * 32), 1, 88)
    assert keeping.load_watch(store) is None
    keeping.save_watch(store, watch)
    assert watch == keeping.load_watch(store)
    keeping.save_watch(store, None)
    assert keeping.load_watch(store) is None


def test_of_two_promises_for_one_card_the_earlier_counts(store: SqliteStore) -> None:
    """Another card under the handle, or the same hash under another handle, has its own."""
    assert [] == keeping.load_expected(store)
    first, later = expected(1), expected(1, by=9)
    elsewhere = expected(1, OTHER)
    for each in (first, later, expected(2), elsewhere):
        keeping.expect(store, each)
    assert [first, expected(2), elsewhere] == keeping.load_expected(store)


def test_the_newest_promises_are_remembered(store: SqliteStore) -> None:
    """As many as there is room for."""
    many = [expected(number) for number in range(MOST_EXPECTED + 1)]
    keeping.save_expected(store, many)
    assert many[1:] == keeping.load_expected(store)


def test_a_promise_is_told_to_other_devices_whole() -> None:
    """What is none is refused."""
    promise = expected(1, look_s=4)
    assert promise == decode_expected(encode_expected(promise))
    for data in (b"", b"\xc1", encode_expected(promise)[:-1], msgspec.msgpack.encode(["x", 1])):
        with pytest.raises(Malformed):
            decode_expected(data)


def test_a_promise_is_looked_after_when_it_is_due_or_later_if_a_look_decided_nothing() -> None:
    """Whichever comes last; and it knows from where on the log has to continue."""
    assert [90, 95] == [expected(look_s=look_s).next_s for look_s in (5, 95)]
    assert (2, (b"p" * 32,)) == (expected().frontier.size, expected().frontier.peaks)


# -- own entries and cards ----------------------------------------------------------------------------------------


def test_what_was_replaced_before_the_horizon_is_forgotten(store: SqliteStore) -> None:
    """What stands there still is not, however old it is."""
    assert [] == keeping.own_entries(store)
    keeping.note_entries(store, [entry(1), entry(5)], 0)
    keeping.note_entries(store, [entry(9)], 5)
    assert [entry(5), entry(9)] == keeping.own_entries(store)
    keeping.note_entries(store, [], 8)
    assert [entry(5), entry(9)] == keeping.own_entries(store)
    keeping.note_entries(store, [], 9)
    assert [entry(9)] == keeping.own_entries(store)
    keeping.note_entries(store, [], 99)
    assert [entry(9)] == keeping.own_entries(store)


def test_own_cards_are_remembered_once_in_the_order_in_which_they_were_made(store: SqliteStore) -> None:
    """The newest of them."""
    assert [] == keeping.own_cards(store)
    cards = [number.to_bytes(32, "big") for number in range(MOST_OWN + 1)]
    for card in (cards[0], cards[1], cards[0]):
        keeping.note_own_card(store, card)
    assert cards[:2] == keeping.own_cards(store)
    for card in cards:
        keeping.note_own_card(store, card)
    assert cards[1:] == keeping.own_cards(store)


# -- evidence -----------------------------------------------------------------------------------------------------


def test_the_same_evidence_is_kept_once(store: SqliteStore) -> None:
    """Whether it is new is told: that of another code, host or answer is."""
    assert [] == keeping.load_evidence(store)
    first = evidence(1)
    others = [evidence(2), evidence(1, "log-stale"), msgspec.structs.replace(first, host=OTHER)]
    again = msgspec.structs.replace(first, at_s=99, before=b"other")
    assert [True, False, True, True, True] == [keeping.keep_evidence(store, each) for each in (first, again, *others)]
    assert [first, *others] == keeping.load_evidence(store)


@pytest.mark.parametrize(("size", "kept"), [(LARGEST, True), (LARGEST + 1, False)])
def test_what_is_too_large_is_told_and_not_kept(store: SqliteStore, size: int, *, kept: bool) -> None:
    """It fills no device."""
    assert keeping.keep_evidence(store, evidence(1, size=size))
    assert ([evidence(1, size=size)] if kept else []) == keeping.load_evidence(store)


def test_of_too_much_evidence_the_middle_of_the_most_frequent_kind_goes(store: SqliteStore) -> None:
    """Neither the first nor the last of it, and nothing of a rarer kind."""
    rare = [evidence(number, "foreign-entry") for number in range(3)]
    many = [evidence(number) for number in range(MOST_EVIDENCE - 3)]
    for each in (*rare, *many):
        keeping.keep_evidence(store, each)
    assert [*rare, *many] == keeping.load_evidence(store)
    last = evidence(99)
    keeping.keep_evidence(store, last)
    middle = len([*many, last]) // 2
    assert [*rare, *many[:middle], *many[middle + 1 :], last] == keeping.load_evidence(store)


def test_other_directories_do_not_wash_away_the_evidence_of_the_own(store: SqliteStore) -> None:
    """Each of them can show as much as it likes, and under as many hosts. The own one keeps half for itself."""
    own = [evidence(1), evidence(2, "log-stale")]
    for each in own:
        keeping.keep_evidence(store, each, HOST)
    for number in range(2 * MOST_EVIDENCE):
        keeping.keep_evidence(store, msgspec.structs.replace(evidence(number), host=f"{number}.example"), HOST)
    kept = keeping.load_evidence(store)
    assert (own, MOST_EVIDENCE) == (kept[:2], len(kept))
    for number in range(3, 2 * MOST_EVIDENCE):
        keeping.keep_evidence(store, evidence(number), HOST)
    assert {True: MOST_EVIDENCE // 2, False: MOST_EVIDENCE // 2} == Counter(
        each.host == HOST for each in keeping.load_evidence(store)
    )


def test_the_person_is_told_once_an_hour_of_each_directory(store: SqliteStore) -> None:
    """A clock that went back does not silence it for longer."""
    times = [(HOST, 10_000), (HOST, 13_599), (OTHER, 13_599), (HOST, 13_600), (HOST, 9_000)]
    assert [True, False, True, True, True] == [keeping.may_tell(store, host, now_s) for host, now_s in times]

"""Operator notices as they come: what is kept, what waits, what is only counted, and of what the person is told."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import pytest

from nullabona.client.core.directory.keeping import Evidence, load_evidence, save_pinned
from nullabona.client.core.directory.pinned import SKEW_S, Pinned
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.operator_notices import dockets, keeping, taking
from nullabona.client.core.operator_notices.checking import OLDEST_S, DocketSeen
from nullabona.client.core.operator_notices.keeping import (
    MOST_HELD,
    HeldItem,
    KeptNotice,
    load_counts,
    load_held,
    load_notices,
)
from nullabona.wire.operator_notice import OperatorNotice, encode_notice
from tests.core.stage import rows, signals
from tests.core.talk import Talk
from tests.operator.forging import HOST, NOW_S, ORIGIN, WITNESSES, Docket, body
from tests.sequencer.logs import policy_text
from tests.witness.running import log_signers

POLICY = Docket().policy
BARE = policy_text(log_signers(f"{HOST}/nullabona/directory", "directory"), WITNESSES, quorum=2)
"""Of a directory whose operator names no docket."""
MINA = f"mina@{HOST}"
NOTICE: OperatorNotice = Docket().notice(body(MINA))
ITEM = encode_notice(NOTICE)
UNWITNESSED = Docket(witnesses=WITNESSES[:1]).item(MINA)
STRANGERS = [Docket(witnesses=(), label=f"stranger {number}").item(MINA) for number in range(3)]
UNCHECKED = "operator-notice-unchecked"


def pin(talk: Talk, policy: str = POLICY, *, by_hand: bool = False) -> None:
    """What is known of the operator's directory."""
    save_pinned(talk.step.store, Pinned(HOST, policy, by_hand, b"", 0, (), b"", 0))


def warnings(talk: Talk) -> list[object]:
    """The codes of what the person was warned of."""
    return [data["code"] for kind, _, data in rows(talk.step) if kind == "warning"]


def notices(talk: Talk) -> list[dict[str, object]]:
    """What was told of notices."""
    return [data for kind, _, data in rows(talk.step) if kind == "operator-notice"]


# -- what holds ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_notice_that_holds_is_kept_and_told_once(talk: Talk, *, by_hand: bool) -> None:
    """With what it was checked under; its checkpoint is remembered."""
    pin(talk, by_hand=by_hand)
    for _ in range(2):
        taking.take(talk.step, ITEM)
    id = sha256(NOTICE.slot.leaf).digest()
    kept = KeptNotice(id, ITEM, NOW_S, 3, ("w0", "w1"), NOW_S, by_hand)
    assert ([kept], kept, None) == (
        load_notices(talk.step.store),
        keeping.load_notice(talk.step.store, id),
        keeping.load_notice(talk.step.store, b"x"),
    )
    assert [{"notice": id, "put_away": False}] == notices(talk)
    assert [ORIGIN] == [each.seen.origin for each in dockets.load_docket(talk.step.store).sightings]
    assert ({}, []) == (load_counts(talk.step.store), load_held(talk.step.store))


def test_the_oldest_proof_that_is_taken_is_five_weeks_old(talk: Talk) -> None:
    """Counted from when the notice came."""
    pin(talk)
    taking.take(talk.step, Docket(time_s=NOW_S - OLDEST_S).item(MINA))
    assert [NOW_S - OLDEST_S] == [each.time_s for each in load_notices(talk.step.store)]


def test_a_policy_without_a_quorum_names_no_witnesses(talk: Talk) -> None:
    """Whoever has signed: nobody vouches for anything then."""
    pin(talk, policy_text(log_signers(ORIGIN, "docket")))
    taking.take(talk.step, ITEM)
    assert [((), None)] == [(each.witnesses, each.time_s) for each in load_notices(talk.step.store)]


def test_where_the_operators_docket_is_known_another_is_nothing(talk: Talk) -> None:
    """A stranger can have made it; a docket of another operator is none of this one's."""
    pin(talk)
    other = Docket(f"{HOST}/docket-2", witnesses=())
    foreign = Docket("two.example/docket")
    for docket in (other, foreign):
        taking.take(talk.step, docket.item(MINA, origin=docket.origin))
    assert ({"docket-notice-invalid": 2}, []) == (load_counts(talk.step.store), load_held(talk.step.store))
    vouched = Docket(f"{HOST}/docket-2")
    taking.take(talk.step, vouched.item(MINA, origin=vouched.origin))
    assert [True] == [each.vouched for each in load_held(talk.step.store)]


@pytest.mark.parametrize("origin", ["two.example/docket", f"{HOST}.example/docket", f"{HOST}/nullabona/directory"])
def test_only_a_docket_of_the_accounts_operator_is_waited_for(talk: Talk, origin: str) -> None:
    """Another operator's is none, nor is the directory's own log, though nothing is known of any."""
    taking.take(talk.step, Docket(origin).item(MINA, origin=origin))
    assert ({"docket-notice-invalid": 1}, []) == (load_counts(talk.step.store), load_held(talk.step.store))


def test_a_notice_that_says_another_docket_than_its_proof_is_none(talk: Talk) -> None:
    """Whichever of the two is the operator's."""
    for item in (Docket().item(MINA, origin=f"{HOST}/docket-2"), Docket(f"{HOST}/docket-2").item(MINA)):
        taking.take(talk.step, item)
    assert ({"docket-notice-invalid": 2}, []) == (load_counts(talk.step.store), load_held(talk.step.store))


def test_a_notice_is_put_away_once(talk: Talk) -> None:
    """It stays in the list; there is none of another id."""
    pin(talk)
    taking.take(talk.step, ITEM)
    (kept,) = load_notices(talk.step.store)
    assert [True, True, False] == [taking.put_away(talk.step, id) for id in (kept.id, kept.id, b"x")]
    assert [msgspec.structs.replace(kept, put_away=True)] == load_notices(talk.step.store)
    assert [{"notice": kept.id, "put_away": False}, {"notice": kept.id, "put_away": True}] == notices(talk)


def test_notices_are_kept_in_the_order_in_which_they_came(talk: Talk) -> None:
    """What changes of one changes nothing about the others."""
    kept = [KeptNotice(bytes([number]), b"item", number, 1, (), None, by_hand=False) for number in range(3)]
    for each in kept:
        keeping.save_notice(talk.step.store, each)
    away = msgspec.structs.replace(kept[1], put_away=True)
    keeping.save_notice(talk.step.store, away)
    assert [kept[0], away, kept[2]] == load_notices(talk.step.store)


# -- what does not ------------------------------------------------------------------------------------------------


def test_what_anybody_can_have_sent_is_only_counted(talk: Talk) -> None:
    """By what was wrong with it: an altered byte is a notice that was not entered, or none at all."""
    pin(talk)
    flipped = ITEM[:-40] + bytes([ITEM[-40] ^ 1]) + ITEM[-39:]
    for item in (b"rubbish", b"rubbish", flipped, Docket().item(f"jun@{HOST}")):
        taking.take(talk.step, item)
    taking.take(talk.step, Docket(time_s=NOW_S - OLDEST_S - 1).item(MINA))
    counts = load_counts(talk.step.store)
    assert (5, 1) == (sum(counts.values()), counts["operator-notice-stale"])
    assert counts.keys() <= {"docket-notice-invalid", "malformed", "operator-notice-stale"}
    assert ([], [], []) == (load_notices(talk.step.store), rows(talk.step), load_evidence(talk.step.store))


def test_what_only_the_operator_can_have_made_and_does_not_hold_is_a_warning_once(talk: Talk) -> None:
    """The evidence is kept with what was known of the docket before; each time is counted."""
    pin(talk)
    dockets.note_sighting(talk.step.store, DocketSeen(ORIGIN, 1, b"r" * 32, b"known"))
    for _ in range(2):
        taking.take(talk.step, UNWITNESSED)
    code = "operator-notice-unwitnessed"
    assert [Evidence(code, HOST, NOW_S, b"known", UNWITNESSED)] == load_evidence(talk.step.store)
    assert ([code], {code: 2}, []) == (warnings(talk), load_counts(talk.step.store), load_notices(talk.step.store))
    assert [Warned(code=code, detail={"host": HOST})] == signals(talk.step, Warned)


def test_a_notice_of_another_history_than_was_seen_is_a_warning(talk: Talk) -> None:
    """It is not shown."""
    pin(talk)
    dockets.note_sighting(talk.step.store, DocketSeen(ORIGIN, 3, b"r" * 32, b"known"))
    taking.take(talk.step, ITEM)
    assert (["docket-forked"], []) == (warnings(talk), load_notices(talk.step.store))
    assert [Evidence("docket-forked", HOST, NOW_S, b"known", ITEM)] == load_evidence(talk.step.store)


# -- what waits ---------------------------------------------------------------------------------------------------


def test_what_cannot_be_checked_yet_waits_once(talk: Talk) -> None:
    """Without a policy nobody vouches for it; with one the docket's witnesses may."""
    for _ in range(2):
        taking.take(talk.step, ITEM)
    assert [HeldItem(ITEM, NOW_S)] == load_held(talk.step.store)
    pin(talk, BARE)
    taking.look_again(talk.step)
    assert [HeldItem(ITEM, NOW_S, vouched=True)] == load_held(talk.step.store)
    assert ([], {}) == (rows(talk.step), load_counts(talk.step.store))


def test_what_waited_is_checked_again(talk: Talk) -> None:
    """And shown as having come when it came."""
    taking.take(talk.step, ITEM)
    pin(talk)
    talk.step.now += 5_000
    taking.look_again(talk.step)
    assert [NOW_S] == [each.came_s for each in load_notices(talk.step.store)]
    assert ([], None) == (load_held(talk.step.store), talk.step.store.get_value("operator-notices-held"))
    taking.look_again(talk.step, told=True)
    assert [] == warnings(talk)


def test_a_clock_that_is_behind_is_said_when_it_must_be_there(talk: Talk) -> None:
    """Only the operator can have made it."""
    pin(talk)
    talk.step.now -= (SKEW_S + 1) * 1_000
    taking.take(talk.step, ITEM)
    assert [HeldItem(ITEM, NOW_S - SKEW_S - 1, ready_s=NOW_S - SKEW_S, vouched=True)] == load_held(talk.step.store)
    talk.step.now += 1_000
    taking.look_again(talk.step)
    assert (1, []) == (len(load_notices(talk.step.store)), load_held(talk.step.store))


def test_the_person_is_told_once_that_something_waits(talk: Talk) -> None:
    """Not of what a stranger can have made; and only if that was asked for."""
    taking.take(talk.step, ITEM)
    taking.look_again(talk.step, told=True)
    assert ([], [False]) == (warnings(talk), [each.told for each in load_held(talk.step.store)])
    pin(talk, BARE)
    taking.take(talk.step, STRANGERS[0])
    taking.look_again(talk.step)
    assert [] == warnings(talk)
    for _ in range(2):
        taking.look_again(talk.step, told=True)
        assert [UNCHECKED] == warnings(talk)
    assert [(True, True), (False, False)] == [(each.vouched, each.told) for each in load_held(talk.step.store)]
    assert HOST == signals(talk.step, Warned)[-1].detail["host"]


def test_that_the_directory_was_asked_is_remembered(talk: Talk) -> None:
    """Of what waits then."""
    taking.take(talk.step, ITEM)
    taking.look_again(talk.step, asked=True)
    taking.take(talk.step, STRANGERS[0])
    taking.look_again(talk.step)
    assert [True, False] == [each.asked for each in load_held(talk.step.store)]


@pytest.mark.parametrize(("age_s", "waits"), [(OLDEST_S, True), (OLDEST_S + 1, False)])
def test_nothing_waits_longer_than_a_notice_is_taken(talk: Talk, age_s: int, *, waits: bool) -> None:
    """Then it is counted."""
    taking.take(talk.step, ITEM)
    talk.step.now += age_s * 1_000
    taking.look_again(talk.step)
    assert (1 if waits else 0, {} if waits else {UNCHECKED: 1}) == (
        len(load_held(talk.step.store)),
        load_counts(talk.step.store),
    )


@pytest.fixture(scope="module")
def flood() -> list[bytes]:
    """Items of two dockets in turn that strangers have made; of the first of them there are more."""
    first, second = Docket(witnesses=(), label="x"), Docket(f"{HOST}/docket-2", witnesses=(), label="x")
    turns = [second if number % 3 == 0 else first for number in range(MOST_HELD)]
    made = [each.item(MINA, origin=each.origin, nonce=bytes([n]) * 16) for n, each in enumerate(turns)]
    return [*made, first.item(MINA, nonce=b"z" * 16)]


def test_of_too_much_the_docket_that_claims_most_places_loses_one(talk: Talk, flood: list[bytes]) -> None:
    """Any of them, by chance; what is let go is counted. What only the operator can have made is not touched."""
    pin(talk, BARE)
    taking.take(talk.step, ITEM)
    for item in flood[:-1]:
        taking.take(talk.step, item)
    assert [ITEM, *flood[:-1]] == [each.item for each in load_held(talk.step.store)]
    assert {} == load_counts(talk.step.store)
    taking.take(talk.step, flood[-1])
    assert [ITEM, *flood[:-1]] == [each.item for each in load_held(talk.step.store)]
    assert {UNCHECKED: 1} == load_counts(talk.step.store)


def test_what_only_the_operator_can_have_made_has_places_of_its_own(talk: Talk) -> None:
    """The newest; strangers' items stay."""
    pin(talk, BARE)
    taking.take(talk.step, STRANGERS[0])
    docket = Docket()
    items = [docket.item(MINA, nonce=bytes([number]) * 16) for number in range(MOST_HELD + 1)]
    for item in items:
        taking.take(talk.step, item)
    assert [STRANGERS[0], *items[1:]] == [each.item for each in load_held(talk.step.store)]
    assert {UNCHECKED: 1} == load_counts(talk.step.store)

"""Who has the places in which a device hands over what was said: requests with a proof before those without."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core.backfill import giving
from nullabona.client.core.model.backfill import proof_of
from nullabona.client.core.model.content import Backfill, BackfillRequest, Text
from nullabona.client.core.model.gaps import Given
from nullabona.client.core.model.records import Contact, ContactState, Device
from nullabona.wire.seal import inbox_keypair
from tests.core.stage import Other
from tests.core.talk import JUN, NARI, Talk

MADE_UP = (b"m" * 32,)
LIARS = tuple(Other(f"liar {number}") for number in range(giving.MOST_GIVEN))


def member(talk: Talk, other: Other, leaf: int = 2) -> Device:
    """Somebody's device, as the room has it."""
    row = talk.step.store.device(talk.group.id, other.device)
    if row is None:
        row = other.row(talk.group.id, leaf)
        talk.step.store.put_devices([row])
        talk.step.roster_changed(talk.group.id)
    return row


def ask(
    talk: Talk, by: Device, *, known: tuple[bytes, ...] = MADE_UP, tells: bool = False, request: bytes = b"q" * 16
) -> None:
    key = inbox_keypair(by.device * 2).public
    giving.asked(talk.step, talk.group, by, BackfillRequest(request, key, known, talk.me if tells else b""))


def proof(talk: Talk) -> tuple[bytes, ...]:
    """Of a line that everybody in the group has."""
    return (proof_of(talk.said(Text("hi"), NARI)),)


def crowd(talk: Talk, count: int, *, tells: bool) -> None:
    """Accounts that show nothing ask, each for what they can."""
    for leaf, liar in enumerate(LIARS[:count], 10):
        ask(talk, member(talk, liar, leaf), tells=tells)


def of(talk: Talk, account: bytes) -> list[Given]:
    return [given for given in talk.group.given if given.account == account]


@pytest.mark.parametrize(("count", "tells"), [(giving.MOST_GIVEN // 2, True), (giving.MOST_GIVEN, False)])
def test_a_proof_takes_the_place_of_what_is_not_proven(talk: Talk, count: int, *, tells: bool) -> None:
    """Whether eight accounts hold two places each or sixteen one; a device that remembers the room is answered."""
    known = proof(talk)
    crowd(talk, count, tells=tells)
    assert giving.MOST_GIVEN == len(talk.group.given)
    ask(talk, member(talk, JUN), known=known, tells=True)
    assert [(False, True), (True, True)] == [(given.tells, given.proven) for given in of(talk, JUN.account)]
    assert giving.MOST_GIVEN == len(talk.group.given)


def test_what_is_proven_keeps_its_place(talk: Talk) -> None:
    """Then the device asks again, under the same number, and is answered once there is a place."""
    known = proof(talk)
    for leaf, other in enumerate(LIARS, 10):
        ask(talk, member(talk, other, leaf), known=known)
    ask(talk, member(talk, JUN), known=known, tells=True)
    assert [] == of(talk, JUN.account)
    del talk.group.given[0]
    ask(talk, member(talk, JUN), known=known, tells=True)
    assert [False] == [given.tells for given in of(talk, JUN.account)]
    del talk.group.given[0]
    ask(talk, member(talk, JUN), known=known, tells=True)
    assert [False, True] == [given.tells for given in of(talk, JUN.account)]


@pytest.mark.parametrize("state", ContactState)
def test_without_a_proof_a_contact_comes_before_strangers(talk: Talk, state: ContactState) -> None:
    """One whom the person asked or accepted; nobody else."""
    crowd(talk, giving.MOST_GIVEN, tells=False)
    for leaf, other in ((2, JUN), (30, NARI)):
        talk.step.store.put_contact(Contact(other.account, other.handle, "", state, b"", "", b""))
        ask(talk, member(talk, other, leaf))
    ours = state in {ContactState.ACCEPTED, ContactState.REQUESTED}
    assert [ours, ours] == [bool(of(talk, other.account)) for other in (JUN, NARI)]
    assert giving.MOST_GIVEN == len(talk.group.given)


def test_no_contact_gives_way_to_another(talk: Talk) -> None:
    """Who came first keeps the place."""
    for leaf, other in enumerate((*LIARS, JUN), 10):
        talk.step.store.put_contact(Contact(other.account, other.handle, "", ContactState.ACCEPTED, b"", "", b""))
        ask(talk, member(talk, other, leaf))
    assert [other.account for other in LIARS] == [given.account for given in talk.group.given]


def test_who_lost_the_place_is_answered_once_they_are_believed(talk: Talk) -> None:
    """Nothing is noted as answered before somebody has shown that the device remembers the room."""
    known, [first, *_] = proof(talk), LIARS
    crowd(talk, giving.MOST_GIVEN, tells=False)
    ask(talk, member(talk, JUN), known=known)
    assert [] == of(talk, first.account)
    talk.group.given.clear()
    ask(talk, member(talk, first))
    shown(talk, first)
    assert [True] == [given.proven for given in of(talk, first.account)]
    talk.group.given.clear()
    ask(talk, member(talk, first), known=known)
    assert [] == talk.group.given
    ask(talk, member(talk, first))
    shown(talk, first)
    assert [] == talk.group.given


def shown(talk: Talk, whom: Other) -> None:
    """A member who was in the room before this device hands something over to somebody's request."""
    said = Backfill(b"q" * 16, whom.device, 0, last=False, tells=False, sealed=b"s" * 64)
    giving.seen(talk.step, talk.group, replace(member(talk, NARI), since=0), said)


def test_what_another_device_of_the_account_handed_over_is_done(talk: Talk) -> None:
    """It is not handed over once more when it is asked for again."""
    crowd(talk, 1, tells=False)
    own = talk.step.store.device(talk.group.id, talk.step.local.device)
    assert own is not None
    [given] = talk.group.given
    said = Backfill(given.request, given.device, 0, last=True, tells=False, sealed=b"s" * 64)
    giving.seen(talk.step, talk.group, own, said)
    ask(talk, member(talk, LIARS[0]), known=proof(talk))
    assert [] == talk.group.given


def test_a_second_device_of_an_account_waits_until_the_first_has_everything(talk: Talk) -> None:
    """What is handed over to the first is not cut off; a request without a proof gives way to the account's next."""
    known = proof(talk)
    first, second = member(talk, JUN), member(talk, Other("jun", 1), 30)
    ask(talk, first, request=b"1" * 16)
    ask(talk, second, request=b"2" * 16)
    assert [second.device] == [given.device for given in talk.group.given]
    ask(talk, first, known=known, request=b"1" * 16)
    ask(talk, second, known=known, request=b"2" * 16)
    assert [first.device] == [given.device for given in talk.group.given]
    talk.group.given.clear()
    ask(talk, second, known=known, request=b"2" * 16)
    assert [second.device] == [given.device for given in talk.group.given]


def test_a_stranger_gives_way_before_a_contact(talk: Talk) -> None:
    """A contact who proves nothing keeps the place as long as a stranger has one."""
    first = LIARS[0]
    talk.step.store.put_contact(Contact(first.account, first.handle, "", ContactState.ACCEPTED, b"", "", b""))
    crowd(talk, giving.MOST_GIVEN, tells=False)
    ask(talk, member(talk, JUN), known=proof(talk))
    assert [1, 0] == [len(of(talk, other.account)) for other in LIARS[:2]]

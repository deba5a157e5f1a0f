"""What waited for the record is done once it has proven who somebody is, and told if it says otherwise (map.md §9)."""

from __future__ import annotations

import pytest

from nullabona.client.core import automatic
from nullabona.client.core.contacts import links
from nullabona.client.core.identity import claims
from nullabona.client.core.identity.claims import Accept, Claim, Enter, LetIn, PendingAnswer, Refuse, Verdict
from nullabona.client.core.model.inbox_items import LinkRefusal
from nullabona.client.core.model.intents import AddAccount
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.step import Step
from tests.core.stage import DAY, Other, Stage, told

JUN = Other("jun")
ROOM, TOKEN = b"r" * 32, b"t" * 16


def settled(step: Step, verdict: Verdict, *pending: PendingAnswer) -> list[tuple[str, dict[str, object]]]:
    """The record answers jun's claim, for which these answers wait: what is told beside that."""
    automatic.settle(step, Claim(JUN.account, JUN.handle, b"", 0, pending=pending), verdict)
    checked = {"account": JUN.account, "handle": JUN.handle, "standing": verdict.standing}
    first, *rest = told(step)
    assert ("card-checked", checked) == first
    return rest


PROVEN = Verdict(claims.PROVEN, JUN.card())
REFUTED = Verdict(claims.REFUTED, reason="card-forked")


@pytest.mark.parametrize(
    ("pending", "warns"),
    [((), False), ((Accept(),), True), ((Enter(ROOM),), True), ((LetIn(ROOM, TOKEN),), False)],
)
def test_a_claim_that_is_refuted_warns_a_person_who_has_said_yes(
    pending: tuple[PendingAnswer, ...], *, warns: bool
) -> None:
    """And is remembered as such; whatever any stranger claims warns nobody."""
    stage = Stage()
    stage.contact(JUN, ContactState.ASKING)
    with stage.step() as step:
        claims.note(step, JUN.account, claims.REFUTED)
        warning = ("warning", {"code": "card-refuted", "detail": {"handle": JUN.handle, "reason": "card-forked"}})
        assert [warning] * warns == settled(step, REFUTED, *pending)
        contact = step.store.contact(JUN.account)
        assert contact is not None
        assert (warns, b"") == (claims.warns(step, JUN.account), contact.card)


def test_the_records_card_takes_the_place_of_the_one_that_came() -> None:
    """Whatever waits for it."""
    stage = Stage()
    stage.contact(JUN, ContactState.ASKING)
    with stage.step() as step:
        assert [] == settled(step, PROVEN)
        contact = step.store.contact(JUN.account)
        assert contact is not None
        assert (JUN.card().encoded, ContactState.ASKING) == (contact.card, contact.state)


@pytest.mark.parametrize(("state", "opened"), [(ContactState.ASKING, True), (ContactState.BLOCKED, False)])
def test_a_yes_opens_the_room_of_two(state: ContactState, *, opened: bool) -> None:
    """If they still ask."""
    stage = Stage()
    stage.contact(JUN, state)
    with stage.step() as step:
        claims.note(step, JUN.account, claims.PROVEN)
        settled(step, PROVEN, Accept())
        contact = step.store.contact(JUN.account)
        assert contact is not None
        assert (ContactState.ACCEPTED if opened else state, opened) == (contact.state, bool(contact.room))


def test_a_yes_to_somebody_who_is_forgotten_does_nothing() -> None:
    """Nobody asks any more."""
    stage = Stage()
    with stage.step() as step:
        assert ([], []) == (settled(step, PROVEN, Accept()), step.store.rooms())


def test_what_fails_hinders_no_other_answer_and_is_told_to_who_said_yes() -> None:
    """With its reason, once for each."""
    stage = Stage()
    room = stage.room()
    with stage.step() as step:
        link = links.make_room_link(step, room, hours=1, uses=0)
        news = settled(step, PROVEN, Enter(ROOM), LetIn(room, link.token))
        failed = {"code": "answer-failed", "detail": {"handle": JUN.handle, "reason": "no-such-room"}}
        assert ("warning", failed) == news[0]
        assert [AddAccount] == [type(intent) for intent in step.room(room).intents]


def test_nobody_is_told_that_who_follows_a_link_could_not_be_let_in() -> None:
    """The person knows nothing of them."""
    stage = Stage()
    room = stage.room()
    old = Verdict(claims.PROVEN, JUN.card(day=DAY - 31))
    with stage.step() as step:
        link = links.make_room_link(step, room, hours=1, uses=0)
        assert ([], []) == (settled(step, old, LetIn(room, link.token)), step.room(room).intents)


def test_who_follows_a_dead_link_is_told() -> None:
    """Once it is known where."""
    stage = Stage()
    with stage.step() as step:
        settled(step, PROVEN, Refuse(ROOM, TOKEN, "used"))
    assert [LinkRefusal(ROOM, TOKEN, "used")] == stage.sent_to(JUN)

"""Cards that were looked up: what is taken of them, and who comes in by them (room.md §9, directory.md §3)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.contacts import requests
from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.directory.found import ProvenCard
from nullabona.client.core.identity import cards, claims, device_certificates, inbox_addresses
from nullabona.client.core.identity.cards import MAX_CARD_DAYS
from nullabona.client.core.model.errors import CardTooOld, MlsRefused
from nullabona.client.core.model.inbox_items import Gone, ItemBody
from nullabona.client.core.model.intents import AddAccount
from nullabona.client.core.model.outbox_targets import InboxFrame
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.errors import PeerError
from nullabona.wire.card import Card, CardDevice, CardForked, CardStale, sign_card, verify_card
from nullabona.wire.handle import parse_handle
from tests.core.stage import DAY, START, Other, Stage, rows

JUN, SORA, YUNA = Other("jun"), Other("sora"), Other("yuna")
ROOM = b"r" * 32


def post(stage: Stage, other: Other, body: ItemBody) -> None:
    """Something of our own goes to somebody."""
    with stage.step() as step:
        inbox_sending.post(step, other.account, other.handle, body)


def waiting(stage: Stage) -> list[tuple[str, object, bool]]:
    """What waits for cards: by whose handle, what it says, and whether others caused it."""
    with stage.step() as step:
        return [(each.handle, msgspec.msgpack.decode(each.item)[1], each.caused) for each in inbox_sending.unsent(step)]


def learn(stage: Stage, card: Card) -> str:
    """The record has this card for a handle: why it is not taken; empty: it is."""
    with stage.step() as step:
        try:
            requests.learn_card(step, ProvenCard.testing(card))
        except PeerError as refused:
            return refused.code
    return ""


def contact(stage: Stage, other: Other) -> Contact | None:
    """Somebody as our contact."""
    with stage.store.transaction():
        return stage.store.contact(other.account)


# -- cards --------------------------------------------------------------------------------------------------------


def test_a_card_that_was_looked_up_says_where_to_write_and_how_the_record_stands() -> None:
    """What waited for it goes out; its devices are believed."""
    stage = Stage()
    post(stage, JUN, Gone(ROOM))
    post(stage, SORA, Gone(ROOM))
    assert "" == learn(stage, JUN.card())
    assert [Gone(ROOM)] == [JUN.opened(item.data) for item in stage.outbox(InboxFrame)]
    assert [(SORA.handle, ROOM, False)] == waiting(stage)
    with stage.step() as step:
        assert claims.PROVEN == claims.standing(step, JUN.account)
        assert JUN.inbox == inbox_addresses.inbox_of(step, JUN.account)
        assert device_certificates.believed(step, JUN.certificate, START)
        assert SORA.card() == requests.learn_card(step, ProvenCard.testing(SORA.card(), promised=True))
        assert claims.PROMISED == claims.standing(step, SORA.account)


def test_a_newer_card_of_a_contact_takes_the_place_of_the_known_one() -> None:
    """An older one, or one that does not follow, is refused and told; nothing changes then."""
    stage = Stage()
    first = JUN.card()
    second = JUN.card(Other("jun", 1), previous=first)
    stage.contact(JUN, card=first)
    assert "" == learn(stage, second)
    found = contact(stage, JUN)
    assert found is not None
    assert (second.encoded, cards.packages_of(second)) == (found.card, found.key_packages)
    with stage.step() as step:
        with pytest.raises(CardStale):
            requests.learn_card(step, ProvenCard.testing(first))
        assert [
            ("warning", b"", {"code": "card-changed", "detail": {"handle": JUN.handle, "reason": CardStale.code}})
        ] == rows(step)
    assert found == contact(stage, JUN)


def test_a_contact_whose_card_was_never_known_is_not_given_one() -> None:
    """It was learned where to write; the contact stays as it is."""
    stage = Stage()
    before = stage.contact(JUN)
    assert "" == learn(stage, JUN.card())
    assert before == contact(stage, JUN)


def test_another_account_under_a_contacts_handle_is_told_and_not_taken() -> None:
    """Neither its inbox; nor is the contact's card replaced."""
    stage = Stage()
    before = stage.contact(JUN, card=JUN.card())
    impostor = stage.world.person("jun")
    assert CardForked.code == learn(stage, impostor.card)
    assert before == contact(stage, JUN)
    with stage.step() as step:
        assert None is inbox_addresses.inbox_of(step, impostor.account)


@pytest.mark.parametrize("standing", [claims.PENDING, claims.REFUTED])
def test_nobody_is_known_by_a_handle_that_they_only_claim(standing: claims.Standing) -> None:
    """Whoever really has it is no change of key; once the record has proven the claim, it would be."""
    stage = Stage()
    stage.contact(JUN, ContactState.ASKING)
    owner = stage.world.person("jun")
    with stage.step() as step:
        claims.note(step, JUN.account, standing)
    assert "" == learn(stage, owner.card)
    with stage.step() as step:
        claims.note(step, JUN.account, claims.PROVEN)
    assert CardForked.code == learn(stage, owner.card)


def test_of_two_accounts_under_one_handle_the_one_whose_card_came_is_meant() -> None:
    """Whichever of them became a contact first."""
    stage = Stage()
    other = stage.world.person("jun")
    first = JUN.card()
    stage.contact(JUN, card=first)
    with stage.store.transaction():
        stage.store.put_contact(Contact(other.account, JUN.handle, "", ContactState.ACCEPTED, b"", "", b""))
    assert ["", ""] == [learn(stage, first), learn(stage, other.card)]


@pytest.mark.parametrize(
    ("state", "taken"),
    [(ContactState.ASKING, True), (ContactState.REQUESTED, True), (ContactState.ACCEPTED, False)],
)
def test_the_records_card_is_gone_by_while_nothing_is_agreed(state: ContactState, *, taken: bool) -> None:
    """Not the one that came with the request; of a contact that is one already the known card stays."""
    stage = Stage()
    old, new = JUN.card(), JUN.card(Other("jun", 1))
    stage.contact(JUN, state, card=old)
    with stage.step() as step:
        cards.take_proven(step, JUN.account, new)
        cards.take_proven(step, SORA.account, SORA.card())
    found = contact(stage, JUN)
    assert found is not None
    expected = new if taken else old
    assert (expected.encoded, cards.packages_of(expected)) == (found.card, found.key_packages)
    assert None is contact(stage, SORA)


def test_who_is_added_comes_in_with_every_device_of_their_card() -> None:
    """By its key packages, and with the inbox where the invitation goes."""
    stage = Stage()
    second = Other("jun", 1)
    card = JUN.card(second)
    with stage.step() as step:
        found = cards.add_intent(step, card)
    packages = (JUN.key_package, second.key_package)
    assert AddAccount(JUN.account, JUN.handle, packages, msgspec.msgpack.encode(JUN.inbox)) == found


@pytest.mark.parametrize(("days", "used"), [(MAX_CARD_DAYS, True), (MAX_CARD_DAYS + 1, False)])
def test_a_card_is_used_for_so_many_days(days: int, *, used: bool) -> None:
    """The last of them included."""
    with Stage().step(START + days * 86_400_000) as step:
        if used:
            assert JUN.account == cards.add_intent(step, JUN.card()).account
        else:
            with pytest.raises(CardTooOld):
                cards.add_intent(step, JUN.card())


def test_a_key_package_that_is_not_the_devices_own_lets_nobody_in() -> None:
    """Somebody else's stands beside a device's certificate."""
    stage = Stage()
    devices = (CardDevice(JUN.certificate, SORA.key_package),)
    encoded = sign_card(
        JUN.account_key, handle=parse_handle(JUN.handle), issued_day=DAY, devices=devices, inbox=JUN.inbox
    )
    with stage.step() as step, pytest.raises(MlsRefused):
        cards.add_intent(step, verify_card(encoded, today=DAY))

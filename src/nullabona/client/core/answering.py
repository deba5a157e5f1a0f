"""What an account answers by itself, without asking its person."""

from __future__ import annotations

from nullabona.client.core import commands, healing, people, seeking
from nullabona.client.core.devices import own
from nullabona.client.core.items import RoomsAsked
from nullabona.client.core.records import ContactState
from nullabona.client.core.step import Step
from nullabona.wire.card import Card


def card_came(step: Step, card: Card) -> None:
    """A card was looked up: whoever waits for it gets a way back, if it names them."""
    for sender, asked in people.take_asked_back(step, card.account_id):
        if isinstance(asked, RoomsAsked):
            seeking.answer(step, sender, card)
        else:
            healing.help_back(step, sender, asked, card)


def by_itself(step: Step) -> None:
    """Both asked each other: the one with the lower account id opens the room. Who has our link is let in."""
    for account in step.vouched:
        contact = step.store.contact(account)
        if contact is not None and contact.state is ContactState.ASKING:
            commands.accept_contact(step, account)
    for account in step.mutual:
        contact = step.store.contact(account)
        if contact is not None and step.me.account < account and own.leads(step):
            commands.accept_contact(step, account)

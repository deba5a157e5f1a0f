"""What an account does without asking its person: answers, and actions that waited for the public record."""

from __future__ import annotations

from contextlib import suppress
from typing import assert_never

from nullabona.client.core import commands, deleting
from nullabona.client.core.account import own_devices
from nullabona.client.core.contacts import links, requests
from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.directory.changes import Day
from nullabona.client.core.directory.errors import CardRefuted
from nullabona.client.core.identity import cards, carried, claims
from nullabona.client.core.identity.claims import Accept, Claim, Enter, LetIn, PendingAnswer, Refuse, Verdict
from nullabona.client.core.incoming import invitations
from nullabona.client.core.model.errors import CardTooOld, MlsRefused
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.facts.messages import Transfer, Typing
from nullabona.client.core.model.facts.people import CardChecked
from nullabona.client.core.model.facts.signals import (
    AccountDeleted,
    AccountTrusted,
    AskedAgain,
    BothAsked,
    ChoicesTakenOver,
    ContactLearned,
    InboxReadElsewhere,
    JoinRequested,
    LinkPresented,
    MembershipEnded,
    OwnMarkerMoved,
    ProfileCopied,
    ProofCarried,
    ReplyBoxesChanged,
)
from nullabona.client.core.model.inbox_items import RoomsAsked
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.restore import seeking
from nullabona.client.core.step import Step
from nullabona.client.core.sync import tickets
from nullabona.errors import PeerError, UserError
from nullabona.wire.card import Card


def card_came(step: Step, card: Card) -> None:
    """A card was looked up: answer the waiting requests of devices that it names."""
    for sender, asked in inbox_sending.take_asked_back(step, card.account_id):
        if isinstance(asked, RoomsAsked):
            seeking.answer(step, sender, card)
        else:
            tickets.help_back(step, sender, asked, card)


def by_itself(step: Step) -> None:  # noqa: C901 - one case for each kind of fact
    """Do what follows from this step's facts, and from those that this tells, without asking anybody."""
    for fact in step.unlogged:
        match fact:
            case Typing() | Transfer():  # the most frequent ones
                pass
            case LinkPresented():
                _let_in(step, fact.account)
            case AskedAgain():
                _let_in_again(step, fact.account)
            case AccountTrusted():
                invitations.enter_held(step, fact.account)
            case JoinRequested():
                invitations.enter_requested(step, fact.room)
            case BothAsked():
                _open_for_both(step, fact.account)
            case ProofCarried():
                carried_proof(step, fact.account)
            case ContactLearned() | MembershipEnded() | ProfileCopied() | AccountDeleted() | InboxReadElsewhere():
                pass
            case ChoicesTakenOver() | OwnMarkerMoved() | ReplyBoxesChanged():
                pass
            case _:
                assert_never(fact)


def _accept(step: Step, account: bytes) -> None:
    """Accept a request. If its card has a fault, the request waits for the person, who learns the reason."""
    with suppress(CardTooOld, CardRefuted, MlsRefused):
        commands.accept_contact(step, account)


def _let_in(step: Step, account: bytes) -> None:
    """Accept a request that carries a token of one of our invite links."""
    contact = step.store.contact(account)
    if contact is not None and contact.state is ContactState.ASKING:
        _accept(step, account)


def _let_in_again(step: Step, account: bytes) -> None:
    """Accept a former contact again: every device adds it to an existing direct room, only one opens a new one."""
    contact = step.store.contact(account)
    if contact is None or contact.state is not ContactState.ASKING:
        return
    if commands.room_for_two(step, contact) is not None or own_devices.leads(step):
        _accept(step, account)


def once_out(step: Step) -> None:
    """We left a room: erase it if the person deleted it. Repeat our open request to the other account of a direct room,
    which did not answer while we were in it.
    """
    for room in [fact.room for fact in step.unlogged if isinstance(fact, MembershipEnded)]:
        deleting.once_out(step, room)
    for account in [other for fact in step.unlogged if isinstance(fact, MembershipEnded) for other in fact.others]:
        contact, card = step.store.contact(account), own_devices.card(step.store)
        if contact is not None and contact.state is ContactState.REQUESTED and card is not None:
            requests.ask(step, contact, card.encoded)


def _open_for_both(step: Step, account: bytes) -> None:
    """Both asked each other: the one with the lower account id opens the room."""
    contact = step.store.contact(account)
    if contact is not None and step.local.account < account and own_devices.leads(step):
        _accept(step, account)


def carried_proof(step: Step, account: bytes, shown: Day | None = None) -> bool:
    """Settle an account's claim by the proof that it brought, and ask nobody; False if that is not possible (yet).

    ``shown``: as for `carried.settle`.
    """
    found = carried.settle(step, account, shown)
    if found is None:
        return False
    claim, verdict = found
    if verdict.card is not None:
        requests.learn_inbox(step, verdict.card)
    settle(step, claim, verdict)
    return True


def settle(step: Step, claim: Claim, verdict: Verdict) -> None:
    """The record has answered a claim."""
    step.tell(CardChecked(claim.account, claim.handle, verdict.standing))
    answered = any(isinstance(answer, Accept | Enter) for answer in claim.pending)
    if verdict.card is None:
        # Warn only a person who has accepted: else any stranger's lie would cause a warning. The request shows it too.
        if answered:
            claims.said_yes(step, claim.account)
            step.tell(Warned(code="card-refuted", detail={"handle": claim.handle, "reason": verdict.reason}))
        return
    cards.take_proven(step, claim.account, verdict.card)
    for answer in claim.pending:
        try:
            _carry_out(step, claim, verdict.card, answer)
        except (PeerError, UserError) as error:
            if answered:
                step.tell(Warned(code="answer-failed", detail={"handle": claim.handle, "reason": error.code}))


def _carry_out(step: Step, claim: Claim, card: Card, answer: PendingAnswer) -> None:
    if isinstance(answer, LetIn):
        links.let_in(step, card, answer)
    elif isinstance(answer, Refuse):
        links.refuse(step, card, answer)
    elif isinstance(answer, Enter):
        invitations.accept_request(step, answer.room)
    else:
        _accept_claimed(step, claim)


def _accept_claimed(step: Step, claim: Claim) -> None:
    contact = step.store.contact(claim.account)
    if contact is not None and contact.state is ContactState.ASKING:
        commands.accept(step, contact)

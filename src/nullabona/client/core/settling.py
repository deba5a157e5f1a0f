"""Does what waited for the record, once it has proven or promised who somebody is; tells if it says otherwise."""

from __future__ import annotations

from nullabona.client.core import commands
from nullabona.client.core.contacts import links
from nullabona.client.core.identity import cards, claims
from nullabona.client.core.identity.claims import Accept, Claim, Enter, LetIn, Refuse, Verdict, Wish
from nullabona.client.core.incoming import invitations
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.step import Step
from nullabona.errors import PeerError, UserError
from nullabona.wire.card import Card


def settle(step: Step, claim: Claim, verdict: Verdict) -> None:
    """The record has answered a claim."""
    step.event("card-checked", account=claim.account, handle=claim.handle, standing=verdict.standing)
    answered = any(isinstance(wish, Accept | Enter) for wish in claim.wishes)
    if verdict.card is None:
        # Only to a person who has said yes: else any stranger's lie would be a warning, and it stands on the request.
        if answered:
            claims.said_yes(step, claim.account)
            step.event("warning", code="card-refuted", handle=claim.handle, reason=verdict.reason)
        return
    cards.take_proven(step, claim.account, verdict.card)
    for wish in claim.wishes:
        try:
            _fulfil(step, claim, verdict.card, wish)
        except (PeerError, UserError) as error:
            if answered:
                step.event("warning", code="answer-failed", handle=claim.handle, reason=error.code)


def _fulfil(step: Step, claim: Claim, card: Card, wish: Wish) -> None:
    if isinstance(wish, LetIn):
        links.let_in(step, card, wish)
    elif isinstance(wish, Refuse):
        links.refuse(step, card, wish)
    elif isinstance(wish, Enter):
        invitations.accept_request(step, wish.room)
    else:
        _accept(step, claim)


def _accept(step: Step, claim: Claim) -> None:
    contact = step.store.contact(claim.account)
    if contact is not None and contact.state is ContactState.ASKING:
        commands.accept(step, contact)

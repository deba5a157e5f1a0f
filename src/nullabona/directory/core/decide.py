"""The directory's decisions about one card or statement (spec/directory.md §6). Trusts only stored data."""

from __future__ import annotations

from typing import Final, TypeAlias

from nullabona.directory.core.records import (
    HOLD_DAYS,
    LAPSE_DAYS,
    Decision,
    Erase,
    Hold,
    Keep,
    Known,
    Nothing,
    Refuse,
    Spent,
    StoredCard,
    held_mark,
    owner_mark,
)
from nullabona.directory.core.refusal import (
    CARD_FORKED,
    CARD_INVALID,
    CARD_STALE,
    HANDLE_REFUSED,
    HANDLE_TAKEN,
    Reason,
)
from nullabona.errors import Bug, PeerError
from nullabona.wire.card import (
    Card,
    CardForked,
    CardStale,
    UnverifiedCard,
    UnverifiedDelete,
    decode_card,
    verify_card,
    verify_delete,
)
from nullabona.wire.lookalikes import resembles_reserved, skeleton
from nullabona.wire.signed import SignedHandleRefused

_LAST_DAY: Final = 1_000_000
Admitted: TypeAlias = Spent | Reason | None
"""What a new handle spends, or why it is not registered."""


def decide(
    request: UnverifiedCard | UnverifiedDelete, known: Known, *, host: str, today: int, admitted: Admitted = None
) -> Decision:
    """Decide about a card or a statement. ``admitted``: see `Admission.judge`."""
    if isinstance(request, UnverifiedCard):
        return decide_publish(request, known, host=host, today=today, admitted=admitted)
    return decide_delete(request, known, host=host, today=today)


def keys_of(request: UnverifiedCard | UnverifiedDelete) -> tuple[str, str, bytes, bytes]:
    """The keys by which the store finds its data on a request's handle: see `CardStore.known`."""
    handle = request.handle
    owner = owner_mark(handle, request.body.identity_key) if isinstance(request, UnverifiedCard) else b""
    return handle.name, skeleton(handle.name), held_mark(handle), owner


def decide_publish(card: UnverifiedCard, known: Known, *, host: str, today: int, admitted: Admitted = None) -> Decision:
    """Whether ``card`` is registered, replaces the current one, changes nothing, or is refused."""
    if card.handle.authority != host:
        return Refuse(HANDLE_REFUSED)
    if known.current is None:
        return _decide_first(card, known, today, admitted)
    return _decide_next(card, known.current, today)


def decide_delete(statement: UnverifiedDelete, known: Known, *, host: str, today: int) -> Decision:
    """Whether to erase the card that ``statement`` is about. A missing card counts as deleted."""
    if statement.handle.authority != host or known.current is None:
        return Nothing()
    try:
        verify_delete(statement, today=today, card=stored_card(known.current))
    except PeerError as error:
        return Refuse(reason_for(error))
    hold = Hold(held_mark(statement.handle), today + HOLD_DAYS)
    return Erase(known.current.name, hold)


def decide_lapse(stored: StoredCard, *, host: str, today: int) -> Erase | None:
    """Decide about a card's lapse after a year without renewal; None if it stays."""
    card = decode_card(stored.encoded)
    if today - card.body.issued_day <= LAPSE_DAYS or card.handle.authority != host:
        return None
    until = today + LAPSE_DAYS
    owner = Hold(owner_mark(card.handle, card.body.identity_key), until)
    return Erase(stored.name, Hold(held_mark(card.handle), until), owner)


def stored_card(stored: StoredCard) -> Card:
    """The card of a row, verified again so that an altered row cannot become the root of a chain."""
    try:
        return verify_card(decode_card(stored.encoded), today=_LAST_DAY)
    except PeerError as error:
        raise Bug("a stored card does not verify") from error


def reason_for(error: PeerError) -> Reason:
    """The refusal that tells a publisher what was wrong."""
    if isinstance(error, CardStale):
        return CARD_STALE
    if isinstance(error, CardForked):
        return CARD_FORKED
    return HANDLE_REFUSED if isinstance(error, SignedHandleRefused) else CARD_INVALID


def _decide_first(card: UnverifiedCard, known: Known, today: int, admitted: Admitted) -> Decision:
    """Register a free handle with any card of its chain, so that a directory that lost its cards accepts them again.

    The owner of a handle whose card lapsed needs no token.
    """
    if resembles_reserved(card.handle.name) and not known.by_owner:
        return Refuse(HANDLE_REFUSED)
    held = known.held is not None and today <= known.held.until_day and not known.by_owner
    if known.alike is not None or held:
        return Refuse(HANDLE_TAKEN)
    try:
        verified = verify_card(card, today=today)
    except PeerError as error:
        return Refuse(reason_for(error))
    if known.by_owner:
        admitted = None
    if isinstance(admitted, Reason):
        return Refuse(admitted)
    return _keep(verified, registered_day=today, spent=admitted)


def _decide_next(card: UnverifiedCard, current: StoredCard, today: int) -> Decision:
    if card.encoded == current.encoded:
        return Nothing()
    previous = stored_card(current)
    if card.body.sequence == 0 and card.body.identity_key != previous.identity_key:
        return Refuse(HANDLE_TAKEN)
    try:
        verified = verify_card(card, today=today, previous=previous)
    except PeerError as error:
        return Refuse(reason_for(error))
    return _keep(verified, registered_day=current.registered_day)


def _keep(card: Card, *, registered_day: int, spent: Spent | None = None) -> Keep:
    return Keep(StoredCard.of(card.handle, card.encoded, registered_day), card.hash, spent)

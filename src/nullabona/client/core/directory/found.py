"""What a look-up found: one value that says what the record has for a handle, made where that was verified.

The engine and everything behind it take these values only. A `ProvenCard` was verified twice over: the record's proof
(`checking`) and the card's own signatures. Nothing verifies it again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from nullabona.client.core.directory.checking import Checked
from nullabona.errors import Bug, PeerError
from nullabona.wire.card import Card, CardInvalid, verify_card

_VERIFIED: Final = object()


@dataclass(frozen=True, slots=True)
class ProvenCard:
    """The record has this card for its handle; ``promised``: its directory has signed that it will enter the card.

    Made by `found_in` alone. Raises `Bug` for anybody else.
    """

    card: Card
    promised: bool
    verified: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.verified is not _VERIFIED:
            raise Bug("a card counts as proven only where it was verified")

    @classmethod
    def testing(cls, card: Card, *, promised: bool = False) -> ProvenCard:
        """For tests and simulations that have no directory: take the record's proof for granted."""
        return cls(card, promised, _VERIFIED)

    @property
    def handle(self) -> str:
        return str(self.card.handle)


@dataclass(frozen=True, slots=True)
class NoCard:
    """The record proves that nobody has this handle."""

    handle: str


@dataclass(frozen=True, slots=True)
class BadCard:
    """The record has something for this handle that is no valid card of it; ``error`` says why."""

    handle: str
    error: PeerError


@dataclass(frozen=True, slots=True)
class NotReached:
    """The record could not be asked, or its answer proves nothing."""

    handle: str


Found: TypeAlias = ProvenCard | NoCard | BadCard | NotReached


def found_in(checked: Checked, handle: str, today: int) -> ProvenCard | NoCard | BadCard:
    """What a proven answer says of a handle. This is where its card is verified, once for every use of the look-up."""
    if not checked.card:
        return NoCard(handle)
    try:
        card = verify_card(checked.card, today=today)
        if str(card.handle) != handle:
            raise CardInvalid("a card is for another handle than the one looked up", hint="try again later")
    except PeerError as error:
        return BadCard(handle, error)
    return ProvenCard(card, checked.promise is not None, _VERIFIED)

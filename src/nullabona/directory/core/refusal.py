"""Every refusal a directory can give: its code, what it means and what to do (spec/directory.md §7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nullabona.wire.messages import Refusal


@dataclass(frozen=True, slots=True)
class Reason:
    """One row of the table of refusals."""

    code: str
    meaning: str
    advice: str
    retryable: bool


CARD_INVALID: Final = Reason(
    "card-invalid",
    "The bytes are not a card or statement, or a signature or rule does not hold.",
    "Do not repeat it.",
    retryable=False,
)
CARD_STALE: Final = Reason(
    "card-stale",
    "The directory has this card's successor already, or a statement is about an earlier card.",
    "Look the card up, then publish its successor.",
    retryable=False,
)
CARD_FORKED: Final = Reason(
    "card-forked",
    "The card does not follow the one that the directory has.",
    "Look the card up; if it is not yours, tell your contacts and the operator.",
    retryable=False,
)
HANDLE_REFUSED: Final = Reason(
    "handle-refused",
    "The handle breaks a rule, or is not at this directory's host.",
    "Choose another handle.",
    retryable=False,
)
HANDLE_TAKEN: Final = Reason(
    "handle-taken",
    "Somebody has this handle or one that looks like it, or it was deleted not long ago.",
    "Choose another handle.",
    retryable=False,
)
REGISTRATION_PAUSED: Final = Reason(
    "registration-paused",
    "The operator lets nobody register for now. Cards that are here are renewed as ever.",
    "Try it another day, or at another relay.",
    retryable=False,
)
TOKEN_NEEDED: Final = Reason(
    "token-needed",
    "A new handle needs a registration token here.",
    "Ask the operator for one.",
    retryable=False,
)
TOKEN_REFUSED: Final = Reason(
    "token-refused",
    "The registration token was used, has ended, or is for another directory.",
    "Ask for a new one.",
    retryable=False,
)
NOT_FOUND: Final = Reason("not-found", "There is no such card.", "Check the handle.", retryable=False)
SLOW_DOWN: Final = Reason(
    "slow-down",
    "The directory, or this handle, has taken all that it takes for now.",
    "Repeat it after the advised seconds, with growing pauses.",
    retryable=True,
)
BUSY: Final = Reason(
    "busy",
    "The directory could not keep it now. It may or may not have been kept.",
    "Repeat it after the advised seconds, with growing pauses.",
    retryable=True,
)

REASONS: Final = (
    CARD_INVALID,
    CARD_STALE,
    CARD_FORKED,
    HANDLE_REFUSED,
    HANDLE_TAKEN,
    REGISTRATION_PAUSED,
    TOKEN_NEEDED,
    TOKEN_REFUSED,
    NOT_FOUND,
    SLOW_DOWN,
    BUSY,
)


def refuse(reason: Reason, retry_after_s: int = 0) -> Refusal:
    """The refusal for ``reason``, with advice in whole seconds (0: none)."""
    return Refusal(reason.code, retry_after_s)

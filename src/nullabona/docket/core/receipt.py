"""The receipt that an authority gets before any data, and how anyone checks it offline (spec/docket.md §7.7).

A production shown in court without a valid receipt is evidence that the docket was bypassed.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from nullabona.errors import PeerError
from nullabona.log.policy import Policy, Seen
from nullabona.log.proof import parse_proof
from nullabona.wire.slots import EventKind, NotAnEvent, SlotProof, private_hash

MAX_TEXT: Final = 128 * 1024
DEMANDS: Final[frozenset[EventKind]] = frozenset({"received", "amended"})
"""The events whose slots bind what a demand says."""


class ReceiptInvalid(PeerError):
    """A receipt belongs to another demand, or its slot differs from the log."""

    code = "docket-receipt-invalid"
    default_hint = "keep it: an invalid receipt is evidence against the person who gave it"


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="receipt", tag_field="kind"):
    """The authority's proof: its slot, the fields that only it knows, and the policy to check against."""

    number: str
    slot: SlotProof
    salt: bytes
    private: dict[str, str | tuple[str, ...]]
    policy: Annotated[str, Meta(max_length=MAX_TEXT)]
    v: Literal[1] = 1


def check_receipt(receipt: Receipt, policy: Policy) -> Seen:
    """The checkpoint that holds the receipt's demand. Raises `ReceiptInvalid` or what the log's checks raise.

    Pass the reader's own policy. The receipt's policy is only for readers who have none yet.
    """
    try:
        record = receipt.slot.event()
    except NotAnEvent as error:
        raise ReceiptInvalid(error.message) from error
    if record.event not in DEMANDS:
        raise ReceiptInvalid("the slot is not the entry of a demand")
    if private_hash(receipt.salt, receipt.private) != record.private:
        raise ReceiptInvalid("the slot is not of this demand")
    return parse_proof(receipt.slot.proof.encode()).verify(receipt.slot.leaf, policy)

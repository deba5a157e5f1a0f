"""The receipt that an authority gets before any data, and how anyone checks it offline (spec/docket.md §7.7).

A production that is shown in a court without one that holds is evidence that the docket was passed by.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from nullabona.docket.core.records import Hash
from nullabona.docket.core.slots import EventRecord, Record, check_opening, parse_slot_leaf, private_hash
from nullabona.errors import PeerError
from nullabona.log.policy import Policy, Seen
from nullabona.log.proof import parse_proof

MAX_TEXT: Final = 128 * 1024


class ReceiptInvalid(PeerError):
    """A receipt is not of this demand, or its slot is not what the log holds."""

    code = "docket-receipt-invalid"
    default_hint = "keep it: a receipt that does not hold is evidence against whoever gave it"


class SlotProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One slot of the log, opened for one reader: its leaf, what it commits to, and the way to a witnessed root."""

    leaf: Annotated[bytes, Meta(min_length=160, max_length=160)]
    blind: Hash
    record: Record
    proof: Annotated[str, Meta(max_length=MAX_TEXT)]

    def check(self, policy: Policy) -> tuple[EventRecord, Seen]:
        """The event, and the checkpoint that holds it. Raises `ReceiptInvalid` or what the log's checks raise."""
        if not isinstance(self.record, EventRecord):
            raise ReceiptInvalid("the slot holds no event of a demand")
        check_opening(parse_slot_leaf(self.leaf).commitment, self.blind, self.record)
        return self.record, parse_proof(self.proof.encode()).verify(self.leaf, policy)


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="receipt", tag_field="kind"):
    """What the authority holds: its own slot, the fields that only it knows, and the policy to check against."""

    number: str
    slot: SlotProof
    salt: bytes
    private: dict[str, str | tuple[str, ...]]
    policy: Annotated[str, Meta(max_length=MAX_TEXT)]
    v: Literal[1] = 1


def check_receipt(receipt: Receipt, policy: Policy) -> Seen:
    """The checkpoint that holds the receipt's demand. Raises `ReceiptInvalid` or what the log's checks raise.

    The policy is the reader's own, not the receipt's: that one is for readers who have none yet.
    """
    record, seen = receipt.slot.check(policy)
    if record.event != "received":
        raise ReceiptInvalid("the slot is not the entry of a demand")
    if private_hash(receipt.salt, receipt.private) != record.private:
        raise ReceiptInvalid("the slot is not of this demand")
    return seen

"""The receipt of an authority: of this demand, of this slot, in this log; anything else is refused."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec
import pytest

from nullabona.docket.core.receipt import Receipt, ReceiptInvalid, check_receipt
from nullabona.errors import PeerError
from nullabona.wire.slots import CommitmentWrong, NullRecord, Record, SlotLeaf, SlotProof, SlotRef, commit, private_hash
from tests.docket.made_logs import POINTER, event
from tests.log.logs import SmallLog, policy

BLIND, SALT = b"b" * 32, b"s" * 16
PRIVATE: dict[str, str | tuple[str, ...]] = {"authority_ref": "2026-1", "identifiers": ("mina", "jun")}
RECEIVED = msgspec.structs.replace(event(), private=private_hash(SALT, PRIVATE))


def leaf(record: Record) -> bytes:
    return SlotLeaf(SlotRef(0, 1), commit(BLIND, record), POINTER).encode()


class Docket(SmallLog):
    """A log with the one slot in it."""

    @cached_property
    def entries(self) -> list[bytes]:
        return [b"genesis", leaf(RECEIVED), b"other"]


LOG = Docket(3)


def receipt(record: Record = RECEIVED, index: int = 1, **more: Any) -> Receipt:  # noqa: ANN401
    slot = SlotProof(leaf(record), BLIND, record, LOG.proof(index).encode().decode())
    return msgspec.structs.replace(Receipt("2026-0001", slot, SALT, PRIVATE, "policy"), **more)


def test_a_receipt_that_holds_gives_the_checkpoint_that_holds_it() -> None:
    """Under the reader's own policy."""
    seen = check_receipt(receipt(), policy())
    assert LOG.checkpoint == seen.checkpoint


@pytest.mark.parametrize(
    "wrong",
    [
        receipt(NullRecord()),
        receipt(msgspec.structs.replace(RECEIVED, event="answered", n=1)),
        receipt(salt=b"t" * 16),
        receipt(private=PRIVATE | {"authority_ref": "2026-2"}),
    ],
)
def test_a_receipt_of_something_else_is_none(wrong: Receipt) -> None:
    """Of an empty slot, of another event, of another demand."""
    with pytest.raises(ReceiptInvalid):
        check_receipt(wrong, policy())


def test_a_receipt_whose_slot_was_changed_does_not_hold() -> None:
    """Nor one whose slot lies elsewhere in the log, or that the policy does not believe."""
    slot = msgspec.structs.replace(receipt().slot, record=msgspec.structs.replace(RECEIVED, accounts=7))
    with pytest.raises(CommitmentWrong):
        check_receipt(receipt(slot=slot), policy())
    for wrong, believed in ((receipt(index=2), policy()), (receipt(), policy("quorum none", lines=[]))):
        with pytest.raises(PeerError):
            check_receipt(wrong, believed)

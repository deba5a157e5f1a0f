"""Issues receipts: counsel opens the case's slot, and the log's witnessed proof of the slot must hold (§7.7)."""

from __future__ import annotations

from nullabona.docket.core.receipt import DEMANDS, Receipt, check_receipt
from nullabona.docket.keeping.case_files import CaseFile
from nullabona.docket.keeping.context import DeskContext
from nullabona.docket.keeping.vault import unseal
from nullabona.docket.ports import Acting, DocketLog
from nullabona.docket.publishing.batches import Batches
from nullabona.errors import UserError
from nullabona.log.policy import Policy
from nullabona.wire.canonical import read_canonical
from nullabona.wire.slots import Record, SlotProof


class NoReceipt(UserError):
    """This case has no receipt yet."""

    code = "docket-no-receipt"
    default_hint = "counsel issues it, once the demand's slot is in the log: nulla docket receipt CASE"


class Receipts:
    """Issues, stores and reads receipts."""

    def __init__(self, context: DeskContext, batches: Batches, log: DocketLog, policy: str) -> None:
        self._store, self._slots, self._files = context.store, context.slots, context.files
        self._batches = batches
        self._log = log
        self._policy = policy

    def keep(self, who: Acting, file: CaseFile) -> None:
        """Issue the receipt. Raises `NotInLog` or the errors of the log's checks. Inside a transaction."""
        receipt = self._make(who, file)
        check_receipt(receipt, Policy.parse(self._policy))
        self._store.run("keep_receipt", self._files.seal_content(file.recipient, receipt), file.id)

    def read(self, file: CaseFile) -> Receipt:
        """Raises `NoReceipt`."""
        sealed = self._store.value("receipt", file.id)
        if sealed is None:
            raise NoReceipt("no receipt was issued yet")
        return read_canonical(unseal(sealed, [file.identity]), Receipt, "a receipt")

    def proof(self, commitment: bytes, blind: bytes, record: Record) -> SlotProof:
        """One slot of the log, opened for one reader. Raises `NotInLog`."""
        at = self._batches.where(commitment)
        proof = self._log.inclusion(self._batches.index(at)).decode()
        return SlotProof(self._batches.leaf(at), blind, record, proof)

    def _make(self, who: Acting, file: CaseFile) -> Receipt:
        # An amended demand is another demand: the receipt opens the slot of what the package will answer.
        entry = next(entry for entry in reversed(file.trail) if entry.record.event in DEMANDS)
        boxed = self._slots.open(self._batches.where(entry.commitment), who.keys)
        slot = self.proof(entry.commitment, boxed.blind, boxed.record)
        return Receipt(file.number, slot, entry.salt, entry.private, self._policy)

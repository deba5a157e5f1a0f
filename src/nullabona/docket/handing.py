"""Sealing what is handed over: the package, the receipt, and the chain of custody as the journal has it."""

from __future__ import annotations

from nullabona.docket.core.records import CaseId
from nullabona.docket.desk import Desk, HandedOver
from nullabona.docket.ports import Acting
from nullabona.docket.production.evidence import Custody, Evidence
from nullabona.docket.production.seal import Seals, seal_package


def sealed_files(
    desk: Desk, who: Acting, case: CaseId, given: HandedOver, seals: Seals, now_s: int
) -> dict[str, bytes]:
    """Every file of the folder that the authority gets. Raises `ReceiptWrong` if the receipt is of another demand."""
    keys = {approval.challenge: approval.key_id for approval in given.approvals}
    custody = tuple(
        Custody(event.at_s, event.kind, event.officer or "desk", keys.get(event.detail, ""), event.detail.hex())
        for event in desk.history(who, case)
    )
    return seal_package(given.package, Evidence(given.receipt, custody), seals, now_s)

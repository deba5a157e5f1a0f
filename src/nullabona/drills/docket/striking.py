"""A demand is struck from the desk's database after it was taken in and before it is in the log: what it gets then.

The desk's program is unaltered; anyone who does it can write to the file. An operator that answers without the desk
needs none of this, and is another line (K-01).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from nullabona.docket.cases.handover import ReceiptFirst
from nullabona.docket.cases.receipts import NoReceipt
from nullabona.docket.core.records import CaseId
from nullabona.docket.core.states import Action, WrongState
from nullabona.docket.publishing.batches import NotInLog
from nullabona.docket.store.sqlite import FILE
from nullabona.drills.docket.demands import Asked
from nullabona.drills.docket.office import Office
from nullabona.drills.docket.walking import begin
from nullabona.wire.slots import case_tag


@dataclass(frozen=True, slots=True)
class Struck:
    """What came of it. Of each refusal the code; empty if it was given."""

    tag: str
    """What the public record would call the case."""
    slots: int
    """How many of its slots were struck."""
    receipt: str
    signed: str
    """The releaser's signature under the hand-over."""
    package: str

    @property
    def unanswered(self) -> bool:
        """Whether something was struck, and the authority got neither receipt nor package."""
        return self.slots > 0 and all((self.receipt, self.signed, self.package))


def strike(office: Office, asked: Asked) -> Struck:
    """Take a demand in, answer it and strike it; then try to hand the answer over. Nothing else may be waiting.

    Raises what the desk raises, but for the refusals that are looked for.
    """
    case = begin(office, asked)
    slots = _strike(office.grounds.folder / "desk" / FILE)
    office.tick()
    return Struck(case_tag(case), slots, _receipt(office, case), _sign(office, case), _package(office, case))


def _strike(database: Path) -> int:
    """Every slot that waits for its period."""
    with closing(sqlite3.connect(database)) as db, db:
        return db.execute("DELETE FROM waiting").rowcount


def _receipt(office: Office, case: CaseId) -> str:
    try:
        office.act("cora", Action.RECEIPT, case)
    except NotInLog as error:
        return error.code
    return ""


def _sign(office: Office, case: CaseId) -> str:
    try:
        office.sign("rolf", office.desk.propose_hand_over(office.who("rolf"), case))
    except WrongState as error:
        return error.code
    return ""


def _package(office: Office, case: CaseId) -> str:
    try:
        office.desk.handed_over(office.who("rolf"), case)
    except (ReceiptFirst, NoReceipt) as error:
        return error.code
    return ""

"""Erasing pieces at the relay by an abuse report: which case allows it, and its entry (spec/report.md §5).

The desk erases nothing and does not parse the report. It only says that this very file is the original of a demand for
removal which two officers answered, and enters the erasure before it happens.
"""

from __future__ import annotations

from typing import Final

from nullabona.docket.cases.casework import describe_document
from nullabona.docket.core.roles import NotAllowed, who_may
from nullabona.docket.core.states import Action, State
from nullabona.docket.keeping.case_files import CaseFile
from nullabona.docket.keeping.context import DeskContext
from nullabona.docket.ports import Acting
from nullabona.errors import UserError

ERASE_PIECES: Final = "erase-pieces"
"""The kind of the journal's event; its detail is the report's SHA-256."""
_UNANSWERED: Final = frozenset({State.RECEIVED, State.MATCHED, State.REVIEWED, State.DECIDED, State.STAYED})


class ErasureRefused(UserError):
    """No answered demand for removal has this report as its original. Nothing was erased."""

    code = "docket-erasure-refused"
    default_hint = "take the report in as the --document of a demand that asks for removal, and have it answered"


def enter_erasure(context: DeskContext, who: Acting, file: CaseFile, report: bytes) -> None:
    """Enter that ``who`` erases pieces by ``report``. Raises `ErasureRefused` or `NotAllowed`."""
    if who_may(Action.PRODUCE).isdisjoint(context.staff.active(who.officer).roles):
        raise NotAllowed("no role of yours allows erasing: a releaser does it")
    demand, decision = file.content.demand, file.content.decision
    if describe_document(report) != demand.document:
        raise ErasureRefused("this report is not the original of the case")
    if "removal" not in demand.classes:
        raise ErasureRefused("the demand does not ask for removal")
    if decision is None or decision.outcome != "produce" or file.state is None or file.state in _UNANSWERED:
        raise ErasureRefused("two officers have not approved an answer to the demand, or it was refused")
    with context.store.transaction():
        context.journal.append(ERASE_PIECES, demand.document.sha256, case=file.id, officer=who.officer)

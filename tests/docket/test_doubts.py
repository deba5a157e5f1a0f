"""A demand that is at the desk already, or out of date, is told at intake and taken in only on purpose."""

from __future__ import annotations

import pytest

from nullabona.docket.cases.casework import Done, describe_document
from nullabona.docket.core.acts import IntakeDetails
from nullabona.docket.core.doubts import DemandDoubtful, Doubt
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import Demand
from nullabona.docket.core.states import Action
from tests.docket.desks import DOCUMENT, NOON, Clock, Office, demand


def take_in(office: Office, given: Demand, *despite: Doubt, document: bytes = DOCUMENT) -> str:
    """The number of the new case."""
    details = IntakeDetails(office.called_back(given), despite)
    proposal = office.desk.propose(office.who("ina"), Action.INTAKE, None, details)
    done = office.sign("ina", proposal, document)
    assert isinstance(done, Done)
    return office.desk.glance(office.who("ina"), done.case).number


@pytest.mark.parametrize(
    ("changed", "document", "doubts"),
    [
        ({}, DOCUMENT, {"same-reference": ("2026-00001",), "same-document": ("2026-00001",)}),
        ({"authority_ref": "2026-9"}, DOCUMENT, {"same-document": ("2026-00001",)}),
        ({}, b"another letter", {"same-reference": ("2026-00001",)}),
        ({"authority": "busan-police"}, b"another letter", {}),
        ({"authority_ref": "2026-9", "respond_by_s": NOON - 61}, b"another letter", {"expired": ()}),
        ({"authority_ref": "2026-9", "respond_by_s": NOON - 59}, b"another letter", {}),
        ({"authority_ref": "2026-9", "issued_day": NOON // DAY - 366}, b"another letter", {"old": ()}),
        ({"authority_ref": "2026-9", "issued_day": NOON // DAY - 365}, b"another letter", {}),
    ],
)
def test_each_doubt_is_told_and_confirmed_on_purpose(
    office: Office, clock: Clock, changed: dict[str, object], document: bytes, doubts: dict[Doubt, tuple[str, ...]]
) -> None:
    """With the cases that it comes from; one that is confirmed does not excuse another; nothing is kept meanwhile."""
    assert "2026-00001" == take_in(office, demand(clock))
    given = demand(clock, document=describe_document(document), **changed)
    if doubts:
        for some in ((), tuple(doubts)[1:]):
            with pytest.raises(DemandDoubtful) as refused:
                take_in(office, given, *some, document=document)
            assert {doubt: doubts[doubt] for doubt in doubts if doubt not in some} == refused.value.doubts
    assert "2026-00002" == take_in(office, given, *doubts, document=document)

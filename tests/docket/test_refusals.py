"""What officers say when they refuse, and what is due afterwards."""

from __future__ import annotations

from typing import get_args

import pytest

from nullabona.docket.core.acts import ReviewDetails
from nullabona.docket.core.instrument import HOUR, Timer
from nullabona.docket.core.records import Decision
from nullabona.docket.core.states import Action, State
from nullabona.docket.core.timers import met_by
from nullabona.wire.demands import RefusalReason
from nullabona.words.demands import REASON
from tests.docket.desks import Office, row

OF_PROVIDERS = ("voluntary_declined", "overbroad", "wrong_instrument", "expired", "no_danger_shown")
"""Why providers refuse most: no form of the Union lists these."""


@pytest.mark.parametrize("reason", OF_PROVIDERS)
def test_a_refusal_says_its_real_reason(office: Office, reason: RefusalReason) -> None:
    """An emergency request without a danger is not an incomplete document; letters have words for each."""
    assert reason in get_args(RefusalReason)
    assert REASON[reason].ko != REASON["incomplete"].ko
    assert REASON[reason].en != REASON["incomplete"].en
    case = office.take_in()
    office.sign("ina", office.desk.propose_match(office.who("ina"), case))
    office.do("rea", Action.REVIEW, case, ReviewDetails())
    office.sign("cora", office.desk.propose_decision(office.who("cora"), case, Decision("refuse", reason=reason)))
    office.sign("rolf", office.desk.propose_release(office.who("rolf"), case))
    assert State.REFUSED == office.desk.glance(office.who("cora"), case).state


def test_what_is_refused_awaits_no_permit() -> None:
    """The court's permit of an emergency would change nothing any more; a production still waits for it."""
    urgent = row("KR.INTERCEPT", timers=(Timer("emergency_permit", 36 * HOUR, "emergency", "permit"),))
    assert ["emergency_permit"] == list(met_by(Action.REFUSE, urgent))
    assert [] == list(met_by(Action.PRODUCE, urgent))

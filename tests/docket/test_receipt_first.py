"""Nothing is handed over before the receipt: not in any order of steps, not in an emergency, and no page says else."""

from __future__ import annotations

import pytest

from nullabona.docket.core.acts import PlainDetails
from nullabona.docket.core.states import STEPS, Action, State, WrongState
from tests.docket.desks import Clock, Office, demand
from tests.docket.pages import HOW_TO


def test_no_way_leads_to_a_hand_over_without_a_receipt() -> None:
    """Of all orders of steps: without `receipt`, no state is reached that allows `hand-over`."""
    reached: set[State | None] = {None}
    while (
        more := {to for (at, action), to in STEPS.items() if at in reached and action is not Action.RECEIPT} - reached
    ):
        reached |= more
    assert {State.PRODUCED, State.STAYED} <= reached
    assert not {at for at, action in STEPS if action is Action.HAND_OVER} & reached


def test_an_emergency_waits_for_its_receipt_too(office: Office, clock: Clock) -> None:
    """Approved by everybody, and marked as a danger to life: it is refused all the same, and so is it before."""
    case = office.walk(office.take_in(given=demand(clock, threat=True)))
    with pytest.raises(WrongState):
        office.desk.propose_hand_over(office.who("rolf"), case, unsealed=True)
    with pytest.raises(WrongState):
        office.desk.propose(office.who("nora"), Action.NOTIFY, case, PlainDetails())


@pytest.mark.parametrize(
    ("page", "rule"),
    [
        ("answer-a-warrant.md", "This holds in an emergency too."),
        ("answer-a-warrant.ko.md", "긴급한 요청도 마찬가지입니다."),
    ],
)
def test_the_pages_say_the_same(page: str, rule: str) -> None:
    """The Korean page once told officers to answer by telephone and to write down what they had said."""
    text = (HOW_TO / page).read_text("utf-8")
    assert rule in text
    assert not [word for word in ("전화로 먼저 답", "answer by telephone first") if word in text]

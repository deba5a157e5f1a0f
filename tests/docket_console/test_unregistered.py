"""A letter that comes after hours, from somebody who is in no registry yet."""

from __future__ import annotations

import pytest

from tests.docket_console.forms import hand_in, warrant
from tests.docket_console.place import Caller, Fields, Place

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def ina(place: Place) -> Caller:
    return place.officer("ina")


def letter(caller: Caller, **more: str) -> Fields:
    """Of an authority that is not in the list, not called back."""
    return [(name, text) for name, text in warrant(hand_in(caller), authority="", **more) if name != "called-back"]


def test_one_person_takes_it_in(ina: Caller) -> None:
    """The case names it, and says that nothing can be produced yet."""
    case = ina.does("/intake/KR.WARRANT", letter(ina, **{"authority-new": "kim-lawyer"}))
    page = ina.get(case).text
    assert ("kim-lawyer" in page, "called back through the registry" in page) == (True, True)
    amending = ina.get(f"{case}/amend").text
    assert 'value="kim-lawyer"' in amending


def test_it_cannot_have_been_called_back(ina: Caller) -> None:
    """There is no number in the registry; and somebody has to be named."""
    called = [*letter(ina, **{"authority-new": "kim-lawyer"}), ("called-back", "on")]
    assert 409 == ina.post("/intake/KR.WARRANT", called).status
    assert 409 == ina.post("/intake/KR.WARRANT", letter(ina)).status
    assert 409 == ina.post("/intake/KR.WARRANT", letter(ina, **{"authority-new": "Kim & Lee"})).status


def test_a_registered_authority_needs_no_second_name(ina: Caller) -> None:
    """The field for another one is empty when its demand is corrected."""
    case = ina.does("/intake/KR.WARRANT", warrant(hand_in(ina), ref="2026-78"))
    amending = ina.get(f"{case}/amend").text
    assert (
        'name="authority-new" maxlength="32" pattern="[a-z][a-z0-9\\-]+" aria-describedby="authority-new-hint" value=""'
        in amending
    )

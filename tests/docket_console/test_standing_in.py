"""A deputy in the console: appointed with two signatures, told before each of theirs, and shown beside them."""

from __future__ import annotations

import re

import pytest

from tests.docket_console.forms import PRODUCE, take_in
from tests.docket_console.place import Place

pytestmark = pytest.mark.timeout(240)
SPAN = {"from": "2026-12-31T00:00", "until": "2027-01-04T00:00"}


def test_a_deputy_signs_for_an_absent_officer(place: Place) -> None:
    """From the officers' page to the case and the journal; another admin ends it at once."""
    ada, ben, ina, ivo, rea, aud = (place.officer(name) for name in ("ada", "ben", "ina", "ivo", "rea", "aud"))
    ada.does("/officers/rea/appoint-deputy", {"absent": "cora", **SPAN})
    waiting = re.search(r'action="(/confirm/[0-9a-f]+)"', ben.get("/confirm").text)
    assert waiting is not None
    assert "Appoint rea deputy of cora from 2026-12-31 00:00 UTC until 2027-01-04 00:00 UTC" in ben.get("/confirm").text
    ben.does(waiting[1])
    assert "deputy of cora from 2026-12-31 00:00 UTC" in ada.get("/officers").text
    case = take_in(ina)
    ina.does(f"{case}/match")
    ivo.does(f"{case}/review", {"note": ""})
    asked = rea.post(f"{case}/decide", PRODUCE)
    assert re.search(r"As deputy of.{0,40}cora", asked.text, re.DOTALL)
    assert case == rea.sign(asked).json()["go"]
    assert "<b>rea</b> (for cora)" in ivo.get(case).text
    assert "rea (for cora)</td><td>Decide" in aud.get("/journal").text
    ada.does("/officers/rea/end-deputy", {"absent": "cora"})
    assert "deputy of cora" not in ada.get("/officers").text
    later = take_in(ina)
    ina.does(f"{later}/match")
    ivo.does(f"{later}/review", {"note": ""})
    assert 200 != rea.post(f"{later}/decide", PRODUCE).status


def test_an_appointment_that_breaks_the_rules_says_so(place: Place) -> None:
    """Turned round, for too long, or of somebody who is not there."""
    ada = place.officer("ada")
    for more in ({"until": "2026-12-30T00:00"}, {"until": "2027-06-04T00:00"}, {"absent": "aud"}, {"absent": "nobody"}):
        got = ada.post("/officers/rea/appoint-deputy", {"absent": "cora", **SPAN, **more})
        assert 400 <= got.status < 500, more
        assert "It did not work" in got.text

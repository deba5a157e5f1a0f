"""A closed case is kept longer from its page: by counsel, after a signature, and the journal shows it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.docket_console.place import Place


def test_counsel_keeps_a_closed_case_longer(tmp_path: Path) -> None:
    """Nobody else is offered it or may do it; what is signed says until when and why."""
    with Place(tmp_path, "public") as place:
        case = place.tell("take_in")
        place.tell("tick")
        for step in ("receipted", "hand_over", "finish"):
            place.tell(step, case=case)
        cora, rea, path = place.officer("cora"), place.officer("rea"), f"/case/{case}"
        assert ("Keep longer" in cora.get(path).text, "Keep longer" in rea.get(path).text) == (True, False)
        given = {"until": late(place, 4), "basis": "a complaint"}
        assert 404 == rea.post(f"{path}/keep", given).status
        asked = cora.post(f"{path}/keep", given).text
        assert (given["until"] in asked, "a complaint" in asked) == (True, True)
        assert 409 == cora.sign(cora.post(f"{path}/keep", {**given, "until": late(place, 0)})).status
        assert path == cora.does(f"{path}/keep", given)
        assert "kept a closed case longer" in cora.get(path).text


def late(place: Place, years: int) -> str:
    """A day so many years after today there."""
    today: date = datetime.fromtimestamp(place.tell("clock_by", seconds=0), UTC).date()
    return (today + timedelta(days=365 * years - 60)).isoformat()

"""The privacy page says what the threat model says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nullabona.app.presenting.adversaries import LAPTOP, RAID, TAP, WARRANT, Line

MODEL = (Path(__file__).parents[2] / "spec/threat-model.md").read_text("utf-8")


@pytest.mark.parametrize("line", [*WARRANT, *TAP, *RAID, *LAPTOP], ids=lambda line: line.id)
def test_a_line_is_in_the_model(line: Line) -> None:
    """On the same side (*can* or *cannot*) and shown in the same way."""
    found = re.search(rf"- \*\*{line.id}\*\* (.*?)(?=\n- \*\*|\n\n)", MODEL, re.DOTALL)
    assert found is not None
    side = re.findall(r"### (Cannot|Can)", MODEL[: found.start()])[-1]
    shown = re.sub(r"\s+", " ", found[1]).rpartition("— ")[2] if "—" in found[1] else ""
    assert line.can == (side == "Can")
    assert shown.startswith(line.shown_by)

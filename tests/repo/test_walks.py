"""The walks of CONTRIBUTING.md lead through files that are there, to places that are in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
STEP: Final = re.compile(r"(?m)^\d+\. `([^`]+)` \(`([^`]+)`\): .+$")
WALKS: Final = (
    "A new kind of message",
    "A new limit of the relay",
    "A new field on a card",
    "A new instrument in the taxonomy",
    "A new timer in a room",
    "A new event",
    "A new command",
)


def steps(walk: str) -> list[tuple[str, str]]:
    """File and place of every step of a walk."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    begun = page.partition(f"\n**{walk}**\n")[2]
    return STEP.findall(re.split(r"\n\*\*|\n## ", begun)[0])


@pytest.mark.parametrize("walk", WALKS)
def test_a_walk_leads_to_places_that_are_there(walk: str) -> None:
    """Each step's file exists and holds the word that the step speaks of."""
    found = steps(walk)
    assert len(found) > 2
    lost = [(file, place) for file, place in found if not (ROOT / file).is_file() or place not in text_of(file)]
    assert lost == []


def text_of(file: str) -> str:
    """What a step's file says."""
    return (ROOT / file).read_text(encoding="utf-8")


def test_every_walk_is_kept() -> None:
    """A walk that is added to the page is added here too, and every numbered line of it has a file and a place."""
    section = (
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## Seven walks\n")[2].partition("\n## ")[0]
    )
    assert tuple(re.findall(r"(?m)^\*\*(.+)\*\*$", section)) == WALKS
    assert len(re.findall(r"(?m)^\d+\. ", section)) == sum(len(steps(walk)) for walk in WALKS)

"""Four adversaries in plain words: lines of spec/threat-model.md that matter to a person, by their ids.

``tests/app/test_adversaries.py`` holds them to the model: each id is there, on the same side, shown in the same way.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from nullabona.app.protocol import privacy_views as v
from nullabona.words.catalogue import Language, Words

SENTENCES: Final = Words("adversaries")


class Line(NamedTuple):
    """A line. ``shown_by``: the drill, ``test`` or ``unproven``."""

    id: str
    can: bool
    shown_by: str


def _lines(drill: str, can: str, cannot: str, **others: str) -> tuple[Line, ...]:
    """Lines by id, those that ``drill`` does not show with who does."""
    sides = ((can, True), (cannot, False))
    return tuple(
        Line(id, side, others.get(id.replace("-", ""), f"drill: {drill}")) for ids, side in sides for id in ids.split()
    )


WARRANT: Final = _lines("warrant", "W-01 W-02 W-03", "W-10 W-11 W-12 W-13 W-15", W15="test")
TAP: Final = _lines("tap", "T-01 T-02 T-03 T-04", "T-17 T-10 T-11", T11="test")
RAID: Final = _lines(
    "seizure",
    "S-01 S-02 S-05 S-06",
    "S-10 S-11 S-15 S-25 S-20",
    S06="unproven",
    S25="drill: tap",
    S20="drill: demo",
)
LAPTOP: Final = _lines("stolen-device", "D-01 D-02 D-03 D-04 D-08", "D-10 D-11 D-13")


def adversaries(language: Language) -> list[v.Adversary]:
    """All four, worded."""
    return [
        v.Adversary("warrant", _worded(WARRANT, language)),
        v.Adversary("tap", _worded(TAP, language)),
        v.Adversary("raid", _worded(RAID, language)),
        v.Adversary("laptop", _worded(LAPTOP, language)),
    ]


def _worded(lines: tuple[Line, ...], language: Language) -> list[v.AdversaryLine]:
    return [v.AdversaryLine(one.id, one.can, SENTENCES.say(one.id, language), one.shown_by) for one in lines]

"""Every drill, with the lines of spec/threat-model.md that it puts to the test. A test compares the two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nullabona.drills import docket, seizure, warrant
from nullabona.drills.coerced import report as coerced
from nullabona.drills.demo import run as demo
from nullabona.drills.flood import report as flood
from nullabona.drills.insider import told as insider
from nullabona.drills.loss import report as loss
from nullabona.drills.lost import told as lost
from nullabona.drills.lying import play as lying
from nullabona.drills.removal import told as removal
from nullabona.drills.stolen import told as stolen
from nullabona.drills.tap import report as tap

DRILLS: Final[Mapping[str, tuple[str, ...]]] = {
    "warrant": tuple(warrant.PROVES),
    "seizure": tuple(seizure.PROVES),
    "tap": tuple(tap.PROVES),
    "removal": tuple(removal.PROVES),
    "insider": tuple(insider.PROVES),
    "stolen-device": tuple(stolen.PROVES),
    "demo": tuple(demo.PROVES),
    "loss": tuple(loss.PROVES),
    "coerced-operator": tuple(coerced.PROVES),
    "lying-directory": tuple(lying.PROVES),
    "lost-directory": tuple(lost.PROVES),
    "docket": tuple(docket.PROVES),
    "flood": tuple(flood.PROVES),
}

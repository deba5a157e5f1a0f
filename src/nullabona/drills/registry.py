"""Every drill, with the lines of spec/threat-model.md that it puts to the test. A test compares the two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nullabona.drills import docket
from nullabona.drills.coerced_operator import report as coerced
from nullabona.drills.demo import report as demo
from nullabona.drills.flood import report as flood
from nullabona.drills.insider import report as insider
from nullabona.drills.loss import report as loss
from nullabona.drills.lost_directory import report as lost
from nullabona.drills.lying_directory import scenario as lying
from nullabona.drills.removal import report as removal
from nullabona.drills.seizure import report as seizure
from nullabona.drills.stolen_device import report as stolen
from nullabona.drills.tap import report as tap
from nullabona.drills.warrant import report as warrant

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

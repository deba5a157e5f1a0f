"""What tests ask of a recording and of the society it was made of."""

from __future__ import annotations

import numpy as np

from bench.leakage.rivals.living import SEIZED_BEFORE_END_S
from bench.leakage.society import DAY, Intent, Kind, Society
from bench.leakage.trace import Events, Op


def of(events: Events, *kinds: Op) -> Events:
    """The events of some kinds, in order."""
    found: Events = events[np.isin(events["op"], kinds)]
    return found


def said(society: Society) -> list[Intent]:
    """What is written before the machine is carried away."""
    end = society.size.days * DAY - SEIZED_BEFORE_END_S
    return [one for one in society.intents if one.kind in {Kind.SAY, Kind.FILE} and one.t < end]

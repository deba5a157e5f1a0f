"""What tests ask of a recording and of the society it was made of."""

from __future__ import annotations

import numpy as np

from bench.leakage.society import Intent, Kind, Society
from bench.leakage.trace import Events, Op


def of(events: Events, *kinds: Op) -> Events:
    """The events of some kinds, in order."""
    found: Events = events[np.isin(events["op"], kinds)]
    return found


def said(society: Society) -> list[Intent]:
    """What is written before the machine is carried away."""
    end = society.end
    return [one for one in society.intents if one.kind in {Kind.SAY, Kind.FILE} and one.t < end]

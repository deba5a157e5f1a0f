"""Events as a model writes them down, in any order; an array in time order at the end."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bench.leakage.trace import EVENT, NOBODY, Events, Op, role_of

ROW: Final = struct.Struct("<dBqqiiiiB")
"""One `EVENT`: millions of them are kept as bytes."""


@dataclass(slots=True)
class Log:
    """What a machine saw, or what is on it."""

    rows: bytearray = field(default_factory=bytearray)

    def add(
        self,
        t: float,
        op: Op,
        *,
        place: int = NOBODY,
        conn: int = NOBODY,
        addr: int = NOBODY,
        who: int = NOBODY,
        to: int = NOBODY,
        size: int = 0,
    ) -> None:
        """One more event; what is not named, the machine does not know."""
        self.rows += ROW.pack(t, op, place, conn, addr, who, to, size, role_of(op))

    def events(self, until: float = float("inf")) -> Events:
        """All up to ``until``, by time; of one time, in the order in which they were written down."""
        found = np.frombuffer(bytes(self.rows), EVENT)
        found = found[found["t"] <= until]
        return found[np.argsort(found["t"], kind="stable")]

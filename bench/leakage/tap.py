"""Notes everything that passes at a relay's machine, and beside it what only the simulation knows."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from bench.leakage.trace import EVENT, NOBODY, Events, Op, Owners, role_of

Row: TypeAlias = tuple[float, int, int, int, int, int, int, int, int]
_PACKED: Final = struct.Struct("<dBqqiiiiB")
"""An `EVENT` as its bytes are in an array: millions of them fit in memory."""


@dataclass(slots=True)
class Tap:
    """Events in the order in which they happen; ``clock`` gives the time. Boxes and blobs are places, by first use."""

    clock: Callable[[], float]
    packed: bytearray = field(default_factory=bytearray)
    places: dict[bytes, int] = field(default_factory=dict)
    merged: Mapping[bytes, bytes] | None = None
    """For an ablation: boxes that are noted as another."""
    accounts: array[int] = field(default_factory=lambda: array("i"))
    """The account of each connection."""
    uses: dict[int, dict[int, float]] = field(default_factory=dict)
    """How long each account was seen at each address."""

    def place(self, name: bytes) -> int:
        """The number of a box's address or a blob's digest."""
        if self.merged is not None:
            name = self.merged.get(name, name)
        return self.places.setdefault(name, len(self.places))

    def note(
        self,
        op: Op,
        conn: int,
        addr: int,
        *,
        place: int = NOBODY,
        size: int = NOBODY,
        who: int = NOBODY,
    ) -> None:
        self.packed += _PACKED.pack(self.clock(), op, place, conn, addr, who, NOBODY, size, role_of(op))

    def open(self, account: int, addr: int) -> int:
        """A connection begins; its number."""
        conn = len(self.accounts)
        self.accounts.append(account)
        self.note(Op.OPEN, conn, addr)
        return conn

    def close(self, conn: int, addr: int, seconds: float) -> None:
        """A connection ends that lasted for ``seconds``."""
        account = self.accounts[conn]
        seen = self.uses.setdefault(addr, {})
        seen[account] = seen.get(account, 0.0) + max(seconds, 1.0)
        self.note(Op.CLOSE, conn, addr)

    @property
    def account_of_addr(self) -> dict[int, int]:
        """Whose address each is: of several people in one household, who was seen there longest."""
        return {addr: max(seen, key=lambda account: (seen[account], -account)) for addr, seen in self.uses.items()}

    @property
    def count(self) -> int:
        """How many events were noted."""
        return len(self.packed) // _PACKED.size

    def events(self) -> Events:
        """What was noted, in the order of time."""
        rows = np.frombuffer(self.packed, dtype=EVENT)
        return rows[np.argsort(rows["t"], kind="stable")]

    @property
    def account_of_conn(self) -> Owners:
        """Whose each connection that was opened is."""
        return Owners(np.array(self.accounts, np.int32))

"""What an adversary gets of a recording, from least to most. An attacker sees a `Seen` and nothing else.

The cards are public and are on the operator's disks, so anyone who carries those away (V1, V2) reads whose inbox is
which place. A tap of the relay alone (V3, V4) sees no look-up and no card; V5 taps the directory too. What is logged in
(``who``) and named by the design itself (``to``) stays in every view: it is what the design tells its machine. A live
tap without addresses still tells connections apart: they keep their numbers, in the order in which they opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np

from bench.leakage.trace import NOBODY, Events, Recording, Role


class View(StrEnum):
    """The adversaries of the threat model, by what they hold."""

    DISK = "V1"
    MEMORY = "V2"
    TAP = "V3"
    ADDRESSES = "V4"
    DIRECTORY = "V5"


WATCHED: Final = (View.TAP, View.ADDRESSES, View.DIRECTORY)
"""Those of what passes."""
SAYS: Final[Mapping[View, str]] = MappingProxyType(
    {
        View.DISK: "disks, once, after the last day",
        View.MEMORY: "disks and the memory of the running process, once, after the last day",
        View.TAP: "everything that passes at the boxes, without network addresses",
        View.ADDRESSES: "everything that passes at the boxes, with network addresses",
        View.DIRECTORY: "as V4, and who looks up whose card, and whose inbox is where",
    }
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the adversary has: events, and the account of each place that a public record ties to one."""

    view: View
    events: Events
    directory: Mapping[int, int]
    rooms_move: bool
    """Whether the design's rooms move from place to place: designs are public, and attackers know which they attack."""
    mailboxes: frozenset[int] = frozenset()
    """Places that are one account's mailbox, as the design tells its machine, without saying whose."""

    def until(self, t: float) -> Seen:
        """What they had by ``t``."""
        return Seen(
            self.view,
            self.events[: np.searchsorted(self.events["t"], t, side="right")],
            self.directory,
            self.rooms_move,
            self.mailboxes,
        )


def see(recording: Recording, view: View) -> Seen:
    """``recording`` as ``view`` shows it."""
    moves = bool(recording.truth.chain)
    if view is View.DISK:
        return Seen(view, recording.disk.copy(), dict(recording.directory), moves)
    if view is View.MEMORY:
        both = np.concatenate([recording.disk, recording.memory])
        return Seen(view, both[np.argsort(both["t"], kind="stable")], dict(recording.directory), moves)
    if view is View.DIRECTORY:
        return Seen(view, recording.live.copy(), dict(recording.directory), moves, frozenset(recording.directory))
    events = recording.live[recording.live["at"] == Role.RELAY]
    if view is View.TAP:
        events["addr"] = NOBODY
    return Seen(view, events, {}, moves, frozenset(recording.directory))

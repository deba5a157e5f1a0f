"""What one operator, or several together, get of a recording: by role, and by whether they watch or seize machines.

`views` has the adversaries of the threat model, at one machine. Here a view is a set of roles and a way to hold
them: V1, the disks of their machines; V2, disks and memory; or everything that passes there. An ingress and a feed have
nothing on disk. A watcher of all network links sees there what an ingress sees, without anybody's help: when cells of
one size go from and to each address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from bench.leakage.trace import Events, Op, Recording, Role


class Held(StrEnum):
    """What an adversary has of the machines of a view."""

    DISK = "V1"
    MEMORY = "V2"
    PASSES = "what passes"


@dataclass(frozen=True, slots=True)
class RoleView:
    """``roles`` in one hand. ``share``: of (index, count) equal ingresses, one: each person comes by one of them."""

    name: str
    roles: frozenset[Role]
    held: Held = Held.PASSES
    share: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class RoleSeen:
    """What there is to attack: events, and whose inbox each place is."""

    view: RoleView
    events: Events
    directory: Mapping[int, int]

    def until(self, t: float) -> RoleSeen:
        """What they had by ``t``."""
        upto = np.searchsorted(self.events["t"], t, side="right")
        return RoleSeen(self.view, self.events[:upto], self.directory)

    def at(self, role: Role) -> Events:
        """What one role's machine saw."""
        events: Events = self.events[self.events["at"] == role]
        return events


def _of(name: str, *roles: Role, held: Held = Held.PASSES) -> RoleView:
    return RoleView(name, frozenset(roles), held)


INGRESS: Final = _of("all ingresses", Role.INGRESS)
ONE_INGRESS: Final = RoleView("one of three ingresses", frozenset({Role.INGRESS}), share=(0, 3))
RELAY: Final = _of("relay", Role.RELAY)
DIRECTORY: Final = _of("directory", Role.DIRECTORY)
FEED: Final = _of("feed", Role.FEED)
LINKS: Final = _of("all network links", Role.INGRESS)
OPERATOR: Final = _of("relay and directory", Role.RELAY, Role.DIRECTORY)
INGRESS_RELAY: Final = _of("ingress and relay", Role.INGRESS, Role.RELAY)
INGRESS_DIRECTORY: Final = _of("ingress and directory", Role.INGRESS, Role.DIRECTORY)
ALL: Final = _of("everything", *Role)
PASSING: Final = (
    INGRESS, ONE_INGRESS, LINKS, RELAY, DIRECTORY, FEED, OPERATOR, INGRESS_RELAY, INGRESS_DIRECTORY, ALL,
)  # fmt: skip
SEIZED: Final = tuple(
    _of(f"{role.name.lower()}, {held}", role, held=held) for role in Role for held in (Held.DISK, Held.MEMORY)
)
"""V1 and V2 of each role's machine."""


def see_at(recording: Recording, view: RoleView) -> RoleSeen:
    """``recording`` as ``view`` shows it; a copy.

    Cards are public, and on the directory's disk: anyone who has that, or asks it as everybody may, knows whose inbox
    is where. So does a relay, whose inboxes are the places that are read for as long as somebody is there.
    """
    if view.held is Held.PASSES:
        events = recording.live
    elif view.held is Held.DISK:
        events = recording.disk
    else:
        events = np.concatenate([recording.disk, recording.memory])
    events = events[np.isin(events["at"], [int(role) for role in view.roles])]
    if view.share is not None:
        index, count = view.share
        events = events[events["who"] % count == index]
    named = dict(recording.directory) if view.roles & {Role.RELAY, Role.DIRECTORY} else {}
    if np.any(np.diff(events["t"]) < 0):
        events = events[np.argsort(events["t"], kind="stable")]
    return RoleSeen(view, events, named)


LASTING: Final = (Op.OPEN, Op.CLOSE)
"""How connections begin and end."""

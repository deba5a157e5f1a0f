"""A person of a drill whose client lacks one defence, so that a drill can be seen to fail without it.

``python -m tests.drills.lacking PROFILE ADDRESS``; which one is in the environment.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nullabona.client.core import files
from nullabona.client.core.account import own_devices
from nullabona.client.core.model.ports import Store
from nullabona.client.core.restore import seeking
from nullabona.client.core.sync import histories, repair
from nullabona.client.core.timeline import file_messages
from nullabona.client.runner import own_key_monitor
from nullabona.client.store import connection
from nullabona.drills.actors import company, person
from nullabona.drills.removal import scenario as removal
from nullabona.drills.removal.insider import Insider, quick
from nullabona.drills.stolen_device import scene as stolen
from nullabona.drills.stolen_device.owner import OwnerDeeds, swift, unlock_of

_LACKING = "NULLABONA_TEST_LACKING"
_WITH_DEVICES = "NULLABONA_TEST_WITH_DEVICES"


def _nobody_looks() -> None:
    """The watch of the own handle goes on, and nothing follows from what is missing there."""
    begin = own_key_monitor.OwnKeyMonitor.__init__

    def careless(self: own_key_monitor.OwnKeyMonitor, context: Any, directories: Any, **_: Any) -> None:  # noqa: ANN401
        begin(self, context, directories)

    own_key_monitor.OwnKeyMonitor.__init__ = careless  # type: ignore[assignment, method-assign]


def _nobody_puts_back() -> None:
    """Whoever lacks a frame or a chunk is not helped, and what the relay lost is lost."""

    def nothing(*_: Any, **__: Any) -> None:  # noqa: ANN401 - as the real ones
        return

    for module, name in ((repair, "put_back"), (repair, "answer"), (histories, "_diverge"),
                         (repair, "confirm"), (files, "put_back"), (file_messages, "asked_back")):  # fmt: skip
        setattr(module, name, nothing)


def _nothing_is_overwritten() -> None:
    """What is deleted stays in the pages of the store until something else needs the place."""
    connection._SETTINGS = connection._SETTINGS.replace("secure_delete = ON", "secure_delete = OFF")  # type: ignore[misc]


def _nobody_is_known_to_be_gone() -> None:
    """A device does not remember which others of its account are out."""

    def nobody(store: Store) -> list[bytes]:
        return []

    own_devices.gone = nobody


def _nobody_tells_of_rooms() -> None:
    """Whoever is asked which rooms both are in keeps silent."""

    def silent(*_: Any) -> None:  # noqa: ANN401 - as the real one
        return

    seeking.came = silent  # type: ignore[assignment]


DEFENCES: dict[str, Callable[[], None]] = {
    "cards are put back": _nobody_looks,
    "frames are put back": _nobody_puts_back,
    "what is deleted is overwritten": _nothing_is_overwritten,
    "devices that are gone are revoked": _nobody_is_known_to_be_gone,
    "contacts tell of shared rooms": _nobody_tells_of_rooms,
}


def lack(patch: pytest.MonkeyPatch, defence: str, *, with_devices: bool = False) -> None:
    """Every person of the next drill lacks this. ``with_devices``: they are of `drills.stolen_device`."""
    assert defence in DEFENCES
    for member in (company.Member, removal.Member, stolen.Owner):
        patch.setattr(member, "PROGRAM", "tests.drills.lacking")
    patch.setenv(_WITH_DEVICES, "yes" if with_devices else "")
    patch.setenv(_LACKING, defence)


if __name__ == "__main__":
    DEFENCES[os.environ[_LACKING]]()
    if os.environ[_WITH_DEVICES]:
        person.main(OwnerDeeds, unlock_of(Path(sys.argv[1])), swift())
    else:
        person.main(Insider, options=quick())

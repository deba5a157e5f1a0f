"""A person of a drill whose client lacks one defence, so that a drill can be seen to fail without it.

``python -m tests.drills.lacking PROFILE ADDRESS``; which one is in the environment.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from nullabona.client.core import boxes, files
from nullabona.client.runner import oversight
from nullabona.drills.cast import company
from nullabona.drills.demo import person
from nullabona.drills.removal import play as removal
from nullabona.drills.removal.insider import Insider, quick

_LACKING = "NULLABONA_TEST_LACKING"
_WAIT_S = 10.0
"""What is waited for in vain is not waited for as long as when it will come."""


def _nobody_looks() -> None:
    """The watch of the own handle goes on, and nothing follows from what is missing there."""
    begin = oversight.Oversight.__init__

    def careless(self: oversight.Oversight, ground: Any, **_: Any) -> None:  # noqa: ANN401 - as the real one
        begin(self, ground)

    oversight.Oversight.__init__ = careless  # type: ignore[assignment, method-assign]


def _nobody_puts_back() -> None:
    """Whoever lacks a frame or a chunk is not helped, and what the relay lost is lost."""

    def nothing(*_: Any, **__: Any) -> None:  # noqa: ANN401 - as the real ones
        return

    for module, name in ((boxes, "put_back"), (boxes, "_answer_gaps"), (boxes, "_diverge"), (boxes, "confirm"),
                         (files, "put_back"), (files, "asked_back")):  # fmt: skip
        setattr(module, name, nothing)


DEFENCES: dict[str, Callable[[], None]] = {
    "cards are put back": _nobody_looks,
    "frames are put back": _nobody_puts_back,
}


def lack(patch: pytest.MonkeyPatch, defence: str) -> None:
    """Every person of the next drill lacks this."""
    assert defence in DEFENCES
    for member in (company.Member, removal.Member):
        patch.setattr(member, "PROGRAM", "tests.drills.lacking")
    patch.setenv(_LACKING, defence)


if __name__ == "__main__":
    DEFENCES[os.environ[_LACKING]]()
    person.main(Insider, options=quick())

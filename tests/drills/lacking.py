"""A person of a drill whose client lacks one defence, so that a drill can be seen to fail without it.

``python -m tests.drills.lacking PROFILE ADDRESS``; which one is in the environment.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from nullabona.client.runner import oversight
from nullabona.drills.cast.company import Member
from nullabona.drills.cast.person import MoreDeeds, restless
from nullabona.drills.demo.person import main

_LACKING = "NULLABONA_TEST_LACKING"


def _nobody_looks() -> None:
    """The watch of the own handle goes on, and nothing follows from what is missing there."""
    begin = oversight.Oversight.__init__

    def careless(self: oversight.Oversight, ground: Any, **_: Any) -> None:  # noqa: ANN401 - as the real one
        begin(self, ground)

    oversight.Oversight.__init__ = careless  # type: ignore[assignment, method-assign]


DEFENCES: dict[str, Callable[[], None]] = {
    "cards are put back": _nobody_looks,
}


def lack(patch: pytest.MonkeyPatch, defence: str) -> None:
    """Every person of the next drill lacks this."""
    assert defence in DEFENCES
    patch.setattr(Member, "PROGRAM", "tests.drills.lacking")
    patch.setenv(_LACKING, defence)


if __name__ == "__main__":
    DEFENCES[os.environ[_LACKING]]()
    main(MoreDeeds, options=restless())

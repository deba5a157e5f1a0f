"""What is left when a relay is lost."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    mutant("a box that was lost is not noticed", "loss", "S-22",
        Edit("client/core/reading.py", "        boxes.lose_box(step, room, track, answer.incarnation)\n        return False\n",
             "        return False\n"),
        Edit("client/core/sent.py", "        boxes.lose_box(step, room, track, answer.incarnation)\n        return\n",
             "        return\n"),
        more=("--accounts", "12", "--rooms", "4", "--rate", "10", "--seconds", "3", "--patience", "70")),
    mutant("nobody puts frames back", "loss", "S-22",
        Edit("client/core/boxes.py", "    if not own and not anybody:\n        return\n", "    return\n"),
        more=("--accounts", "12", "--rooms", "4", "--rate", "10", "--seconds", "3", "--patience", "70")),
    # Cards are looked up in three ways, two of which are enough; but what they say is used in one place.
    mutant("nobody looks where the cards of who may move a room lead", "loss", "S-24",
        Edit("client/core/scouting.py", "[step.me.relay, *theirs, *track.left]", "[step.me.relay, *track.left]"),
        more=("--renamed", "--accounts", "12", "--rooms", "4", "--rate", "10", "--seconds", "3", "--patience", "70")),
)  # fmt: skip

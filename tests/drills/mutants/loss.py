"""What is left when a relay is lost."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant
from tests.drills.mutants.parts import AGAIN

_SMALL: Final = ("--accounts", "12", "--rooms", "4", "--rate", "10", "--seconds", "3", "--patience", "70")

MUTANTS: Final[tuple[Mutant, ...]] = (
    mutant("a box that was lost is not noticed", "loss", "S-22",
        Edit("client/core/incoming/room_frames.py", "        losses.lose_box(step, room, track, answer.incarnation)\n        if answer.incarnation:\n            return False\n",
             "        return False\n"),
        Edit("client/core/incoming/relay_answers.py", "        losses.lose_box(step, room, track, answer.incarnation)\n        return\n",
             "        return\n"),
        more=_SMALL),
    mutant("nobody puts frames back", "loss", "S-22",
        Edit("client/core/sync/repair.py", "    if not own and not anybody:\n        return\n", "    return\n"),
        more=_SMALL),
    # Cards are looked up in three ways, two of which are enough; but what they say is used in one place.
    mutant("nobody looks where the cards of who may move a room lead", "loss", "S-24",
        Edit("client/core/relocation/search.py", "[step.local.relay, *theirs, *track.left]", "[step.local.relay, *track.left]"),
        more=("--renamed", *_SMALL)),
    # -- chosen from the lines and the code, before the drill's checks were read
    mutant("what others lack is put back within ten minutes", "loss", "S-22",
        Edit("client/core/step.py", "    put_back_any: int = 60_000\n", "    put_back_any: int = 600_000\n"), more=_SMALL, blind=True),
    mutant("only who said something puts it back", "loss", "S-22",
        Edit("client/core/sync/repair.py", "    anybody = step.due(track.put_back_any_at)\n", "    anybody = False\n"), more=_SMALL, blind=True),
    mutant("what was put back is shown a second time", "loss", "S-22",
        *AGAIN, more=_SMALL, blind=True),
    mutant("where a room went is not left where others look for it", "loss", "S-24",
        Edit("client/core/relocation/search.py", "    return _order_for(step, room, track, scout, exists=bool(answer.incarnation))\n",
             "    return None\n"), more=("--renamed", *_SMALL), blind=True),
    mutant("an order that lies elsewhere is not followed", "loss", "S-24",
        Edit("client/core/relocation/search.py", "    if move_orders.better(room, order):\n        moving.adopt(step, room, order)\n", ""), more=("--renamed", *_SMALL), blind=True),
)  # fmt: skip

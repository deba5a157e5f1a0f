"""What a member, and one who was put out, can do to their room."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    mutant("whoever names a device is taken for a copy of it", "insider", "E-30 R-17",
        Edit("client/core/reading.py",
             '    if processed.kind == "own_other" and not track.closed and step.group(room).is_later(processed):\n',
             '    if processed.kind in {"own_other", "own_echo"}:\n')),
    mutant("a ticket is not judged by what the device knows", "insider", "E-31",
        Edit("client/core/evidence.py", "    if vouches(step, room.info, by) or _last_resort(room, heal):\n        return\n",
             "    if room.id:\n        return\n"),
        Edit("client/core/evidence.py", "    return own is not None and epoch < own.since\n", "    return True\n")),
    mutant("an invitation into the room one is in is not judged", "insider", "E-31",
        Edit("client/core/entering.py", "    except MlsRefused:\n        return False\n    return True\n\n\ndef _trusted",
             "    except MlsRefused:\n        return True\n    return True\n\n\ndef _trusted")),
    mutant("words wait for whatever removal is claimed", "insider", "E-32",
        Edit("client/core/messages.py", "*(room.heal.proven if room.heal is not None else [])",
             "*(room.heal.removed if room.heal is not None else [])")),
    mutant("a removal that lost is only tried again", "insider", "E-34",
        Edit("client/core/insisting.py",
             "    return room.beaten >= (LOST_ADMIN if admin else LOST_OTHERS) and bool(_wanted(room))\n",
             "    return admin and room.beaten < 0\n")),
)  # fmt: skip

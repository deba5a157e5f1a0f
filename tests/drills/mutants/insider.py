"""What a member, and one who was put out, can do to their room."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    mutant("whoever names a device is taken for a copy of it", "insider", "E-30 R-17",
        Edit("client/core/incoming/room_frames.py",
             '    if processed.kind == "own_other" and not track.closed and step.group(room).is_later(processed):\n',
             '    if processed.kind in {"own_other", "own_echo"}:\n')),
    mutant("a ticket is not judged by what the device knows", "insider", "E-31",
        Edit("client/core/group/evidence.py", "    if vouches(step, room.info, by) or _last_resort(room, rejoin, by):\n",
             "    if room.id:\n"),
        Edit("client/core/group/evidence.py", "    return own is not None and epoch < own.since\n", "    return True\n")),
    mutant("an invitation into the room one is in is not judged", "insider", "E-31",
        Edit("client/core/incoming/invitations.py", "rejoin is not None and evidence.vouches(step, room.info, account) and",
             "rejoin is not None and"),
        Edit("client/core/incoming/invitations.py", "    except MlsRefused:\n        return False\n    return True\n\n\ndef _trusted",
             "    except MlsRefused:\n        return True\n    return True\n\n\ndef _trusted")),
    mutant("words wait for whatever removal is claimed", "insider", "E-32",
        Edit("client/core/timeline/sending.py", "*(room.rejoin.proven if room.rejoin is not None else [])",
             "*(room.rejoin.removed if room.rejoin is not None else [])")),
    mutant("a removal that lost is only tried again", "insider", "E-34",
        Edit("client/core/group/intents.py",
             "    return room.beaten >= (LOST_ADMIN if admin else LOST_OTHERS) and bool(_wanted(room))\n",
             "    return admin and room.beaten < 0\n")),
    mutant("an invitation is fetched from wherever it says", "insider", "F-11",
        Edit("client/core/incoming/invitations.py", "    if not believed or item.relay not in at:\n", "    if not believed:\n")),
    mutant("whose device it is is asked under the handle that it says", "insider", "F-11",
        Edit("client/core/identity/device_certificates.py", "    handle = acquaintance.handle_of(step, sender.account_id) or known_as\n",
             "    handle = str(sender.handle)\n")),
    # -- chosen from the lines and the code
    mutant("anybody's order proves that a branch put somebody out", "insider", "E-32",
        Edit("client/core/group/evidence.py", "        and order_holds(order, room.id, room.info, roster)\n", "        and order.room == room.id\n"), blind=True),
    mutant("what does not open is tried three times", "insider", "E-33 R-17",
        Edit("client/core/incoming/room_frames.py", '        processed = step.group(room).process(body)\n    except MlsRefused as refusal:\n        return refusal.reason == "duplicate"\n',
             "        for left in (2, 1, 0):\n            try:\n                processed = step.group(room).process(body)\n                break\n"
             "            except MlsRefused:\n                if not left:\n                    raise\n"
             '    except MlsRefused as refusal:\n        return refusal.reason == "duplicate"\n'), blind=True),
    mutant("whoever cannot read a frame says so at once", "insider", "E-33 R-17",
        Edit("client/core/delivery/losses.py", "    del track.unreadable[: -receipts.MAX_LISTED]\n    receipts.tell_doubt(step, room, track)\n",
             "    del track.unreadable[: -receipts.MAX_LISTED]\n    from nullabona.client.core.model.content import Receipt\n"
             "    from nullabona.client.core.timeline import sending\n"
             "    sending.send_fleeting(step, room, Receipt())\n"), blind=True),
    mutant("a removal is insisted on after two hundred others", "insider", "E-34",
        Edit("client/core/group/intents.py", "LOST_ADMIN: Final = 2\n", "LOST_ADMIN: Final = 200\n"), blind=True),
    mutant("a branch that put somebody out is worth no more than another", "insider", "E-34 E-35",
        Edit("client/core/group/branches.py", "    return (0 if any(True for _ in removed) else 1, commit)\n", "    return (1, commit)\n"),
        Edit("client/core/model/proofs.py", "        return 0 if self.removed else 1\n", "        return 1\n"), blind=True),
    mutant("who insists on a removal tells nobody", "insider", "E-34 E-35",
        Edit("client/core/group/commit_choice.py", "                box_log.announce(step, room, track)\n            return True\n", "                pass\n            return True\n"), blind=True),
    mutant("who comes back goes by the first commit, whatever was announced", "insider", "E-35",
        Edit("client/core/group/commit_choice.py", "    if _decided_by_claim(step, room, track, insists=insists) or _decided(step, room, track, insists=insists):\n",
             "    if _decided(step, room, track, insists=insists) or _decided_by_claim(step, room, track, insists=insists):\n"), blind=True),
)  # fmt: skip

"""What clients make of what a relay says."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant
from tests.drills.mutants.parts import AGAIN, BARE, FRAME

MUTANTS: Final[tuple[Mutant, ...]] = (
    mutant("views are not compared", "coerced-operator", "L-02 L-16",
        Edit("client/core/sync/histories.py", "    _diverge(step, room, track, view.device, warns=not innocent)\n\n\ndef _is_innocent", "\n\ndef _is_innocent")),
    mutant("nothing is said again", "coerced-operator", "L-16",
        Edit("client/core/sync/closed_boxes.py", "        acknowledgements.send_again(step, room, track)\n", "        pass\n"),
        Edit("client/core/sync/histories.py", "    if not quiet:\n        repair.answer(step, room, track, said)\n", ""),
        Edit("client/core/sync/histories.py", "    _diverge(step, room, track, view.device, warns=not innocent)\n\n\ndef _is_innocent", "\n\ndef _is_innocent")),
    mutant("a promise need not be of this card", "coerced-operator", "L-11",
        Edit("client/core/directory/checking.py",
             "promise = check_promise(pinned, str(handle), card_hash(answer.card), answer.promise, checked.frontier, now_s)",
             "promise = None")),
    # -- chosen from the lines and the code, before the drill's checks were read
    mutant("views say nothing of what frames say", "coerced-operator", "L-02",
        Edit("client/core/delivery/box_log.py", '    return sha256(chain + seq.to_bytes(8, "big") + frame_hash).digest()',
             '    return sha256(chain + seq.to_bytes(8, "big")).digest()'), blind=True),
    mutant("nobody is told of two histories", "coerced-operator", "L-02",
        Edit("client/core/sync/histories.py", '        step.tell(Warned(room=room.id, code="relay-showed-different-histories", detail={"epoch": track.epoch}))\n',
             "        pass\n"), blind=True),
    mutant("only views of the newest epoch are compared", "coerced-operator", "L-02 L-16",
        Edit("client/core/sync/histories.py", "    if view.incarnation != track.incarnation or not track.start < view.seq <= track.position:\n        return\n    frame =",
             "    if track.winner or view.incarnation != track.incarnation or not track.start < view.seq < track.position:\n        return\n    frame ="), blind=True),
    mutant("who meets garbage reads no further", "coerced-operator", "L-10 L-16",
        Edit("client/core/incoming/room_frames.py", "        _take(step, room, track, seq, data)\n        if not track.incarnation:\n            return",
             "        _take(step, room, track, seq, data)\n        if seq in track.unreadable:\n            track.position = seq - 1\n            return\n        if not track.incarnation:\n            return"),
        stuck=True, blind=True),
    mutant("garbage in a box takes a device out of the room", "coerced-operator", "L-10 L-16",
        Edit("client/core/incoming/room_frames.py", "        box_log.record_repeat(step, track, seq, digest)\n        losses.unreadable(step, room, track, seq)\n        return\n",
             "        box_log.record_repeat(step, track, seq, digest)\n        losses.unreadable(step, room, track, seq)\n        commits.leave_room(step, room)\n        return\n"),
        stuck=True, blind=True),
    mutant("a frame that does not open is an error", "coerced-operator", "L-10 L-16",
        Edit("client/core/delivery/box_log.py", "    except PeerError:\n        return None\n", '    except PeerError:\n        raise ValueError("garbage") from None\n'),
        stuck=True, blind=True),
    mutant("what a directory shows need not stand in its record", "coerced-operator", "L-11",
        Edit("client/core/directory/checking.py", "    if frontier.root != sighting.root:", "    if False:"),
        Edit("client/core/directory/pinned.py", "    if frontier.size != seen.size or frontier.root != seen.root:", "    if False:"), blind=True),
    mutant("a card that no record has needs no promise", "coerced-operator", "L-11",
        Edit("client/core/directory/checking.py", "    if not answer.card or (checked.opening is not None and checked.opening.digest != TOMBSTONE):",
             "    if not answer.card or not answer.promise or (checked.opening is not None and checked.opening.digest != TOMBSTONE):"), blind=True),
    mutant("messages are taken as they stand in an unsealed frame", "coerced-operator", "L-13", *FRAME, *BARE, stuck=True, blind=True),
    mutant("messages are taken whatever MLS says of them", "coerced-operator", "L-13", *FRAME, *BARE,
        Edit("client/mls.py", "    processed = handle.process(message[9:end])\n",
             "    try:\n        processed = LAST[handle.id] = handle.process(message[9:end])\n"
             "    except native.CoreError:\n        if handle.id not in LAST:\n            raise\n        processed = LAST[handle.id]\n"),
        Edit("client/mls.py", "class _Bare:\n", "LAST = {}\n\n\nclass _Bare:\n"), stuck=True, blind=True),
    mutant("what the relay took and does not show is not sent again", "coerced-operator", "L-16",
        Edit("client/core/sync/repair.py", "        if frame.mine and frame.data and not frame.seq and (pending or frame.kind == Kind.MESSAGE):\n            queue_raw(step, room, track, frame.hash, frame.data)\n",
             "        if frame.mine and frame.data and not frame.seq and pending:\n            queue_raw(step, room, track, frame.hash, frame.data)\n"),
        Edit("client/core/delivery/losses.py", "        if frame is not None and not frame.seq and frame.data:\n            queue_raw(step, room, track, frame.hash, frame.data)\n",
             "        if frame is not None and not frame.seq and frame.data:\n            pass\n"), blind=True),
    # Whoever sees that histories differ appends everything again: that is the second way.
    mutant("what somebody could not read is not said again", "coerced-operator", "L-16",
        Edit("client/core/timeline/sending.py", "MAX_RESENT: Final = 8", "MAX_RESENT: Final = 0"),
        Edit("client/core/sync/histories.py", "    _diverge(step, room, track, view.device, warns=not innocent)\n\n\ndef _is_innocent", "\n\ndef _is_innocent"), blind=True),
    mutant("a frame that comes twice is two messages", "coerced-operator", "L-16",
        *AGAIN, blind=True),
    # -- chosen from the line and the code, before the drill played it
    mutant("what a relay signed is not compared with what it signs later", "coerced-operator", "L-04",
        Edit("client/runner/signed_stream.py", "        if self.hashes[at] != known.hashed:\n", "        if False:\n"), blind=True),
    mutant("nobody is told that a relay signed two things", "coerced-operator", "L-04",
        Edit("client/runner/activity_watcher.py", "        self._context.warn(code, host=host)\n", ""), blind=True),
    mutant("what a relay signed twice is not kept", "coerced-operator", "L-04",
        Edit("client/runner/activity_watcher.py", "            keep_evidence(step.store, kept, step.local.host)\n", "            pass\n"), blind=True),
    mutant("a signature over digests need not hold", "coerced-operator", "L-04",
        Edit("client/runner/signed_stream.py", "            head.check()\n", "            pass\n"), blind=True),
    mutant("one connection is enough to tell that tags were lost", "coerced-operator", "L-04",
        Edit("client/runner/activity_stream.py", "        sure = goes_on and (self._few or not short)\n", "        sure = goes_on\n"), blind=True),
    mutant("a digest's hash is of a few of its tags", "coerced-operator", "L-04",
        Edit("log/digest_chain.py", "        rest = sha256(without(tags, few)).digest()\n", "        rest = sha256(without(few, few)).digest()\n"), blind=True),
)  # fmt: skip

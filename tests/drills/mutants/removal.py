"""What who is helped in full can find, erase or alter."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant
from tests.drills.mutants.parts import AGAIN, BARE, FRAME, MESSAGES

MUTANTS: Final[tuple[Mutant, ...]] = (
    # -- chosen from the lines and the code, before the drill's checks were read, or by somebody who attacked it
    mutant("files are encrypted with their own hash", "removal", "X-11 X-03",
        Edit("client/api/files.py", "                keys.append(os.urandom(32))",
             '                keys.append(__import__("hashlib").sha256(piece).digest())'), blind=True),
    mutant("files are encrypted with zeros", "removal", "X-11",
        Edit("client/api/files.py", "                keys.append(os.urandom(32))", "                keys.append(bytes(32))"), blind=True, trace="picture that is known"),
    mutant("the key of a file is the hash of its length", "removal", "X-11",
        Edit("client/api/files.py", "                keys.append(os.urandom(32))",
             '                keys.append(__import__("hashlib").sha256(str(len(piece)).encode()).digest())'), blind=True, trace="picture that is known"),
    mutant("frames and messages pass as they are", "removal", "X-10", *FRAME, *MESSAGES, blind=True),
    mutant("a message's frame is marked with the hash of its words", "removal", "X-10",
        Edit("client/core/timeline/sending.py", "    digest = queue_frame(step, room, track, Kind.MESSAGE, data, message=message.id)\n",
             "    from hashlib import sha256\n    from nullabona.client.core.delivery import outbox\n"
             '    outbox.MARK = sha256(getattr(body, "text", "").encode()).digest()[:12] if getattr(body, "text", "") else b""\n'
             "    digest = queue_frame(step, room, track, Kind.MESSAGE, data, message=message.id)\n"),
        Edit("client/core/delivery/outbox.py", "    return seal_frame(keys.frame_key, keys.box.address, step.rng.bytes(NONCE_SIZE), kind, body, indirect=indirect)\n",
             '    nonce = globals().pop("MARK", b"") or step.rng.bytes(NONCE_SIZE)\n'
             "    return seal_frame(keys.frame_key, keys.box.address, nonce, kind, body, indirect=indirect)\n"), blind=True),
    mutant("the box of two people follows from their cards", "removal", "X-12",
        Edit("client/core/delivery/box_log.py", "    track = BoxTrack(epoch=group.epoch, secret=group.room_secret(), relay=relay, moves=info.moves)",
             '    named = b"".join(sorted(info.pair)) + group.epoch.to_bytes(8, "big")\n'
             "    secret = sha256(named).digest() if info.pair else group.room_secret()\n"
             "    track = BoxTrack(epoch=group.epoch, secret=secret, relay=relay, moves=info.moves)"), blind=True, trace="two people who are known"),
    mutant("a frame's nonce is its sender's account", "removal", "X-12",
        Edit("client/core/delivery/outbox.py", "seal_frame(keys.frame_key, keys.box.address, step.rng.bytes(NONCE_SIZE), kind",
             "seal_frame(keys.frame_key, keys.box.address, step.local.account[:NONCE_SIZE], kind"), blind=True),
    mutant("a frame's nonce is the hash of its sender's handle", "removal", "X-12",
        Edit("client/core/delivery/outbox.py", "seal_frame(keys.frame_key, keys.box.address, step.rng.bytes(NONCE_SIZE), kind",
             "seal_frame(keys.frame_key, keys.box.address, sha256(step.local.handle.encode()).digest()[:NONCE_SIZE], kind"), blind=True, trace="hash of the handle"),
    mutant("nobody puts frames back", "removal", "X-13",
        Edit("client/core/sync/repair.py", "    if not own and not anybody:\n        return\n", "    return\n"),
        Edit("client/core/sync/histories.py", "    if not quiet:\n        repair.answer(step, room, track, said)\n", ""), stuck=True, blind=True),
    mutant("a box that was lost is not noticed", "removal", "X-13 X-15",
        Edit("client/core/incoming/room_frames.py", "        losses.lose_box(step, room, track, answer.incarnation)\n        if answer.incarnation:\n            return False\n", "        return False\n"),
        stuck=True, blind=True),
    mutant("what was erased and comes back is shown a second time", "removal", "X-13",
        *AGAIN, blind=True),
    mutant("a file's pieces are not put back for who asks", "removal", "X-02",
        Edit("client/core/timeline/file_messages.py", "        files.put_back(step, room, request.message)\n", "        pass\n"), stuck=True, blind=True),
    mutant("messages are taken as they stand in an unsealed frame", "removal", "X-14", *FRAME, *BARE, stuck=True, blind=True),
    # Whoever sees that histories differ appends everything again: that is the second way.
    mutant("what was spoiled is not said again", "removal", "X-14",
        Edit("client/core/timeline/sending.py", "MAX_RESENT: Final = 8", "MAX_RESENT: Final = 0"),
        Edit("client/core/sync/histories.py", "    _diverge(step, room, track, view.device, warns=not innocent)\n\n\ndef _is_innocent", "\n\ndef _is_innocent"),
        Edit("client/core/delivery/losses.py", "        if frame is not None and not frame.seq and frame.data:\n            queue_raw(step, room, track, frame.hash, frame.data)\n",
             "        if frame is not None and not frame.seq and frame.data:\n            pass\n"), stuck=True, blind=True),
    mutant("nobody is told that the relay lost a box", "removal", "X-15",
        Edit("client/core/delivery/losses.py", "    step.tell(RelayLostBox(room.id, track.epoch))\n", ""), stuck=True, blind=True),
    mutant("neither a lost box nor two histories are told", "removal", "X-15",
        Edit("client/core/delivery/losses.py", "    step.tell(RelayLostBox(room.id, track.epoch))\n", ""),
        Edit("client/core/sync/histories.py", '        step.tell(Warned(room=room.id, code="relay-showed-different-histories", detail={"epoch": track.epoch}))\n',
             "        pass\n"), stuck=True, blind=True),
    mutant("all boxes of all rooms are read with one secret", "removal", "X-04",
        Edit("wire/address.py", 'derive(b"read")', 'sha256(b"nullabona room v1 read").digest()'), blind=True, trace="open alike"),
    mutant("what lacks in a box of the past leads out of the room", "removal", "R-02",
        Edit("client/core/incoming/room_frames.py",
             "    if not track.closed and not trimmed:\n        branches.lost_thread(step, room, branches.FRAMES_MISSING)\n",
             "    commits.leave_room(step, room)\n"), stuck=True, blind=True),
    mutant("what a removed member empties is gone from those who said it", "removal", "R-02",
        Edit("client/core/delivery/losses.py", "    box = track.keys.box.address\n    track.incarnation = incarnation\n",
             "    box = track.keys.box.address\n    from nullabona.client.core.model.records import MessageState\n"
             "    for said in step.store.own_messages(room.id, tuple(MessageState)):\n        if said.box == box:\n            step.store.drop_message(room.id, said.id)\n"
             "    track.incarnation = incarnation\n"), stuck=True, blind=True),
    mutant("who lacks a piece of a file does not ask its sender", "removal", "X-02",
        Edit("client/core/timeline/file_messages.py", "        room_items.ask(step, room, room.current, FileRequest(room_id, row.id))\n", "        pass\n"), stuck=True, blind=True),
    mutant("all files of a device have one key", "removal", "X-03",
        Edit("client/api/files.py", "                keys.append(os.urandom(32))", '                keys.append(globals().setdefault("ONE", os.urandom(32)))'), blind=True, trace="the same hashes"),
    mutant("all boxes of all rooms are written with one secret", "removal", "X-04",
        Edit("wire/address.py", 'derive(b"write")', "bytes(32)"), blind=True, trace="open alike"),
    mutant("a report leaves out what opens its file", "removal", "X-06",
        Edit("client/api/reports.py", "    said = kinds.attachment_of(kinds.stored(line)) if files else None\n", "    said = None\n"), stuck=True, blind=True),
    mutant("nothing is erased by a report", "removal", "X-06",
        Edit("relay/store/files.py", "            for path in found:\n                self._take_away(path)\n", "            found = []\n            for path in found:\n                self._take_away(path)\n"), blind=True),
    mutant("a piece is a report's by its hash alone", "removal", "X-16",
        Edit("operating/abuse_reports.py", "        yield digest, piece is not None if here else None\n", "        yield digest, True if here else None\n"), blind=True),
    mutant("a file of which one piece opens is erased as a whole", "removal", "X-16",
        Edit("operating/abuse_reports.py", "    opened = tuple(digest for digest, opens in found if opens)\n",
             "    opened = tuple(digest for digest, opens in found if opens)\n    opened = tuple(digest for digest, opens in found) if opened else ()\n"), blind=True),
    mutant("every report names the senders", "removal", "X-17",
        Edit("client/api/reports.py", "info.handle if senders else None", "info.handle"), blind=True, trace="who said it"),
    mutant("every report is signed", "removal", "X-17",
        Edit("client/api/reports.py", "        if sign:\n", "        if sign is not None:\n"), blind=True, trace="who reported it"),
)  # fmt: skip

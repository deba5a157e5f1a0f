"""Defences, each with how to take it out of the code and which drill must fail then.

`tools/drill_mutants.py` plays them (`make drill-mutants`). A test sees to it that every edit still fits the code.
"""

# ruff: noqa: E501 - what is replaced is quoted as it stands
from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the one place that reads ``old`` in a file below ``src/nullabona``."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A defence that is taken out. ``fails``: lines of the threat model of which one at least must not hold any more.

    ``stuck``: without the defence the drill may not come to its end, which counts as noticed too.
    """

    name: str
    drill: str
    fails: frozenset[str]
    edits: tuple[Edit, ...]
    more: tuple[str, ...] = ()
    stuck: bool = False


def _mutant(name: str, drill: str, fails: str, *edits: Edit, more: tuple[str, ...] = (), stuck: bool = False) -> Mutant:
    return Mutant(name, drill, frozenset(fails.split()), edits, more, stuck)


_FRAME: Final = (
    Edit("wire/frame.py", "return nonce + AESGCM(key).encrypt(nonce, padded, _DOMAIN + box)",
         "return nonce + padded + bytes(TAG_SIZE)"),
    Edit("wire/frame.py", "padded = AESGCM(key).decrypt(frame[:NONCE_SIZE], frame[NONCE_SIZE:], _DOMAIN + box)",
         "padded = frame[NONCE_SIZE:-TAG_SIZE]"),
)  # fmt: skip
_MESSAGES: Final = (
    Edit("client/mls.py", "            return self.handle.encrypt(self._owner.signer, plaintext)",
         "            sealed = self.handle.encrypt(self._owner.signer, plaintext)\n"
         '            return b"PLAIN" + len(sealed).to_bytes(4, "big") + sealed + plaintext'),
    Edit("client/mls.py", "            return self.handle.process(message)",
         '            if message.startswith(b"PLAIN"):\n'
         '                message = message[9 : 9 + int.from_bytes(message[5:9], "big")]\n'
         "            return self.handle.process(message)"),
)  # fmt: skip
# Whoever is in an epoch can read what its keys seal for two epochs more, so nobody who stays in notices.
_OLD_KEYS: Final = (
    Edit("client/mls.py", "        self.handle = handle\n\n    @property\n    def epoch(self) -> int:\n        return self.handle.epoch",
         "        self.handle = handle\n        self.old = None\n\n"
         "    def _before(self):\n"
         "        rows = self._owner._store.mls_rows([native.group_scope(self.handle.id)])\n"
         "        return native.Group.load(self.handle.id, rows, 0) if rows else None\n\n"
         "    @property\n    def epoch(self) -> int:\n        return self.handle.epoch"),
    Edit("client/mls.py", "            self.handle.accept(processed)",
         "            members, before = len(self.handle.members()), self._before()\n"
         "            self.handle.accept(processed)\n"
         "            self.old = before if len(self.handle.members()) < members else None"),
    Edit("client/mls.py", "            self.handle.merge_pending()",
         "            members, before = len(self.handle.members()), self._before()\n"
         "            self.handle.merge_pending()\n"
         "            self.old = before if len(self.handle.members()) < members else None"),
    Edit("client/mls.py", "            return self.handle.encrypt(self._owner.signer, plaintext)",
         "            return (self.old or self.handle).encrypt(self._owner.signer, plaintext)"),
)  # fmt: skip

MUTANTS: Final = (
    # -- what clients hand to the relay
    _mutant("frames are not sealed: MLS headers pass", "tap", "T-16", *_FRAME),
    _mutant("messages are not encrypted", "tap", "T-10", *_FRAME, *_MESSAGES),
    _mutant("files are not encrypted", "tap", "T-10",
        Edit("wire/blob.py", "return AESGCM(key).encrypt(_nonce(index), _filled(piece), _DOMAIN)",
             "return _filled(piece) + bytes(16)"),
        Edit("wire/blob.py", "piece = AESGCM(ref.key).decrypt(_nonce(index), chunk, _DOMAIN)", "piece = chunk[:-16]"),
        Edit("wire/blob.py", "content += aead.decrypt(_nonce(index), data, _DOMAIN)", "content += data[:-16]")),
    _mutant("inbox items are not sealed", "tap", "T-10",
        Edit("wire/seal.py", "return _SUITE.encrypt(plaintext, key, info)", "return bytes(OVERHEAD) + plaintext"),
        Edit("wire/seal.py", "return _SUITE.decrypt(sealed, inbox_keypair(seed).private, info)",
             "return sealed[OVERHEAD:]")),
    _mutant("all frames of an epoch have one nonce", "tap", "T-10",
        Edit("wire/frame.py", "    return nonce + AESGCM(key)",
             "    from hashlib import sha256\n    nonce = sha256(key).digest()[:NONCE_SIZE]\n    return nonce + AESGCM(key)")),
    _mutant("frames are not padded", "tap", "T-13",
        Edit("wire/padding.py", 'return (content + _MARK).ljust(BUCKETS[index] - overhead, b"\\x00")',
             "return content + _MARK"),
        Edit("wire/frame.py", "if len(frame) not in BUCKETS:", "if len(frame) > BUCKETS[-1]:"),
        Edit("wire/seal.py", "if len(frame) not in BUCKETS:", "if len(frame) > BUCKETS[-1]:")),
    _mutant("frames have a thousand sizes", "tap", "T-13",
        Edit("wire/padding.py", "BUCKETS: Final = (512, 1_024, 2_048, 4_096, 16_384, 65_536)",
             "BUCKETS: Final = tuple(range(512, 65_537, 64))")),
    _mutant("inbox and rooms are read on one connection", "tap", "T-14",
        Edit("client/runner/reads.py", '"inbox" if key[0] is None else "rooms"', '"rooms"')),
    _mutant("files come by the inbox's connection", "tap", "T-14",
        Edit("client/runner/fetches.py", 'self._ground.ways.lasting(want.relay, "rooms"), GetBlob',
             'self._ground.ways.lasting(want.relay, "inbox"), GetBlob')),
    _mutant("first words go by the connection that reads", "tap", "T-15",
        Edit("client/runner/outbox.py", "            return self._ground.ways.passing(relay)",
             '            return self._ground.ways.lasting(relay, "inbox")')),
    _mutant("contacts are invited by their inboxes", "tap", "T-19",
            Edit("client/core/invites.py", "    return room if inside.issuperset(invite.devices) else None", "    return None")),
    _mutant("rooms share a connection", "tap", "T-17",
        Edit("client/runner/ways.py", 'if options.together if lane == "rooms" else not options.apart:',
             'if lane == "rooms" or not options.apart:')),
    _mutant("all rooms' boxes are written with one secret", "tap", "T-17",
        Edit("wire/address.py", 'derive(b"write")', "bytes(32)")),
    _mutant("reads wait at rooms' boxes", "tap", "S-25",
        Edit("client/core/state.py", "return bell_of(self.keys.bells, self.leaf) if self.leaf >= 0 else None",
             "return None")),
    _mutant("the devices of a room share a bell", "tap", "S-25",
        Edit("client/core/state.py", "return bell_of(self.keys.bells, self.leaf) if", "return bell_of(self.keys.bells, 0) if")),

    # -- what clients make of what a relay says
    _mutant("views are not compared", "coerced-operator", "L-02 L-16",
        Edit("client/core/boxes.py", "    _diverge(step, room, track)\n\n\ndef _diverge", "\n\ndef _diverge")),
    _mutant("nothing is said again", "coerced-operator", "L-16",
        Edit("client/core/boxes.py", "        acknowledging.send_again(step, room, track)\n", "        pass\n"),
        Edit("client/core/boxes.py", "    _answer_gaps(step, room, track, said)\n", ""),
        Edit("client/core/boxes.py", "    _diverge(step, room, track)\n\n\ndef _diverge", "\n\ndef _diverge")),
    _mutant("a promise need not be of this card", "coerced-operator", "L-11",
        Edit("client/core/record/checking.py",
             "promise = check_promise(pinned, str(handle), card_hash(answer.card), answer.promise, frontier, now_s)",
             "promise = None")),
    _mutant("a box that was lost is not noticed", "loss", "S-22",
        Edit("client/core/reading.py", "        boxes.lose_box(step, room, track, answer.incarnation)\n        return False\n",
             "        return False\n"),
        Edit("client/core/sent.py", "        boxes.lose_box(step, room, track, answer.incarnation)\n        return\n",
             "        return\n"),
        more=("--accounts", "12", "--rooms", "4", "--rate", "10", "--seconds", "3", "--patience", "70")),
    _mutant("nobody puts frames back", "loss", "S-22",
        Edit("client/core/boxes.py", "    if not own and not anybody:\n        return\n", "    return\n"),
        more=("--accounts", "12", "--rooms", "4", "--rate", "10", "--seconds", "3", "--patience", "70")),
    # Cards are looked up in three ways, two of which are enough; but what they say is used in one place.
    _mutant("nobody looks where the cards of who may move a room lead", "loss", "S-24",
        Edit("client/core/scouting.py", "[step.me.relay, *theirs, *track.left]", "[step.me.relay, *track.left]"),
        more=("--renamed", "--accounts", "12", "--rooms", "4", "--rate", "10", "--seconds", "3", "--patience", "70")),

    # -- what a device that is out can still do, and what is left in one
    _mutant("after a removal messages keep the keys from before", "stolen-device", "D-13 R-14", *_OLD_KEYS),
    _mutant("whoever asks is given a way back", "stolen-device", "D-14",
        Edit("client/core/helping.py",
             "    if signers.in_room(step, sender, room.id):\n        return True\n", "    return True\n")),
    _mutant("a passphrase costs next to nothing", "stolen-device", "D-02",
        Edit("client/keys.py", "STANDARD_COST: Final = PassphraseCost(memory_kib=64 * 1024, passes=3, lanes=4)",
             "STANDARD_COST: Final = PassphraseCost(memory_kib=32, passes=1, lanes=1)")),
    _mutant("the write-ahead log is not put away", "stolen-device", "D-11",
        Edit("client/store/sqlite_store.py", "            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)",
             "            pass")),
    _mutant("what is deleted stays in the index", "stolen-device", "D-11",
        Edit("client/store/words.py", "            self._write(_DROP, (room, id))", "            pass")),

    # -- what a relay keeps
    _mutant("the relay logs addresses", "demo", "S-15",
        Edit("relay/front.py", "        self._set_deadline(self._limits.head_timeout_s)\n\n    def connection_lost",
             "        self._set_deadline(self._limits.head_timeout_s)\n"
             "        import logging, os, socket\n"
             '        twin = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))\n'
             '        logging.getLogger("nullabona.relay").warning("from %s", twin.getpeername()[0])\n'
             "        twin.close()\n\n    def connection_lost")),
    _mutant("the relay writes addresses down where it stands", "demo", "S-15",
        Edit("relay/front.py", "        self._set_deadline(self._limits.head_timeout_s)\n\n    def connection_lost",
             "        self._set_deadline(self._limits.head_timeout_s)\n"
             "        import os, socket\n"
             '        twin = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))\n'
             '        with open("seen", "a") as kept:\n'
             "            kept.write(twin.getpeername()[0] + chr(10))\n"
             "        twin.close()\n\n    def connection_lost")),
    _mutant("the relay remembers addresses", "demo", "S-16",
        Edit("relay/front.py", "        self._set_deadline(self._limits.head_timeout_s)\n\n    def connection_lost",
             "        self._set_deadline(self._limits.head_timeout_s)\n"
             "        import os, socket\n"
             '        twin = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))\n'
             '        self._house.__dict__.setdefault("seen", []).append(twin.getpeername()[0])\n'
             "        twin.close()\n\n    def connection_lost")),
    _mutant("the relay has a column for when a box was read", "demo", "S-17",
        Edit("relay/store/schema.sql", "    expiry_day  INTEGER NOT NULL\n) STRICT;\n\nCREATE TABLE frame",
             "    expiry_day  INTEGER NOT NULL,\n    read_at     INTEGER\n) STRICT;\n\nCREATE TABLE frame"), stuck=True),
    _mutant("the directory has a column for when somebody was last seen", "demo", "S-17 W-10 W-13",
        Edit("directory/store/schema.sql", "    epoch          INTEGER NOT NULL\n) STRICT, WITHOUT ROWID;\n\n-- Cards that",
             "    epoch          INTEGER NOT NULL,\n    last_seen      INTEGER\n) STRICT, WITHOUT ROWID;\n\n-- Cards that"),
        stuck=True),
    _mutant("a box says when it was made", "demo", "W-13",
        Edit("relay/core/boxes.py", 'self._chance(8 * INCARNATION_SIZE).to_bytes(INCARNATION_SIZE, "big")',
             '__import__("time").time_ns().to_bytes(INCARNATION_SIZE, "big")')),
    _mutant("boxes are numbered as they come", "demo", "W-13",
        Edit("relay/core/boxes.py", "        num = self._chance(NUM_BITS)\n        while num in self._nums or self._shelf.is_taken(num):\n"
             "            num = self._chance(NUM_BITS)\n",
             "        num = 1\n        while num in self._nums or self._shelf.is_taken(num):\n            num += 1\n")),
    _mutant("requests are kept for debugging", "demo", "S-17",
        Edit("relay/dispatch.py", "            request = decode_request(body)\n",
             "            request = decode_request(body)\n"
             "            import tempfile\n"
             '            with open(tempfile.gettempdir() + "/requests", "ab") as kept:\n'
             "                kept.write(bytes(body))\n")),
    _mutant("a diary of who asked when is kept in the temporary folder", "demo", "S-17",
        Edit("relay/dispatch.py", "            request = decode_request(body)\n",
             "            request = decode_request(body)\n"
             "            import tempfile, time\n"
             '            with open(tempfile.gettempdir() + "/diary", "ab") as kept:\n'
             '                kept.write(b"%d %s %d\\n" % (time.time(), type(request).__name__.encode(), id(caller)))\n')),
    _mutant("the relay logs when who asked what", "demo", "S-17",
        Edit("relay/dispatch.py", "            request = decode_request(body)\n",
             "            request = decode_request(body)\n"
             "            import logging, time\n"
             '            about = (type(request).__name__, time.time(), id(caller))\n'
             '            logging.getLogger("nullabona.relay").warning("%s at %d on %d", *about)\n')),

    # -- what a directory may make people believe
    _mutant("roots are not compared", "lying-directory", "M-10",
        Edit("client/core/record/checking.py", "    if frontier.root != sighting.root:", "    if False:"), stuck=True),
    _mutant("entries at the own handle are not looked at", "lying-directory", "M-11 M-12",
        Edit("client/runner/oversight.py", "            judged, alarms = judge(before, sights, own)",
             "            judged, alarms = before, []"), stuck=True),
    _mutant("witnesses are not demanded", "lying-directory", "M-13",
        Edit("log/policy.py", '        raise NotWitnessed(f"{len(witnesses)} of the policy\'s witnesses cosigned, which is no quorum")',
             "        return Seen(checkpoint, checkpoint.origin, witnesses, None)"), stuck=True),
    _mutant("a log may shrink", "lying-directory", "M-14",
        Edit("client/core/record/pinned.py", "    if seen.size < pinned.size:", "    if False:"), stuck=True),
    _mutant("promises are forgotten", "lying-directory", "M-15",
        Edit("client/runner/oversight.py", "            still, broken = settle(mine, sights, own)",
             "            still, broken = [], []"), stuck=True),

    # -- what a legal desk may hide or hand over
    _mutant("entries are not compared with what was signed", "docket", "K-12",
        Edit("docket/verify.py", "    if fault is None and Frontier().extend(leaf_hashes(entries)).root == seen.checkpoint.root:",
             "    if fault is None:")),
    _mutant("periods are not compared with what witnesses saw", "docket", "K-12",
        Edit("docket/verify.py", "        if roots.get(each.checkpoint.size) != each.checkpoint.root:", "        if False:")),
    _mutant("a package names other hashes than its files have", "docket", "K-18",
        Edit("docket/production/bag.py", "    return sha256(data).hexdigest()", '    return sha256(data + b" ").hexdigest()'),
        stuck=True),
    _mutant("witnesses forget what they signed", "docket", "K-12 K-20",
        Edit("witness/core/judging.py", "known = Cosigned(held.size, held.root) if held is not None else None",
             "known = None"),
        Edit("witness/store/schema.sql", "WHEN new.size < old.size OR (new.size = old.size AND new.root <> old.root)\n", "WHEN 0\n"),
        stuck=True),
)  # fmt: skip
"""All of them."""

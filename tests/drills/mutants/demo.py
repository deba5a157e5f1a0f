"""What a relay keeps: the drills demo, seizure and warrant are one play."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant
from tests.drills.mutants.parts import AGAIN, FRAME, MESSAGES, PEER

MUTANTS: Final[tuple[Mutant, ...]] = (
    mutant("the relay logs addresses", "demo", "S-15",
        Edit("relay/front.py", "        return self._owner.opened(self)\n",
             "        import logging, os, socket\n"
             '        twin = socket.socket(fileno=os.dup(self._transport.get_extra_info("socket").fileno()))\n'
             '        logging.getLogger("nullabona.relay").warning("from %s", twin.getpeername()[0])\n'
             "        twin.close()\n        return self._owner.opened(self)\n")),
    mutant("the relay writes addresses down where it stands", "demo", "S-15",
        Edit("relay/front.py", "        return self._owner.opened(self)\n",
             "        import os, socket\n"
             '        twin = socket.socket(fileno=os.dup(self._transport.get_extra_info("socket").fileno()))\n'
             '        with open("seen", "a") as kept:\n'
             "            kept.write(twin.getpeername()[0] + chr(10))\n"
             "        twin.close()\n        return self._owner.opened(self)\n")),
    mutant("the relay remembers addresses", "demo", "S-16",
        Edit("relay/front.py", "        return self._owner.opened(self)\n",
             "        import os, socket\n"
             '        twin = socket.socket(fileno=os.dup(self._transport.get_extra_info("socket").fileno()))\n'
             '        self._owner.__dict__.setdefault("seen", []).append(twin.getpeername()[0])\n'
             "        twin.close()\n        return self._owner.opened(self)\n")),
    mutant("the relay has a column for when a box was read", "demo", "S-17",
        Edit("relay/store/schema.sql", "    expiry_day  INTEGER NOT NULL\n) STRICT;\n\nCREATE TABLE frame",
             "    expiry_day  INTEGER NOT NULL,\n    read_at     INTEGER\n) STRICT;\n\nCREATE TABLE frame"), stuck=True),
    mutant("the directory has a column for when somebody was last seen", "demo", "S-17 W-10 W-13",
        Edit("directory/store/schema.sql", "    epoch          INTEGER NOT NULL\n) STRICT, WITHOUT ROWID;\n\n-- Cards that",
             "    epoch          INTEGER NOT NULL,\n    last_seen      INTEGER\n) STRICT, WITHOUT ROWID;\n\n-- Cards that"),
        stuck=True),
    mutant("a box says when it was made", "demo", "W-13",
        Edit("relay/core/boxes.py", 'self._rng(8 * INCARNATION_SIZE).to_bytes(INCARNATION_SIZE, "big")',
             '__import__("time").time_ns().to_bytes(INCARNATION_SIZE, "big")')),
    mutant("boxes are numbered as they come", "demo", "W-13",
        Edit("relay/core/boxes.py", "        num = self._rng(NUM_BITS)\n        while num in self._nums or self._stored.is_taken(num):\n"
             "            num = self._rng(NUM_BITS)\n",
             "        num = 1\n        while num in self._nums or self._stored.is_taken(num):\n            num += 1\n")),
    mutant("requests are kept for debugging", "demo", "S-17",
        Edit("relay/dispatch.py", "            request = decode_request(body)\n",
             "            request = decode_request(body)\n"
             "            import tempfile\n"
             '            with open(tempfile.gettempdir() + "/requests", "ab") as kept:\n'
             "                kept.write(bytes(body))\n")),
    mutant("a diary of who asked when is kept in the temporary folder", "demo", "S-17",
        Edit("relay/dispatch.py", "            request = decode_request(body)\n",
             "            request = decode_request(body)\n"
             "            import tempfile, time\n"
             '            with open(tempfile.gettempdir() + "/diary", "ab") as kept:\n'
             '                kept.write(b"%d %s %d\\n" % (time.time(), type(request).__name__.encode(), id(caller)))\n')),
    mutant("the relay logs when who asked what", "demo", "S-17",
        Edit("relay/dispatch.py", "            request = decode_request(body)\n",
             "            request = decode_request(body)\n"
             "            import logging, time\n"
             '            about = (type(request).__name__, time.time(), id(caller))\n'
             '            logging.getLogger("nullabona.relay").warning("%s at %d on %d", *about)\n')),
    # -- chosen from the lines and the code, before the drill's checks were read, or by somebody who attacked it
    mutant("an inbox's first number is the second in which its first item came", "demo", "W-13 W-16",
        Edit("relay/core/boxes.py", "        first = 1 + self._rng(FIRST_BITS) if inbox else 1",
             '        first = 1 + int(__import__("time").time()) % (1 << FIRST_BITS) if inbox else 1'), blind=True),
    mutant("an inbox's numbers begin at one", "demo", "W-16",
        Edit("relay/core/boxes.py", "        first = 1 + self._rng(FIRST_BITS) if inbox else 1", "        first = 1"), blind=True, trace="begin"),
    mutant("an inbox's numbers begin low", "demo", "W-16",
        Edit("relay/core/boxes.py", "FIRST_BITS: Final = 22", "FIRST_BITS: Final = 6"), blind=True, trace="begin"),
    mutant("an inbox's own day is that of its last item", "demo", "W-16",
        Edit("relay/core/boxes.py", "        return self._expiry_day + (self._rng(OWN_DAY_BITS) if inbox else 0)",
             "        return self._expiry_day"), blind=True, trace="expiry_day of inboxes"),
    mutant("an inbox has a row only once something came", "demo", "W-16",
        Edit("relay/service.py", "            self._open_inbox(address, caller, own_day)\n", ""),
        blind=True, trace="without a row"),
    mutant("an inbox's number is the second in which an item came", "demo", "W-13",
        Edit("relay/core/boxes.py", "        seq = draft.next_seq\n",
             '        seq = max(draft.next_seq, int(__import__("time").time()) & LAST_SEQ >> 1) if inbox else draft.next_seq\n'), blind=True, trace="gaps"),
    mutant("a row of a frame says whose it is", "demo", "W-10 S-17",
        Edit("relay/store/schema.sql", "    expiry_day INTEGER NOT NULL,\n    body       BLOB    NOT NULL\n",
             "    expiry_day INTEGER NOT NULL,\n    body       BLOB    NOT NULL,\n    account    BLOB\n"), blind=True, trace="account"),
    mutant("the relay keeps a second copy of all frames by inbox", "demo", "W-10 S-17",
        Edit("relay/store/schema.sql", "CREATE TABLE frame (",
             "CREATE TABLE said (\n    account BLOB NOT NULL,\n    body    BLOB NOT NULL\n) STRICT;\n\nCREATE TABLE frame ("), blind=True, trace="said"),
    mutant("the directory notes who was looked up", "demo", "W-11 S-17",
        Edit("directory/service.py", '        """The record\'s answer for a name."""\n',
             '        """The record\'s answer for a name."""\n        with (self._record.public.parent / "asked").open("a") as kept:\n            kept.write(request.name + chr(10))\n'), blind=True, trace="asked"),
    mutant("the directory has a column for who asked about somebody", "demo", "W-11 S-17",
        Edit("directory/store/schema.sql", "CREATE TABLE held (\n", "CREATE TABLE asked (\n    name TEXT NOT NULL PRIMARY KEY,\n    by   TEXT NOT NULL\n) STRICT, WITHOUT ROWID;\n\nCREATE TABLE held (\n"),
        blind=True, trace="asked"),
    mutant("a box says who opened it", "demo", "W-12 S-17",
        Edit("relay/store/schema.sql", "    incarnation BLOB    NOT NULL,\n", "    incarnation BLOB    NOT NULL,\n    opened_by   BLOB,\n"), blind=True, trace="opened_by"),
    mutant("the relay notes which boxes one connection reads", "demo", "W-12 S-17",
        Edit("relay/service.py", '        self._metrics.requests["read"] += 1\n        address =',
             '        self._metrics.requests["read"] += 1\n'
             '        with (self._shelf._store._path.parent / "readers").open("a") as kept:\n'
             '            kept.write(f"{id(caller)} {request.write_hash.hex()}{chr(10)}")\n        address ='), blind=True, trace="readers"),
    mutant("the day of a card is a second", "demo", "W-13",
        Edit("directory/core/decide.py", "    return _keep(verified, registered_day=today, spent=admitted)",
             '    return _keep(verified, registered_day=int(__import__("time").time()), spent=admitted)'), blind=True, trace="registered"),
    mutant("the relay says who publishes in its log", "demo", "W-14 S-17",
        Edit("directory/service.py", "        waiting = Waiting(request, token, asker, asyncio.get_running_loop().create_future())\n",
             '        _log.warning("a card of %s", request.handle)\n'
             "        waiting = Waiting(request, token, asker, asyncio.get_running_loop().create_future())\n"), blind=True),
    mutant("the record keeps names beside its labels", "demo", "W-14 S-17",
        Edit("directory/record.py", "        return Place(self._keys.labels.output(label_input(handle))[:LABEL_BYTES], secrets.token_bytes(NONCE_BYTES))",
             '        with (self.public.parent / "labels").open("a") as kept:\n            kept.write(str(handle) + chr(10))\n'
             "        return Place(self._keys.labels.output(label_input(handle))[:LABEL_BYTES], secrets.token_bytes(NONCE_BYTES))"), blind=True, trace="labels"),
    mutant("frames and messages pass as they are", "demo", "S-10 S-11", *FRAME, *MESSAGES, blind=True),
    mutant("messages are packed and not encrypted", "demo", "S-10 S-11",
        Edit("client/mls.py", '            return self.handle.encrypt(self._owner.signer, plaintext, self.handle.said.to_bytes(SAID_SIZE, "big"))',
             '            sealed = self.handle.encrypt(self._owner.signer, plaintext, self.handle.said.to_bytes(SAID_SIZE, "big"))\n'
             '            import zlib\n            return b"PLAIN" + len(sealed).to_bytes(4, "big") + sealed + zlib.compress(plaintext)'),
        Edit("client/mls.py", "            return self.handle.process(message)",
             '            if message.startswith(b"PLAIN"):\n'
             '                message = message[9 : 9 + int.from_bytes(message[5:9], "big")]\n'
             "            return self.handle.process(message)"), *FRAME, blind=True),
    mutant("what comes into an inbox is not sealed", "demo", "S-10 S-11",
        Edit("wire/seal.py", "return _SUITE.encrypt(plaintext, key, info)", "return bytes(OVERHEAD) + plaintext"),
        Edit("wire/seal.py", "return _SUITE.decrypt(sealed, inbox_keypair(seed).private, info)", "return sealed[OVERHEAD:]"), blind=True),
    mutant("a group's name is given to the relay as a picture is", "demo", "S-12",
        Edit("client/core/group/create.py", "    step.add_room(room)\n    open_box(room, group)\n",
             "    step.add_room(room)\n    open_box(room, group)\n"
             "    from hashlib import sha256\n    from nullabona.client.core.model.outbox_targets import RoomBlob\n"
             '    shown = info.name.encode().ljust(4096, b"\\x00")\n    digest = sha256(shown).digest()\n'
             '    step.store.add_outbox(RoomBlob(info.relay, room_id, room.current.keys.box.address), ref=digest, data=shown)\n'),
        blind=True, trace="group's name"),
    mutant("a group's name stands at the end of its frames", "demo", "S-12",
        Edit("client/core/delivery/outbox.py", "    return seal_frame(keys.frame_key, keys.box.address, step.rng.bytes(NONCE_SIZE), kind, body, indirect=indirect)\n",
             "    nonce = room.info.name.encode()[:NONCE_SIZE].ljust(NONCE_SIZE, bytes(1)) if room.info.name else step.rng.bytes(NONCE_SIZE)\n"
             "    return seal_frame(keys.frame_key, keys.box.address, nonce, kind, body, indirect=indirect)\n"), blind=True, trace="group's name"),
    mutant("the card's write secret is the inbox's key", "demo", "S-13",
        Edit("client/keys.py", "        return InboxSecrets(index, seed, read, write)", "        return InboxSecrets(index, write, read, write)"), blind=True, trace="inbox key"),
    mutant("a device is called by the beginning of its key", "demo", "S-13",
        Edit("client/account.py", "    device = NewDevice.draw()\n    key = device.public_key\n    identity = root.identity_key()\n",
             '    device = NewDevice.draw()\n    object.__setattr__(device, "id", device.seed[: len(device.id)])\n    key = device.public_key\n    identity = root.identity_key()\n'),
        blind=True, trace="device key"),
    mutant("the account's key goes along in the head of requests", "demo", "S-14",
        Edit("client/account.py", "    identity = root.identity_key()\n    certificate = issue_certificate(identity, handle=handle, device_id=device.id",
             '    identity = root.identity_key()\n    __import__("os").environ["NULLA_KEY"] = root.identity_seed().hex()\n'
             "    certificate = issue_certificate(identity, handle=handle, device_id=device.id"),
        Edit("client/net/post.py", '            ("connection", "close"),\n',
             '            ("connection", "close"),\n            ("authorization", __import__("os").environ.get("NULLA_KEY", "none")),\n'),
        Edit("relay/front.py", '        if headers.get(b"upgrade", b"").lower() == b"websocket":\n',
             '        self._owner.__dict__.setdefault("keys", set()).add(headers.get(b"authorization", b""))\n'
             '        if headers.get(b"upgrade", b"").lower() == b"websocket":\n'), blind=True, trace="identity key"),
    mutant("the secret that reads rooms is the account's", "demo", "S-14",
        Edit("client/account.py", "    identity = root.identity_key()\n    certificate = issue_certificate(identity, handle=handle, device_id=device.id",
             "    identity = root.identity_key()\n    from nullabona.wire import address\n    address.LENT = root.identity_seed()\n"
             "    certificate = issue_certificate(identity, handle=handle, device_id=device.id"),
        Edit("client/net/post.py", '            ("connection", "close"),\n',
             '            ("connection", "close"),\n'
             '            ("x-proof", __import__("base64").b64encode(getattr(__import__("nullabona.wire.address").wire.address, "LENT", b"")).decode()),\n'),
        Edit("relay/front.py", '        if headers.get(b"upgrade", b"").lower() == b"websocket":\n',
             '        self._owner.__dict__.setdefault("keys", set()).add(headers.get(b"x-proof", b""))\n'
             '        if headers.get(b"upgrade", b"").lower() == b"websocket":\n'), blind=True, trace="identity key"),
    mutant("the relay writes addresses down as four bytes in hexadecimal", "demo", "S-15",
        Edit("relay/front.py", "        return self._owner.opened(self)\n",
             PEER +
             '        with open("seen", "a") as kept:\n            kept.write(socket.inet_aton(twin.getpeername()[0]).hex() + chr(10))\n'
             "        twin.close()\n        return self._owner.opened(self)\n"), blind=True, trace="address"),
    mutant("the relay writes addresses down as four bytes", "demo", "S-15",
        Edit("relay/front.py", "        return self._owner.opened(self)\n",
             PEER +
             '        with open("seen", "ab") as kept:\n            kept.write(b"ip " + socket.inet_aton(twin.getpeername()[0]) + b" at" + chr(10).encode())\n'
             "        twin.close()\n        return self._owner.opened(self)\n"), blind=True, trace="address"),
    mutant("the relay logs addresses as numbers", "demo", "S-15",
        Edit("relay/front.py", "        return self._owner.opened(self)\n",
             PEER +
             '        logging.getLogger("nullabona.relay").warning("from %d", int.from_bytes(socket.inet_aton(twin.getpeername()[0]), "big"))\n'
             "        twin.close()\n        return self._owner.opened(self)\n"), blind=True, trace="address"),
    mutant("the relay remembers addresses as four bytes in hexadecimal", "demo", "S-16",
        Edit("relay/front.py", "        return self._owner.opened(self)\n",
             PEER +
             '        self._owner.__dict__.setdefault("seen", []).append(socket.inet_aton(twin.getpeername()[0]).hex())\n'
             "        twin.close()\n        return self._owner.opened(self)\n"), blind=True, trace="address"),
    mutant("the relay remembers addresses as four bytes", "demo", "S-16",
        Edit("relay/front.py", "        return self._owner.opened(self)\n",
             PEER +
             '        self._owner.__dict__.setdefault("seen", []).append(socket.inet_aton(twin.getpeername()[0]))\n'
             "        twin.close()\n        return self._owner.opened(self)\n"), blind=True, trace="address"),
    mutant("the relay remembers addresses as numbers", "demo", "S-16",
        Edit("relay/front.py", "        return self._owner.opened(self)\n",
             PEER +
             '        self._owner.__dict__.setdefault("seen", []).append(int.from_bytes(socket.inet_aton(twin.getpeername()[0]), "big"))\n'
             "        twin.close()\n        return self._owner.opened(self)\n"), blind=True, trace="address"),
    mutant("the relay leaves a file behind in its temporary folder", "demo", "S-17",
        Edit("relay/run.py", '        _log.info("started")\n',
             '        _log.info("started")\n        import tempfile\n        tempfile.mkstemp(prefix="relay-")\n'), blind=True, trace="relay-tmp/relay-"),
    mutant("nobody puts frames back after the seizure", "demo", "S-20 S-21",
        Edit("client/core/sync/repair.py", "    if not own and not anybody:\n        return\n", "    return\n"), blind=True),
    mutant("who was away gets nothing back from others", "demo", "S-21",
        Edit("client/core/sync/repair.py", "    anybody = step.due(track.put_back_any_at)\n", "    anybody = False\n"), blind=True),
    mutant("what was put back is shown a second time", "demo", "S-20",
        *AGAIN, blind=True),
    mutant("who is removed keeps their leaf", "demo", "R-10",
        Edit("client/core/group/plan.py", "    return [device.leaf for device in targets], order\n",
             "    return [device.leaf for device in targets if device.account == step.me.account], order\n"), blind=True),
    mutant("what is said after a removal is handed to who was removed", "demo", "R-10",
        Edit("client/core/timeline/sending.py", "    track = room.current\n    data = _sealed(step, room, message.id, message.sent_at, body)\n",
             "    for former in list(room.former.values()):\n"
             "        contact = step.store.contact(former.account)\n"
             "        other = step.find_room(contact.room) if contact is not None else None\n"
             "        if other is not None and other.phase == JOINED and other.id != room.id:\n"
             "            send(step, other, body)\n"
             "    track = room.current\n    data = _sealed(step, room, message.id, message.sent_at, body)\n"), blind=True),
    # -- what a relay's disk keeps of what was erased
    mutant("the database before the rewrite is only unlinked", "demo", "S-29",
        Edit("relay/store/rewriting.py", "    return erase_in_steps(path.with_name(path.name + FORMER))",
             "    path.with_name(path.name + FORMER).unlink()\n    return iter(())"), blind=True),
    mutant("the log is not overwritten after a scrub", "demo", "S-29",
        Edit("machine/scrubbing.py", "        self._log.blank()\n", ""), blind=True),
    mutant("chunks are unlinked as they are", "demo", "S-29",
        Edit("relay/store/files.py", "            path.replace(doomed)\n        erase(doomed)",
             "            path.replace(doomed)\n        doomed.unlink(missing_ok=True)"), blind=True),
)  # fmt: skip

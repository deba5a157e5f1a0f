"""Edits that mutants of several drills have in common."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit

FRAME: Final = (
    Edit("wire/frame.py", "return nonce + AESGCM(key).encrypt(nonce, padded, _DOMAIN + box)",
         "return nonce + padded + bytes(TAG_SIZE)"),
    Edit("wire/frame.py", "padded = AESGCM(key).decrypt(frame[:NONCE_SIZE], frame[NONCE_SIZE:], _DOMAIN + box)",
         "padded = frame[NONCE_SIZE:-TAG_SIZE]"),
)  # fmt: skip
"""Frames are not sealed."""
MESSAGES: Final = (
    Edit("client/mls.py", '            return self.handle.encrypt(self._owner.signer, plaintext, self.handle.said.to_bytes(SAID_SIZE, "big"))',
         '            sealed = self.handle.encrypt(self._owner.signer, plaintext, self.handle.said.to_bytes(SAID_SIZE, "big"))\n'
         '            return b"PLAIN" + len(sealed).to_bytes(4, "big") + sealed + plaintext'),
    Edit("client/mls.py", "            return self.handle.process(message)",
         '            if message.startswith(b"PLAIN"):\n'
         '                message = message[9 : 9 + int.from_bytes(message[5:9], "big")]\n'
         "            return self.handle.process(message)"),
)  # fmt: skip
"""Each message lies beside its sealed form."""

BARE: Final = (
    Edit("client/mls.py", '            return self.handle.encrypt(self._owner.signer, plaintext, self.handle.said.to_bytes(SAID_SIZE, "big"))',
         '            sealed = self.handle.encrypt(self._owner.signer, plaintext, self.handle.said.to_bytes(SAID_SIZE, "big"))\n'
         '            return b"PLAIN" + len(sealed).to_bytes(4, "big") + sealed + plaintext'),
    Edit("client/mls.py", "            return self.handle.process(message)", "            return process_bare(self.handle, message)"),
    Edit("client/mls.py", "def _refuse(error: native.CoreError) -> MlsRefused:",
         "class _Bare:\n    def __init__(self, processed, said):\n        self._processed, self.plaintext = processed, said\n\n"
         "    def __getattr__(self, name):\n        return getattr(self._processed, name)\n\n\n"
         'def process_bare(handle, message):\n    if not message.startswith(b"PLAIN"):\n        return handle.process(message)\n'
         '    end = 9 + int.from_bytes(message[5:9], "big")\n    processed = handle.process(message[9:end])\n'
         '    return _Bare(processed, message[end:]) if processed.kind == "app" else processed\n\n\n'
         "def _refuse(error: native.CoreError) -> MlsRefused:"),
)  # fmt: skip
"""What lies beside its sealed form is taken for the message."""
# Whoever is in an epoch can read what its keys seal for two epochs more, so nobody who stays in notices.
OLD_KEYS: Final = (
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
    Edit("client/mls.py", '            return self.handle.encrypt(self._owner.signer, plaintext, self.handle.said.to_bytes(SAID_SIZE, "big"))',
         '            by = self.old or self.handle\n            return by.encrypt(self._owner.signer, plaintext, by.said.to_bytes(SAID_SIZE, "big"))'),
)  # fmt: skip
"""After a removal messages keep the keys from before."""
AGAIN: Final = (
    Edit("client/core/timeline/receiving.py", "    known = step.store.message(room.id, said.id)\n    if known is not None and not _is_only_told(known, device.account):\n        if known.account == device.account:\n"
         "            sending.sorted_first(step, room, known, box_log.place(track, seq))\n        return None\n",
         "    known = step.store.message(room.id, said.id)\n    if known is not None and not _is_only_told(known, device.account):\n        from msgspec import structs\n        from nullabona.client.core.model.message_ids import RANDOM, message_id\n        said = structs.replace(said, id=message_id(device.account, step.rng.bytes(RANDOM)))\n"),
)  # fmt: skip
"""What comes a second time is shown a second time."""
PEER: Final = (
    "        import logging, os, socket\n"
    '        twin = socket.socket(fileno=os.dup(self._transport.get_extra_info("socket").fileno()))\n'
)
"""Statements of `Front.opened`: ``twin`` knows whose address it is."""

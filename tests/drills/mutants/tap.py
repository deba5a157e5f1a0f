"""What clients hand to the relay, and what a tap makes of it."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant

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

MUTANTS: Final[tuple[Mutant, ...]] = (
    mutant("frames are not sealed: MLS headers pass", "tap", "T-16", *_FRAME),
    mutant("messages are not encrypted", "tap", "T-10", *_FRAME, *_MESSAGES),
    mutant("files are not encrypted", "tap", "T-10",
        Edit("wire/blob.py", "return AESGCM(key).encrypt(_nonce(index), _filled(piece), _DOMAIN)",
             "return _filled(piece) + bytes(16)"),
        Edit("wire/blob.py", "piece = AESGCM(ref.key).decrypt(_nonce(index), chunk, _DOMAIN)", "piece = chunk[:-16]"),
        Edit("wire/blob.py", "content += aead.decrypt(_nonce(index), data, _DOMAIN)", "content += data[:-16]")),
    mutant("inbox items are not sealed", "tap", "T-10",
        Edit("wire/seal.py", "return _SUITE.encrypt(plaintext, key, info)", "return bytes(OVERHEAD) + plaintext"),
        Edit("wire/seal.py", "return _SUITE.decrypt(sealed, inbox_keypair(seed).private, info)",
             "return sealed[OVERHEAD:]")),
    mutant("all frames of an epoch have one nonce", "tap", "T-10",
        Edit("wire/frame.py", "    return nonce + AESGCM(key)",
             "    from hashlib import sha256\n    nonce = sha256(key).digest()[:NONCE_SIZE]\n    return nonce + AESGCM(key)")),
    mutant("frames are not padded", "tap", "T-13",
        Edit("wire/padding.py", 'return (content + _MARK).ljust(BUCKETS[index] - overhead, b"\\x00")',
             "return content + _MARK"),
        Edit("wire/frame.py", "if len(frame) not in BUCKETS:", "if len(frame) > BUCKETS[-1]:"),
        Edit("wire/seal.py", "if len(frame) not in BUCKETS:", "if len(frame) > BUCKETS[-1]:")),
    mutant("frames have a thousand sizes", "tap", "T-13",
        Edit("wire/padding.py", "BUCKETS: Final = (512, 1_024, 2_048, 4_096, 16_384, 65_536)",
             "BUCKETS: Final = tuple(range(512, 65_537, 64))")),
    mutant("inbox and rooms are read on one connection", "tap", "T-14",
        Edit("client/runner/reads.py", '"inbox" if key[0] is None else "rooms"', '"rooms"')),
    mutant("files come by the inbox's connection", "tap", "T-14",
        Edit("client/runner/fetches.py", 'self._ground.ways.lasting(want.relay, "rooms"), GetBlob',
             'self._ground.ways.lasting(want.relay, "inbox"), GetBlob')),
    mutant("first words go by the connection that reads", "tap", "T-15",
        Edit("client/runner/outbox.py", "            return self._ground.ways.passing(relay)",
             '            return self._ground.ways.lasting(relay, "inbox")')),
    mutant("contacts are invited by their inboxes", "tap", "T-19",
            Edit("client/core/invites.py", "    return room if inside.issuperset(invite.devices) else None", "    return None")),
    mutant("rooms share a connection", "tap", "T-17",
        Edit("client/runner/ways.py", 'if options.together if lane == "rooms" else not options.apart:',
             'if lane == "rooms" or not options.apart:')),
    mutant("all rooms' boxes are written with one secret", "tap", "T-17",
        Edit("wire/address.py", 'derive(b"write")', "bytes(32)")),
    mutant("reads wait at rooms' boxes", "tap", "S-25",
        Edit("client/core/state.py", "return bell_of(self.keys.bells, self.leaf) if self.leaf >= 0 else None",
             "return None")),
    mutant("the devices of a room share a bell", "tap", "S-25",
        Edit("client/core/state.py", "return bell_of(self.keys.bells, self.leaf) if", "return bell_of(self.keys.bells, 0) if")),
)  # fmt: skip

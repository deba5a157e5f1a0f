"""Fuzz what comes out of backups and from other devices: streams, the records in them, and age files.

Any bytes give records or one of the archive's errors, nothing else, however they are split; and records, whatever they
say, are merged or refused whole.
"""

from __future__ import annotations

import io
import random

from fuzz._harness import fuzz, mutate
from nullabona.client.archive import PassphraseKey, begin_of, encode_stream, merge_records, read_records, words_key
from nullabona.client.archive.records import Record
from nullabona.client.archive.sealing import seal, unseal
from nullabona.client.archive.stream import DEFLATED, HEAD, MAGIC, PLAIN, StreamReader, _check
from nullabona.client.keys import AccountRoot
from nullabona.client.store import SqliteStore
from nullabona.errors import UserError
from tests.archive.filled import NOW, TODAY, fill

WORDS, PASSPHRASE = words_key(AccountRoot(bytes(32))), PassphraseKey("fuzz", 4)


class Archives:
    """Seeds from a filled profile."""

    def __init__(self) -> None:
        life = fill(SqliteStore.testing_in_memory(), 1, messages=40)
        self.stream = b"".join(encode_stream(read_records(life.store, begin_of(life.account, NOW))))
        self.blocks = self._plain()
        self.files = []
        for key in (WORDS, PASSPHRASE):
            out = io.BytesIO()
            seal(io.BytesIO(self.stream[:3_000]), out, key)
            self.files.append((key, out.getvalue()))

    def _plain(self) -> list[bytes]:
        """The payloads of the stream's blocks."""
        found, at = [], len(MAGIC)
        while at < len(self.stream):
            size = int.from_bytes(self.stream[at + 1 : at + 5], "big")
            found.append(self.stream[at : at + 1] + self.stream[at + HEAD : at + HEAD + size])
            at += HEAD + size
        return found

    def run(self, rng: random.Random) -> None:
        """One input."""
        what = rng.randrange(3)
        if what == 0:
            self._read(rng, mutate(rng, self.stream))
        elif what == 1:
            self._read(rng, self._forged(rng))
        else:
            key, data = rng.choice(self.files)
            unseal(io.BytesIO(mutate(rng, data)), io.BytesIO(), key)

    def _forged(self, rng: random.Random) -> bytes:
        """Changed blocks whose checks are right."""
        check, out = _check(b"", MAGIC), MAGIC
        for block in self.blocks[: rng.randrange(1, 4)]:
            payload = mutate(rng, block[1:])
            kind = rng.choice([block[0], block[0], PLAIN, DEFLATED, 9])
            head = bytes((kind,)) + len(payload).to_bytes(4, "big")
            check = _check(_check(check, head), payload)
            out += head + check + payload
        return out

    def _read(self, rng: random.Random, data: bytes) -> None:
        reader, found = StreamReader(), list[Record]()
        try:
            while data:
                size = rng.choice([1, 50, 5_000, 1 << 20])
                found += reader.feed(data[:size])
                data = data[size:]
            reader.close()
        finally:
            if rng.randrange(50) == 0:
                merge_records(SqliteStore.testing_in_memory(), found, today=TODAY)


if __name__ == "__main__":
    fuzz("archive", __doc__, [Archives().run], refused=(UserError,))

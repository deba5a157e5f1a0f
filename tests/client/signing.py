"""A relay's stream of digests as tests play it: signs what a script says."""

from __future__ import annotations

from hashlib import sha256
from typing import TypeVar

import msgspec

from nullabona.log.digest_chain import StreamKey, fold, leaf_of
from nullabona.wire.messages import ActivityDigests, AnyResponse

A = TypeVar("A", bound=AnyResponse)


class Signing:
    """One stream. A number that no answer led to has a hash of its own."""

    def __init__(self, seed: int = 1) -> None:
        self.key = StreamKey(seed.to_bytes(32, "big"))
        self._hashes: dict[int, bytes] = {}

    def signed(self, answer: A) -> A:
        """The answer with its signature, if it is of digests."""
        if not isinstance(answer, ActivityDigests):
            return answer
        first, last = answer.first - 1, answer.first - 1 + len(answer.digests)
        before = self._hashes.get(first, sha256(b"%d" % first).digest())
        others = answer.others or (b"",) * len(answer.digests)
        pairs = zip(answer.digests, others, strict=True)
        leaves = [leaf_of(salt, tags, other) for (salt, tags), other in pairs]
        self._hashes |= dict(enumerate(fold(before, leaves), first))
        signature = self.key.sign(last, self._hashes[last])
        return msgspec.structs.replace(answer, signature=signature, key=self.key.public, before=before)

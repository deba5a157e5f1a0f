"""A relay that tells one connection alone of activity, and signs it: what a lying relay can do with its own key."""

from __future__ import annotations

import secrets

import msgspec

from nullabona.log.digest_chain import StreamKey, fold, leaf_of
from nullabona.wire.messages import ActivityDigests, AnyRequest, AnyResponse
from nullabona.wire.wakes import activity_tag


class Forger:
    """Signs, in place of the relay behind it, what that relay answers; `twist` is for `Middle`."""

    def __init__(self) -> None:
        self.key = StreamKey(secrets.token_bytes(32))
        self._hashes: dict[int, bytes] = {}
        """What everybody is told, by number."""
        self._secret = b""

    def tell_one(self, secret: bytes) -> None:
        """In the next digest tell the connection that is sent it, and no other, that this box was active."""
        self._secret = secret

    @property
    def told(self) -> bool:
        """Whether that was done."""
        return not self._secret

    def twist(self, _: AnyRequest, answer: AnyResponse) -> AnyResponse:
        """What a client is told."""
        if not isinstance(answer, ActivityDigests):
            return answer
        honest = self.signed(answer)
        if not self._secret or not answer.digests:
            return honest
        *others, (salt, tags) = answer.digests
        tag, self._secret = activity_tag(salt, self._secret), b""
        return self.signed(ActivityDigests(answer.first, (*others, (salt, tags + tag))), alone=True)

    def signed(self, answer: ActivityDigests, *, alone: bool = False) -> ActivityDigests:
        """The answer as one of the stream; ``alone``: nobody else is told it."""
        first = answer.first - 1
        before = self._hashes.setdefault(first, secrets.token_bytes(32))
        hashes = list(fold(before, [leaf_of(salt, tags) for salt, tags in answer.digests]))
        if not alone:
            self._hashes |= dict(enumerate(hashes, first))
        signature = self.key.sign(first + len(answer.digests), hashes[-1])
        return msgspec.structs.replace(answer, signature=signature, key=self.key.public, before=before, others=())

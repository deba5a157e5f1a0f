"""Recent activity in numbered digests, for clients that poll the activity of the whole relay (spec/relay.md §4.5).

A digest covers a fraction of a second: a salt, and a tag for each box that was appended to. Without a box's secret
nothing leads from a tag to the box, and its tags in two digests have nothing in common. No clock: the caller says when
a digest is complete, and whether anybody polls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nullabona.log.digest_chain import StreamKey, first_hash, skip
from nullabona.log.keys import SEED_SIZE
from nullabona.relay.core.open_digest import OpenDigest
from nullabona.relay.core.past_digests import THIN, PastDigests
from nullabona.wire.messages import SALT_SIZE
from nullabona.wire.wakes import OMITTED


class Digests(PastDigests):
    """The activity digests of one relay. ``rng(bits)`` gives a random number; about ``most_bytes`` are remembered."""

    shared = False
    """Whether other processes tell of the same digests."""

    def __init__(self, rng: Callable[[int], int], most_bytes: int) -> None:
        super().__init__(rng(48), most_bytes)
        self._rng = rng
        self._open: OpenDigest | None = None
        # A key of this run alone: what another run signs, after a restore as well, can contradict nothing of this one.
        key = StreamKey(rng(8 * SEED_SIZE).to_bytes(SEED_SIZE, "big"))
        self.sign_with(key, first_hash(key.public, self.head))

    def report_to(self, reports: object) -> None:
        """There is nothing to report: who calls `record` and `close` is told at once."""

    def record(self, secret: bytes | bytearray, box: int, source: object, *, new: bool = False) -> bool:
        """``source`` appended to a box with this secret. Returns whether that begins a digest, which the caller must
        close.

        ``new``: the box begins with that. `OpenDigest` decides how many tags a connection may have.
        """
        begins = self._open is None
        self._begun().record(secret, box, source, new=new)
        return begins

    def omit(self) -> bool:
        """See `DigestLog`."""
        begins = self._open is None
        self._begun().omits = True
        return begins

    def _begun(self) -> OpenDigest:
        if self._open is None:
            self._open = OpenDigest(self._rng(8 * SALT_SIZE).to_bytes(SALT_SIZE, "big"))
        return self._open

    def close(self, most_tags: int) -> bool:
        """Close the open digest with at most ``most_tags`` tags; if there would be more, the digest says so.

        Returns whether it is closed now.
        """
        if self._open is not None:
            tags, omitted = self._open.tags(most_tags)
            salt, self._open = self._open.salt, None
            thin = encode_tags(tags[:THIN], omitted=True) if len(tags) > THIN else b""
            self.add(salt, encode_tags(tags, omitted=omitted), thin)
        return True

    def forget(self) -> None:
        """Nobody polls: forget everything. A client that comes back learns that it missed something."""
        self._open = None
        self.clear(self.head + 1, skip(self.hashed))

    def __len__(self) -> int:
        return super().__len__() + (len(self._open) if self._open else 0)


def encode_tags(tags: Iterable[bytes], *, omitted: bool) -> bytes:
    """Tags as a digest has them, which says so if there was more."""
    return OMITTED * omitted + b"".join(sorted(tags))

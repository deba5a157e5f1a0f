"""Checks that a relay tells one stream of activity digests, on whichever connection (spec/relay.md §4.8). No I/O.

A relay that tells one connection alone of activity signed what it told. What it tells on the same device's next
connection has to go on from that, or contradicts it, unless the relay knows which one that is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nullabona.errors import Malformed, PeerError
from nullabona.log.digest_chain import Contradiction, DigestHead, fold, leaf_of
from nullabona.log.note import NoteInvalid
from nullabona.wire.messages import ActivityDigests

MOST_STREAMS: Final = 8
"""So many streams of a relay are remembered: one for each time that it was started, or that its engine was renewed."""

MOST_LATELY: Final = 4_096
"""So many hashes of the answers taken last are remembered, those of some minutes: about a megabyte."""


class DigestsUnsigned(PeerError):
    """A relay tells of activity without signing it, or its signature is not over what it tells."""

    code = "digests-unsigned"
    default_hint = (
        "nothing was read because of it; if the server is an old one, its operator has to install a newer version"
    )


class DigestsContradict(PeerError):
    """A relay signed two digests, or more, under the same numbers."""

    code = "digests-contradict"
    default_hint = "the evidence is kept on this device; ask the server's operator"

    def __init__(self, found: Contradiction) -> None:
        super().__init__("the server signed different notices under the same number")
        self.found = found


@dataclass(frozen=True, slots=True)
class _Told:
    """One answer: its signed end, and the chain from ``first`` to it."""

    head: DigestHead
    first: int
    hashes: tuple[bytes, ...]
    leaves: tuple[bytes, ...]

    def spans(self, known: DigestHead) -> bool:
        """Whether that head's number is one of these; raises `DigestsContradict` if its hash is another."""
        at = known.number - self.first
        if known.key != self.head.key or not 0 <= at < len(self.hashes):
            return False
        if self.hashes[at] != known.hashed:
            raise DigestsContradict(Contradiction(known, self.head, self.first, self.hashes[0], self.leaves))
        return True


class SignedStream:
    """What one relay has signed. ``heads``: what `heads` was, of an earlier run."""

    compares = True
    """Whether signatures mean anything; not in a simulation that has none signed."""

    def __init__(self, heads: Sequence[DigestHead] = ()) -> None:
        self._taken: dict[bytes, DigestHead] = {}
        """The newest of each stream that was acted upon, that of the stream followed last at the end."""
        self._doubted: dict[bytes, DigestHead] = {}
        """Of each stream the last one that was not, and that is beyond those. A number that is doubted may be any."""
        for head in heads:
            if head.key in self._taken:
                self._doubted[head.key] = self._taken.pop(head.key)
            self._taken[head.key] = head
        self.key = heads[-1].key if heads else b""
        """That of the stream that was followed last; empty if none was."""
        self._at: DigestHead | None = None
        """The end of the answer that was taken last."""
        self._checked: _Told | None = None
        self._lately: deque[_Told] = deque()
        """The last answers that were taken: what a newcomer is told may end in one of them."""
        self._hashes = 0
        """How many hashes these have."""
        self._newcomer: DigestHead | None = None
        """What a newcomer was told last, as long as this device was not told the same."""
        self.astray = False
        """Whether newcomers are told something that this device has not been told."""

    @property
    def heads(self) -> tuple[DigestHead, ...]:
        """What to remember: of each stream what was doubted before what was taken, the followed one at the end."""
        return (*self._doubted.values(), *self._taken.values())

    def check(self, answer: ActivityDigests) -> DigestHead:
        """The signed end of an answer that agrees with all that this relay signed before; then `take` or `doubt` it.

        Raises `DigestsUnsigned` or `DigestsContradict`.
        """
        told = self._checked = self._read(answer)
        head = told.head
        known = [self._taken.get(head.key), self._doubted.get(head.key), self._at, self._newcomer]
        try:
            for each in known:
                if each is not None and told.spans(each) and each is self._doubted.get(head.key):
                    del self._doubted[head.key]
        except DigestsContradict:
            # The next answer is compared with this one: else each would contradict what was known before it.
            self._taken[head.key], self._at = head, None
            self._doubted.pop(head.key, None)
            raise
        return head

    def doubt(self, head: DigestHead) -> None:
        """The answer that ended there was not acted upon; what comes is compared with it all the same."""
        self._doubted[head.key] = head
        self._forget(self._doubted)

    def take(self, head: DigestHead) -> None:
        """The answer that ended there was acted upon: the next one may go on from it."""
        self._at, self.key = head, head.key
        older = self._taken.pop(head.key, head)
        self._taken[head.key] = head
        if older.number > head.number:
            self._doubted.setdefault(head.key, older)
        self._forget(self._taken)
        told = self._checked
        if told is not None and told.head is head:
            self._lately.append(told)
            self._hashes += len(told.hashes)
            while self._hashes > MOST_LATELY and len(self._lately) > 1:
                self._hashes -= len(self._lately.popleft().hashes)
            if self._newcomer is not None and told.spans(self._newcomer):
                self._confirmed()

    def compare(self, answer: ActivityDigests) -> None:
        """Somebody who asked this relay for the first time was told that.

        Raises `DigestsUnsigned`, or `DigestsContradict` if this device was told something else.
        """
        self.astray = self.astray or self._newcomer is not None
        self._newcomer = newcomer = self._read(answer, alone=True).head
        found = [told.spans(newcomer) for told in self._lately]
        if any(found):
            self._confirmed()

    def _confirmed(self) -> None:
        self._newcomer, self.astray = None, False

    def _read(self, answer: ActivityDigests, *, alone: bool = False) -> _Told:
        key, before, at = answer.key, answer.before, None if alone else self._at
        if not key and at is not None and at.number == answer.first - 1:
            key, before = at.key, at.hashed
        others = answer.others or (b"",) * len(answer.digests)
        if (len(key), len(before), len(answer.signature)) != (32, 32, 64) or len(others) != len(answer.digests):
            raise DigestsUnsigned("the server does not sign what it tells")
        try:
            pairs = zip(answer.digests, others, strict=True)
            leaves = tuple(leaf_of(salt, tags, other) for (salt, tags), other in pairs)
        except Malformed:
            raise DigestsUnsigned("the server signs digests that say nothing definite") from None
        hashes, first = tuple(fold(before, leaves)), answer.first - 1
        head = DigestHead(key, first + len(leaves), hashes[-1], answer.signature)
        try:
            head.check()
        except (NoteInvalid, Malformed):
            raise DigestsUnsigned("the server's signature is not over what it tells") from None
        return _Told(head, first, hashes, leaves)

    def _forget(self, heads: dict[bytes, DigestHead]) -> None:
        if len(heads) > MOST_STREAMS:
            del heads[next(key for key in heads if key != self.key)]

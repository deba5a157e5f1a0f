"""Clients that follow the activity: each is sent every digest as it is closed (spec/relay.md §4.5).

Who does not read costs the relay no more than who does: while anything is unread on a connection nothing more is sent,
and what it lacks then is among the digests that the relay remembers for everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from nullabona.relay.caller import Caller
from nullabona.wire.messages import ActivityDigests, encode
from nullabona.wire.wakes import may_continue

_Encoded: TypeAlias = dict[int, tuple[bytes, int, bool]]
"""By the last number that a client knows: an answer, the last number in it, and whether there may be more."""


@dataclass(slots=True, eq=False)
class Follower:
    """One client. ``after`` is the last digest that it was sent."""

    caller: Caller
    request_id: int
    after: int


class Followers:
    """All clients that follow. ``digests_after(number)`` gives what is remembered."""

    def __init__(self, digests_after: Callable[[int], ActivityDigests]) -> None:
        self._digests_after = digests_after
        self._all: dict[Caller, Follower] = {}
        self._behind: set[Follower] = set()
        """Those that are due an answer which they were not sent."""

    def __len__(self) -> int:
        return len(self._all)

    def add(self, caller: Caller, request_id: int, after: int) -> None:
        """Send it what there is after a number, if only that there is nothing, and every digest from now on."""
        follower = self._all[caller] = Follower(caller, request_id, after)
        self._tell(follower, {})

    def leave(self, caller: Caller) -> int:
        """It follows no more; how many did: 1 or 0."""
        follower = self._all.pop(caller, None)
        if follower is None:
            return 0
        self._behind.discard(follower)
        return 1

    def tell(self, head: int) -> None:
        """The digest with number ``head`` was closed: send each client what it lacks."""
        encoded: _Encoded = {}
        self._behind.clear()
        if not self._all:
            return
        # Nearly everybody lacks this digest alone: they are sent the same bytes, with as little work as can be.
        before = head - 1
        body, last, more = encoded[before] = self._encode(before)
        for follower in list(self._all.values()):
            if follower.after == before and not more and follower.caller.offer(follower.request_id, body):
                follower.after = last
            else:
                self._tell(follower, encoded)

    def tell_those_behind(self) -> None:
        """The same for clients that had to wait."""
        behind, self._behind = self._behind, set()
        encoded: _Encoded = {}
        for follower in behind:
            self._tell(follower, encoded)

    def _tell(self, follower: Follower, encoded: _Encoded) -> None:
        caller = follower.caller
        if caller.has_unread():
            self._behind.add(follower)
            return
        found = encoded.get(follower.after)
        if found is None:
            found = encoded[follower.after] = self._encode(follower.after)
        body, follower.after, more = found
        if more:
            self._behind.add(follower)
        caller.budget.inflight += 1
        caller.answer_encoded(follower.request_id, body)

    def _encode(self, after: int) -> tuple[bytes, int, bool]:
        answer = self._digests_after(after)
        return encode(answer), answer.first + len(answer.digests) - 1, may_continue(answer)

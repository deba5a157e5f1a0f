"""Activity digests as a relay shows them to one connection alone, with its own key (spec/relay.md §4.8).

Everybody is told of a digest with many tags, which the operator makes up. Instead of it single connections are shown a
face of their own. The drill says whose by address; on each later connection they are told what everybody is told.
"""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from msgspec.structs import replace

from nullabona.drills.operator.interceptor import place_of
from nullabona.log.digest_chain import ALL, FEW, leaf_of, link, without
from nullabona.relay.activity import ActivityService
from nullabona.relay.following import Follower, Followers
from nullabona.wire.messages import ACTIVITY_TAG_SIZE, ActivityDigests, FollowActivity, encode
from nullabona.wire.wakes import OMITTED, activity_tag

SIGNED: Final = "signed"
"""One tag more, and signed so: on the next connection the chain does not go on from there."""
ADDED: Final = "added"
"""One tag more, under the signature that everybody sees."""
EXCHANGED: Final = "exchanged"
"""That tags were lost; one of the few that are left is another, under the signature that everybody sees."""
SHORTENED: Final = "shortened"
"""That tags were lost, which is a true face of the digest: nobody else is shown it."""
_AGAIN_S: Final = 0.5
"""Longer than a digest takes."""
_TAGS: Final = 12
"""So many tags the digest has that is told then: more than are kept in any case."""


class Alone:
    """What single connections are shown. Orders come from another thread than the relay's."""

    def __init__(self) -> None:
        self._service: ActivityService | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._faces: dict[str, tuple[str, bytes]] = {}
        self._read: dict[str, set[bytes]] = defaultdict(set)
        self._written: set[bytes] = set()
        self._secrets: dict[bytes, bytes] = {}
        self._wrote_at = 0.0

    def take_part(self) -> None:
        """From now on this process tells what it is ordered to."""
        follow, tell = ActivityService.follow, Followers.tell

        def following(service: ActivityService, request: FollowActivity, caller: Any, request_id: int) -> None:  # noqa: ANN401
            self._service, self._loop = service, asyncio.get_running_loop()
            follow(service, request, caller, request_id)

        def telling(followers: Followers, head: int) -> None:
            for follower in list(followers._all.values()):  # noqa: SLF001 - it is the operator's own program
                self._show(followers, follower, head)
            tell(followers, head)

        for owner, name, method in ((ActivityService, "follow", following), (Followers, "tell", telling)):
            setattr(owner, name, method)

    # -- what passes

    def wrote(self, box: bytes, secret: bytes, now: float) -> None:
        """Somebody appended to a room's box, whose tags are of this secret."""
        self._secrets[box], self._wrote_at = secret, now
        self._written.add(box)

    def reads(self, address: str, box: bytes) -> None:
        """A connection from there reads a room's box."""
        self._read[address].add(box)

    # -- orders

    def show(self, faces: Mapping[str, tuple[str, str]]) -> None:
        """Show each of these addresses a face of the next digest: its kind, and the box that it is about."""
        self._read.clear()
        self._written.clear()
        self._faces = {address: (kind, self._secrets[bytes.fromhex(box)]) for address, (kind, box) in faces.items()}
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._make_up)

    @property
    def untold(self) -> list[str]:
        """Addresses that were shown nothing yet: nobody there follows the activity at this moment."""
        return list(self._faces)

    def read_since(self) -> dict[str, list[str]]:
        """The rooms' boxes that each address has read since, but for those to which somebody wrote."""
        return {address: [box.hex() for box in boxes - self._written] for address, boxes in list(self._read.items())}

    def calm_s(self, now: float) -> float:
        """Seconds since anybody wrote to a room's box."""
        return now - self._wrote_at

    def cut_off(self, address: str) -> None:
        """End the connection on which an address follows."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._cut_off, address)

    def key(self) -> bytes:
        """With which this relay signs what everybody is told."""
        key = self._digests()._key  # noqa: SLF001 - as above
        return bytes(key.public)

    # -- inside, on the relay's loop

    def _digests(self) -> Any:  # noqa: ANN401 - of a relay without an engine
        assert self._service is not None
        return self._service._digests  # noqa: SLF001 - as above

    def _make_up(self) -> None:
        """A digest for everybody; and another one later, if somebody who is to be shown a face did not follow then."""
        assert self._service is not None
        if not self._faces:
            return
        asyncio.get_running_loop().call_later(_AGAIN_S, self._make_up)
        for box in range(_TAGS):
            if self._digests().record(os.urandom(32), -1 - box, object()):
                self._service.begun()

    def _cut_off(self, address: str) -> None:
        assert self._service is not None
        for follower in list(self._service._followers._all.values()):  # noqa: SLF001 - as above
            if place_of(follower.caller)[0] == address:
                follower.caller.cut_off()  # type: ignore[attr-defined]

    def _show(self, followers: Followers, follower: Follower, head: int) -> None:
        address = place_of(follower.caller)[0]
        if address not in self._faces or follower.after != head - 1 or follower.caller.has_unread():
            return
        told = followers._digests_after(head - 1)  # noqa: SLF001 - as above
        if len(told.digests) != 1 or not told.others:
            return
        kind, secret = self._faces.pop(address)
        tag = activity_tag(told.digests[0][0], secret)
        follower.caller.budget.inflight += 1
        follower.caller.answer_encoded(follower.request_id, encode(self._face(kind, told, tag)))
        follower.after = head

    def _face(self, kind: str, told: ActivityDigests, tag: bytes) -> ActivityDigests:
        ((salt, tags),) = told.digests
        few = told.others[0].removeprefix(ALL)
        rest = FEW + sha256(without(tags, few)).digest()
        if kind == SHORTENED:
            return replace(told, digests=((salt, OMITTED + few),), others=(rest,))
        if kind == EXCHANGED:
            return replace(told, digests=((salt, OMITTED + _with(few[ACTIVITY_TAG_SIZE:], tag)),), others=(rest,))
        more = replace(told, digests=((salt, _with(tags, tag)),))
        if kind == ADDED:
            return more
        digests, number = self._digests(), told.first
        hashed = link(digests._hash_at(number - 1), leaf_of(salt, more.digests[0][1], told.others[0]))  # noqa: SLF001
        return replace(more, signature=digests._key.sign(number, hashed))  # noqa: SLF001 - as above


def _with(tags: bytes, tag: bytes) -> bytes:
    """Sorted, as a client wants them."""
    each = [tags[at : at + ACTIVITY_TAG_SIZE] for at in range(0, len(tags), ACTIVITY_TAG_SIZE)]
    return b"".join(sorted([*each, tag]))

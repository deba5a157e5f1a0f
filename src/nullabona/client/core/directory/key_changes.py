"""Follows changes of a record's keys that the known witnesses confirmed, never back (spec/log.md §9)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from nullabona.client.core.directory.errors import LogReplaced, LogRolledBack
from nullabona.client.core.directory.pinned import Pinned, pin
from nullabona.log.key_change import check_change, read_change, successor
from nullabona.log.policy import Policy
from nullabona.wire.epoch import origin_of
from nullabona.wire.messages import LogDescribed


def follow_changes(pinned: Pinned, files: Sequence[bytes]) -> str | None:
    """The policy of a directory after the changes in ``files``, oldest first; None: none begins with the known keys.

    Witnesses that the person chose stay. Raises `KeysUnproven` if a change that begins with the known keys, or any
    file, does not hold.
    """
    origin, text = origin_of(pinned.host), pinned.policy
    for data in files:
        change, proof = read_change(data)
        known = Policy.parse(text)
        if change.origin != origin or {log.key for log in change.before.logs} != set(known.keys_of(origin)):
            continue
        then = successor(text, change, by_hand=pinned.by_hand)
        check_change(change, proof.note, known, Policy.parse(then))
        text = then
    return None if text == pinned.policy else text


def with_policy(pinned: Pinned, policy: str, described: LogDescribed, now_s: int) -> Pinned:
    """The directory as it describes itself under the new keys, if it is the same record and goes back nowhere.

    The caller must still reach its frontier from the remembered one. Raises as `pin`, `LogReplaced`, `LogRolledBack`.
    """
    fresh = pin(pinned.host, described, policy, now_s)
    if fresh.genesis != pinned.genesis:
        raise LogReplaced("the server's log does not begin like the one this device knows")
    if fresh.size < pinned.size:
        raise LogRolledBack(f"the server shows {fresh.size} entries of its log and showed {pinned.size} before")
    return msgspec.structs.replace(fresh, by_hand=pinned.by_hand)

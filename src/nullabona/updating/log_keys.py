"""Follows changes of the release log's own keys, which its witnesses confirm and the release keys agree to in the log.

A thief of the log's keys has neither. Nothing is ever followed back (spec/release.md §4, spec/log.md §9).
"""

from __future__ import annotations

from hashlib import sha256

from nullabona.log.key_change import MOST, KeyChange, KeysUnproven, check_change, read_change, successor
from nullabona.log.note import NoteInvalid
from nullabona.log.policy import Policy
from nullabona.reading import Report, Source, read_checkpoint
from nullabona.releases.ledger import Ledger


async def read_under(source: Source, text: str) -> tuple[Report, str, tuple[KeyChange, ...]]:
    """The checkpoint that is served, under the policy ``text``; or else under what confirmed changes make of it, with
    that policy and the changes. The caller must still `check_agreed` to them.

    Raises as `read_checkpoint`, and `KeysUnproven` for a change that begins with the known keys and does not hold.
    """
    try:
        return await read_checkpoint(source, Policy.parse(text)), text, ()
    except NoteInvalid:
        then, changes = await _follow(source, text)
        if not changes:
            raise
    return await read_checkpoint(source, Policy.parse(then)), then, changes


def check_agreed(ledger: Ledger, changes: tuple[KeyChange, ...]) -> None:
    """Raises `KeysUnproven` unless enough release keys have agreed to each change, in the log."""
    for change in changes:
        if digest_of(change) not in ledger.log_keys:
            raise KeysUnproven("the keys of the release log were changed, and too few release keys agreed to that")


def digest_of(change: KeyChange) -> str:
    """What a `LogKeys` statement names. It begins with the fingerprint that people compare."""
    return sha256(change.encode()).hexdigest()


async def _follow(source: Source, text: str) -> tuple[str, tuple[KeyChange, ...]]:
    followed: list[KeyChange] = []
    for number in range(MOST):
        data = await source.key_change(number)
        if data is None:
            break
        change, proof = read_change(data)
        known = Policy.parse(text)
        if {log.key for log in change.before.logs} != set(known.keys_of(change.origin)):
            continue
        then = successor(text, change, by_hand=False)
        check_change(change, proof.note, known, Policy.parse(then))
        text = then
        followed.append(change)
    return text, tuple(followed)

"""Checks the proof of a card that its account carried to us, as an answer of the directory would be (spec/map.md §9.1).

Two things differ. It may be a day old. And as its checkpoint may be older than what we remember of the log, or newer,
we compare the two by hashes of the log's entries, in whichever direction.
"""

from __future__ import annotations

from typing import Final

from nullabona.client.core.directory.changes import Day, Lists
from nullabona.client.core.directory.checking import Checked, check_placed
from nullabona.client.core.directory.errors import LogForked, LogStale
from nullabona.client.core.directory.leaves import DAY_S, continues
from nullabona.client.core.directory.pinned import SKEW_S, Pinned, Sighting, see
from nullabona.errors import Malformed
from nullabona.log.prefix import TOMBSTONE
from nullabona.wire.carried import decode_carried
from nullabona.wire.handle import Handle
from nullabona.wire.messages import CardFound, encode

OLDEST_S: Final = DAY_S
"""How old the epoch and the witnesses' signatures of a carried proof may be."""


def check_carried(pinned: Pinned, handle: Handle, card: bytes, proof: bytes, now_s: int) -> Checked:
    """What a carried proof proves of a card, under the pinned policy.

    Raises as `check_answer`. The caller must still compare its log with the pinned one (`still_holds`).
    """
    answer = CardFound(card, decode_carried(proof))
    if not card:
        raise Malformed("a carried proof is of no card")
    sighting = see(pinned, answer.proof.checkpoint)
    _check_age(sighting, answer.proof.closed_s, now_s)
    checked = check_placed(pinned, handle, answer, sighting)
    if checked.opening is None or checked.opening.digest == TOMBSTONE:
        raise Malformed("a carried proof is of a card that is not in the record")
    return checked


def _check_age(seen: Sighting, closed_s: int, now_s: int) -> None:
    if min(closed_s, closed_s if seen.time_s is None else seen.time_s) < now_s - OLDEST_S:
        raise LogStale("the proof that came with a card is too old")
    if closed_s > now_s + SKEW_S:
        raise LogStale("the proof that came with a card is from the future")


def still_holds(pinned: Pinned, kept: Day, checked: Checked, now_s: int, shown: Day | None = None) -> bool:
    """Whether the proof's log and the pinned one are two states of one log, and the lists of every epoch since the
    proof's, up to one that closed just now, say that its card is still the newest. False if nothing here tells.

    ``shown``: what the directory shows now and nothing has proven; it can accuse nobody. Raises `LogForked` if the log
    has signed two histories, `LogStale` if the card may have changed.
    """
    told = continues(pinned, kept.leaves, checked.frontier)
    if told is False:
        raise LogForked("the server has shown its log to somebody else in another form than to this device")
    days = [kept] if told else []
    if shown is not None and continues(pinned, shown.leaves, checked.frontier):
        days.append(shown)
    return any(_is_newest(pinned, day.lists, checked, now_s) for day in days)


def _is_newest(pinned: Pinned, lists: Lists, checked: Checked, now_s: int) -> bool:
    start = checked.frontier.size
    alone = lists.leave_alone(checked.label, start, pinned.size)
    if alone is False:
        raise LogStale("the card may have changed since the proof that came with it")
    closed_s = checked.proof.closed_s if start == pinned.size else lists.closed_s
    complete = pinned.size in {start, lists.end}
    return bool(alone) and start <= pinned.size and complete and closed_s >= now_s - pinned.rules.fresh_s


def as_evidence(card: bytes, proof: bytes) -> bytes:
    """A carried proof in the form of the answer that it is."""
    return encode(CardFound(card, decode_carried(proof)))

"""Whether the frames that were gone for another device are all that makes its running hash another one (room.md §4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nullabona.client.core.delivery import box_log, receipts
from nullabona.client.core.model.records import DeviceView
from nullabona.client.core.model.state import BoxTrack
from nullabona.client.core.step import Step

MOST_FRAMES: Final = 1_024
"""Most frames behind the first gap, and most beginnings of it, that are looked at. A relay that dropped more has others
see that."""


def explain(step: Step, track: BoxTrack, view: DeviceView) -> bool:
    """Whether our frames, without those that the view lists as missing, come to the running hash that it shows.

    A view lists the newest missing frames only: if its list is full, the first gap may have begun earlier.
    """
    runs = _runs(view.missing)
    first, last = runs[0]
    after = _after(step, track, runs, view.seq)
    if after is None:
        return False
    full = len(view.missing) >= receipts.MAX_LISTED
    beginnings = range(first - 1, max(-1, first - 1 - MOST_FRAMES) if full else first - 2, -1)
    for before in beginnings:
        chain = _chain_at(step, track, before)
        if chain is not None and _follow(box_log.next_chain(chain, last, box_log.GAP), after, view.chain):
            return True
    return False


def _runs(missing: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each run of consecutive numbers."""
    runs: list[tuple[int, int]] = []
    for seq in sorted(set(missing)):
        if runs and seq == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], seq)
        else:
            runs.append((seq, seq))
    return runs


def _after(step: Step, track: BoxTrack, runs: list[tuple[int, int]], upto: int) -> list[tuple[int, bytes]] | None:
    """What the device hashed behind its first gap, up to ``upto``; None if we cannot say that."""
    gone = {seq: last for first, last in runs[1:] for seq in range(first, last + 1)}
    hashed: list[tuple[int, bytes]] = []
    if upto - runs[0][1] > MOST_FRAMES:
        return None
    for seq in range(runs[0][1] + 1, upto + 1):
        if seq in gone:
            hashed += [(seq, box_log.GAP)] if gone[seq] == seq else []
            continue
        frame = step.store.frame_at(track.keys.box.address, seq)
        if frame is None or frame.kind == box_log.REPEAT:
            return None
        hashed.append((seq, frame.hash))
    return hashed


def _chain_at(step: Step, track: BoxTrack, seq: int) -> bytes | None:
    """Our running hash up to a frame; None if we do not know it."""
    if seq <= 0:
        return box_log.first_chain(track)
    frame = step.store.frame_at(track.keys.box.address, seq)
    return None if frame is None or seq <= track.start else frame.chain


def _follow(chain: bytes, hashed: list[tuple[int, bytes]], shown: bytes) -> bool:
    for seq, digest in hashed:
        chain = box_log.next_chain(chain, seq, digest)
    return chain[: receipts.CHAIN_SHOWN] == shown[: receipts.CHAIN_SHOWN]

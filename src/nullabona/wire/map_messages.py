"""Requests about the map as a whole, which name no handle, and their answers (spec/map.md §6)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from nullabona.wire.changes import MAX_LIST
from nullabona.wire.message import MAX_CHECKPOINT, MAX_WATCHED, Digest, Listed, Request, Response, Seq

MAX_LEAVES: Final = 16_384
"""Most leaves of the map in one answer to `ShowLeaves`."""
LEAF_BYTES: Final = 64
"""Bytes of a label and its commitment."""


class ListEpochs(Request, frozen=True, tag=15):
    """Every epoch after ``after``, with its list of changes (spec/map.md §6). Answer: `EpochsListed`.

    It names nobody.
    """

    after: Seq


class ShowLeaves(Request, frozen=True, tag=16):
    """For mirrors: the leaves of the map after an epoch (``whole``), or those that changed in it (spec/map.md §6.2).

    In order, those after the label ``after``, empty at first. Answer: `LeavesShown`, or `Refusal` ``not-found``.
    """

    epoch: Seq
    whole: bool
    after: Annotated[bytes, Meta(max_length=32)] = b""


class EpochStep(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """One epoch as everybody is told of it: all of its log entry, and its list (`nullabona.wire.changes`).

    ``changes`` is None where the list is too large to be told, or there is none.
    """

    root: Digest
    closed_s: Seq
    listed: Listed
    changes: Annotated[bytes, Meta(max_length=MAX_LIST)] | None


class EpochsListed(Response, frozen=True, tag=11):
    """One step for each epoch from ``first`` on, the same for everybody; the reader must verify them."""

    checkpoint: Annotated[bytes, Meta(max_length=MAX_CHECKPOINT)]
    first: Seq
    steps: Annotated[tuple[EpochStep, ...], Meta(max_length=MAX_WATCHED)]


class LeavesShown(Response, frozen=True, tag=12):
    """Leaves of the map: label and commitment in a row, in order; 32 zero bytes for a label that was taken out.

    Fewer than `MAX_LEAVES` are the last ones. ``root``, ``closed_s`` and ``listed`` are of the epoch; ``edge`` is the
    right edge of the log's tree before it.
    """

    root: Digest
    closed_s: Seq
    listed: Listed
    edge: Annotated[tuple[Digest, ...], Meta(max_length=64)]
    leaves: Annotated[bytes, Meta(max_length=LEAF_BYTES * MAX_LEAVES)]

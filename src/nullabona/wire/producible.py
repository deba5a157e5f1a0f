"""What can be handed over about a handle: every stored column of it, and there is nothing else (spec/directory.md §10).

The one function that makes an operator's production, and the same record on its owner's own device. The keys are the
columns declared in `nullabona.wire.data_held`; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

from nullabona.wire.handle import Handle
from nullabona.wire.lookalikes import skeleton


@dataclass(frozen=True, slots=True)
class StoredCard:
    """One row: the newest card of an account.

    ``label`` is its place in the public record, ``epoch`` the number of the epoch in which it entered or enters.
    """

    name: str
    skeleton: str
    encoded: bytes = field(repr=False)
    registered_day: int
    label: bytes = b""
    epoch: int = 0

    @classmethod
    def of(cls, handle: Handle, encoded: bytes, registered_day: int, label: bytes = b"", epoch: int = 0) -> Self:
        """The row of a published card."""
        return cls(handle.name, skeleton(handle.name), encoded, registered_day, label, epoch)


@dataclass(frozen=True, slots=True)
class ReplacedCard:
    """A card that is still shown, because the one after it is in no published epoch yet."""

    epoch: int
    until_epoch: int
    encoded: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """What is, or was, at an account's label in the public record; ``digest`` None: the label was taken out."""

    epoch: int
    version: int
    nonce: bytes = field(repr=False)
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class Held:
    """A deleted handle: the last day on which nobody may take it, and its label."""

    until_day: int
    label: bytes


def produce(
    handle: Handle,
    card: StoredCard | None,
    held: Held | None = None,
    *,
    replaced: Sequence[ReplacedCard] = (),
    entries: Sequence[StoredEntry] = (),
) -> dict[str, object]:
    """The record of ``handle``: everything stored of it; bytes as hexadecimal text.

    A deleted handle gives the last day of its hold and what its label still shows, an unknown one its own text alone.
    """
    record: dict[str, object] = {"handle": str(handle)}
    if held is not None:
        record |= _row(held)
    if card is not None:
        record |= _row(card)
    if replaced:
        record["replaced"] = [_row(row) for row in replaced]
    if entries:
        record["entries"] = [_row(row) for row in entries]
    return record


def _row(row: Any) -> dict[str, object]:  # noqa: ANN401 - any of the rows above
    return {field.name: _text(getattr(row, field.name)) for field in fields(row)}


def _text(value: str | bytes | int | None) -> str | int | None:
    return value.hex() if isinstance(value, bytes) else value

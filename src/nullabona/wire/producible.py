"""What can be handed over about a handle: every stored column of it, and there is nothing else (spec/directory.md §10).

The one function that makes an operator's production, and the same record on its owner's own device. The keys are the
columns declared in `nullabona.wire.data_held`; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Self

from nullabona.wire.handle import Handle, skeleton


@dataclass(frozen=True, slots=True)
class StoredCard:
    """One row: everything that a directory keeps of an account."""

    name: str
    skeleton: str
    encoded: bytes = field(repr=False)
    registered_day: int

    @classmethod
    def of(cls, handle: Handle, encoded: bytes, registered_day: int) -> Self:
        """The row of a published card."""
        return cls(handle.name, skeleton(handle.name), encoded, registered_day)


def produce(handle: Handle, card: StoredCard | None, held_until: int | None = None) -> dict[str, object]:
    """The record of ``handle``: its card as published and the day of registration; bytes as hexadecimal text.

    A deleted handle gives only the last day of its hold, an unknown one nothing but its own text.
    """
    record: dict[str, object] = {"handle": str(handle)}
    if card is not None:
        record |= {field.name: _text(getattr(card, field.name)) for field in fields(StoredCard)}
    if held_until is not None:
        record["until_day"] = held_until
    return record


def _text(value: str | bytes | int) -> str | int:
    return value.hex() if isinstance(value, bytes) else value

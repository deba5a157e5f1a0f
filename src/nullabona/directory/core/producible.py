"""What can be handed over about a handle: every stored column of it, and there is nothing else (spec/directory.md §10).

The keys are the columns declared in store/schema.py; a test compares the two.
"""

from __future__ import annotations

from dataclasses import fields

from nullabona.directory.core.records import Known, StoredCard
from nullabona.wire.handle import Handle


def produce(handle: Handle, known: Known) -> dict[str, object]:
    """The record of ``handle``: its card as published and the day of registration; bytes as hexadecimal text.

    A deleted handle gives only the last day of its hold, an unknown one nothing but its own text.
    """
    record: dict[str, object] = {"handle": str(handle)}
    if known.current is not None:
        record |= {field.name: _text(getattr(known.current, field.name)) for field in fields(StoredCard)}
    if known.held_until is not None:
        record["until_day"] = known.held_until
    return record


def _text(value: str | bytes | int) -> str | int:
    return value.hex() if isinstance(value, bytes) else value

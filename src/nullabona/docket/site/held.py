"""What the operator keeps, as rows of the page: the declarations of `nullabona.wire.data_held`, with their Korean.

Anyone who declares a new column also writes its Korean into ``held.toml``; until then the English is there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

from nullabona.docket.production.classes import field_of
from nullabona.docket.site.publication import HeldRow
from nullabona.wire.data_held import DIRECTORY_COLUMNS, DIRECTORY_FILES, RELAY_COLUMNS, RELAY_FILES, Column, DataFile
from nullabona.wire.demands import Label

Place = Literal["relay", "directory", "docket", "log"]


class Korean(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Korean of purposes by ``place.table.column`` or ``place.file``, and of the phrases that many rows share."""

    purpose: dict[str, str]
    phrase: dict[str, str]


@cache
def load_korean() -> Korean:
    """What came with the program."""
    text = (files("nullabona.docket.site") / "held.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Korean, strict=True)


def held_rows() -> tuple[HeldRow, ...]:
    """Every declared column and file of the relay and the directory."""
    return (
        *rows_of("relay", RELAY_COLUMNS, RELAY_FILES),
        *rows_of("directory", DIRECTORY_COLUMNS, DIRECTORY_FILES),
    )


def rows_of(place: Place, columns: Iterable[Column], data_files: Iterable[DataFile]) -> Iterator[HeldRow]:
    """The rows of one place; others may add theirs."""
    for column in columns:
        name = f"{column.table}.{column.name}"
        yield _row(place, name, column, producible=place == "directory" and field_of(column) is not None)
    for file in data_files:
        yield _row(place, file.pattern, file, producible=False)


def _row(place: Place, name: str, kept: Column | DataFile, *, producible: bool) -> HeldRow:
    korean = load_korean()
    purpose = korean.purpose.get(f"{place}.{name}", kept.purpose)
    retention, legal = (korean.phrase.get(text, text) for text in (kept.retention, kept.legal_class))
    return HeldRow(
        place,
        name,
        Label(purpose, kept.purpose),
        Label(retention, kept.retention),
        Label(legal, kept.legal_class),
        producible,
    )

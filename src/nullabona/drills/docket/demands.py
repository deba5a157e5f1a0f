"""What arrives: demands of every kind that the law knows today, as they are written in real ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nullabona.docket.cases.casework import describe_document
from nullabona.docket.core.instrument import DAY, LegalClass
from nullabona.docket.core.records import Demand, Gag, Gate, Identifier
from nullabona.docket.taxonomy import Catalogue, Row
from nullabona.wire.demands import DataClass

ASKED: Final[Mapping[LegalClass, tuple[DataClass, ...]]] = {
    "subscriber": ("subscriber", "identification"),
    "traffic": ("subscriber", "traffic"),
    "stored_content": ("subscriber", "content", "contacts", "rooms", "traffic"),
    "realtime_traffic": ("realtime_traffic",),
    "realtime_content": ("realtime_content", "realtime_traffic"),
    "preservation": ("preservation", "content"),
    "emergency": ("subscriber", "traffic", "content"),
    "removal": ("removal",),
    "account_action": ("account_action",),
    "assistance": ("assistance",),
    "confidentiality": ("subscriber",),
}
"""What a demand of each legal class asks for."""
_EPOCH: Final = dt.date(1970, 1, 1)
_UNMET: Final = 9
"""Of so many demands, one lacks what the law asks of it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A demand with the original that it came with."""

    demand: Demand
    document: bytes
    row: Row


def rows_today(catalogue: Catalogue, now_s: int) -> tuple[Row, ...]:
    """Every kind of demand that is in force."""
    today = _EPOCH + dt.timedelta(days=now_s // DAY)
    return tuple(row for row in catalogue.rows if row.valid_on(today))


def ask(row: Row, number: int, handles: Sequence[str], now_s: int, *, met: bool = True) -> Asked:
    """The ``number``-th demand, of the kind ``row``, about these handles. ``met``: whether its gates are."""
    document = f"{row.label.ko} / {row.label.en}\n제{number}호 / no. {number}\n{', '.join(handles)}\n".encode()
    silenced = row.gag.default == "ordered" and bool(number % 2)
    demand = Demand(
        instrument=row.id,
        authority=row.jurisdiction.lower(),
        authority_ref=f"2026-{number:05d}",
        legal_basis=row.law[0] if row.law else row.label.en,
        issued_day=now_s // DAY,
        received_s=now_s,
        identifiers=tuple(Identifier("handle", handle) for handle in handles),
        classes=ASKED[row.legal_class],
        gates=tuple(Gate(name, met=met or place > 0) for place, name in enumerate(row.gates)),
        document=describe_document(document),
        called_back=True,
        gag=Gag("ordered silence") if silenced else None,
        language="ko" if row.jurisdiction == "KR" else "en",
    )
    return Asked(demand, document, row)


def many(catalogue: Catalogue, count: int, here: str, now_s: int, begin: int = 0) -> list[Asked]:
    """Demands ``begin`` to ``begin + count - 1``: every kind in turn; about somebody here, nobody here, and both."""
    rows = rows_today(catalogue, now_s)
    nobody = f"nobody@{here.partition('@')[2]}"
    meant = ([here], [here, nobody], [nobody])
    return [
        ask(rows[n % len(rows)], n, meant[(n + n // len(rows)) % 3], now_s, met=n % _UNMET != _UNMET - 1)
        for n in range(begin, begin + count)
    ]

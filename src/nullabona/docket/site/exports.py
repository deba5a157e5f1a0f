"""The same record for programs: CSV, JSON, and removal demands in the shape of the Lumen database."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from nullabona.docket.site.history import History
from nullabona.docket.site.publication import Counts, Item, Publication
from nullabona.docket.taxonomy import Catalogue
from nullabona.docket.taxonomy.read import encoded
from nullabona.wire.canonical import canonical

COUNT_COLUMNS: Final = tuple(Counts.__struct_fields__)
FIGURE_COLUMNS: Final = (
    "half", "instrument", *COUNT_COLUMNS, "demands_low", "demands_high", "accounts_low", "accounts_high",
)  # fmt: skip

_BY_PERSONS: Final = frozenset({"KR.REMOVAL.TEMPORARY", "KR.REMOVAL.ILLEGAL_FILMING"})
"""Removal that a person may ask for, not only an authority."""


def data_files(publication: Publication, catalogue: Catalogue, history: History) -> dict[str, bytes]:
    """Every file below ``data/``."""
    files = {
        "figures.csv": figures_csv(publication),
        "authorities.csv": authorities_csv(publication),
        "figures.json": canonical({"figures": list(publication.figures), "dsa": list(publication.dsa)}),
        "dsa.csv": dsa_csv(publication),
        "history-2013-2014.csv": history_csv(history),
        "demands.json": canonical({"demands": list(publication.items)}),
        "lumen.json": lumen_json(publication, catalogue),
        "taxonomy.json": encoded(catalogue.rows),
        "publication.json": canonical(publication),
    }
    files |= {
        f"entries/{item.log_index}.json": item.entry.encode()
        for item in publication.items
        if item.entry and item.log_index is not None
    }
    if publication.report_entry:
        files[f"entries/{publication.report_index}.json"] = publication.report_entry.encode()
    if publication.log is not None:
        files["checkpoint.txt"] = publication.log.checkpoint.encode()
        files["policy.txt"] = publication.log.policy.encode()
    return files


def figures_csv(publication: Publication) -> bytes:
    """One line for each figure; what is not known or not allowed is empty."""
    return _csv(FIGURE_COLUMNS, (_figure_line(publication, number) for number in range(len(publication.figures))))


def authorities_csv(publication: Publication) -> bytes:
    """Demands by the sort of authority, to be held against the tables of governments."""
    lines = ((f.half, f.instrument, branch, number) for f in publication.figures for branch, number in f.by.items())
    return _csv(("half", "instrument", "authority", "received"), lines)


def dsa_csv(publication: Publication) -> bytes:
    """Orders under the Digital Services Act."""
    columns = ("half", "article", "member_state", "category", "orders", "median_hours_to_inform", "median_hours_to_act")
    lines = (
        (
            row.half, row.article, row.member_state, row.category.en, row.orders, row.median_hours_to_inform,
            row.median_hours_to_act,
        )
        for row in publication.dsa
    )  # fmt: skip
    return _csv(columns, lines)


def history_csv(history: History) -> bytes:
    """The figures of others, each with its source."""
    columns = ("instrument", "period", "requested", "handled", "handled_share", "source", "note")
    lines = (
        (
            row.kind, row.period, row.requested, row.handled, row.handled_share, history.label_of(row.source).en,
            row.note.en if row.note else "",
        )
        for row in history.row
    )  # fmt: skip
    return _csv(columns, lines)


def lumen_json(publication: Publication, catalogue: Catalogue) -> bytes:
    """Removal demands as Lumen's notices, with the fields that its interface takes and no others."""
    labels = {row.id: row.label.en for row in catalogue.rows}
    notices = [_notice(publication, item, labels) for item in publication.items if item.removal is not None]
    return canonical({"notices": notices})


def _notice(publication: Publication, item: Item, labels: dict[str, str]) -> dict[str, Any]:
    removal = item.removal
    assert removal is not None
    country = item.instrument.partition(".")[0].lower()
    return {
        "type": "LocalLaw" if item.instrument in _BY_PERSONS else "GovernmentRequest",
        "title": removal.title,
        "subject": labels.get(item.instrument, item.instrument),
        "source": publication.host,
        "date_sent": None,
        "date_received": _day(item.received_day),
        "language": removal.language,
        "action_taken": _action(item),
        "jurisdiction_list": [country],
        "tag_list": [item.instrument],
        "topics": list(removal.topics),
        "case_id_number": item.tag,
        "works": [],
        "entity_notice_roles_attributes": [
            {"name": "sender", "entity_attributes": {"name": removal.sender}},
            {"name": "recipient", "entity_attributes": {"name": publication.operator.en}},
        ],
    }


def _action(item: Item) -> str:
    """Lumen's words: whether something was removed. *Produced* never occurs for a removal."""
    return "Yes" if any(answer.answer == "produced" for answer in item.answers) else "No"


def _figure_line(publication: Publication, number: int) -> tuple[Any, ...]:
    figure = publication.figures[number]
    counts = [None if figure.counts is None else getattr(figure.counts, name) for name in COUNT_COLUMNS]
    bands = [
        edge for band in (figure.demands, figure.accounts) for edge in ((band.low, band.high) if band else ("", ""))
    ]
    return (figure.half, figure.instrument, *counts, *bands)


def _csv(columns: Iterable[str], lines: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([["" if cell is None else cell for cell in line] for line in lines])
    return text.getvalue().encode("utf-8")


def _day(number: int) -> str:
    return datetime.fromtimestamp(number * 86_400, UTC).strftime("%Y-%m-%d")

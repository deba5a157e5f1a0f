"""The privacy page: the data that could be handed over about me, by the code of the operator's production."""

from __future__ import annotations

import json
from collections.abc import Mapping

from nullabona.app.presenting.adversaries import adversaries
from nullabona.app.protocol import privacy_views as v
from nullabona.client.api import PrivacyReport
from nullabona.wire.data_held import Column
from nullabona.words.catalogue import Language
from nullabona.words.standing import standing_words


def to_privacy(report: PrivacyReport, language: Language) -> v.Privacy:
    """Each column that relay and directory keep, with its value where the record has one."""
    rows = []
    for keeper, columns in (("directory", report.directory_columns), ("relay", report.relay_columns)):
        for column in columns:
            value = _value(report.record, column) if keeper == "directory" else None
            shown = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            rows.append(v.PrivacyRow(f"{keeper}.{column.table}", column.name, column.purpose, column.retention, shown))
    for keeper, files in (("directory", report.directory_files), ("relay", report.relay_files)):
        rows += [v.PrivacyRow(keeper, file.pattern, file.purpose, file.retention, "") for file in files]
    return v.Privacy(report.handle, report.relay, rows, report.text, _standing(report, language), adversaries(language))


def _value(record: Mapping[str, object], column: Column) -> object:
    """The record's value in a column: one of the card, or one for each of its entries."""
    if column.table == "card":
        return record.get(column.name)
    entries = record.get("entries")
    if column.table != "entry" or not isinstance(entries, list):
        return None
    return ", ".join(str(entry[column.name]) for entry in entries if column.name in entry) or None


def _standing(report: PrivacyReport, language: Language) -> list[str]:
    standing = report.standing
    return standing_words(
        language,
        standing.host,
        known=standing.known,
        witnesses=standing.witnesses if standing.demanded else (),
        by_hand=standing.by_hand,
        watched_epoch=standing.watched_epoch,
    )

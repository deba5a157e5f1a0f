"""The privacy page: what could be handed over about me, by the code that makes the operator's production."""

from __future__ import annotations

import json

from nullabona.app.protocol import views as v
from nullabona.app.showing.adversaries import adversaries
from nullabona.client.api import PrivacyReport
from nullabona.words.errors import Language
from nullabona.words.standing import standing_words


def to_privacy(report: PrivacyReport, language: Language) -> v.Privacy:
    """Each column that relay and directory keep, with its value where the record has one."""
    rows = []
    for keeper, columns in (("directory", report.directory_columns), ("relay", report.relay_columns)):
        for column in columns:
            value = report.record.get(column.name) if keeper == "directory" else None
            shown = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            rows.append(v.PrivacyRow(f"{keeper}.{column.table}", column.name, column.purpose, column.retention, shown))
    for keeper, files in (("directory", report.directory_files), ("relay", report.relay_files)):
        rows += [v.PrivacyRow(keeper, file.pattern, file.purpose, file.retention, "") for file in files]
    return v.Privacy(report.handle, report.relay, rows, report.text, _standing(report, language), adversaries(language))


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

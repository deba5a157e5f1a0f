"""Answers about faults of public records, and what a person can do about them."""

from __future__ import annotations

from typing import Final

from nullabona.app.answers.asking import Asker, answers
from nullabona.app.answers.moving import place
from nullabona.app.presenting.text import one_line
from nullabona.app.presenting.warned import warned
from nullabona.app.protocol import record_calls as c
from nullabona.client.api import StandingWarning, errors, evidence_files
from nullabona.words.catalogue import Language

REPLACED: Final = "log-replaced"


@answers(c.GetRecordWarnings)
async def _get(ask: Asker, _: c.GetRecordWarnings) -> c.RecordWarnings:
    return _warnings(ask)


@answers(c.ForgetRecord)
async def _forget(ask: Asker, call: c.ForgetRecord) -> c.RecordWarnings:
    ask.client.record.forget(call.host)
    return _warnings(ask)


def _warnings(ask: Asker) -> c.RecordWarnings:
    language = ask.session.settings().language
    found = [_in_words(warning, language) for warning in ask.client.status().warnings]
    return c.RecordWarnings(found, len(ask.client.record.evidence()))


def _in_words(warning: StandingWarning, language: Language) -> c.RecordWarning:
    values = {key: one_line(str(value)) for key, value in warning.detail.items()}
    message, hint = warned(warning.code, language, values)
    return c.RecordWarning(message, hint, values["host"] if warning.code == REPLACED else "")


@answers(c.SaveEvidence)
async def _save(ask: Asker, _: c.SaveEvidence) -> c.Saved:
    folder, files = place(ask, "", " evidence"), evidence_files(ask.client.record.evidence())
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise errors.FileUnwritable("the evidence cannot be written there") from error
    return c.Saved(str(folder), len(files))

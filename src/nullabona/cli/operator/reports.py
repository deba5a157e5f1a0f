"""``nulla relay report``: what an abuse report proves at this relay, and what is only claimed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note, say
from nullabona.cli.settings import Settings, settings_of, spoken
from nullabona.operating.abuse_reports import Examined, examine, read_report_file, save_opened

_LATEST_MS: Final = 253_402_300_799_000
"""The last second that a date of four digits has; the sender's clock may claim a later one."""


@command()
@click.argument("report", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), required=True, metavar="DIR",
              help="The relay's data directory.")  # fmt: skip
@click.option("--save", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Write the files that open into the new FOLDER. They may be illegal to have.")  # fmt: skip
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="The relay's configuration file, if it keeps files in a bucket.")  # fmt: skip
@spoken
@click.pass_context
def report(context: click.Context, report: Path, data: Path, save: Path | None, config: Path | None) -> None:
    """Verify an abuse REPORT of a member, and say what of it is proven and what is the reporter's word.

    Proven is only which pieces this relay holds that the report's keys open, and whose device signed the report. Words,
    senders and times are claimed. Changes nothing; run it as the relay's user. `nulla docket erase` erases.
    """
    settings = settings_of(context)
    found = examine(read_report_file(report), data, config)
    show_examined(settings, found)
    if save is not None:
        note(settings, "report-saved", count=len(save_opened(found, data, save, config)), folder=save)


def show_examined(settings: Settings, found: Examined) -> None:
    """The claims, and what is proven of each file and of the reporter."""
    body, reporter = found.report.body, found.report.reporter
    if settings.as_json:
        emit({
            "sha256": found.report.sha256, "relay": body.relay, "made_day": body.made_day,
            "claimed": [{"sent_at": each.sent_at, "sender": each.sender, "text": each.text} for each in body.messages],
            "files": [{"message": each.number, "name": each.name, "size": each.size, "opened": list(each.opened),
                       "closed": each.closed, "gone": each.gone} for each in found.files],
            "reporter": None if reporter is None else {"handle": str(reporter.handle), "standing": found.reporter},
        })  # fmt: skip
        return
    language = settings.language
    line(say("report-digest", language, digest=found.report.sha256.hex(), relay=body.relay))
    line(say("report-claimed", language))
    for number, each in enumerate(body.messages, 1):
        at = datetime.fromtimestamp(min(each.sent_at, _LATEST_MS) / 1_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
        line(f"  {number}. " + "  ".join(filter(None, (at, each.sender))))
        named = "" if each.file is None else say("report-named", language, name=each.file.name)
        # The reporter wrote these lines, so each has a mark: none can pass for one of ours below.
        for claimed in f"{named}\n{each.text}".splitlines():
            if claimed.strip():
                line(f"     | {claimed}")
    line(say("report-proven", language))
    for file in found.files:
        values = {"number": file.number, "opened": len(file.opened), "gone": file.gone}
        line("  " + say("report-pieces", language, **values))
        if file.closed:
            line("  ! " + say("report-closed", language, number=file.number, closed=file.closed))
    handle = "" if reporter is None else str(reporter.handle)
    line("  " + say(f"reporter-{found.reporter or 'unsigned'}", language, handle=handle))

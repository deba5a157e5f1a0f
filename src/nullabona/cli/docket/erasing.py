"""``nulla docket erase``: pieces that a report's keys open go from the relay; the journal has it first."""

from __future__ import annotations

from pathlib import Path

import click

from nullabona.cli.docket.case import find
from nullabona.cli.docket.chosen import at_desk, data_of
from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note, say
from nullabona.cli.settings import settings_of, spoken
from nullabona.operating.abuse_reports import erase as erase_pieces
from nullabona.operating.abuse_reports import examine, read_report_file
from nullabona.operating.desk import read_config


@command()
@click.argument("case")
@click.argument("report", type=click.Path(path_type=Path, dir_okay=False))
@spoken
@click.pass_context
def erase(context: click.Context, case: str, report: Path) -> None:
    """Erase from the relay the pieces of files that the keys in REPORT open, and nothing else.

    CASE is a demand for removal whose original is REPORT and whose answer two officers approved. A releaser does it;
    the journal has an entry before anything is erased. People who have the file keep it.
    """
    settings = settings_of(context)
    data = read_report_file(report)
    with at_desk(context) as at:
        said = read_config(data_of(context))
        relay, config = Path(said["directory"]), Path(said["relay"]) if "relay" in said else None
        found = examine(data, relay, config)
        at.desk.enter_erasure(at.who, find(at, case), data)
        erased = erase_pieces(found, relay, config)
    if settings.as_json:
        emit({"sha256": found.report.sha256, "erased": erased, "closed": sum(each.closed for each in found.files),
              "gone": sum(each.gone for each in found.files)})  # fmt: skip
        return
    line(say("docket-erased", settings.language, count=erased))
    if closed := sum(each.closed for each in found.files):
        note(settings, "docket-not-opened", count=closed)

"""``nulla docket keep``: a closed case is erased later than its register says."""

from __future__ import annotations

import click

from nullabona.cli.docket.case import find
from nullabona.cli.docket.chosen import at_desk
from nullabona.cli.docket.times import read_time, zone_here
from nullabona.cli.help import command
from nullabona.cli.output import emit, line, say
from nullabona.cli.settings import settings_of, spoken
from nullabona.docket.core.instrument import DAY


@command()
@click.argument("case")
@click.option("--until", required=True, help="The last day on which the case is kept, at most a year later than now.")
@click.option("--basis", required=True, help="Why. Only a hash of it is kept: keep the text in your own files.")
@spoken
@click.pass_context
def keep(context: click.Context, case: str, until: str, basis: str) -> None:
    """Keep a closed case longer than its register says, because a court, an audit or a complaint may need it.

    Counsel does it, as often as it is needed. The journal shows who kept the case and when.
    """
    settings = settings_of(context)
    day = read_time(until, zone_here(context)) // DAY
    with at_desk(context) as at:
        at.desk.keep_longer(at.who, find(at, case), day, basis)
    if settings.as_json:
        emit({"case": case, "erased_after_day": day})
        return
    line(say("docket-kept", settings.language, until=until))

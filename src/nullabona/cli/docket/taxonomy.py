"""``nulla docket taxonomy``: the kinds of demands as the desk uses them, and counsel's signature under each."""

from __future__ import annotations

import click

from nullabona.cli.docket.chosen import at_desk
from nullabona.cli.docket.show import say_done
from nullabona.cli.docket.times import when, zone_here
from nullabona.cli.help import group
from nullabona.cli.output import emit, say, table
from nullabona.cli.settings import settings_of, spoken
from nullabona.docket.core.instrument import DAY
from nullabona.operating.desk import now_s


@group()
def taxonomy() -> None:
    """The kinds of demands that the desk knows, and whether counsel has signed off the rules of each."""


@taxonomy.command("list")
@spoken
@click.pass_context
def list_rows(context: click.Context) -> None:
    """List the rows in force, with who signed each off and the text that it was compared with."""
    settings = settings_of(context)
    with at_desk(context) as at:
        signed, zone = at.desk.sign_offs(), zone_here(context)
        rows = [row for row in at.desk.taxonomy.rows if row.valid_on(now_s() // DAY)]
    lines = []
    for row in rows:
        one = signed.get(row.row)
        if settings.as_json:
            by = {} if one is None else {
                "by": [one.proposed_by, one.confirmed_by], "at_s": one.at_s, "source": one.details.source,
            }  # fmt: skip
            emit({"instrument": row.id, "row": row.row.hex(), "signed_off": one is not None, **by})
        elif one is None:
            lines.append((row.id, say("taxonomy-unsigned", settings.language), "", ""))
        else:
            who = f"{one.proposed_by}, {one.confirmed_by}"
            lines.append((row.id, when(one.at_s, zone), who, one.details.source))
    table(lines) if lines else None


@taxonomy.command("sign-off")
@click.argument("instrument")
@click.option(
    "--source",
    required=True,
    metavar="TEXT",
    help="The text of the law that you compared it with. Everybody can read it.",
)
@spoken
@click.pass_context
def sign_off(context: click.Context, instrument: str, source: str) -> None:
    """As counsel, sign off the row of INSTRUMENT as it is now. Another counsel or a reviewer confirms.

    With the second signature the log says so, and names the text that you give.
    """
    with at_desk(context) as at:
        say_done(context, at, at.sign(at.desk.propose_sign_off(at.who, instrument, source)))

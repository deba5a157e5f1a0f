"""``nulla docket hand-over``: the package as it goes to the authority, in a folder; the desk says in which form."""

from __future__ import annotations

from pathlib import Path

import click

from nullabona.cli.docket.case import find
from nullabona.cli.docket.chosen import at_desk
from nullabona.cli.docket.show import say_done
from nullabona.cli.help import command
from nullabona.cli.output import note
from nullabona.cli.settings import settings_of, spoken
from nullabona.docket.production.folder import write_folder
from nullabona.errors import UserError


class FolderExists(UserError):
    """A hand-over never writes into a folder that is not empty."""

    code = "docket-folder-exists"
    default_hint = "name a new folder"


@command("hand-over")
@click.argument("case")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="A new folder.")
@click.option("--unsealed", is_flag=True, help="Hand it over without a custodian's seal.")
@spoken
@click.pass_context
def hand_over(context: click.Context, case: str, output: Path, *, unsealed: bool) -> None:
    """Write the package into a folder, sealed, with receipt and chain of custody. It is refused before the receipt.

    The custodian's key of docket.toml seals the package. If the registry has a key of the authority, the package is
    encrypted to it. Without a custodian's key the command needs --unsealed; you sign that choice, and the journal
    records it.
    """
    if output.exists() and any(output.iterdir()):
        raise FolderExists("there is something in that folder already")
    with at_desk(context) as at:
        found = find(at, case)
        done = at.sign(at.desk.propose_hand_over(at.who, found, unsealed=unsealed))
        given = at.desk.handed_over(at.who, found)
        write_folder(output, given.files)
        say_done(context, at, done)
    settings = settings_of(context)
    note(settings, "package-unsealed" if given.form.unsealed else "package-sealed", custodian=given.form.custodian)
    note(settings, "package-locked" if given.form.recipient else "package-unlocked", recipient=given.form.recipient)

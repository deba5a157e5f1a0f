"""``nulla docket publish``: the public record as a web site."""

from __future__ import annotations

from pathlib import Path

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note
from nullabona.cli.settings import settings_of, spoken
from nullabona.docket.site import build, read_publication, write_site
from nullabona.docket.taxonomy import load
from nullabona.errors import UserError

_PATH = click.Path(path_type=Path)


class RecordUnreadable(UserError):
    """The record that was named cannot be read."""

    code = "docket-record-unreadable"
    default_hint = "name the record that the desk has written, or the publication.json of a published site"


@command()
@click.argument("record", type=_PATH, metavar="RECORD")
@click.argument("folder", type=_PATH, metavar="DIR")
@spoken
@click.pass_context
def publish(context: click.Context, record: Path, folder: Path) -> None:
    """Write the public pages of RECORD into DIR, for any web server.

    Writes only the files that changed, and prints their names. Refuses figures that do not add up or reveal more than
    their law allows; then it writes nothing.
    """
    try:
        data = record.read_bytes()
    except OSError as error:
        raise RecordUnreadable("the record cannot be read") from error
    changed = write_site(build(read_publication(data), load()), folder)
    settings = settings_of(context)
    for path in changed:
        emit({"changed": path}) if settings.as_json else line(path)
    note(settings, "published", count=len(changed))

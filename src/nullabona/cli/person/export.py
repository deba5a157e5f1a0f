"""``nulla export``: rooms written out for people and for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note
from nullabona.cli.person.progress import progress_line
from nullabona.cli.person.running import opened, run_async
from nullabona.cli.settings import at_home, settings_of
from nullabona.cli.usage import Misused
from nullabona.client.api import Exported


@command()
@click.argument("names", nargs=-1, required=True, metavar="[ROOM...] DIR")
@click.option("--all", "everything", is_flag=True, help="Every room.")
@click.option(
    "--format",
    "forms",
    type=click.Choice(["json", "text", "html"]),
    multiple=True,
    default=("html", "json"),
    help="What to write; may be repeated (default: html and json).",
)
@click.option("--no-files", is_flag=True, help="Leave photos, voice notes and files out.")
@at_home
@click.pass_context
def export(
    context: click.Context,
    names: tuple[str, ...],
    *,
    everything: bool,
    forms: tuple[Literal["json", "text", "html"], ...],
    no_files: bool,
) -> None:
    """Export ROOMs, or with --all every room, into the folder DIR: a new or empty one, or an earlier export.

    Pages need only a browser. docs/export.schema.json describes the JSON. An earlier export in DIR stays until the new
    one is complete.
    """
    settings = settings_of(context)
    *rooms, folder = names
    if bool(rooms) == everything:
        raise Misused("rooms-or-all")

    async def work() -> Exported:
        async with opened(settings, online=False) as client:
            return await client.archive.export(
                Path(folder),
                None if everything else rooms,
                forms=forms,
                language=settings.language,
                files=not no_files,
                watch=progress_line(settings),
            )

    done = run_async(work())
    if settings.as_json:
        emit({"folder": str(done.folder), "rooms": done.rooms, "lines": done.lines, "files": done.files,
              "missing": done.missing})  # fmt: skip
        return
    line(str(done.folder))
    note(settings, "exported", rooms=done.rooms, lines=done.lines, files=done.files)
    if done.missing:
        note(settings, "export-missing", missing=done.missing)
    note(settings, "export-readable")

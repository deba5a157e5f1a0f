"""``nulla export``: rooms written out for people and for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note, say
from nullabona.cli.person.progress import progress_line
from nullabona.cli.person.running import opened, run_async
from nullabona.cli.settings import at_home, settings_of
from nullabona.cli.usage import Misused
from nullabona.client.api import Exported


@command()
@click.argument("names", nargs=-1, metavar="[ROOM...] DIR")
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
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write there; the same as DIR at the end.")
@click.option("--yes", is_flag=True, help="Do not ask whether to write files that are not encrypted.")
@at_home
@click.pass_context
def export(
    context: click.Context,
    names: tuple[str, ...],
    *,
    everything: bool,
    forms: tuple[Literal["json", "text", "html"], ...],
    no_files: bool,
    out: Path | None,
    yes: bool,
) -> None:
    """Export ROOMs, or with --all every room, into the folder DIR: a new or empty one, or an earlier export.

    Pages need only a browser. docs/export.schema.json describes the JSON. An earlier export in DIR stays until the new
    one is complete.
    """
    settings = settings_of(context)
    *rooms, folder = (*names, str(out)) if out is not None else names or ("",)
    if not folder:
        raise Misused("export-where")
    if bool(rooms) == everything:
        raise Misused("rooms-or-all")

    if not yes and not settings.interactive:
        raise Misused("export-needs-yes")
    asked = say("ask-export", settings.language, folder=folder)
    if not yes and not click.confirm(asked, err=True):
        note(settings, "not-exported")
        return

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

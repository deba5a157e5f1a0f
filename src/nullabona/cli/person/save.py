"""``nulla save``: the file of a message, fetched if need be and written to disk."""

from __future__ import annotations

from pathlib import Path

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note
from nullabona.cli.person.running import opened, run_async
from nullabona.cli.settings import as_person, settings_of


@command()
@click.argument("room")
@click.argument("message")
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--timeout", default=120.0, metavar="S", help="Longest wait for the server.")
@as_person
@click.pass_context
def save(context: click.Context, room: str, message: str, path: Path, *, timeout: float) -> None:
    """Save the file of MESSAGE in ROOM to PATH, a new file or a folder (default: here). Never overwrites."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings) as client:
            if client.files.info(room, message).state != "here":
                await client.files.fetch(room, message)
                await client.files.wait(room, message, timeout_s=timeout)
            written = await client.files.save(room, message, path)
        emit({"path": str(written)}) if settings.as_json else line(str(written))
        note(settings, "saved")

    run_async(work())

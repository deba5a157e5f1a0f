"""``nulla backup schedule``, ``stop``, ``now`` and ``status``: backups by themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note, say
from nullabona.cli.person.progress import progress_line
from nullabona.cli.person.running import opened, run_async
from nullabona.cli.settings import Settings, at_home, settings_of
from nullabona.client.api import BackupStanding, PlannedBackup
from nullabona.errors import NullabonaError
from nullabona.words.errors import ERRORS

_DAYS: Final = {"daily": 1, "weekly": 7, "monthly": 30}


@command()
@click.argument("place", metavar="FOLDER|server")
@click.option("--every", type=click.Choice(list(_DAYS)), default="daily", help="How often (default: daily).")
@click.option("--files/--no-files", default=None, help="Whether photos and other files are in it (server: no).")
@at_home
@click.pass_context
def schedule(context: click.Context, place: str, *, every: str, files: bool | None) -> None:
    """Make backups by themselves to FOLDER, which exists, or to your server.

    They are made while `nulla app`, `nulla follow` or a bot runs. A folder on a drive is only written to while that
    drive is connected. Repeat the command to change how often.
    """
    settings = settings_of(context)

    async def work() -> PlannedBackup:
        async with opened(settings, online=False) as client:
            return client.backups.schedule(place, every_days=_DAYS[every], files=files)

    planned = run_async(work())
    if settings.as_json:
        emit(planned)
        return
    line(planned.place)
    note(settings, "backup-planned", days=planned.every_days)
    if planned.same_disk:
        note(settings, "backup-same-disk")
    note(settings, "backup-opens-with-words")


@command()
@click.argument("place", metavar="FOLDER|server")
@at_home
@click.pass_context
def stop(context: click.Context, place: str) -> None:
    """Make no more backups to FOLDER or server. What is there stays."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings, online=False) as client:
            client.backups.unschedule(place)

    run_async(work())
    note(settings, "backup-stopped")


@command()
@click.argument("place", metavar="[FOLDER|server]", required=False)
@at_home
@click.pass_context
def now(context: click.Context, place: str | None) -> None:
    """Make the planned backups now, of one place or all, and read them back."""
    settings = settings_of(context)

    async def work() -> list[PlannedBackup]:
        async with opened(settings) as client:
            places = [place] if place else [plan.place for plan in client.backups.status().places] or [""]
            made, failed = [], list[NullabonaError]()
            for each in places:
                try:
                    made.append(await client.backups.now(each, watch=progress_line(settings)))
                except NullabonaError as error:
                    failed.append(error)
            for backup in made:
                _say_made(settings, backup)
            if failed:
                raise failed[0]
            return made

    run_async(work())


def _say_made(settings: Settings, made: PlannedBackup) -> None:
    if settings.as_json:
        emit(made)
        return
    line(made.place)
    note(settings, "backup-made-there", messages=made.messages, size=made.size, written=made.written)
    if made.doubt:
        note(settings, f"backup-{made.doubt}", place=made.place)


@command()
@at_home
@click.pass_context
def status(context: click.Context) -> None:
    """Say when the last good backup was made, and how each place does."""
    settings = settings_of(context)

    async def work() -> BackupStanding:
        async with opened(settings, online=False) as client:
            return client.backups.status()

    found = run_async(work())
    if settings.as_json:
        emit(found)
        return
    line(
        say("backup-last-good" if found.good_at else "backup-never-good", settings.language, at=at_words(found.good_at))
    )
    for place in found.places:
        line(
            say("backup-place", settings.language, place=place.place, days=place.every_days, at=at_words(place.good_at))
        )
        for text in _doubts(settings, place):
            line(f"  {text}")
    if found.standing in {"none", "late"}:
        note(settings, f"backup-standing-{found.standing}")


def _doubts(settings: Settings, place: PlannedBackup) -> list[str]:
    """What is wrong with a place, and what is to be known of it."""
    said, language = [], settings.language
    if place.error:
        known = ERRORS.get(place.error)
        why = (known.ko if language == "ko" else known.en) if known is not None else ""
        said.append(say("backup-failed", language, at=at_words(place.tried_at), why=why or place.error))
    if place.doubt:
        said.append(say(f"backup-{place.doubt}", language, place=place.place))
    if place.kept_until:
        said.append(say("backup-kept-until", language, at=at_words(place.kept_until)))
    if place.same_disk:
        said.append(say("backup-same-disk", language))
    return said


def at_words(at: int) -> str:
    """A time in ms, as this machine's clock shows it."""
    return f"{datetime.fromtimestamp(at / 1_000, UTC).astimezone():%Y-%m-%d %H:%M}" if at else "-"

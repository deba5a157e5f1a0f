"""``nulla import``: history that another messenger exported."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note, say, table
from nullabona.cli.person.running import opened, run_async
from nullabona.cli.settings import Settings, at_home, settings_of
from nullabona.cli.usage import Misused
from nullabona.client.api import (
    ChatAnswers,
    ImportAnswers,
    ImportChat,
    ImportInfo,
    ImportPreview,
    ImportProgress,
    errors,
)

_MOST_NAMES = 30


def _zone(_context: click.Context, _option: click.Parameter, said: str) -> str:
    try:
        return ZoneInfo(said).key if said else ""
    except (KeyError, ValueError, OSError):
        raise click.BadParameter("there is no such time zone") from None


@command("import")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--preview", is_flag=True, help="Show what the files hold; store nothing.")
@click.option("--as", "room", metavar="ROOM", help="Put it before the messages of this room: a contact, or a group.")
@click.option("--new", is_flag=True, help="Put it into a new room, even if the chat was imported before.")
@click.option("--me", multiple=True, metavar="[FILE=]NAME",
              help="Your name in the chat, or in that of FILE; may be repeated. Empty: you are not in it.")  # fmt: skip
@click.option("--person", "people", multiple=True, metavar="NAME=HANDLE",
              help="NAME in the chat is this contact; may be repeated, and is remembered.")  # fmt: skip
@click.option("--day-first", "order", flag_value="day-first", help="Dates are day, month, year.")
@click.option("--month-first", "order", flag_value="month-first", help="Dates are month, day, year.")
@click.option("--year-first", "order", flag_value="year-first", help="Dates are year, month, day.")
@click.option("--zone", default="", metavar="ZONE", callback=_zone,
              help="Times are of this zone, as Asia/Seoul (default: yours).")  # fmt: skip
@click.option("--list", "listing", is_flag=True, help="List all imports.")
@click.option("--undo", metavar="ID", help="Delete everything that an import added.")
@at_home
@click.pass_context
def import_history(
    context: click.Context,
    files: tuple[Path, ...],
    *,
    preview: bool,
    room: str | None,
    new: bool,
    me: tuple[str, ...],
    people: tuple[str, ...],
    order: str | None,
    zone: str,
    listing: bool,
    undo: str | None,
) -> None:
    """Import chats that KakaoTalk, Telegram Desktop or WhatsApp exported: .txt, .csv, .zip, result.json or a folder.

    They stay on this device. Nothing is stored twice. An interrupted import continues when you run it again.
    """
    settings = settings_of(context)
    if undo is not None:
        run_async(_undo(settings, undo))
    elif listing:
        run_async(_list(settings))
    elif not files:
        raise Misused("import-what")
    else:
        named, in_files = _own_names(me, files)
        answers = ImportAnswers(named, order, _people(people), room, new, zone, in_files)  # type: ignore[arg-type]
        run_async(_import(settings, files, answers, preview=preview))


def _own_names(
    said: tuple[str, ...], files: tuple[Path, ...]
) -> tuple[tuple[str, ...] | None, dict[int | str, ChatAnswers]]:
    """The person's names in all files, and their name in the chats of one file."""
    names = {path.name for path in files}
    pairs = [(file, name) for file, split, name in (each.partition("=") for each in said) if split and file in names]
    everywhere = tuple(each for each in said if each.partition("=")[0] not in names)
    return everywhere or None, {file: ChatAnswers(name) for file, name in pairs}


def _people(said: tuple[str, ...]) -> dict[str, str]:
    pairs = [each.rpartition("=") for each in said]
    if any(not name or not handle for name, _, handle in pairs):
        raise Misused("person-syntax")
    return {name: handle for name, _, handle in pairs}


async def _undo(settings: Settings, id: str) -> None:
    async with opened(settings, online=False) as client:
        await client.imports.undo(id)
        note(settings, "import-undone")


async def _list(settings: Settings) -> None:
    async with opened(settings, online=False) as client:
        _show(settings, client.imports.all())


async def _import(settings: Settings, files: tuple[Path, ...], answers: ImportAnswers, *, preview: bool) -> None:
    async with opened(settings, online=False) as client:
        if preview:
            found = await client.imports.preview(files, answers)
            emit(found) if settings.as_json else _preview(settings, found)
            return
        try:
            done = await client.imports.run(files, answers, tell=lambda now: _progress(settings, now))
        except errors.ImportUnanswered:
            if not settings.as_json:
                _preview(settings, await client.imports.preview(files, answers))
            raise
        _show(settings, done)
        note(settings, "import-done", added=sum(chat.added for chat in done))


def _progress(settings: Settings, now: ImportProgress) -> None:
    if not settings.as_json and sys.stderr.isatty():
        sys.stderr.write(f"\r{now.done:,} / {now.total:,}" + ("\n" if now.done == now.total else ""))
        sys.stderr.flush()


def _show(settings: Settings, imports: list[ImportInfo]) -> None:
    if settings.as_json:
        for found in imports:
            emit(found)
    elif imports:
        table(
            (found.id.hex()[:12], found.service, found.title, found.state, f"{found.added:,}", f"{found.files:,}")
            for found in imports
        )
    else:
        note(settings, "no-lines")


def _preview(settings: Settings, found: ImportPreview) -> None:
    for chat in found.chats:
        _chat(settings, chat)
    for question in found.questions:
        line(say(f"import-ask-{question}", settings.language))


def _chat(settings: Settings, chat: ImportChat) -> None:
    words = settings.language
    line(f"{chat.service}: {chat.title}")
    line(say("import-lines", words, lines=f"{chat.lines:,}", first=_day(chat.first_at), last=_day(chat.last_at)))
    line("  " + ", ".join(f"{kind} {count:,}" for kind, count in chat.kinds.items()))
    for person in chat.people[:_MOST_NAMES]:
        line(f"  {person.name}: {person.lines:,}{' *' if person.me else ''}")
    if chat.asks_me:
        line(say("import-ask-me-here", words))
    if chat.continued:
        line(say("import-continued", words, count=f"{chat.continued:,}"))
    if chat.media_here or chat.media_missing:
        line(say("import-media", words, here=chat.media_here, missing=chat.media_missing))
    for odd in chat.oddities:
        numbers = ", ".join(map(str, odd.numbers))
        line(say("import-odd", words, what=say(f"import-odd-{odd.what}", words), count=odd.count, numbers=numbers))
    if chat.known:
        line(say("import-known", words))


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).astimezone().strftime("%Y-%m-%d")

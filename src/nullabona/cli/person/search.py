"""``nulla search``: messages by their words, by who said them and when."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note
from nullabona.cli.person.running import opened, run_async
from nullabona.cli.settings import at_home, settings_of

_DAY = timedelta(days=1)


@command()
@click.argument("text", default="")
@click.option("--room", metavar="ROOM", help="Only in this room.")
@click.option("--person", "people", multiple=True, metavar="NAME",
              help="Only messages of this contact, or of this name in imported history.")  # fmt: skip
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="From this day on.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Up to the end of this day.")
@click.option("--limit", default=30, metavar="N", help="How many, the newest ones.")
@at_home
@click.pass_context
def search(
    context: click.Context,
    text: str,
    *,
    room: str | None,
    people: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> None:
    """Find messages that contain every word of TEXT, newest first. Searches this device only."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings, online=False) as client:
            found = client.messages.search(
                text, room=room, people=people, since=_ms(since), until=_ms(until and until + _DAY), limit=limit
            )
            for hit in found:
                at = datetime.fromtimestamp(hit.message.sent_at / 1_000).astimezone().strftime("%Y-%m-%d %H:%M")
                emit(hit) if settings.as_json else line(f"{at} {hit.title} {hit.message.name}: {hit.snippet}")
            if not found:
                note(settings, "no-lines")

    run_async(work())


def _ms(day: datetime | None) -> int | None:
    return None if day is None else int(day.astimezone().timestamp() * 1_000)

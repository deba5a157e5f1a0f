"""Times of the legal desk as people write and read them: a date with a time, in the zone of docket.toml."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

import click

from nullabona.cli.docket.chosen import data_of
from nullabona.errors import UserError
from nullabona.operating.desk import zone_of


class NoTime(UserError):
    """The text is no time."""

    code = "docket-no-time"
    default_hint = "write 2027-01-31, or 2027-01-31T18:00 in the zone of docket.toml, or 2027-01-31T18:00+09:00"


def when(seconds: int, zone: tzinfo = UTC) -> str:
    """A time for people, with its zone."""
    return datetime.fromtimestamp(seconds, zone).strftime("%Y-%m-%d %H:%M %Z")


def zone_here(context: click.Context) -> tzinfo:
    """The zone of the desk of --data."""
    return zone_of(data_of(context))


def read_time(text: str, zone: tzinfo) -> int:
    """Seconds since 1970 of a date (its beginning) or a date with a time, in ``zone`` unless it names its own.

    Raises `NoTime`.
    """
    try:
        read = datetime.fromisoformat(text.strip())
        return int((read if read.tzinfo is not None else read.replace(tzinfo=zone)).timestamp())
    except (ValueError, OverflowError):
        raise NoTime(f"this is no time: {text}") from None

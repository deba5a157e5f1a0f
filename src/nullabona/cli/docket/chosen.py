"""What ``nulla docket`` was told before the command: the desk's folder, and the officer who acts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from nullabona.cli.usage import Misused
from nullabona.operating.desk import OpenedDesk, opened_desk
from nullabona.operating.officer_file import read_officer

SURE: Final = click.option(
    "--clock-is-right", is_flag=True, help="You checked the clock, which is ahead of the last time seen."
)


@dataclass(slots=True)
class Chosen:
    """What stands between ``nulla docket`` and the command."""

    data: Path | None = None
    officer: Path | None = None


def data_of(context: click.Context) -> Path:
    """The desk's folder."""
    chosen = context.find_object(Chosen)
    if chosen is None or chosen.data is None:
        raise Misused("name-the-desk")
    return chosen.data


@contextmanager
def at_desk(context: click.Context) -> Iterator[OpenedDesk]:
    """The desk of --data, with the officer of --officer at it."""
    data, chosen = data_of(context), context.find_object(Chosen)
    file = None if chosen is None else chosen.officer
    with opened_desk(data, None if file is None else read_officer(file)) as at:
        yield at

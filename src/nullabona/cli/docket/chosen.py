"""What ``nulla docket`` was told before the command: the desk's folder, and the officer who acts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from nullabona.cli.usage import Misused
from nullabona.docket.store.sqlite import DeskInUse
from nullabona.machine.lock import FolderInUse
from nullabona.operating.desk import OpenedDesk, open_desk
from nullabona.operating.officer_file import OfficerFile, read_officer

LISTEN: Final = click.option(
    "--listen",
    default="127.0.0.1:8450",
    show_default=True,
    metavar="HOST:PORT",
    help="The address where the console listens.",
)
SURE: Final = click.option(
    "--clock-is-right",
    is_flag=True,
    help="You checked the clock yourself: it is right, although it is ahead of the last time seen.",
)

PATIENCE_S: Final = 10.0
"""How long a command waits for another one that is at the desk, such as the publication that runs every minute."""
_LOOK_EVERY_S: Final = 0.2


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
    """The desk of --data, with the officer of --officer at it. Waits for a command that is there already.

    Raises `FolderInUse` or `DeskInUse` if the desk is still in use after `PATIENCE_S`.
    """
    data, chosen = data_of(context), context.find_object(Chosen)
    file = None if chosen is None else chosen.officer
    at = _opened(data, None if file is None else read_officer(file))
    try:
        yield at
    finally:
        at.close()


def _opened(data: Path, officer: OfficerFile | None) -> OpenedDesk:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return open_desk(data, officer=officer)
        except (FolderInUse, DeskInUse):
            if time.monotonic() > until:
                raise
            time.sleep(_LOOK_EVERY_S)

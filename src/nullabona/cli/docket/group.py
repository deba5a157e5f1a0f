"""``nulla docket``: the legal desk, its packages and its public record."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Final

import click

from nullabona.cli.docket import case, handover, office, public
from nullabona.cli.docket_open import Chosen

_LATER: Final = {
    "admit": "nullabona.cli.docket_console",
    "invite": "nullabona.cli.docket_console",
    "package": "nullabona.cli.docket.package",
    "publish": "nullabona.cli.docket.site",
    "record": "nullabona.cli.docket.record",
    "serve": "nullabona.cli.docket_console",
}
"""Commands whose libraries take a second to load."""


class Desk(click.Group):
    """Loads some commands when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_LATER])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _LATER:
            return super().get_command(ctx, cmd_name)
        command = getattr(importlib.import_module(_LATER[cmd_name]), cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Desk)
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", envvar="NULLA_DOCKET",
              show_envvar=True, help="The desk's folder, with its docket.toml.")  # fmt: skip
@click.option("--officer", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", envvar="NULLA_OFFICER",
              show_envvar=True, help="Your officer's file: whoever acts signs with it.")  # fmt: skip
@click.pass_context
def docket(context: click.Context, data: Path | None, officer: Path | None) -> None:
    """For operators' legal desks, and for whoever checks what they hand over and publish.

    Words and formats: spec/docket.md; a whole case step by step: docs/how-to/answer-a-warrant.md.
    """
    context.obj = Chosen(data, officer)


for _command in (*case.COMMANDS, handover.hand_over, *office.COMMANDS, *public.COMMANDS):
    docket.add_command(_command)

"""A group of commands that are imported when they are used: what one needs, another one's process never loads."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

from nullabona.cli.help import Group


class Lazy(Group):
    """``places`` says where each command is, as ``module:name``; others may be added as usual."""

    def __init__(self, *, places: Mapping[str, str], **more: Any) -> None:  # noqa: ANN401 - what click gives
        super().__init__(**more)
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self._places, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._places:
            return super().get_command(ctx, cmd_name)
        module, _, name = self._places[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

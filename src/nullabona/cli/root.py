"""The tree of commands. Each is imported when it is used, so that ``nulla --help`` is fast."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from typing import Any, Final

import click

from nullabona.cli.exits import HELP, INTERRUPTED, contained, show
from nullabona.cli.settings import Settings, as_person, settings_of
from nullabona.errors import NullabonaError
from nullabona.extras import missing

COMMANDS: Final = {
    "app": ("nullabona.cli.person.app:app", "The messenger with its own page."),
    "account": ("nullabona.cli.person.account:account", "Your account: create, show, publish, move, restore."),
    "device": ("nullabona.cli.person.device:device", "Your devices: link, join, name, remove."),
    "contact": ("nullabona.cli.person.contact:contact", "People: ask, accept, links, safety numbers, block."),
    "room": ("nullabona.cli.person.room:room", "Rooms: create, members, admins, leave."),
    "send": ("nullabona.cli.person.talk:send", "Send a message, from the command line or a pipe."),
    "read": ("nullabona.cli.person.talk:read", "Show the messages of a room."),
    "backup": ("nullabona.cli.person.backup:backup", "Backups: make one, check one, the key that opens them."),
    "restore": ("nullabona.cli.person.restore:restore", "A new profile from a backup."),
    "export": ("nullabona.cli.person.export:export", "Rooms as JSON, text and pages, with their media."),
    "search": ("nullabona.cli.person.search:search", "Find messages by word, person and date."),
    "save": ("nullabona.cli.person.save:save", "Save the file of a message."),
    "import": ("nullabona.cli.person.moving:import_history", "Bring your history from another messenger."),
    "follow": ("nullabona.cli.person.watch:follow", "Show what happens, as it happens."),
    "sync": ("nullabona.cli.person.watch:sync", "Send and receive what is waiting, then exit."),
    "status": ("nullabona.cli.person.watch:status", "Connections, what is to be sent, warnings."),
    "record": ("nullabona.cli.person.record:record", "Directories' public records: witnesses, checks, evidence."),
    "operator-notices": (
        "nullabona.cli.person.operator_notices:operator_notices",
        "Your operator's notices of legal demands.",
    ),
    "log": ("nullabona.cli.log.group:log", "Public logs: check all of one, prove an entry, watch it grow."),
    "relay": ("nullabona.cli.operator.relay:relay", "For operators: run a relay and its directory."),
    "witness": ("nullabona.cli.operator.witness:witness", "For operators: cosign other operators' logs."),
    "docket": ("nullabona.cli.docket.group:docket", "Legal demands: run a desk, check packages and the record."),
    "drill": ("nullabona.cli.drill:drill", "For everybody: play an adversary, see what they learn."),
}
"""name → (where, one line)."""


class Lazy(click.Group):
    """A group whose commands are imported when they are used, from where ``places`` says.

    A command with a line in ``lines`` is not even imported to be listed.
    """

    def __init__(
        self,
        *,
        places: Mapping[str, str],
        lines: Mapping[str, str] | None = None,
        **more: Any,  # noqa: ANN401 - what click gives
    ) -> None:
        super().__init__(**more)
        self._places, self._lines = places, lines or {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self._places:
            return None
        module, _, name = self._places[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if not self._lines:
            super().format_commands(ctx, formatter)
            return
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._lines[name]) for name in self.list_commands(ctx)])


class Root(Lazy):
    """The whole command line; calling it runs it and exits."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002 - click's signature
        run()


@click.group(
    cls=Root,
    places={name: place for name, (place, _) in COMMANDS.items()},
    lines={name: line for name, (_, line) in COMMANDS.items()},
    epilog=HELP,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="nullabona")
@as_person
def nulla() -> None:
    """A messenger whose operator can obey every order in full and still has nothing to give.

    Data goes to stdout, everything else to stderr. The options may also follow a command, where it uses them. All but
    --json and --lang can be set in the environment (NULLA_PROFILE, NULLA_PASSPHRASE_FILE, ...).
    """


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code; nothing that goes wrong ends in a traceback."""
    settings = Settings()
    try:
        code = _run(arguments, settings)
    except BrokenPipeError:
        code = _mute()
    sys.exit(code)


def _run(arguments: list[str] | None, settings: Settings) -> int:
    try:
        context = nulla.make_context("nulla", list(sys.argv[1:] if arguments is None else arguments))
        settings = settings_of(context)
        with context:
            result: Any = nulla.invoke(context)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except NullabonaError as error:
        return show(error, as_json=settings.as_json, language=settings.language)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last door: what is not ours is shown as a bug, without its text
        return show(missing(error) or contained(error), as_json=settings.as_json, language=settings.language)


def _mute() -> int:
    """Whoever read our output has gone: that is not an error of ours."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    return 0

"""The tree of commands. Each is imported when it is used, so that ``nulla --help`` is fast."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Final

import click

from nullabona.cli.exits import HELP, INTERRUPTED, contained, show
from nullabona.cli.handover import hand_over
from nullabona.cli.help import FRAME, group
from nullabona.cli.lazy import Lazy
from nullabona.cli.settings import Settings, as_person, language_in, settings_of
from nullabona.cli.usage import show_misuse
from nullabona.errors import NullabonaError
from nullabona.extras import missing
from nullabona.system.pipes import use_utf8
from nullabona.system.support import require_server_system
from nullabona.updating.holding import hold
from nullabona.words.catalogue import Language

COMMANDS: Final = {
    "app": "nullabona.cli.person.app:app",
    "account": "nullabona.cli.person.account:account",
    "device": "nullabona.cli.person.device:device",
    "contact": "nullabona.cli.person.contact:contact",
    "room": "nullabona.cli.person.room:room",
    "send": "nullabona.cli.person.talk:send",
    "read": "nullabona.cli.person.talk:read",
    "backup": "nullabona.cli.person.backup:backup",
    "restore": "nullabona.cli.person.restore:restore",
    "export": "nullabona.cli.person.export:export",
    "search": "nullabona.cli.person.search:search",
    "save": "nullabona.cli.person.save:save",
    "report": "nullabona.cli.person.report:report",
    "import": "nullabona.cli.person.moving:import_history",
    "follow": "nullabona.cli.person.watch:follow",
    "sync": "nullabona.cli.person.watch:sync",
    "status": "nullabona.cli.person.watch:status",
    "record": "nullabona.cli.person.record:record",
    "operator-notices": "nullabona.cli.person.operator_notices:operator_notices",
    "update": "nullabona.cli.update.group:update",
    "log": "nullabona.cli.log.group:log",
    "release": "nullabona.cli.release.group:release",
    "relay": "nullabona.cli.operator.relay:relay",
    "witness": "nullabona.cli.operator.witness:witness",
    "doctor": "nullabona.cli.checking.doctor:doctor",
    "docket": "nullabona.cli.docket.group:docket",
    "drill": "nullabona.cli.drill:drill",
}
"""Where each is. What `nulla --help` says of one is `nulla-NAME` in words/cli_help_frame.toml."""
SECTIONS: Final = {
    "for-people": (
        "app", "account", "device", "contact", "room", "send", "read", "search", "save", "report", "follow", "sync",
        "status", "backup", "restore", "export", "import", "record", "operator-notices", "update", "doctor",
    ),
    "for-operators": ("relay", "witness"),
    "for-legal-desks": ("docket",),
    "for-auditors": ("log", "release", "drill"),
}  # fmt: skip
"""By who needs them."""
SERVERS: Final = frozenset({"relay", "witness", "docket", "drill"})
"""Commands of servers and of those who run them."""
NOT_ON_WINDOWS: Final = SERVERS | {"update"}


class Root(Lazy):
    """The whole command line; calling it runs it and exits. To list its commands it imports none of them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # Before anything is read: --help ends the reading, and what is wrong is said in this language.
        settings_of(ctx).language = language_in(args)
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in NOT_ON_WINDOWS:
            require_server_system()
        return super().get_command(ctx, cmd_name)

    def summary(self, ctx: click.Context, name: str, language: Language) -> str:  # noqa: ARG002 - the base's signature
        return FRAME.say(f"nulla-{name}", language)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002 - click's signature
        run()


@group(
    cls=Root,
    places=COMMANDS,
    sections=SECTIONS,
    epilog=HELP,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="nullabona")
@as_person
@click.pass_context
def nulla(context: click.Context) -> None:
    """A messenger whose operator can obey every order in full and still has nothing to give.

    Data goes to stdout, everything else to stderr. The options may also follow a command, where it uses them. All but
    --json and --lang can be set in the environment (NULLA_PROFILE, NULLA_PASSPHRASE_FILE, ...).
    """
    if context.invoked_subcommand != "update":  # a new version that does not start must not keep anybody from `undo`
        hand_over()
    hold(Path(sys.prefix))


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code; nothing that goes wrong ends in a traceback."""
    use_utf8()
    settings = Settings()
    try:
        code = _run(sys.argv[1:] if arguments is None else arguments, settings)
    except BrokenPipeError:
        code = _mute()
    sys.exit(code)


def _run(arguments: list[str], settings: Settings) -> int:
    try:
        context = nulla.make_context("nulla", [*arguments])
        settings = settings_of(context)
        with context:
            result: Any = nulla.invoke(context)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        return show_misuse(error, language_in(arguments))
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except NullabonaError as error:
        return show(error, as_json=settings.as_json, language=settings.language)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last door: what is not ours is shown as a bug, without its text
        return show(missing(error) or contained(error), as_json=settings.as_json, language=settings.language)


def _mute() -> int:
    """The reader of our output has gone: that is no error of ours."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    return 0

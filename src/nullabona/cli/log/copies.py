"""``nulla log mirror`` and ``restore``: keep a copy of a log, and make a log whose machine was lost out of one."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from nullabona.cli.help import command
from nullabona.cli.log.work import read_policy, utc
from nullabona.cli.output import emit, note
from nullabona.cli.settings import Settings, connected, settings_of
from nullabona.errors import PeerError
from nullabona.log.policy import Policy
from nullabona.machine.http_client import Route
from nullabona.reading import (
    LogDiffers,
    LogForked,
    LogRolledBack,
    Report,
    open_files,
    update_mirror,
)
from nullabona.system.support import require_server_system

if TYPE_CHECKING:
    from nullabona.operating.keeping import Restored

_PROVEN: Final = (LogForked, LogRolledBack, LogDiffers)
"""What no other day makes better: a copy that goes on is no excuse for not saying it."""
_FOLDER: Final = click.Path(path_type=Path, file_okay=False)
_policy = click.option(
    "--policy",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    required=True,
    help="The signatures to require (spec/log.md).",
)


@command()
@click.argument("where")
@click.argument("folder", type=_FOLDER)
@_policy
@click.option("--every", type=click.IntRange(min=1), metavar="S", help="Repeat every S seconds until interrupted.")
@connected
@click.pass_context
def mirror(context: click.Context, where: str, folder: Path, policy: Path, every: int | None) -> None:
    """Keep a copy in FOLDER of the log at WHERE, with only the entries that it has checked.

    Exit code 3: the log shows fewer entries than the copy has, or different ones. You may publish the folder's
    `public`. If the log's machine is lost, `nulla log restore` rebuilds the log from this copy.
    """
    settings = settings_of(context)
    asyncio.run(_mirror(settings, where, folder, read_policy(policy), every))


async def _mirror(settings: Settings, where: str, folder: Path, policy: Policy, every: int | None) -> None:
    files = open_files(where, Route(settings.ca_file, settings.proxy))
    try:
        while True:
            try:
                _say(settings, await update_mirror(files, folder, policy, int(time.time())))
            except PeerError as error:
                if every is None or isinstance(error, _PROVEN):
                    raise
                note(settings, "log-unreached", code=error.code)
            if every is None:
                return
            await asyncio.sleep(every)
    finally:
        await files.close()


def _say(settings: Settings, report: Report) -> None:
    size = report.checkpoint.size
    if settings.as_json:
        emit({"origin": report.checkpoint.origin, "size": size, "root": report.checkpoint.root})
    note(settings, "log-mirrored", origin=report.checkpoint.origin, size=size)


@command()
@click.argument("copy")
@click.argument("folder", type=_FOLDER)
@_policy
@connected
@click.pass_context
def restore(context: click.Context, copy: str, folder: Path, policy: Path) -> None:
    """Rebuild a lost log in FOLDER from a COPY (a folder or URL), so that it can continue.

    The command checks the whole copy and asks the policy's witnesses how far they cosigned. It refuses a copy that
    lacks those entries, because no witness would cosign it. A copy does not hold the log's own keys: restore those from
    the operator's backup.
    """
    require_server_system()
    from nullabona.operating.keeping import restore_from  # of those who run a log, which Windows cannot

    settings = settings_of(context)
    route = Route(settings.ca_file, settings.proxy)
    tell_restored(settings, asyncio.run(restore_from(copy, folder, read_policy(policy), route)))


def tell_restored(settings: Settings, done: Restored) -> None:
    """Say what was made again, and which witnesses did not say how far they cosigned."""
    report, checkpoint, words = done.report, done.newest, done.words
    silent = [word.witness for word in words if word.error]
    if settings.as_json:
        emit({"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root, "silent": silent,
              "witnesses": {word.witness: word.checkpoint.size for word in words if word.checkpoint}})  # fmt: skip
    seen = report.seen.time_s if report.seen is not None else None
    when = utc(seen) if seen is not None else "-"
    note(settings, "log-restored", origin=checkpoint.origin, size=checkpoint.size, when=when)
    if silent:
        note(settings, "log-silent", names=", ".join(silent))

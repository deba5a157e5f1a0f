"""``nulla relay change-keys`` and ``install-keys``: other keys or witnesses for the public record."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from nullabona.cli.help import command
from nullabona.cli.operator.relay_options import as_serving
from nullabona.cli.operator.relay_settings import refusals, settings_from
from nullabona.cli.output import emit, note
from nullabona.cli.settings import settings_of, spoken
from nullabona.operating.key_changes import draft_keys, install_keys

_FILE: Final = click.Path(path_type=Path, dir_okay=False)


@command()
@click.argument("output", type=_FILE)
@click.option(
    "--new-witnesses",
    type=_FILE,
    metavar="FILE",
    help="Who must cosign from then on: a file as for --witnesses. Default: the same witnesses as now.",
)
@as_serving
@spoken
@click.pass_context
def change_keys(
    context: click.Context,
    /,
    *,
    output: Path,
    new_witnesses: Path | None,
    config: Path | None,
    **flags: Any,  # noqa: ANN401 - as click gives them
) -> None:
    """Make new keys for the public record and write the change into the file OUTPUT. Nothing changes yet.

    The relay may be running. Send OUTPUT to the operators of the present and of the new witnesses, and tell each the
    fingerprint by telephone. Give the files that they send back to `install-keys`.
    """
    settings = settings_of(context)
    with refusals(settings):
        change = draft_keys(settings_from(config, flags), new_witnesses, output)
        if settings.as_json:
            emit({"fingerprint": change.fingerprint, "number": change.number, "file": str(output)})
        else:
            note(settings, "keys-drafted", fingerprint=change.fingerprint, file=output)


@command()
@click.argument("confirmed", type=_FILE, nargs=-1)
@as_serving
@spoken
@click.pass_context
def install_keys_of(
    context: click.Context,
    /,
    *,
    confirmed: tuple[Path, ...],
    config: Path | None,
    **flags: Any,  # noqa: ANN401 - as click gives them
) -> None:
    """Continue the record with the keys that `change-keys` made. CONFIRMED: the files that the witnesses' operators
    sent back.

    The relay must be stopped. Refuses until enough present and enough new witnesses have confirmed. If it was
    interrupted, run it again. Then start the relay with the new witnesses.
    """
    settings = settings_of(context)
    with refusals(settings):
        change = install_keys(settings_from(config, flags), confirmed)
        if settings.as_json:
            emit({"number": change.number, "vkeys": [log.key.encode() for log in change.after.logs]})
        else:
            note(settings, "keys-installed")

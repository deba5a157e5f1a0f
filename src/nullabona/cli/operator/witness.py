"""``nulla witness``: cosign other operators' logs."""

from __future__ import annotations

import logging
import signal
import sys
import time
from pathlib import Path
from typing import Final

import click

from nullabona.cli.checking.telling import PATIENCE, route_of, tell
from nullabona.cli.help import group
from nullabona.cli.log.work import read_small
from nullabona.cli.output import emit, line, note
from nullabona.cli.settings import connected, settings_of, spoken
from nullabona.log.keys import vkey
from nullabona.log.note import encode_signatures
from nullabona.operating.checks.others import check_witness, status_of_witness
from nullabona.operating.draining import drain as end_server
from nullabona.witness.beginning import begin
from nullabona.witness.config import KEYS, LOG_KEYS, make_config, read_file
from nullabona.witness.core.limits import describe
from nullabona.witness.key_changes import check_for, confirm
from nullabona.witness.run import run_witness

_CONFIG: Final = click.option(
    "--config", type=click.Path(path_type=Path), metavar="FILE", required=True, help="TOML file."
)


@group()
def witness() -> None:
    """Run a witness: cosign other operators' logs after checking that they only grew."""


@witness.command()
@_CONFIG
@click.option(
    "--listen",
    multiple=True,
    metavar="ADDRESS",
    help="Listen here instead of at the file's address: HOST:PORT or unix:PATH.",
)
@spoken
@click.pass_context
def serve(context: click.Context, *, config: Path, listen: tuple[str, ...]) -> None:
    """Run until stopped. `nulla witness limits` lists every setting.

    Prints one line to stdout when it is ready. Logs its start, its stop, its own failures and evidence against a log to
    stderr, and nothing else about requests. SIGTERM stops it gracefully (exit code 0). If its memory is missing or is
    an old copy, it cosigns nothing (exit code 6).
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(name)s: %(message)s")
    settings = read_file(config)
    if listen:
        settings["listen"] = list(listen)
    made = make_config(settings)
    vkeys = [vkey(signer) for signer in made.signers]

    def ready(urls: list[str]) -> None:
        if settings_of(context).as_json:
            emit({"ready": urls[0], "listen": urls, "vkeys": vkeys})
        else:
            line(f"ready {' '.join(urls)}")

    run_witness(made, ready)


@witness.command()
@_CONFIG
@connected
@click.pass_context
def init(context: click.Context, *, config: Path) -> None:
    """Begin a new witness, once: make the empty file that remembers what it cosigned. It serves nothing.

    `serve` does not run without that file: an old key with an empty folder has forgotten what it cosigned. The command
    asks every log that has a `url` whether it shows a cosignature by this key. If one does, the witness is not new
    (exit code 6).
    """
    settings = settings_of(context)
    begin(make_config(read_file(config)), route_of(settings))


@witness.command()
@_CONFIG
@spoken
@click.pass_context
def check(context: click.Context, *, config: Path) -> None:
    """Say what is still missing before a witness with this configuration can cosign. Changes nothing.

    Run it as the witness's user. Exit code 1: something is wrong.
    """
    tell(settings_of(context), check_witness(config))


@witness.command()
@_CONFIG
@spoken
@click.pass_context
def status(context: click.Context, *, config: Path) -> None:
    """Ask the running witness how it is. Exit code 1: it is not running, or something is wrong."""
    tell(settings_of(context), status_of_witness(config))


@witness.command()
@_CONFIG
@PATIENCE
@spoken
@click.pass_context
def drain(context: click.Context, *, config: Path, timeout: int) -> None:
    """Stop the running witness: it answers the requests it has, and takes no new ones. Returns when it has stopped."""
    end_server(make_config(read_file(config)).data, signal.SIGTERM, timeout)
    note(settings_of(context), "server-drained")


@witness.command("cosign-keys")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_CONFIG
@click.option(
    "--fingerprint",
    metavar="HEX",
    help="The fingerprint that the log's operator told you by telephone. Default: only show the change.",
)
@spoken
@click.pass_context
def cosign_keys(context: click.Context, *, file: Path, config: Path, fingerprint: str | None) -> None:
    """Confirm the change of a log's keys that is in FILE, and print the signatures for the log's operator.

    Without --fingerprint the command shows who signs now and who will sign, and signs nothing. Call the log's operator
    at a number that you knew before, because somebody who stole the log's keys can send you such a file too. A witness
    confirms only one change of each number.
    """
    settings = settings_of(context)
    made = make_config(read_file(config))
    data = read_small(file)
    change = check_for(made, data)
    if fingerprint is None:
        emit({"before": change.text[0], "after": change.text[1]}) if settings.as_json else line("\n".join(change.text))
        note(settings, "keys-unconfirmed")
        return
    signatures = encode_signatures(confirm(made, data, fingerprint, int(time.time()))).decode()
    emit({"signatures": signatures}) if settings.as_json else line(signatures.rstrip())


@witness.command()
@spoken
@click.pass_context
def limits(context: click.Context) -> None:
    """List every setting, and every limit with its default, unit and meaning."""
    if settings_of(context).as_json:
        for limit in describe():
            emit(limit)
        return
    click.echo("# settings")
    for name, meaning in KEYS.items():
        click.echo(f"# {name}: {meaning}")
    click.echo("\n# of each [[log]]")
    for name, meaning in LOG_KEYS.items():
        click.echo(f"# {name}: {meaning}")
    click.echo("\n[limits]")
    for limit in describe():
        click.echo(f"# {limit.meaning} ({limit.unit})\n{limit.name} = {limit.default}")

"""``nulla witness``: cosign other operators' logs."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from nullabona.cli.help import group
from nullabona.cli.output import emit, line
from nullabona.cli.settings import settings_of, spoken
from nullabona.log.keys import vkey
from nullabona.witness.config import KEYS, LOG_KEYS, make_config, read_file
from nullabona.witness.core.limits import describe
from nullabona.witness.run import run_witness


@group()
def witness() -> None:
    """Be a witness: cosign other operators' logs after checking that they only grew."""


@witness.command()
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", required=True, help="TOML file.")
@click.option("--listen", multiple=True, metavar="ADDRESS", help="Instead of the file's: HOST:PORT or unix:PATH.")
@spoken
@click.pass_context
def serve(context: click.Context, *, config: Path, listen: tuple[str, ...]) -> None:
    """Serve until stopped; `nulla witness limits` lists every setting.

    Prints one line to stdout when ready. Logs its start, its stop, its own failures and evidence against a log to
    stderr, and nothing else of any request. SIGTERM stops it gracefully (exit 0).
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

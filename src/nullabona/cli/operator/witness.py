"""``nulla witness``: cosign other operators' logs."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import click

from nullabona.cli.output import emit
from nullabona.log.keys import vkey
from nullabona.witness.config import KEYS, LOG_KEYS, make_config, read_file
from nullabona.witness.core.limits import describe
from nullabona.witness.run import run_witness


@click.group()
def witness() -> None:
    """Be a witness: cosign other operators' logs after checking that they only grew."""


@witness.command()
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", required=True, help="TOML file.")
@click.option("--listen", multiple=True, metavar="ADDRESS", help="Instead of the file's: HOST:PORT or unix:PATH.")
@click.option("--json", "as_json", is_flag=True, help="Say readiness as one JSON line.")
def serve(*, config: Path, listen: tuple[str, ...], as_json: bool) -> None:
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
        line = json.dumps({"ready": urls[0], "listen": urls, "vkeys": vkeys}) if as_json else f"ready {' '.join(urls)}"
        click.echo(line)
        sys.stdout.flush()

    run_witness(made, ready)


@witness.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def limits(*, as_json: bool) -> None:
    """List every setting, and every limit with its default, unit and meaning."""
    if as_json:
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

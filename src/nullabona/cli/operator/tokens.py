"""``nulla relay token``: one text for each person who may register."""

from __future__ import annotations

from pathlib import Path

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line
from nullabona.cli.settings import settings_of, spoken
from nullabona.directory.core.registering import LONGEST_DAYS
from nullabona.machine.keyfile import read_key_file
from nullabona.operating.registration import make_tokens


@command()
@click.argument("key", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--host", required=True, metavar="HOST[:PORT]", help="The part after the @ in the handles.")
@click.option(
    "--count", default=1, type=click.IntRange(1, 10_000), metavar="N", help="How many tokens to print. Default: 1."
)
@click.option(
    "--days",
    default=30,
    type=click.IntRange(1, LONGEST_DAYS - 1),
    metavar="N",
    help="For how many days the tokens are valid. Default: 30.",
)
@spoken
@click.pass_context
def token(context: click.Context, /, *, key: Path, host: str, count: int, days: int) -> None:
    """Print registration tokens, one per line. Each lets one person register one handle.

    KEY is a file that `nulla log keygen --no-pq` made. It need not be on the relay's machine: the relay knows only the
    public key (--registration-keys). A token does not say whose it is. But if you note to whom you gave a token,
    somebody who watches the relay when it is used learns which handle that person registered.
    """
    settings = settings_of(context)
    for text in make_tokens(read_key_file(key)[0], host, days=days, count=count):
        emit({"token": text}) if settings.as_json else line(text)

"""``nulla release sign`` and ``enter``: what holders of release keys and the operator of the log do."""

from __future__ import annotations

import asyncio
import time
from hashlib import sha256
from pathlib import Path
from typing import Final

import click

from nullabona.cli.help import command
from nullabona.cli.log.work import read_policy, read_small, write_file
from nullabona.cli.output import emit, line, note
from nullabona.cli.release.files import read_statement_file
from nullabona.cli.settings import connected, settings_of, spoken
from nullabona.log.note import encode_signatures, parse_signatures
from nullabona.machine.http_client import Route
from nullabona.machine.keyfile import read_key_file
from nullabona.operating.release_log import enter as enter_statement
from nullabona.releases.statement import Entry, encode_statement
from nullabona.releases.statement import sign as sign_statement

_FILE: Final = click.Path(path_type=Path, dir_okay=False)
_FOLDER: Final = click.Path(path_type=Path, file_okay=False)


@command()
@click.argument("statement", type=_FILE)
@click.option("--key", type=_FILE, metavar="FILE", required=True, help="Your release key, of `nulla log keygen`.")
@click.option("-o", "--output", type=_FILE, metavar="FILE", help="Write the signatures here (default: stdout).")
@spoken
@click.pass_context
def sign(context: click.Context, statement: Path, key: Path, output: Path | None) -> None:
    """Sign STATEMENT with both parts of your release key, on a machine that only you use.

    Prints the SHA-256 of the statement: compare it with the other signers before you hand the signatures over.
    """
    settings = settings_of(context)
    read = read_statement_file(statement)
    signers = read_key_file(key)
    lines = encode_signatures(sign_statement(read, signers, int(time.time())))
    digest = sha256(encode_statement(read)).hexdigest()
    if output is not None:
        write_file(output, lines)
    if settings.as_json:
        emit({"statement": digest, "by": signers[0].name, "signatures": lines.decode()})
    elif output is None:
        for each in lines.decode().splitlines():
            line(each)
    note(settings, "release-signed", name=signers[0].name, digest=digest)


@command()
@click.argument("log_folder", type=_FOLDER)
@click.argument("statement", type=_FILE)
@click.argument("signatures", type=_FILE, metavar="SIGNATURES...", nargs=-1, required=True)
@click.option("--log-keys", type=_FILE, metavar="FILE", required=True, help="The log's own keys.")
@click.option(
    "--policy", type=_FILE, metavar="FILE", required=True, help="The log's witnesses and their quorum (spec/log.md)."
)
@connected
@click.pass_context
def enter(context: click.Context, log_folder: Path, statement: Path, signatures: tuple[Path, ...], log_keys: Path,
          policy: Path) -> None:  # fmt: skip
    """Enter STATEMENT with its SIGNATURES into the log in LOG_FOLDER, and publish it with the witnesses' cosignatures.

    A statement that would not hold is refused before it is in the log. The first statement makes the log. After an
    interruption repeat the command: a statement that is in the log already is not entered twice.
    """
    settings = settings_of(context)
    lines = [one for path in signatures for one in parse_signatures(read_small(path))]
    entry = Entry(read_statement_file(statement), tuple(lines))
    route = Route(settings.ca_file, settings.proxy)
    done = asyncio.run(
        enter_statement(log_folder, entry, read_key_file(log_keys), read_policy(policy), int(time.time()), route)
    )
    if settings.as_json:
        emit({"number": done.number, "size": done.size, "fingerprint": done.fingerprint})
    note(settings, "release-entered", number=done.number, size=done.size)

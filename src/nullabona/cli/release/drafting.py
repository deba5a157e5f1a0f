"""``nulla release draft…``: statements that are not signed yet."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Final

import click

from nullabona.cli.help import command
from nullabona.cli.log.work import read_small
from nullabona.cli.output import emit, line, note
from nullabona.cli.release.files import files_in, measured, read_pair, write_statement
from nullabona.cli.settings import settings_of, spoken
from nullabona.cli.usage import Misused
from nullabona.releases.choice import DAY_S
from nullabona.releases.ledger import fingerprint
from nullabona.releases.statement import Keys, Rebuilt, Release, Revoke

_FILE: Final = click.Path(path_type=Path, dir_okay=False)
_FOLDER: Final = click.Path(path_type=Path, file_okay=False)
_READS: Final = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
_log = click.option("--log", "origin", metavar="ORIGIN", required=True, help="The release log's name, HOST/releases.")
_number = click.option(
    "--number", type=click.IntRange(min=0), metavar="N", required=True, help="The next number, from 0 without gaps."
)
_output = click.option(
    "-o", "--output", type=_FILE, metavar="FILE", required=True, help="Write the statement here."
)  # fmt: skip


@command()
@click.argument("folder", type=_FOLDER)
@_log
@click.option("--version", metavar="VERSION", required=True, help="As the program itself prints it.")
@_number
@click.option("--tree", metavar="HASH", required=True, help="The git tree that the files were built from.")
@click.option("--sbom", type=_FILE, metavar="FILE", required=True, help="The bill of materials; its hash is released.")
@click.option("--python", metavar="X.Y", required=True, help="The oldest Python that the release runs on.")
@click.option("--reads", metavar="A-B", required=True, help="The versions of a profile that the release can open.")
@click.option("--notes", type=_FILE, metavar="FILE", help="What is new, for people; up to 4,000 characters.")
@_output
@spoken
@click.pass_context
def draft(context: click.Context, folder: Path, *, origin: str, version: str, number: int, tree: str, sbom: Path,
          python: str, reads: str, notes: Path | None, output: Path) -> None:  # fmt: skip
    """Draft the statement of a release with every file in FOLDER and below it."""
    span = _READS.fullmatch(reads)
    if span is None:
        raise Misused("profile-versions")
    said = "" if notes is None else read_small(notes).decode("utf-8", "replace").strip()
    statement = Release(
        origin, number, version, int(time.time()) // DAY_S, tree, files_in(folder), python,
        (int(span[1]), int(span[2])), measured(sbom)[1], said,
    )  # fmt: skip
    write_statement(output, statement)
    settings = settings_of(context)
    if settings.as_json:
        emit({"version": version, "number": number, "files": len(statement.files)})
    note(settings, "release-drafted", version=version, number=number, files=len(statement.files))


@command("draft-keys")
@_log
@_number
@click.option("--threshold", type=click.IntRange(2, 8), metavar="N", default=2, help="So many of the keys must sign.")
@click.option(
    "--key", "keys", type=_FILE, metavar="FILE", multiple=True, required=True, help="The public keys of one signer."
)
@click.option("--rebuilder", "rebuilders", type=_FILE, metavar="FILE", multiple=True, help="Those of one rebuilder.")
@_output
@spoken
@click.pass_context
def draft_keys(context: click.Context, origin: str, number: int, threshold: int, keys: tuple[Path, ...],
               rebuilders: tuple[Path, ...], output: Path) -> None:  # fmt: skip
    """Draft the statement that says whose keys release: the first entry of a log (number 0), or a change of keys.

    Each FILE has the two vkey lines that `nulla log keygen NAME KEYFILE --witness` prints. A change is signed by enough
    of the old keys and enough of the new ones. Prints the fingerprint of the statement, which people pin.
    """
    statement = Keys(origin, number, threshold, tuple(map(read_pair, keys)), tuple(map(read_pair, rebuilders)))
    write_statement(output, statement)
    settings = settings_of(context)
    pinned = fingerprint(statement)
    emit({"number": number, "fingerprint": pinned}) if settings.as_json else line(pinned)
    note(settings, "release-keys-drafted", number=number, threshold=threshold, keys=len(keys))


@command("draft-revoke")
@_log
@click.option("--version", metavar="VERSION", required=True, help="The version to take back.")
@click.option("--reason", metavar="TEXT", required=True, help="Why; everybody who has the version reads it.")
@_output
@spoken
@click.pass_context
def draft_revoke(context: click.Context, origin: str, version: str, reason: str, output: Path) -> None:
    """Draft the statement that takes a release back."""
    write_statement(output, Revoke(origin, version, reason))
    note(settings_of(context), "release-revoke-drafted", version=version)


@command("draft-rebuilt")
@click.argument("folder", type=_FOLDER)
@_log
@click.option("--version", metavar="VERSION", required=True, help="The release that you built.")
@click.option("--by", metavar="NAME", required=True, help="Your name, as in your keys.")
@_output
@spoken
@click.pass_context
def draft_rebuilt(context: click.Context, folder: Path, origin: str, version: str, by: str, output: Path) -> None:
    """Draft the statement of what you got when you built a release yourself: every file in FOLDER and below it."""
    statement = Rebuilt(origin, version, by, files_in(folder))
    write_statement(output, statement)
    note(settings_of(context), "release-rebuilt-drafted", version=version, files=len(statement.files))

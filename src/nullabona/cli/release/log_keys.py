"""``nulla release draft-log-keys`` and ``install-log-keys``: other keys or witnesses for the release log itself."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Final

import click

from nullabona.cli.help import command
from nullabona.cli.log.work import read_policy_text, read_small, write_file
from nullabona.cli.output import emit, note
from nullabona.cli.release.files import write_statement
from nullabona.cli.settings import settings_of, spoken
from nullabona.machine.keyfile import read_key_file
from nullabona.operating.release_log_keys import draft_log_keys, install_log_keys

_FILE: Final = click.Path(path_type=Path, dir_okay=False)
_FOLDER: Final = click.Path(path_type=Path, file_okay=False)


@command("draft-log-keys")
@click.argument("log_folder", type=_FOLDER)
@click.argument("change", type=_FILE)
@click.option("--log-keys", type=_FILE, metavar="FILE", required=True, help="The log's own keys.")
@click.option("--new-log-keys", type=_FILE, metavar="FILE", required=True, help="Its keys from then on, of keygen.")
@click.option(
    "--policy", type=_FILE, metavar="FILE", required=True, help="The log's witnesses and their quorum (spec/log.md)."
)
@click.option("--new-policy", type=_FILE, metavar="FILE", help="Who must cosign from then on. Default: the same.")
@click.option("-o", "--output", type=_FILE, metavar="FILE", required=True, help="Write the statement here.")
@spoken
@click.pass_context
def draft(context: click.Context, log_folder: Path, change: Path, *, log_keys: Path, new_log_keys: Path, policy: Path,
          new_policy: Path | None, output: Path) -> None:  # fmt: skip
    """Write a change of the log's own keys into the file CHANGE, and the statement that release keys sign for it.

    Nothing changes yet. Send CHANGE to the operators of the present and of the new witnesses, and tell each the
    fingerprint by telephone; the hash that signers of the statement compare begins with it. Enter the statement, then
    give what the operators send back to `install-log-keys`.
    """
    settings = settings_of(context)
    after = None if new_policy is None else read_policy_text(new_policy)
    signers, fresh = read_key_file(log_keys), read_key_file(new_log_keys)
    made, file, statement = draft_log_keys(
        log_folder, signers, fresh, read_policy_text(policy), after, int(time.time())
    )
    write_file(change, file)
    write_statement(output, statement)
    if settings.as_json:
        emit({"fingerprint": made.fingerprint, "number": made.number, "change": statement.change, "file": str(change)})
    note(settings, "release-log-keys-drafted", fingerprint=made.fingerprint, file=change, statement=output)


@command("install-log-keys")
@click.argument("log_folder", type=_FOLDER)
@click.argument("change", type=_FILE)
@click.argument("confirmed", type=_FILE, metavar="CONFIRMED...", nargs=-1)
@click.option("--fingerprint", metavar="HASH", required=True, help="The fingerprint of the log's first statement.")
@click.option("-o", "--output", type=_FILE, metavar="FILE", help="Write the policy with the new keys here.")
@spoken
@click.pass_context
def install(context: click.Context, log_folder: Path, change: Path, confirmed: tuple[Path, ...], *, fingerprint: str,
            output: Path | None) -> None:  # fmt: skip
    """Have the log in LOG_FOLDER signed with the keys of CHANGE from now on. CONFIRMED: what the operators of its
    witnesses sent back.

    Refuses until enough present and new witnesses have confirmed, and the statement for it is in the published log.
    Then enter the newest statement once more with the new keys and the new policy.
    """
    settings = settings_of(context)
    made = asyncio.run(install_log_keys(log_folder, read_small(change), confirmed, fingerprint))
    if output is not None:
        write_file(output, made.text[1].encode())
    if settings.as_json:
        emit({"number": made.number, "vkeys": [log.key.encode() for log in made.after.logs]})
    note(settings, "release-log-keys-installed")

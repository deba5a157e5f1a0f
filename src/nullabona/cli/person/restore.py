"""``nulla restore``: a new profile from a backup."""

from __future__ import annotations

from pathlib import Path

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note
from nullabona.cli.person.backup import asked_words, backup_passphrase
from nullabona.cli.person.progress import progress_line
from nullabona.cli.person.running import client_options, new_unlock, profile_path, run_async
from nullabona.cli.settings import as_person, settings_of
from nullabona.client.api import BackupKey, PassphraseKey, needs_backup_passphrase, phrase_key, restore_backup

_PATH = click.Path(path_type=Path)


@command()
@click.argument("file", type=_PATH)
@click.argument("later", type=_PATH, required=False)
@click.option(
    "--backup-passphrase-file", type=_PATH, metavar="FILE", help="The first line of FILE is the backup's passphrase."
)
@click.option("--offline", is_flag=True, help="Do not look up the account's current card.")
@click.option(
    "--unprotected",
    "protection",
    flag_value="unprotected",
    help="No passphrase for the new profile. For bots and demos.",
)
@click.option("--keychain", "protection", flag_value="keychain", help="The system's keychain opens the new profile.")
@click.option("--timeout", default=30.0, metavar="S", help="Longest wait for the server, in seconds.")
@as_person
@click.pass_context
def restore(
    context: click.Context,
    file: Path,
    later: Path | None,
    *,
    backup_passphrase_file: Path | None,
    offline: bool,
    protection: str | None,
    timeout: float,
) -> None:
    """Create a new profile from the backup FILE, and from LATER if one was made with --after.

    You are asked for the 24 words (or they are read from stdin), unless the backup has its own passphrase. Account,
    handle, contacts, history and settings come back. The card then names this device only. You can read rooms at once,
    and write as soon as another member's device lets this one back in.
    """
    settings = settings_of(context)
    needs = needs_backup_passphrase(file)
    key: BackupKey
    if needs:
        key = PassphraseKey(backup_passphrase(settings, backup_passphrase_file, confirm=False))
    else:
        key = phrase_key(asked_words(settings))
    unlock = new_unlock(settings, protection or "passphrase")
    restored = run_async(
        restore_backup(
            profile_path(settings),
            unlock,
            [file, later] if later is not None else [file],
            key,
            options=client_options(settings, online=not offline),
            timeout_s=timeout,
            watch=progress_line(settings),
        )
    )
    counts = restored.counts
    if settings.as_json:
        emit({"handle": restored.handle, "made_at": restored.made_at, "counts": counts})
        return
    line(restored.handle)
    kept = {"messages": counts.messages, "contacts": counts.contacts, "rooms": counts.rooms}
    note(settings, "restored", handle=restored.handle, **kept)
    note(settings, "restored-rooms")

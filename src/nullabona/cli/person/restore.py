"""``nulla restore``: a new profile from a backup."""

from __future__ import annotations

from pathlib import Path

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note
from nullabona.cli.person.backup import asked_words, backup_passphrase
from nullabona.cli.person.backup_schedule import at_words
from nullabona.cli.person.progress import progress_line
from nullabona.cli.person.running import client_options, new_unlock, profile_path, run_async
from nullabona.cli.settings import as_person, settings_of
from nullabona.client.api import (
    AtRelay,
    BackupKey,
    PassphraseKey,
    WordsKey,
    needs_backup_passphrase,
    phrase_key,
    restore_backup,
    restore_from,
)

_PATH = click.Path(path_type=Path)


@command()
@click.argument("file", type=_PATH, required=False, metavar="FILE|FOLDER")
@click.argument("later", type=_PATH, required=False)
@click.option("--server", "handle", metavar="HANDLE", help="The backup that the server of HANDLE has.")
@click.option("--earlier", is_flag=True, help="The backup before the newest, of a folder or a server.")
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
    file: Path | None,
    later: Path | None,
    *,
    handle: str | None,
    earlier: bool,
    backup_passphrase_file: Path | None,
    offline: bool,
    protection: str | None,
    timeout: float,
) -> None:
    """Create a new profile from the backup FILE, and from LATER if one was made with --after.

    FOLDER is where `nulla backup schedule` sent backups; --server takes the one at a server. You are asked for the 24
    words (or they are read from stdin), unless the backup has its own passphrase. Account, handle, contacts, history
    and settings come back. The card then names this device only. You can read rooms at once, and write as soon as
    another member's device lets this one back in.
    """
    settings = settings_of(context)
    if (file is None) == (handle is None):
        raise click.UsageError("give FILE, FOLDER or --server HANDLE", context)
    options, path, watch = client_options(settings, online=not offline), profile_path(settings), progress_line(settings)
    place = AtRelay(handle) if handle is not None else file
    assert place is not None
    key: BackupKey
    if isinstance(place, Path) and not place.is_dir() and needs_backup_passphrase(place):
        key = PassphraseKey(backup_passphrase(settings, backup_passphrase_file, confirm=False))
    else:
        key = phrase_key(asked_words(settings))
    unlock = new_unlock(settings, protection or "passphrase")
    if isinstance(place, AtRelay) or place.is_dir():
        assert isinstance(key, WordsKey)
        restored = run_async(
            restore_from(path, unlock, place, key, options=options, timeout_s=timeout, earlier=earlier, watch=watch)
        )
        note(settings, "restored-made-at", at=at_words(restored.made_at))
    else:
        files = [place, later] if later is not None else [place]
        restored = run_async(restore_backup(path, unlock, files, key, options=options, timeout_s=timeout, watch=watch))
    counts = restored.counts
    if settings.as_json:
        emit({"handle": restored.handle, "made_at": restored.made_at, "counts": counts})
        return
    line(restored.handle)
    kept = {"messages": counts.messages, "contacts": counts.contacts, "rooms": counts.rooms}
    note(settings, "restored", handle=restored.handle, **kept)
    note(settings, "restored-rooms")

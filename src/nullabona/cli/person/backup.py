"""``nulla backup``: one encrypted file with everything, checked; and the key that the 24 words give for it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nullabona.cli.help import Group, group
from nullabona.cli.output import emit, line, note, say
from nullabona.cli.person.backup_schedule import now, schedule, status, stop
from nullabona.cli.person.progress import progress_line
from nullabona.cli.person.running import client_options, opened, run_async
from nullabona.cli.settings import PassphraseNeeded, PassphraseUnreadable, Settings, at_home, settings_of
from nullabona.client.api import (
    AtRelay,
    BackupInfo,
    BackupKey,
    FoundBackup,
    PassphraseKey,
    WordsKey,
    check_backup,
    check_backup_place,
    needs_backup_passphrase,
    phrase_key,
)

_PATH = click.Path(path_type=Path)


class FileOrCommand(Group):
    """``nulla backup FILE`` is ``nulla backup make FILE``, unless FILE is the name of a command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = [word for word in args if not word.startswith("-")]
        if args and "--help" not in args and "-h" not in args and not any(word in self.commands for word in words[:1]):
            args = ["make", *args]
        return super().parse_args(ctx, args)


@group(cls=FileOrCommand)
def backup() -> None:
    """Write everything this profile remembers into one encrypted file: nulla backup FILE.

    Without a command, FILE is made (see `nulla backup make --help` for the options).
    """


for each in (schedule, stop, now, status):
    backup.add_command(each)


@backup.command()
@click.argument("file", type=_PATH)
@click.option("--after", type=_PATH, metavar="FILE", help="Only what changed since that full backup.")
@click.option("--passphrase", is_flag=True, help="Protect it with a passphrase instead of the 24 words.")
@click.option(
    "--backup-passphrase-file", type=_PATH, metavar="FILE", help="The first line of FILE is the backup's passphrase."
)
@click.option("--no-check", is_flag=True, help="Do not read the file back before it replaces an older one.")
@at_home
@click.pass_context
def make(
    context: click.Context,
    file: Path,
    *,
    after: Path | None,
    passphrase: bool,
    backup_passphrase_file: Path | None,
    no_check: bool,
) -> None:
    """Make the backup FILE, complete or not at all. An existing FILE stays until the new one was read back."""
    settings = settings_of(context)
    key: BackupKey | None = None
    if passphrase or backup_passphrase_file is not None:
        key = PassphraseKey(backup_passphrase(settings, backup_passphrase_file, confirm=True))

    async def work() -> BackupInfo | None:
        async with opened(settings, online=False) as client:
            return await client.archive.backup(
                file, key=key, after=after, verify=not no_check, watch=progress_line(settings)
            )

    info = run_async(work())
    if settings.as_json:
        emit(info if info is not None else {"path": str(file)})
        return
    line(str(file))
    if info is None:
        note(settings, "backup-unread", path=file)
    else:
        note(settings, "backup-made", path=file, messages=info.messages, files=info.files, size=info.size)
    note(settings, "backup-opens-with-words" if key is None else "backup-opens-with-passphrase")


@backup.command()
@click.argument("file", type=_PATH, metavar="FILE|FOLDER|server")
@click.option("--words", is_flag=True, help="Ask for the 24 words (or read stdin) instead of using a profile.")
@click.option("--handle", metavar="HANDLE", help="With --words and server: whose backup it is.")
@click.option(
    "--backup-passphrase-file", type=_PATH, metavar="FILE", help="The first line of FILE is the backup's passphrase."
)
@at_home
@click.pass_context
def check(
    context: click.Context, file: Path, *, words: bool, handle: str | None, backup_passphrase_file: Path | None
) -> None:
    """Read the whole backup FILE, or the newest in FOLDER or at your server, and say what it holds.

    Tries the profile's own key, unless --words is given.
    """
    settings = settings_of(context)
    relay = str(file) == "server"
    in_pieces = relay or file.is_dir()

    async def work() -> BackupInfo | FoundBackup:
        key: BackupKey | None = None
        if not in_pieces:
            key = _given_key(settings, file, backup_passphrase_file, words=words)
        elif words:
            key = phrase_key(asked_words(settings))
        whose = handle or ""
        if key is None or (relay and not whose):
            async with opened(settings, online=False) as client:
                key, whose = client.archive.backup_key(), client.me.handle
        watch = progress_line(settings)
        if in_pieces:
            assert isinstance(key, WordsKey)
            place = AtRelay(whose) if relay else file
            return await check_backup_place(place, key, options=client_options(settings), watch=watch)
        return await check_backup(file, key, watch=watch)

    info = run_async(work())
    if settings.as_json:
        emit(info)
        return
    line(
        say(
            "backup-whole",
            settings.language,
            messages=info.messages,
            files=info.files,
            handle=info.handle,
        )
    )
    if isinstance(info, BackupInfo) and info.after:
        note(settings, "backup-needs-first")


def _given_key(settings: Settings, file: Path, passphrase_file: Path | None, *, words: bool) -> BackupKey | None:
    """What opens a file; None: the words of a profile."""
    if needs_backup_passphrase(file):
        return PassphraseKey(backup_passphrase(settings, passphrase_file, confirm=False))
    return phrase_key(asked_words(settings)) if words else None


@backup.command()
@click.option("--words", is_flag=True, help="Ask for the 24 words (or read stdin) instead of using a profile.")
@at_home
@click.pass_context
def key(context: click.Context, *, words: bool) -> None:
    """Show the key that opens backups with the standard age tool. Anybody who reads it can open them."""
    settings = settings_of(context)

    async def work() -> None:
        if words:
            found = phrase_key(asked_words(settings))
        else:
            async with opened(settings, online=False) as client:
                found = client.archive.backup_key()
        if settings.as_json:
            emit({"identity": found.identity, "recipient": found.recipient})
        else:
            line(found.identity)

    run_async(work())


def backup_passphrase(settings: Settings, file: Path | None, *, confirm: bool) -> str:
    """The passphrase of a backup, from a file or a person."""
    if file is not None:
        try:
            return file.read_text("utf-8").split("\n", 1)[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise PassphraseUnreadable("the passphrase file cannot be read") from error
    if not settings.interactive:
        raise PassphraseNeeded(
            "the backup needs its passphrase and there is nobody to ask", hint="use --backup-passphrase-file FILE"
        )
    again = say("repeat-passphrase", settings.language) if confirm else False
    wanted = "new-backup-passphrase" if confirm else "backup-passphrase"
    return str(click.prompt(say(wanted, settings.language), hide_input=True, confirmation_prompt=again, err=True))


def asked_words(settings: Settings) -> str:
    """The 24 words, from a person or from stdin."""
    if settings.interactive:
        return str(click.prompt(say("ask-phrase", settings.language), hide_input=True, err=True))
    return sys.stdin.read()

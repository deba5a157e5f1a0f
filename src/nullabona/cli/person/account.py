"""``nulla account``: your account on this device."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, TypeVar

import click

from nullabona.cli.help import group
from nullabona.cli.output import emit, line, note, say
from nullabona.cli.person.running import opened, opened_or_new, profile_path, reach, run_async
from nullabona.cli.settings import Settings, as_person, at_home, settings_of
from nullabona.client.api import Client, OwnAccount, discard_profile, errors
from nullabona.words.relays import relay_name

USUAL_PERIOD_S = 600
"""Of a directory whose record was not looked at yet."""
F = TypeVar("F", bound=Callable[..., Any])


@group()
def account() -> None:
    """Your account: create, show, publish, move, restore."""


def new_profile(command: F) -> F:
    """The options of commands that make a profile."""
    unprotected = click.option(
        "--unprotected",
        "protection",
        flag_value="unprotected",
        help="No passphrase: anybody who has the files has everything. For bots and demos.",
    )
    keychain = click.option(
        "--keychain", "protection", flag_value="keychain", help="The system's keychain opens the profile."
    )
    timeout = click.option("--timeout", default=30.0, metavar="S", help="Longest wait for the server, in seconds.")
    return unprotected(keychain(timeout(command)))


@account.command()
@click.argument("handle")
@click.option("--relay", metavar="URL", help="The server for your inbox and rooms (default: the handle's host).")
@click.option("--token", default="", metavar="TEXT", help="The registration token, where the server asks for one.")
@click.option("--no-wait", is_flag=True, help="Do not wait until the server has accepted the card.")
@new_profile
@as_person
@click.pass_context
def create(
    context: click.Context,
    handle: str,
    *,
    relay: str | None,
    token: str,
    no_wait: bool,
    protection: str | None,
    timeout: float,
) -> None:
    """Create an account with HANDLE (name@server, or a name alone with --relay) and a profile to keep it in.

    A passphrase protects the profile. You are asked for it, or it is read from --passphrase-file.
    """
    settings = settings_of(context)
    wait_s = None if no_wait else timeout
    run_async(_create(settings, handle, relay, token, wait_s=wait_s, protection=protection or "passphrase"))


async def _create(
    settings: Settings, handle: str, relay: str | None, token: str, *, wait_s: float | None, protection: str
) -> None:
    path = profile_path(settings)
    new = not path.exists()
    try:
        async with opened_or_new(settings, protection) as client:
            await client.account.create(handle, relay=relay, token=token)
            try:
                if wait_s is not None:
                    await _publish(settings, client, wait_s)
            except errors.Unreachable:
                _created(settings, client)
                raise
            _created(settings, client)
            _show(settings, client.me)
    except (errors.NotRegistered, errors.TokenInvalid):
        if new:
            discard_profile(path)  # else an account that nobody can reach would stay on the disk
        raise


def _created(settings: Settings, client: Client) -> None:
    note(settings, "account-created", handle=client.me.handle)
    note(settings, "write-down")


async def _publish(settings: Settings, client: Client, wait_s: float, *, anew: bool = False) -> None:
    try:
        await reach(settings, client, wait_s)
        await client.account.wait_published(anew=anew, timeout_s=wait_s)
    except errors.PendingStill:
        raise
    except errors.Unreachable:
        note(settings, "publish-later")
        raise
    note(settings, "account-published")


@account.command()
@at_home
@click.pass_context
def show(context: click.Context) -> None:
    """Show the account of the profile."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings, online=False) as client:
            _show(settings, client.me)

    run_async(work())


@account.command()
@click.option("--timeout", default=30.0, metavar="S", help="Longest wait for the server, in seconds.")
@as_person
@click.pass_context
def publish(context: click.Context, *, timeout: float) -> None:
    """Wait until the server has accepted the card."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings) as client:
            await _publish(settings, client, timeout, anew=True)
            _show(settings, client.me)

    run_async(work())


@account.command()
@click.option("--words", type=click.Choice(["english", "korean"]), default="english", help="Language of the words.")
@at_home
@click.pass_context
def phrase(context: click.Context, *, words: Literal["english", "korean"]) -> None:
    """Show the 24 words that restore the account. Anybody who reads them can take over the account."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings, online=False) as client:
            text = client.account.phrase(words)
            emit({"phrase": text}) if settings.as_json else line(text)

    run_async(work())


@account.command()
@click.argument("handle")
@new_profile
@as_person
@click.pass_context
def restore(context: click.Context, handle: str, *, protection: str | None, timeout: float) -> None:
    """Restore the account HANDLE on this new device from its 24 words (asked for, or from stdin).

    Handle, identity key and inbox come back. Messages, contacts and settings do not; a backup has them (`nulla
    restore`). Rooms come back through old contacts: `nulla contact add` each of them. They need not accept.
    """
    settings = settings_of(context)
    if settings.interactive:
        words = str(click.prompt(say("ask-phrase", settings.language), hide_input=True, err=True))
    else:
        words = sys.stdin.read()
    run_async(_restore(settings, handle, words, timeout, protection or "passphrase"))


async def _restore(settings: Settings, handle: str, words: str, wait_s: float, protection: str) -> None:
    async with opened_or_new(settings, protection) as client:
        await client.account.restore(words, handle, timeout_s=wait_s)
        note(settings, "account-restored", handle=client.me.handle)
        note(settings, "restored-then")
        await _publish(settings, client, wait_s)
        note(settings, "restored-soon", minutes=_shown_within(client))
        _show(settings, client.me)


@account.command()
@click.argument("relay_url")
@click.option(
    "--from", "leaving", metavar="URL", help="Also move rooms that are still at this server (default: yours)."
)
@click.option("--timeout", default=30.0, metavar="S", help="Longest wait for the servers.")
@as_person
@click.pass_context
def move(context: click.Context, relay_url: str, *, leaving: str | None, timeout: float) -> None:
    """Move your inbox, and the rooms you may move, to another server. The old server may be gone.

    Nothing is lost: messages that the old server had not delivered are stored at the new one. Other people and your
    other devices follow automatically. To undo it, move back.
    """
    settings = settings_of(context)
    run_async(_move(settings, relay_url, leaving, timeout))


async def _move(settings: Settings, relay: str, leaving: str | None, timeout_s: float) -> None:
    async with opened(settings) as client:
        moved = await client.account.move_relay(relay, leaving=leaving, timeout_s=timeout_s)
        note(settings, "account-moved", relay=relay_name(moved.relay), count=len(moved.rooms))
        await _publish(settings, client, timeout_s)
        with suppress(errors.Unreachable, errors.PendingStill):
            await client.sync(timeout_s=timeout_s)
        emit(moved) if settings.as_json else line(moved.relay)


@account.command()
@click.option("--yes", metavar="HANDLE", default="", help="The account's handle: do not ask for it.")
@click.option("--timeout", default=60.0, metavar="S", help="Longest wait until other members are informed.")
@as_person
@click.pass_context
def delete(context: click.Context, *, yes: str, timeout: float) -> None:
    """Delete the account for good. It leaves every room, its card is erased and its devices are removed.

    Nobody can take the handle for 90 days. Other people keep what they received. The profile's folder stays readable
    until you delete it.
    """
    settings = settings_of(context)
    run_async(_delete(settings, yes, timeout))


async def _delete(settings: Settings, handle: str, timeout_s: float) -> None:
    async with opened(settings) as client:
        if not handle and settings.interactive:
            question = say("ask-delete", settings.language).format(handle=client.me.handle)
            handle = str(click.prompt(question, err=True))
        await client.account.delete(handle, timeout_s=timeout_s)
        note(settings, "account-deleted", handle=handle)


def _show(settings: Settings, me: OwnAccount) -> None:
    emit(me) if settings.as_json else line(me.handle)


def _shown_within(client: Client) -> int:
    """In how many minutes a changed card is shown: two periods of the directory's record (spec/map.md §5)."""
    period_s = client.record.standing().period_s or USUAL_PERIOD_S
    return max(1, -(-2 * period_s // 60))

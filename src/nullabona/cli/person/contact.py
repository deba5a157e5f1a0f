"""``nulla contact``: people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import click

from nullabona.cli.help import group
from nullabona.cli.output import emit, line, note, say, table
from nullabona.cli.person.link import contact_link, open_link, verify
from nullabona.cli.person.running import in_step, opened, run_async
from nullabona.cli.person.sentences import mark, warn_of_changes
from nullabona.cli.settings import Settings, as_person, at_home, settings_of
from nullabona.client.api import Client, ContactInfo

Act = Callable[[Client], Awaitable[ContactInfo | None]]


@group()
def contact() -> None:
    """People: ask, accept, decline, links, safety numbers, block."""


async def _act(
    settings: Settings, act: Act, key: str, handle: str, wait_s: float | None, *, arrivals: bool = True
) -> None:
    """Do one thing and, unless only to be stored, wait until it has gone out; with ``arrivals`` also for answers."""
    async with opened(settings, online=wait_s is not None) as client:
        info = await act(client)
        if wait_s is not None and arrivals:
            await in_step(settings, client, wait_s)
        elif wait_s is not None:
            await client.sync(timeout_s=wait_s, arrivals=False)
        if info is not None and info.answered:
            key = "accept-waits"
        note(settings, key, handle=info.handle if info is not None else handle)
        warn_of_changes(settings, client)
        if info is not None:
            emit(info) if settings.as_json else line(info.handle)


@contact.command()
@click.argument("handle")
@click.option("--greeting", default="", metavar="TEXT", help="A short message for them.")
@click.option("--timeout", default=30.0, metavar="S", help="Longest wait for the servers.")
@as_person
@click.pass_context
def add(context: click.Context, handle: str, *, greeting: str, timeout: float) -> None:
    """Send HANDLE a contact request. For somebody on your own server the first part is enough."""
    settings = settings_of(context)

    def ask(client: Client) -> Awaitable[ContactInfo]:
        return client.contacts.request(handle, greeting, timeout_s=timeout)

    run_async(_act(settings, ask, "requested", handle, timeout, arrivals=False))


@contact.command()
@click.argument("handle")
@click.option("--no-wait", is_flag=True, help="Only store it; a later command sends it.")
@click.option("--timeout", type=float, metavar="S", help="Longest wait for the servers (30).")
@as_person
@click.pass_context
def accept(context: click.Context, handle: str, *, no_wait: bool, timeout: float | None) -> None:
    """Accept the contact request of HANDLE."""
    settings = settings_of(context)
    wait_s = None if no_wait else settings.patience(timeout)
    run_async(_act(settings, lambda c: c.contacts.accept(handle), "accepted", handle, wait_s))


@contact.command()
@click.argument("handle")
@at_home
@click.pass_context
def decline(context: click.Context, handle: str) -> None:
    """Decline the request of HANDLE. They are not told."""
    run_async(_act(settings_of(context), lambda c: c.contacts.decline(handle), "declined", handle, None))


@contact.command()
@click.argument("handle")
@at_home
@click.pass_context
def block(context: click.Context, handle: str) -> None:
    """Block HANDLE. They are not told."""
    run_async(_act(settings_of(context), lambda c: c.contacts.block(handle), "blocked", handle, None))


@contact.command()
@click.argument("handle")
@at_home
@click.pass_context
def unblock(context: click.Context, handle: str) -> None:
    """Unblock HANDLE."""
    run_async(_act(settings_of(context), lambda c: c.contacts.unblock(handle), "unblocked", handle, None))


@contact.command()
@click.argument("handle")
@at_home
@click.pass_context
def delete(context: click.Context, handle: str) -> None:
    """Delete HANDLE from your contacts and leave your room with them. Its history stays here."""
    run_async(_act(settings_of(context), lambda c: c.contacts.delete(handle), "contact-deleted", handle, None))


contact.add_command(contact_link)
contact.add_command(open_link)
contact.add_command(verify)


@contact.command("list")
@at_home
@click.pass_context
def list_contacts(context: click.Context) -> None:
    """List your contacts."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings, online=False) as client:
            _show(settings, client.contacts.all())
            warn_of_changes(settings, client)

    run_async(work())


def _show(settings: Settings, contacts: list[ContactInfo]) -> None:
    if settings.as_json:
        for info in contacts:
            emit(info)
    elif contacts:
        table(
            (
                info.handle,
                say(f"contact-{info.state}", settings.language),
                mark(settings, info),
                _in_record(settings, info),
                _told_apart(info, contacts),
            )
            for info in contacts
        )
    else:
        note(settings, "no-lines")


def _told_apart(info: ContactInfo, contacts: list[ContactInfo]) -> str:
    """What they wrote, and of two accounts with one handle the beginning of the account's id, which names it."""
    alike = sum(other.handle == info.handle for other in contacts) > 1
    return f"{info.account.hex()[:12]} {info.greeting}".strip() if alike else info.greeting


def _in_record(settings: Settings, info: ContactInfo) -> str:
    """What the public record says of them, where that is not settled or they wait for an answer."""
    if not info.record or (info.record == "proven" and info.state != "asking"):
        return ""
    return say(f"in-record-{info.record}", settings.language)

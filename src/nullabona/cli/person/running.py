"""Opening the profile for one command: unlocking, the network, and a loop that says nothing by itself."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from nullabona.cli.output import note, say
from nullabona.cli.settings import USUAL_S, PassphraseNeeded, Settings
from nullabona.client.api import (
    Client,
    Keychain,
    NetOptions,
    Options,
    Passphrase,
    Unlock,
    Unprotected,
    default_profile_path,
    open_client,
    profile_protection,
)
from nullabona.system.interrupts import ENDINGS, on_signals

T = TypeVar("T")
REACH_S = 5.0
"""So long a command waits for a relay that does not answer at all, unless more was asked for than is usual."""
A_MOMENT_S = 2.0
"""What takes longer is told."""
_CANCEL_AGAIN_S = 1.0


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``. Ctrl-C cancels it and is raised as `KeyboardInterrupt`."""

    async def quietly() -> T:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, _context: None)
        task = asyncio.current_task()
        assert task is not None
        on_signals((signal.SIGINT,), partial(_interrupt, loop, task))
        try:
            return await work
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None

    return asyncio.run(quietly())


def end_at_log_out() -> None:
    """Have the end of the person's session end what runs as Ctrl-C does: in order, so that nothing stays shown."""
    task = asyncio.current_task()
    assert task is not None
    others = tuple(number for number in ENDINGS if number is not signal.SIGINT)
    on_signals(others, partial(_interrupt, asyncio.get_running_loop(), task))


def _interrupt(loop: asyncio.AbstractEventLoop, task: asyncio.Task[object]) -> None:
    """Cancel ``task``, and again if the cancellation gets lost on the way: Ctrl-C never hangs.

    Nothing can be lost by it: whatever a client does is one transaction at a time.
    """
    if not task.done():
        task.cancel()
        loop.call_later(_CANCEL_AGAIN_S, _interrupt, loop, task)


def profile_path(settings: Settings) -> Path:
    """The profile's directory."""
    return settings.profile or default_profile_path(environment=os.environ, home=Path.home())


@asynccontextmanager
async def opened(settings: Settings, *, online: bool = True) -> AsyncIterator[Client]:
    """The client of an existing profile."""
    path = profile_path(settings)
    async with open_client(
        path, unlock=_unlock(settings, path), options=client_options(settings, online=online)
    ) as client:
        yield client


@asynccontextmanager
async def opened_or_new(settings: Settings, protection: str) -> AsyncIterator[Client]:
    """The client of the profile, which is created with ``protection`` if there is none."""
    path = profile_path(settings)
    unlock = _unlock(settings, path) if path.exists() else new_unlock(settings, protection)
    async with open_client(path, unlock=unlock, create=True, options=client_options(settings)) as client:
        yield client


async def reach(settings: Settings, client: Client, wait_s: float) -> None:
    """Returns when a relay is there. Raises `Unreachable` soon if none is, unless it was said to wait for long.

    A proxy may take its time.
    """
    patient = wait_s > USUAL_S or settings.proxy
    await client.wait_connected(timeout_s=wait_s if patient else min(wait_s, REACH_S))


async def in_step(settings: Settings, client: Client, wait_s: float, *, receipts: bool = False) -> None:
    """As `Client.sync`, having said that it takes long if it does."""
    await reach(settings, client, wait_s)
    said = asyncio.get_running_loop().call_later(A_MOMENT_S, note, settings, "catches-up")
    try:
        await client.sync(timeout_s=wait_s, receipts=receipts)
    finally:
        said.cancel()


def client_options(settings: Settings, *, online: bool = True) -> Options:
    """How the client reaches relays."""
    net = NetOptions(ca_file=settings.ca_file, proxy=settings.proxy, fast=settings.fast)
    return Options(net=net, online=online)


def _unlock(settings: Settings, path: Path) -> Unlock:
    protection = profile_protection(path)
    if protection == "unprotected":
        return Unprotected()
    if protection == "keychain":
        return Keychain()
    return Passphrase(_passphrase(settings, "passphrase", confirm=False))


def new_unlock(settings: Settings, protection: str) -> Unlock:
    """How a new profile is protected."""
    if protection == "unprotected":
        return Unprotected()
    if protection == "keychain":
        return Keychain()
    return Passphrase(_passphrase(settings, "new-passphrase", confirm=True))


def _passphrase(settings: Settings, key: str, *, confirm: bool) -> str:
    given = settings.read_passphrase_file()
    if given is not None:
        return given
    if not settings.interactive:
        raise PassphraseNeeded("the profile needs its passphrase and there is nobody to ask")
    again = say("repeat-passphrase", settings.language) if confirm else False
    text = click.prompt(say(key, settings.language), hide_input=True, confirmation_prompt=again, err=True)
    return str(text)

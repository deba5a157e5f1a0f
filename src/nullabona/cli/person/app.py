"""``nulla app``: the messenger with its own page, in the browser or a window."""

from __future__ import annotations

import asyncio
import os
import webbrowser
from pathlib import Path

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note, say
from nullabona.cli.person.login import LoginStart
from nullabona.cli.settings import Settings, as_person, settings_of
from nullabona.cli.update.folder import updates_folder
from nullabona.system.folders import default_profile_path


@command()
@click.argument("link", required=False, default="")
@click.option("--no-browser", is_flag=True, help="Do not open a browser; print the address.")
@click.option(
    "--window", is_flag=True, help="Use a window of its own instead of the browser (needs the extra `window`)."
)
@click.option("--port", type=click.IntRange(1, 65_535), metavar="N", help="The port on loopback (default: a free one).")
@click.option(
    "--relay",
    metavar="HOST",
    envvar="NULLA_RELAY",
    default="",
    help="The server of handles that you type without @ (default: your own).",
)
@click.option(
    "--register/--unregister",
    default=None,
    help="Only let invite links of other programs open in this app from now on, with the options given here; or no "
    "longer (on a Linux desktop).",
)
@click.option(
    "--background",
    is_flag=True,
    help="Open no page now: receive messages and notify. A notification, the tray or `nulla app` opens it.",
)
@click.option(
    "--at-login/--no-login",
    default=None,
    help="Only let the app start in the background from now on when you log in, with the options given here; or no "
    "longer.",
)
@as_person
@click.pass_context
def app(
    context: click.Context,
    *,
    link: str,
    no_browser: bool,
    window: bool,
    port: int | None,
    relay: str,
    register: bool | None,
    background: bool,
    at_login: bool | None,
) -> None:
    """Open the messenger. It runs until you press Ctrl-C.

    Keys, messages and connections stay in this process. It serves its page to this machine only. If it is already
    running, this opens another page of it. An invite LINK is shown there first.
    """
    settings = settings_of(context)
    if register is not None:
        if link:
            raise click.UsageError("--register and --unregister take no link")
        given = _given(settings, no_browser=no_browser, window=window, port=port, relay=relay)
        _register(settings, given if register else None, terminal=not window)
        return
    # The window ends with its process; what starts at log-in has none.
    starts = LoginStart(_given(settings, no_browser=no_browser, window=False, port=port, relay=relay))
    if at_login is not None:
        _switch(settings, starts, on=at_login)
    elif window:
        _show(settings, port=port or 0, relay=relay, link=link)
    elif link or port or relay or background or not asyncio.run(_reopen(settings, browser=not no_browser)):
        from nullabona.cli.person.running import run_async

        run_async(
            _run(settings, starts, browser=not no_browser, back=background, port=port or 0, relay=relay, link=link)
        )


def _given(settings: Settings, *, no_browser: bool, window: bool, port: int | None, relay: str) -> list[str]:
    """The options that a start by a link has to have, too: one without the proxy would show the person's address."""
    paths = {"--profile": settings.profile, "--ca-file": settings.ca_file}
    values: dict[str, object] = {flag: path.absolute() for flag, path in paths.items() if path is not None}
    values |= {"--proxy": settings.proxy, "--port": port or None, "--relay": relay or None}
    flags = {"--fast": settings.fast, "--window": window, "--no-browser": no_browser}
    texts = [text for flag, value in values.items() if value is not None for text in (flag, str(value))]
    return texts + [flag for flag, on in flags.items() if on]


def _register(settings: Settings, given: list[str] | None, *, terminal: bool) -> None:
    """Let links open with these options, or no longer (None)."""
    from nullabona.cli.person.desktop_entry import DesktopEntry
    from nullabona.processes.program import nulla

    entry = DesktopEntry(os.environ, Path.home())
    if given is not None:
        entry.register([*nulla("app"), *given, "--"], terminal=terminal)
    else:
        entry.unregister()
    if settings.as_json:
        emit({"entry": str(entry.path), "registered": given is not None})
    else:
        line(say("links-open-here" if given is not None else "links-open-nowhere", settings.language, path=entry.path))


def _switch(settings: Settings, starts: LoginStart, *, on: bool) -> None:
    """Start at log-in from now on, or no longer."""
    starts.switch(on=on)
    if settings.as_json:
        emit({"at_login": starts.is_on()})
    else:
        line(say("starts-at-login" if on else "starts-not-at-login", settings.language))


async def _reopen(settings: Settings, *, browser: bool) -> bool:
    """Open a page of the process that is the profile's app already; False if there is none. Raises `NoAnswer`.

    This imports no client, so that the page opens at once.
    """
    from nullabona.app.server.instance import Instance
    from nullabona.app.server.launch import private_folder
    from nullabona.app.server.renewal import is_taken_over

    if is_taken_over():  # this process has the lock
        return False
    profile = settings.profile or default_profile_path(environment=os.environ, home=Path.home())
    instance = Instance(private_folder(profile.absolute()))
    if instance.claim():
        instance.release()
        return False
    await _tell(settings, await instance.ask_other(), mine=False, browser=browser)
    note(settings, "app-elsewhere")
    return True


async def _tell(settings: Settings, launch: Path, *, mine: bool, browser: bool) -> None:
    """Open a launch file in the browser, or say where it is."""
    shown = browser and await asyncio.to_thread(_browse, launch)
    if settings.as_json:
        emit({"url": launch.as_uri(), "mine": mine})
    elif not shown:
        line(say("app-open", settings.language, url=launch.as_uri()))


def _show(settings: Settings, *, port: int, relay: str, link: str) -> None:
    from nullabona.app.run import running_app
    from nullabona.app.window import show_window
    from nullabona.cli.person.running import client_options, profile_path

    path, options = profile_path(settings).absolute(), client_options(settings)
    spoken = settings.language
    folder = updates_folder()
    show_window(
        lambda: running_app(path, options=options, host=relay, port=port, language=spoken, updates=folder, link=link)
    )


async def _run(
    settings: Settings, starts: LoginStart, *, browser: bool, back: bool, port: int, relay: str, link: str
) -> None:
    from nullabona.app.run import running_app
    from nullabona.cli.person.running import client_options, end_at_log_out, profile_path

    end_at_log_out()
    options = client_options(settings)
    path = profile_path(settings).absolute()
    browse = _browse if browser else None
    async with running_app(
        path,
        options=options,
        host=relay,
        port=port,
        language=settings.language,
        updates=updates_folder(),
        renews=True,
        browse=browse,
        link=link,
        background=back,
        at_login=starts,
    ) as opened:
        if back and opened.mine and not opened.again and settings.as_json:
            emit({"url": "", "mine": True})
        if opened.again or (back and opened.mine):
            await asyncio.Event().wait()
        if back and not link:
            note(settings, "app-elsewhere")
            return
        await _tell(settings, opened.launch, mine=opened.mine, browser=browser)
        if opened.mine:
            note(settings, "app-running")
            await asyncio.Event().wait()
        note(settings, "app-elsewhere")
        if port or relay:
            note(settings, "app-elsewhere-options")


def _browse(launch: Path) -> bool:
    return webbrowser.open(launch.as_uri())

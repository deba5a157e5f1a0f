"""``nulla app``: the messenger with its own page, in the browser or a window."""

from __future__ import annotations

import asyncio
import os
import webbrowser
from pathlib import Path

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note, say
from nullabona.cli.person.running import client_options, profile_path, run_async
from nullabona.cli.settings import Settings, as_person, settings_of


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
    if window:
        _show(settings, port=port or 0, relay=relay, link=link)
        return
    run_async(_run(settings, browser=not no_browser, port=port or 0, relay=relay, link=link))


def _given(settings: Settings, *, no_browser: bool, window: bool, port: int | None, relay: str) -> list[str]:
    """The options that a start by a link has to have, too: one without the proxy would show the person's address."""
    paths = {"--profile": settings.profile, "--ca-file": settings.ca_file}
    values: dict[str, object] = {flag: path.absolute() for flag, path in paths.items() if path is not None}
    values |= {"--proxy": settings.proxy, "--port": port or None, "--relay": relay or None}
    flags = {"--private": settings.private, "--fast": settings.fast, "--window": window, "--no-browser": no_browser}
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


def _show(settings: Settings, *, port: int, relay: str, link: str) -> None:
    from nullabona.app.run import running_app
    from nullabona.app.window import show_window

    path, options = profile_path(settings).absolute(), client_options(settings)
    spoken = settings.language
    show_window(lambda: running_app(path, options=options, host=relay, port=port, language=spoken, link=link))


async def _run(settings: Settings, *, browser: bool, port: int, relay: str, link: str) -> None:
    from nullabona.app.run import running_app

    options = client_options(settings)
    path = profile_path(settings).absolute()
    browse = _browse if browser else None
    async with running_app(
        path,
        options=options,
        host=relay,
        port=port,
        language=settings.language,
        renews=True,
        browse=browse,
        link=link,
    ) as opened:
        if opened.again:
            await asyncio.Event().wait()
        url = opened.launch.as_uri()
        shown = browser and await asyncio.to_thread(_browse, opened.launch)
        if settings.as_json:
            emit({"url": url, "mine": opened.mine})
        elif not shown:
            line(say("app-open", settings.language, url=url))
        if opened.mine:
            note(settings, "app-running")
            await asyncio.Event().wait()
        note(settings, "app-elsewhere")
        if port or relay:
            note(settings, "app-elsewhere-options")


def _browse(launch: Path) -> bool:
    return webbrowser.open(launch.as_uri())

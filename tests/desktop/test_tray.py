"""The tray's icon, as a tray asks for it: what it shows, what its menu does, and that it comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from nullabona.app.desktop.tray import MENU
from tests.api.people import play
from tests.desktop.service import Client, Recorder, TrayHost
from tests.desktop.showing import Acted, desktop, until

PROPERTIES = "org.freedesktop.DBus.Properties"


def test_the_tray_shows_how_many_are_unread_and_opens_and_quits(
    notifications: Callable[..., Recorder], address: str
) -> None:
    """Status and tooltip follow the number; the icon and its menu open a page, and the menu ends the process."""
    notifications()
    tray, person, acted = TrayHost(address), Client(address), Acted()

    async def story() -> None:
        async with desktop(acted) as shows:
            await until(lambda: tray.items)
            ((name, path),) = tray.items

            async def ask(member: str, signature: str, *values: object, path: str = path, of: str = tray.ITEM) -> Any:  # noqa: ANN401
                return await asyncio.to_thread(person.call, name, path, of, member, signature, *values)

            async def shown(what: str) -> object:
                ((_, value),) = await ask("Get", "ss", tray.ITEM, what, of=PROPERTIES)
                return value

            assert ("Active", MENU) == (await shown("Status"), await shown("Menu"))
            shows.count(3)
            await until(lambda: {"NewStatus", "NewToolTip"} <= set(tray.changed))
            assert "NeedsAttention" == await shown("Status")
            assert ("", [], "nullabona", "Unread: 3") == await shown("ToolTip")
            await ask("Activate", "ii", 0, 0)
            menu = "com.canonical.dbusmenu"
            layout = await ask("GetLayout", "iias", 0, -1, [], path=MENU, of=menu)
            rows = layout[1][2]
            assert ["Open", "Quit"] == [row[1][1]["label"][1] for row in rows]
            for _, (id, _, _) in rows:
                await ask("Event", "isvu", id, "clicked", ("s", ""), 0, path=MENU, of=menu)

    try:
        play(story())
    finally:
        person.close()
        tray.close()
    assert [("open", ""), ("open", ""), ("quit",)] == acted.done


def test_the_icon_is_there_again_when_the_tray_is(notifications: Callable[..., Recorder], address: str) -> None:
    """A panel that restarts gets it again; a desktop without a tray lacks nothing else."""
    notifications()

    async def story() -> None:
        async with desktop():
            for _ in range(2):
                tray = TrayHost(address)
                await until(partial(lambda tray: tray.items, tray))
                await asyncio.to_thread(tray.close)

    play(story())

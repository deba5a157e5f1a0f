"""The icon in the tray: a StatusNotifierItem with a menu (``com.canonical.dbusmenu``), where the desktop has a tray.

It says how many messages are unread and nothing else. Every program of the same user may press it. That opens the page
in the person's browser, or ends this process, which such a program can do anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from nullabona.app.desktop.alert import Acts, Labels
from nullabona.app.desktop.bus import Bus, Called, NoAnswer, Service
from nullabona.app.desktop.notifier import APP

WATCHER: Final = Service("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher", "org.kde.StatusNotifierWatcher")
ITEM: Final = "/StatusNotifierItem"
MENU: Final = "/NullabonaMenu"
_ITEM_INTERFACE: Final = "org.kde.StatusNotifierItem"
_MENU_INTERFACE: Final = "com.canonical.dbusmenu"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_ICONS: Final = Path(__file__).parents[1] / "page"
_OPEN, _QUIT = 1, 2
_Variant = tuple[str, Any]
_Answer = tuple[str, tuple[Any, ...]]


class Tray:
    """The icon of one connection. ``changed``: a tray came or went."""

    def __init__(self, bus: Bus, acts: Acts, labels: Callable[[], Labels], changed: Callable[[], object]) -> None:
        self._bus = bus
        self._acts = acts
        self._labels = labels
        self._changed = changed
        self._unread = 0

    async def begin(self) -> None:
        """Answer a tray from now on, and follow whether there is one. Raises `NoAnswer`."""
        self._bus.serve(ITEM, self._item)
        self._bus.serve(MENU, self._menu)
        await self._bus.watch(WATCHER.name, self._changed)

    async def register(self) -> None:
        """Show the icon in the tray that is there. A tray that knows it already keeps one."""
        if self._bus.owner(WATCHER.name):
            with suppress(NoAnswer):
                await self._bus.call(WATCHER, "RegisterStatusNotifierItem", "s", ITEM)

    async def count(self, unread: int) -> None:
        """Show another number. Raises `NoAnswer`."""
        self._unread = unread
        for member in ("NewStatus", "NewToolTip"):
            values = ("s", self._status) if member == "NewStatus" else ("",)
            await self._bus.tell(ITEM, _ITEM_INTERFACE, member, *values)

    # -- the icon -----------------------------------------------------------------------------------------------------

    @property
    def _status(self) -> str:
        return "NeedsAttention" if self._unread else "Active"

    def _shown(self) -> dict[str, _Variant]:
        tooltip = self._labels().tooltip.format(count=self._unread) if self._unread else ""
        return {
            "Category": ("s", "Communications"),
            "Id": ("s", APP),
            "Title": ("s", APP),
            "Status": ("s", self._status),
            "IconName": ("s", "icon"),
            "AttentionIconName": ("s", "icon"),
            "IconThemePath": ("s", str(_ICONS)),
            "ToolTip": ("(sa(iiay)ss)", ("", [], APP, tooltip)),
            "ItemIsMenu": ("b", False),
            "Menu": ("o", MENU),
        }

    def _item(self, called: Called) -> _Answer | None:
        if called.interface == _PROPERTIES:
            return _property(self._shown(), called)
        if called.member == "Activate":
            self._acts.open("")
        elif called.member not in {"SecondaryActivate", "ContextMenu", "Scroll"}:
            return None
        return "", ()

    # -- its menu -----------------------------------------------------------------------------------------------------

    def _menu(self, called: Called) -> _Answer | None:
        if called.interface == _PROPERTIES:
            version = {"Version": ("u", 3), "Status": ("s", "normal"), "TextDirection": ("s", "ltr")}
            return _property(version, called)
        match called.member, called.arguments:
            case "GetLayout", (int(parent), *_):
                return "u(ia{sv}av)", (1, self._layout(parent))
            case "GetGroupProperties", (list(ids), *_):
                wanted = [id for id in ids or self._rows() if id in self._rows()]
                return "a(ia{sv})", ([(id, self._row(id)) for id in wanted],)
            case "AboutToShow", _:
                return "b", (False,)
            case "Event", (int(id), str(event), *_):
                if event == "clicked":
                    self._pressed(id)
                return "", ()
            case _:
                return None

    def _rows(self) -> dict[int, str]:
        labels = self._labels()
        return {_OPEN: labels.open, _QUIT: labels.quit}

    def _row(self, id: int) -> dict[str, _Variant]:
        return {"label": ("s", self._rows()[id])}

    def _layout(self, parent: int) -> tuple[int, dict[str, _Variant], list[_Variant]]:
        if parent in self._rows():
            return parent, self._row(parent), []
        rows: list[_Variant] = [("(ia{sv}av)", (id, self._row(id), [])) for id in self._rows()]
        return 0, {"children-display": ("s", "submenu")}, rows

    def _pressed(self, id: int) -> None:
        if id == _OPEN:
            self._acts.open("")
        elif id == _QUIT:
            self._acts.quit()


def _property(shown: dict[str, _Variant], called: Called) -> _Answer | None:
    match called.member, called.arguments:
        case "GetAll", _:
            return "a{sv}", (shown,)
        case "Get", (_, str(name)) if name in shown:
            return "v", (shown[name],)
        case _:
            return None

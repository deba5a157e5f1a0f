"""Decides which events notify the person, by the level they chose, and words warnings.

The desktop shows a notification where it can, otherwise each page does: never both (spec/app.md §8).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final, assert_never

from nullabona.app.desktop.alert import Alert, Desktop, NoDesktop
from nullabona.app.presenting.text import notified, one_line, short_handle
from nullabona.app.presenting.warned import warned
from nullabona.app.protocol import pushes as p
from nullabona.app.session.pages import OpenPages, Tick
from nullabona.app.session.views import Views, now_ms
from nullabona.client.api import events as e
from nullabona.errors import UserError
from nullabona.words.catalogue import Language
from nullabona.words.notifications import NOTIFICATIONS
from nullabona.words.relays import relay_name
from nullabona.words.warnings import as_met, level_of

APP_NAME: Final = "nullabona"
REQUESTS: Final = "requests"
NOTICES: Final = "notices"
WARNINGS: Final = "warnings"
_COUNTED_S: Final = 0.25
"""The number of unread messages is made that much later, once for what came meanwhile."""


class Notifications:
    """Has news shown by the desktop or by pages, which show them unless the person is looking anyway."""

    def __init__(self, views: Views, pages: OpenPages, language: Language, desktop: Desktop | None = None) -> None:
        self._views = views
        self._pages = pages
        self._fallback = language
        self._desktop: Desktop = desktop if desktop is not None else NoDesktop()
        self._newest: dict[str, str] = {}
        """By key: the message whose notification was asked for last."""
        self._counting = Tick(self._count, _COUNTED_S)

    def begin(self) -> None:
        """Show how many messages are unread."""
        self._counting.ask()

    def stop(self) -> None:
        """Show nothing more."""
        self._counting.close()

    def note(self, event: e.Event) -> None:
        """Show what an event is news of, and take back what it ends."""
        self._tell_of(event)
        if self._desktop.shows:
            self._outlive(event)
            self._counting.ask()

    def _count(self) -> None:
        rows = self._views.chats()
        self._desktop.count(sum(row.unread for row in rows if not row.muted and not row.archived))

    def _outlive(self, event: e.Event) -> None:
        """What was read, answered or is gone for everybody is not news any more."""
        match event:
            case e.ReadMarker() | e.Removed() | e.Left() | e.MessageStateChanged():
                self._withdraw_read(event.room)
            case e.MessageChanged() | e.MessageGone():
                if self._newest.get(event.room.hex()) == event.message.hex() and self._is_gone(event):
                    self._withdraw(event.room.hex())
            case e.OperatorNoticeChanged(put_away=True):
                self._withdraw(NOTICES)
            case e.ContactAccepted() | e.ContactChanged() | e.RoomRequestGone() | e.Joined():
                if REQUESTS in self._newest and not self._views.people.requests():
                    self._withdraw(REQUESTS)
            case _:
                pass

    def _withdraw_read(self, room: bytes) -> None:
        if room.hex() not in self._newest:
            return
        try:
            unread = self._views.chat(room).unread
        except UserError:
            unread = 0
        if not unread:
            self._withdraw(room.hex())

    def _is_gone(self, event: e.MessageChanged | e.MessageGone) -> bool:
        try:
            return self._views.client.messages.get(event.room, event.message).kind == "deleted"
        except UserError:
            return True

    def _withdraw(self, key: str) -> None:
        self._newest.pop(key, None)
        self._desktop.withdraw(key)

    def _show(self, alert: Alert, push: p.Notify) -> None:
        """Show it where it can be shown, unless the person is looking at it or wants quiet."""
        chosen, now = self._views.client.preferences.get(), time.localtime()
        if chosen.notify == "off" or chosen.is_quiet(now.tm_hour * 60 + now.tm_min):
            return
        if not self._desktop.shows:
            self._pages.push(push)
        elif not self._pages.is_looked_at(push.room):
            self._newest[alert.key] = alert.message
            self._desktop.show(alert, lambda: self._pages.push(push))

    def _tell_of(self, event: e.Event) -> None:  # noqa: C901, PLR0912 - one case for each kind of event
        match event:
            case e.MessageReceived():
                self._message(event)
            case e.ContactRequested() | e.RoomRequested():
                self._request(event)
            case e.OperatorNoticeChanged(put_away=False):
                self._operator()
            case e.SignedOut() | e.HistoryCame():
                self._devices(event)
            case e.Warned():
                self._tell(event.code, event.room, event.detail)
            case e.RequestRefused():
                self._tell("refused", event.room, {"code": event.code})
            case e.ChangeFailed():
                self._tell("change-failed", event.room, {"code": event.reason})
            case e.RelayMoved() | e.RelayLostBox():
                self._relay(event)
            case e.Published() | e.PreferencesChanged() | e.DevicesChanged() | e.OperatorNoticeChanged():
                pass
            case e.MessageChanged() | e.MessageGone() | e.NoticeAdded() | e.MessageStateChanged() | e.ReadMarker():
                pass
            case e.Typing() | e.Transfer() | e.ContactAccepted() | e.ContactChanged() | e.CardChecked():
                pass
            case e.IdentityChanged() | e.ProfileChanged() | e.RoomRequestGone() | e.LinkUsed():
                pass
            case e.JoinRequestChanged() | e.Joined() | e.MemberAdded() | e.MemberRemoved() | e.RoomChanged():
                pass
            case e.EpochChanged() | e.Removed() | e.Leaving() | e.Left() | e.Rejoined() | e.RoomMoved():
                pass
            case e.ConnectionChanged() | e.EventsForgotten() | e.OtherEvent():
                pass
            case _:
                assert_never(event)

    @property
    def _language(self) -> Language:
        return self._views.client.preferences.get().language or self._fallback

    def _devices(self, event: e.SignedOut | e.HistoryCame) -> None:
        if isinstance(event, e.SignedOut):
            self._tell("signed-out", b"", {})
        elif event.whole:
            self._tell("history-whole", b"", {"count": event.messages})

    def _relay(self, event: e.RelayMoved | e.RelayLostBox) -> None:
        if isinstance(event, e.RelayMoved):
            self._tell("relay-moved", b"", {"relay": relay_name(event.relay)})
        else:
            self._tell("relay-lost-box", event.room, {})

    def _tell(self, code: str, room: bytes, values: Mapping[str, Any]) -> None:
        code = as_met(code, published=self._views.client.me.published)
        shown = {key: one_line(str(value)) for key, value in values.items()}
        if "handle" in shown:
            shown["handle"] = self._listed(shown["handle"])
        message, hint = warned(code, self._language, shown)
        self._pages.push(p.Told(code, message, hint, room.hex(), level_of(code)))
        if level_of(code) == "grave" and self._desktop.shows and not self._pages.any:
            self._warn(message)

    def _warn(self, message: str) -> None:
        """That somebody lies is said also while no page is open, which shows it until the person puts it away."""
        bare = NOTIFICATIONS.say("message", self._language)
        body = bare if self._views.client.preferences.get().notify == "nothing" else message
        self._show(Alert(WARNINGS, APP_NAME, body, bare), p.Notify("", APP_NAME, body, sound=True))

    def _listed(self, handle: str) -> str:
        return short_handle(handle, self._views.client.me.handle)

    def _message(self, event: e.MessageReceived) -> None:
        try:
            info = self._views.client.messages.get(event.room, event.message)
            chat = self._views.chat(event.room)
        except UserError:
            return
        chosen = self._views.client.preferences.of_room(event.room)
        if info.mine or not chat.unread or (chosen.is_muted(now_ms()) and not info.mentions_me):
            return
        level, language = self._views.client.preferences.get().notify, self._language
        body = NOTIFICATIONS.say("message", language)
        if level == "all":
            kind = info.kind if info.kind in NOTIFICATIONS else "message"
            words = notified(info.text) or NOTIFICATIONS.say(kind, language)
            body = words if chat.direct else f"{self._views.people.sender(info).name}: {words}"
        title = APP_NAME if level == "nothing" else chat.title
        bare = NOTIFICATIONS.say("message", language)
        alert = Alert(chat.room, title, body, bare, info.id.hex(), acts=level != "nothing")
        self._show(alert, p.Notify(chat.room, title, body, sound=True))

    def _operator(self) -> None:
        """Notify of an operator notice. At the level ``nothing`` it looks like any message: others may see it."""
        quiet = self._views.client.preferences.get().notify == "nothing"
        bare = NOTIFICATIONS.say("message", self._language)
        body = bare if quiet else NOTIFICATIONS.say("operator-notice", self._language)
        self._show(Alert(NOTICES, APP_NAME, body, bare), p.Notify("", APP_NAME, body, sound=True))

    def _request(self, event: e.ContactRequested | e.RoomRequested) -> None:
        level = self._views.client.preferences.get().notify
        title = APP_NAME if level == "nothing" else self._listed(one_line(event.handle))
        body, bare = NOTIFICATIONS.say("request", self._language), NOTIFICATIONS.say("message", self._language)
        self._show(Alert(REQUESTS, title, body, bare), p.Notify("", title, body, sound=True))

"""Decides which events notify the person, by the level they chose, and words warnings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, assert_never

from nullabona.app.presenting.text import one_line, short_handle
from nullabona.app.presenting.warned import warned
from nullabona.app.protocol import pushes as p
from nullabona.app.session.pages import OpenPages
from nullabona.app.session.views import Views, now_ms
from nullabona.client.api import events as e
from nullabona.errors import UserError
from nullabona.words.catalogue import Language
from nullabona.words.notifications import NOTIFICATIONS
from nullabona.words.relays import relay_name
from nullabona.words.warnings import as_met, level_of

APP_NAME: Final = "nullabona"


class Notifications:
    """Pushes notifications to pages, which show them unless the person is looking anyway."""

    def __init__(self, views: Views, pages: OpenPages, language: Language) -> None:
        self._views = views
        self._pages = pages
        self._fallback = language

    def note(self, event: e.Event) -> None:  # noqa: C901, PLR0912 - one case for each kind of event
        """Push the notifications for an event."""
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

    def _listed(self, handle: str) -> str:
        return short_handle(handle, self._views.client.me.handle)

    def _message(self, event: e.MessageReceived) -> None:
        try:
            info = self._views.client.messages.get(event.room, event.message)
            chat = self._views.chat(event.room)
        except UserError:
            return
        chosen = self._views.client.preferences.of_room(event.room)
        if chosen.is_muted(now_ms()) and not info.mentions_me:
            return
        level, language = self._views.client.preferences.get().notify, self._language
        body = NOTIFICATIONS.say("message", language)
        if level == "all":
            kind = info.kind if info.kind in NOTIFICATIONS else "message"
            words = one_line(info.text) or NOTIFICATIONS.say(kind, language)
            body = words if chat.direct else f"{self._views.people.sender(info).name}: {words}"
        self._pages.push(p.Notify(chat.room, APP_NAME if level == "nothing" else chat.title, body, sound=True))

    def _operator(self) -> None:
        """Notify of an operator notice. At the level ``nothing`` it looks like any message: others may see it."""
        quiet = self._views.client.preferences.get().notify == "nothing"
        body = NOTIFICATIONS.say("message" if quiet else "operator-notice", self._language)
        self._pages.push(p.Notify("", APP_NAME, body, sound=True))

    def _request(self, event: e.ContactRequested | e.RoomRequested) -> None:
        level = self._views.client.preferences.get().notify
        title = APP_NAME if level == "nothing" else self._listed(one_line(event.handle))
        self._pages.push(p.Notify("", title, NOTIFICATIONS.say("request", self._language), sound=True))

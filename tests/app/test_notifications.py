"""What a page is told unasked: in its language, and about people as its lists name them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from nullabona.app.desktop.alert import Desktop
from nullabona.app.protocol import pushes as p
from nullabona.app.protocol import views as v
from nullabona.app.session.notifications import Notifications
from nullabona.app.session.pages import OpenPages
from nullabona.app.session.views import Views
from nullabona.client.api import Preferences
from nullabona.client.api import events as e
from nullabona.client.core.model.facts.account import WarningDetail
from nullabona.words.warnings import GRAVE

OWN = "mina@127.0.0.1:7700"


def _pushed(event: e.Event) -> list[p.Push]:
    """What a Korean page of OWN is told of an event."""
    pushed: list[p.Push] = []
    preferences = SimpleNamespace(get=lambda: Preferences(language="ko", notify="name"))
    client = SimpleNamespace(me=SimpleNamespace(handle=OWN, published=True), preferences=preferences)
    views, pages = SimpleNamespace(client=client), SimpleNamespace(push=pushed.append)
    Notifications(cast("Views", views), cast("OpenPages", pages), "en").note(event)
    return pushed


@pytest.mark.parametrize(
    ("handle", "named"), [("준호@127.0.0.1:7700", "준호"), ("준호@relay.example", "준호@relay.example")]
)
def test_people_of_ones_own_server_are_named_without_its_address(handle: str, named: str) -> None:
    """Nobody but a stranger from elsewhere has a host in what is told, and a port is never of use there."""
    (told,) = _pushed(e.Warned(code="card-promised", detail=WarningDetail(handle=handle)))
    (asked,) = _pushed(e.ContactRequested(account=b"a" * 16, handle=handle, greeting=""))
    assert isinstance(told, p.Told)
    assert isinstance(asked, p.Notify)
    assert (f"{named} 님은 방금 가입했어요.", named) == (told.message, asked.title)


@pytest.mark.parametrize(
    ("level", "page", "body"),
    [("nothing", "", ["새 메시지"]), ("name", "", ["…"]), ("name", "open", []), ("off", "", [])],
)
def test_that_somebody_lies_is_notified_while_no_page_is_open(
    level: v.NotifyLevel,
    page: str,
    body: list[str],
) -> None:
    """A page shows it until the person puts it away; without one the desktop does, at their level."""
    shown: list[str] = []
    desktop = SimpleNamespace(shows=True, show=lambda alert, _fallback: shown.append(alert.body), withdraw=len)
    preferences = SimpleNamespace(get=lambda: Preferences(language="ko", notify=level))
    client = SimpleNamespace(me=SimpleNamespace(handle=OWN, published=True), preferences=preferences)
    pushed: list[p.Push] = []
    pages = SimpleNamespace(push=pushed.append, any=bool(page), is_looked_at=lambda _room: False)
    made = Notifications(
        cast("Views", SimpleNamespace(client=client)), cast("OpenPages", pages), "en", cast("Desktop", desktop)
    )
    made._tell_of(e.Warned(code=min(GRAVE)))
    (told,) = pushed
    assert isinstance(told, p.Told)
    assert [told.message if one == "…" else one for one in body] == shown

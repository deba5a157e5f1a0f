"""What the desktop's notification service is told, over a real bus: what is shown, in place of what, and how fast."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest

from nullabona.app.desktop import bus, freedesktop, pace
from nullabona.app.desktop.freedesktop import FreeDesktop
from nullabona.app.desktop.pace import AT_ONCE, MOST_SHOWN
from tests.api.people import play
from tests.desktop.service import NOTIFICATIONS, Client, Recorder, Saver
from tests.desktop.showing import LABELS, ROOM, Acted, alert, desktop, unexpected, until


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again after a moment."""
    monkeypatch.setattr(freedesktop, "_AGAIN_S", 0.3)
    monkeypatch.setattr(bus, "ANSWERS_S", 0.5)


def test_a_notification_has_its_words_its_actions_and_its_entry(notifications: Callable[..., Recorder]) -> None:
    """A service that can do everything gets everything: words, three actions, and what a reply is written into."""
    service = notifications()

    async def story() -> None:
        async with desktop() as shows:
            shows.show(alert("are you there?"), unexpected)
            await until(lambda: service.told)

    play(story())
    (one,) = service.told
    assert ("Mina", "are you there?", 0) == (one.title, one.body, one.replaces)
    assert ("default", "Open", "inline-reply", "Reply", "read", "Mark as read") == one.actions
    assert {
        "desktop-entry": "nullabona",
        "category": "im.received",
        "urgency": 1,
        "sound-name": "message-new-instant",
        "x-kde-reply-placeholder-text": "Write a reply",
    } == one.hints
    assert [] == service.shown, "what was shown is taken back when the process ends"


@pytest.mark.parametrize(
    ("abilities", "body", "actions"),
    [
        (("body", "body-markup"), "&lt;b&gt;5 &gt; 3&lt;/b&gt; &amp; &lt;a href=&quot;x&quot;&gt;", ()),
        (("body",), '<b>5 > 3</b> & <a href="x">', ()),
        (("body", "actions"), '<b>5 > 3</b> & <a href="x">', ("default", "Open", "read", "Mark as read")),
    ],
)
def test_words_are_shown_as_they_were_written(
    notifications: Callable[..., Recorder], abilities: tuple[str, ...], body: str, actions: tuple[str, ...]
) -> None:
    """Where a service reads markup, no message is bold, a link or a picture; elsewhere nothing is escaped."""
    service = notifications(abilities)

    async def story() -> None:
        async with desktop() as shows:
            shows.show(alert('<b>5 > 3</b> & <a href="x">'), unexpected)
            await until(lambda: service.told)

    play(story())
    assert [(body, actions)] == [(one.body, one.actions) for one in service.told]


def test_a_person_answers_and_marks_as_read(notifications: Callable[..., Recorder]) -> None:
    """Each action names the room and the message that was shown, not a later one."""
    service, acted = notifications(), Acted()

    async def story() -> None:
        async with desktop(acted) as shows:
            shows.show(alert(message="aa"), unexpected)
            await until(lambda: len(service.told) == 1)
            service.reply(service.told[0].id, "yes <b>")
            await until(lambda: len(acted.done) == 1)
            service.press(service.told[0].id, "read")
            await until(lambda: len(acted.done) == 2)
            shows.show(alert(message="bb"), unexpected)
            await until(lambda: len(service.told) == 2)
            service.press(service.told[1].id, "default")
            await until(lambda: len(acted.done) == 3)

    play(story())
    assert [("reply", ROOM, "aa", "yes <b>"), ("read", ROOM, "aa"), ("open", ROOM)] == acted.done


def test_only_the_service_says_what_a_person_did(notifications: Callable[..., Recorder], address: str) -> None:
    """A signal of another program, to all or to us alone, counts for nothing, whatever id it names."""
    service, acted, other = notifications(), Acted(), Client(address)

    async def story() -> None:
        async with desktop(acted) as shows:
            shows.show(alert(), unexpected)
            await until(lambda: service.told)
            (one,) = service.told
            path = "/org/freedesktop/Notifications"
            for to in (None, one.sender):
                for id in (one.id, one.id + 1):
                    other.signal(path, NOTIFICATIONS, "ActionInvoked", "us", id, "read", to=to)
                    other.signal(path, NOTIFICATIONS, "NotificationReplied", "us", id, "I pay", to=to)
                    other.signal(path, NOTIFICATIONS, "NotificationClosed", "uu", id, 2, to=to)
            service.reply(one.id + 1, "of nothing that we showed")
            service.signal(path, NOTIFICATIONS, "NotificationReplied", "s", "of another form")
            service.reply(one.id, "x" * 20_001)
            service.press(one.id, "an action that was not offered")
            shows.show(alert("next", key="another"), unexpected)
            await until(lambda: len(service.told) == 2)
            service.press(service.told[1].id, "default")
            await until(lambda: acted.done)

    try:
        play(story())
    finally:
        other.close()
    assert [("open", "another")] == acted.done


def test_a_flood_in_one_room_is_one_notification(notifications: Callable[..., Recorder]) -> None:
    """A thousand messages replace one notification twice a second at most; the last one is what stays."""
    service = notifications()

    async def story() -> None:
        async with desktop() as shows:
            for count in range(1_000):
                shows.show(alert(f"message {count}"), unexpected)
                await asyncio.sleep(0)
            await until(lambda: service.told and service.told[-1].body == "message 999")
            assert 1 == len(service.shown)

    play(story())
    assert len(service.told) <= 2
    assert [True] == [one.hints.get("suppress-sound") for one in service.told[1:]]


def test_a_flood_of_rooms_is_bounded(notifications: Callable[..., Recorder], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a hundred rooms a few are shown at once and the newest stay; no more than these are queued."""
    monkeypatch.setattr(pace, "WINDOW_S", 1.0)
    service = notifications()

    async def story() -> None:
        async with desktop() as shows:
            for count in range(100):
                shows.show(alert(key=f"{count}", title=f"{count}"), unexpected)
            assert MOST_SHOWN == len(shows._pace._waiting)
            await until(lambda: len(service.told) == MOST_SHOWN)
            assert service.told[AT_ONCE].at - service.told[0].at > 0.9

    play(story())
    assert [f"{count}" for count in range(100 - MOST_SHOWN, 100)] == [one.title for one in service.told]


def test_what_was_read_elsewhere_is_taken_back(notifications: Callable[..., Recorder]) -> None:
    """What is shown is closed, and what still waits is not shown."""
    service = notifications()

    async def story() -> None:
        async with desktop() as shows:
            shows.show(alert("first"), unexpected)
            await until(lambda: service.told)
            shows.show(alert("second"), unexpected)
            shows.withdraw(ROOM)
            await until(lambda: service.closed)
            shows.show(alert("of another room", key="another"), unexpected)
            await until(lambda: len(service.told) == 2)
            assert ["of another room"] == [one.body for one in service.shown]

    play(story())
    assert ["first", "of another room"] == [one.body for one in service.told]


def test_a_service_that_refuses_or_hangs_leaves_it_to_the_pages(notifications: Callable[..., Recorder]) -> None:
    """What it cannot show pages are told, and so is what follows until it answers again."""
    service, told = notifications(), list[str]()

    async def story() -> None:
        async with desktop() as shows:
            service.refuses = True
            shows.show(alert("refused"), lambda: told.append("refused"))
            await until(lambda: told == ["refused"])
            assert not shows.shows
            shows.show(alert("meanwhile"), lambda: told.append("meanwhile"))
            service.refuses = False
            await until(lambda: shows.shows)
            shows.show(alert("again"), unexpected)
            await until(lambda: service.told)
            service.hangs = True
            shows.show(alert("unanswered", key="other"), lambda: told.append("unanswered"))
            await until(lambda: told[-1] == "unanswered")
            service.hangs = False

    play(story())
    assert ["refused", "meanwhile", "unanswered"] == told
    assert ["again"] == [one.body for one in service.told]


@pytest.mark.slow  # three programs begin and end in turn: beside others it once took longer than its patience
def test_a_service_that_comes_late_or_again_shows_what_comes_then(
    notifications: Callable[..., Recorder], address: str
) -> None:
    """At log-in it may start after us; when it restarts, ids of before mean nothing to it."""
    told: list[str] = []

    async def story() -> None:
        made = FreeDesktop(Acted(), lambda: LABELS)
        try:
            await until(lambda: made._bus is not None)
            made.show(alert("nobody is there"), lambda: told.append("page"))
            first = notifications()
            await until(lambda: made.shows)
            made.show(alert("first"), unexpected)
            await until(lambda: first.told)
            await asyncio.to_thread(first.close)
            await until(lambda: not made.shows)
            second = notifications()
            await until(lambda: made.shows)
            made.show(alert("second"), unexpected)
            await until(lambda: second.told)
            assert [("second", 0)] == [(one.body, one.replaces) for one in second.told]
        finally:
            with suppress(OSError):
                await made.end()

    play(story())
    assert ["page"] == told


def test_a_locked_screen_shows_neither_names_nor_words(notifications: Callable[..., Recorder], address: str) -> None:
    """What is shown when the screen locks is covered, and so is what comes meanwhile; nobody answers from there."""
    service, saver = notifications(), Saver(address)

    async def story() -> None:
        async with desktop() as shows:
            shows.show(alert("a secret"), unexpected)
            await until(lambda: len(service.told) == 1)
            saver.become(active=True)
            await until(lambda: len(service.told) == 2)
            shows.show(alert("another secret", key="another"), unexpected)
            await until(lambda: len(service.told) == 3)
            assert [("nullabona", "New message", ("default", "Open"))] * 2 == [
                (one.title, one.body, one.actions) for one in service.shown
            ]
            saver.become(active=False)
            shows.show(alert("back again"), unexpected)
            await until(lambda: len(service.told) == 4)

    try:
        play(story())
    finally:
        saver.close()
    assert ("Mina", "back again") == (service.told[-1].title, service.told[-1].body)


def test_a_screen_that_was_locked_before_counts(notifications: Callable[..., Recorder], address: str) -> None:
    """The process asks when it starts, as it may start behind a locked screen."""
    service, saver = notifications(), Saver(address, active=True)

    async def story() -> None:
        async with desktop() as shows:
            shows.show(alert("a secret"), unexpected)
            await until(lambda: service.told)

    try:
        play(story())
    finally:
        saver.close()
    assert ["New message"] == [one.body for one in service.told]


def test_what_would_be_written_of_an_alert_has_neither_names_nor_words() -> None:
    """In a traceback or a log."""
    assert [] == [word for word in ("hello", "Mina") if word in repr(alert())]

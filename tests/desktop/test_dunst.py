"""A real notification service shows what we say, and means what the tests' own service means (`service.Recorder`)."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.people import play
from tests.desktop.dunst import Dunst, bus_with_dunst, lacking
from tests.desktop.showing import Acted, alert, desktop, shown, unexpected, until

pytestmark = pytest.mark.skipif(
    bool(lacking()), reason=f"not installed: {' '.join(lacking())} (tools/need_programs.sh)"
)


@pytest.fixture
def dunst(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dunst]:
    """It does not run yet: the bus starts it when the first notification needs it."""
    with tempfile.TemporaryDirectory(prefix="bus") as folder, bus_with_dunst(Path(folder)) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        client = Dunst(address)
        yield client
        client.close()


def test_it_shows_replaces_and_takes_back(dunst: Dunst) -> None:
    """A room has one notification, whose newest words are shown; what was read is gone from the screen."""

    async def story() -> None:
        async with desktop() as shows:
            shows.show(alert("the first"), unexpected)
            shows.show(alert("of another room", key="another", title="Jun"), unexpected)
            await until(lambda: len(shown(shows)) == 2)
            assert 2 == await asyncio.to_thread(lambda: dunst.displayed)
            shows.show(alert("the second"), unexpected)
            await until(lambda: not shows._pace._waiting and len(shown(shows)) == 2)
            shows.withdraw("another")
            await until(lambda: len(shown(shows)) == 1)
            assert 1 == await asyncio.to_thread(lambda: dunst.displayed)
        assert 0 == await asyncio.to_thread(lambda: dunst.displayed)

    play(story())
    assert [("Mina", "the second"), ("Jun", "of another room")] == dunst.history()


def test_markup_is_not_drawn(dunst: Dunst) -> None:
    """What it draws from has our signs escaped, so that its library shows them as they are."""

    async def story() -> None:
        async with desktop() as shows:
            shows.show(alert('<b>bold</b> & <a href="https://x.example">x</a>'), unexpected)
            await until(lambda: shown(shows))

    play(story())
    escaped = "&lt;b&gt;bold&lt;/b&gt; &amp; &lt;a href=&quot;https://x.example&quot;&gt;x&lt;/a&gt;"
    assert f"<b>Mina</b>\n{escaped}" == dunst.message()


def test_a_click_opens(dunst: Dunst) -> None:
    """The service's own signal reaches us, and its end of the notification, too."""
    acted = Acted()

    async def story() -> None:
        async with desktop(acted) as shows:
            shows.show(alert(), unexpected)
            await until(lambda: shown(shows))
            await asyncio.to_thread(dunst.press_first)
            await until(lambda: acted.done and not shown(shows))

    play(story())
    assert [("open", alert().key)] == acted.done

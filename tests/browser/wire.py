"""The line between a page and its app, in the hands of a test: it can be cut, and what goes over it can be lost."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, WebSocketRoute


class Line:
    """Lies between the page and its app from the next load on. While it is ``down`` nobody gets through."""

    def __init__(self, page: Page) -> None:
        self.down = False
        self.lose: Callable[[str], bool] = lambda _: False
        """Which words of either side get lost; the line breaks there."""
        self._ends: list[WebSocketRoute] = []
        page.route_web_socket("**/ws*", self._joined)

    def cut(self) -> None:
        """Break it, and keep it broken."""
        self.down = True
        ends, self._ends = self._ends, []
        for end in ends:
            end.close()

    def mend(self) -> None:
        """The page gets through when it tries again."""
        self.down = False
        self.lose = lambda _: False

    def _joined(self, page: WebSocketRoute) -> None:
        if self.down:
            page.close()
            return
        app = page.connect_to_server()
        self._ends += [page, app]
        page.on_message(lambda said: self._pass(said, app))
        app.on_message(lambda said: self._pass(said, page))

    def _pass(self, said: str | bytes, to: WebSocketRoute) -> None:
        if self.lose(str(said)):
            self.cut()
        else:
            to.send(said)

"""A page's WebSocket: text in, text out. A page that does not read is dropped, so that buffers stay bounded."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

UNSENT_BYTES: Final = 8 * 1_048_576
"""A page this many bytes behind is dropped; it reconnects and asks for the missed pushes."""
WRONG_TOKEN: Final = (4_401).to_bytes(2)
"""The code of the close frame: the page must be opened again."""
_CLOSE_DELAY_S: Final = 0.2


class Audience(Protocol):
    """The handler of pages."""

    def page_came(self, page: PageSocket) -> None: ...
    def page_went(self, page: PageSocket) -> None: ...
    def page_asked(self, page: PageSocket, data: bytes) -> None: ...


class PageSocket(WSListener):
    """One open page. ``token`` names the page across its connections; it came back knowing pushes up to ``after``."""

    def __init__(self, audience: Audience, token: bytes, after: int | None) -> None:
        super().__init__()
        self.token = token
        self.after = after
        self._audience = audience
        self._transport: WSTransport | None = None
        self._parts = bytearray()
        self._loop = asyncio.get_running_loop()

    # -- what picows calls

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._audience.page_came(self)

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows' signature
        self._transport = None
        self._audience.page_went(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind is WSMsgType.CLOSE:
            self.close(WSCloseCode.OK)
        elif kind is WSMsgType.BINARY:
            self.close(WSCloseCode.UNSUPPORTED_DATA)
        elif kind is WSMsgType.TEXT and frame.fin:
            self._take(transport, frame.get_payload_as_bytes())
        elif kind in {WSMsgType.TEXT, WSMsgType.CONTINUATION}:
            self._gather(transport, frame)

    # -- what `OpenPages` calls

    def send(self, data: bytes) -> None:
        """Send one text message; a page that is too far behind is dropped instead."""
        transport = self._transport
        if transport is None or transport.is_close_frame_sent:
            return
        if transport.underlying_transport.get_write_buffer_size() > UNSENT_BYTES:
            transport.disconnect(graceful=False)
            return
        transport.send(WSMsgType.TEXT, data)

    def close(self, code: WSCloseCode) -> None:
        """Send a close frame and close the connection soon after."""
        transport = self._transport
        if transport is None or transport.is_close_frame_sent:
            return
        transport.send_close(code)
        self._loop.call_later(_CLOSE_DELAY_S, lambda: transport.disconnect(graceful=False))

    # -- inside

    def _gather(self, transport: WSTransport, frame: WSFrame) -> None:
        self._parts += frame.get_payload_as_bytes()
        if len(self._parts) > UNSENT_BYTES:
            self.close(WSCloseCode.MESSAGE_TOO_BIG)
        elif frame.fin:
            whole, self._parts = bytes(self._parts), bytearray()
            self._take(transport, whole)

    def _take(self, transport: WSTransport, data: bytes) -> None:
        if not transport.is_close_frame_sent:
            self._audience.page_asked(self, data)


class Unwelcome(WSListener):
    """Tells a page that its token is invalid, which a browser could not see in a refused handshake."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        transport.send(WSMsgType.CLOSE, WRONG_TOKEN)
        asyncio.get_running_loop().call_later(_CLOSE_DELAY_S, lambda: transport.disconnect(graceful=False))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Ignore all of its messages."""

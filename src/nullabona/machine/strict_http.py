"""A stricter h11: an ambiguous request is refused.

A proxy in front may read such a request differently, and take part of one person's request for the beginning of
another's (RFC 9112, sections 2.2, 6.1 and 11.2).
"""

from __future__ import annotations

import re
from typing import Final

import h11

_BARE: Final = re.compile(rb"(?<!\r)\n")
_END: Final = b"\r\n\r\n"
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})


class StrictConnection(h11.Connection):
    """A server's side of one connection."""

    def __init__(self, head_bytes: int) -> None:
        super().__init__(h11.SERVER, max_incomplete_event_size=head_bytes)

    def next_event(self) -> h11.Event | type[h11.NEED_DATA | h11.PAUSED]:
        """As h11's. Raises `h11.RemoteProtocolError` also for a line of a head that ends in a bare line feed, and for
        a request that says in two ways how long its body is.
        """
        if self.their_state is h11.IDLE:
            head, _, _ = self.trailing_data[0].partition(_END)
            if _BARE.search(head):
                raise h11.RemoteProtocolError("a line ends in a bare line feed")
        event = super().next_event()
        if isinstance(event, h11.Request) and _FRAMING <= {bytes(name) for name, _ in event.headers}:
            raise h11.RemoteProtocolError("Content-Length and Transfer-Encoding in one request")
        return event

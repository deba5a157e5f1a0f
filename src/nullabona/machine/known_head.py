"""A connection that recognises the heads that nearly every request has, without parsing them.

h11 takes most of the time that a small request takes. So a head that is byte for byte one that our clients write, or
the proxies of deploy/ write for them, is recognised by one expression, and its body is cut out by its length. Anything
else goes to h11, unchanged and from its first byte, and so does all that follows on that connection. No request gets a
second meaning by that: the expression takes only heads that h11 takes too, with the same length of body and the same
end of the connection. `tests/relay/test_post_head.py` compares both.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable
from functools import lru_cache
from typing import ClassVar, Final

from nullabona.machine.deadlines import NEVER
from nullabona.machine.http_answer import HttpAnswer
from nullabona.machine.http_server import HttpConnection

_CLOSE: Final = b"Connection: close\r\n\r\n"
"""The end of an answer's head, in h11's spelling, if the client asked for that ..."""
_OUR_CLOSE: Final = b"connection: close\r\n\r\n"
"""... and if only the server wants it."""
_GO_ON: Final = b"\r\n"
_ASKS_TO_CLOSE: Final = b": close\r\n\r\n"


class KnownHeadConnection(HttpConnection):
    """An `HttpConnection` for a server that mostly gets one kind of request. It knows no ``idle_s``."""

    known: re.Pattern[bytes]
    """Matches a whole head with its blank line, and nothing that h11 refuses or reads in another way.

    Its last group is the length of the body: not 0, and without a leading zero. If there is a header ``Connection``, it
    comes last.
    """
    most: ClassVar[int]
    """The longest body that is taken here; h11 refuses longer ones."""

    _known = True
    """Whether only known heads have come so far: h11 has not been made."""
    _lacks = 0
    """How many bytes of a body are still to come."""
    _ends = False
    """Whether the client asked for the connection to end with the answer."""
    _rest = b""
    """What came with the present request or after it, ..."""
    _at = 0
    """... and where in it the next request begins."""
    _looking = False
    """Whether requests are being taken right now."""

    # -- what subclasses decide

    @abstractmethod
    def begins(self) -> None:
        """A request with a known head came in part."""

    @abstractmethod
    def ask_known(self, body: bytes) -> None:
        """Answer a whole request with a known head, now or later, by `reply` or `reply_with`."""

    # -- what the server asks, and the loop calls

    @property
    def waits(self) -> bool:
        return super().waits and not self._lacks

    def data_received(self, data: bytes) -> None:
        if not self._known:
            super().data_received(data)
        elif self._busy:
            if not self._leaving:
                self._rest, self._at = self._rest[self._at :] + data, 0
            self._hold_back(len(data))
        elif self._lacks:
            self._take_part(data)
        else:
            if self._rest:  # which waits for its turn of the loop
                data, self._rest, self._at = self._rest[self._at :] + data, b"", 0
            self._look(data, 0)

    # -- reading

    def _begin(self) -> None:
        """h11 is made once it is needed."""

    def _look(self, data: bytes, at: int) -> None:
        """Take requests from ``at`` on, until one is not answered at once or has not come whole."""
        self._looking = True
        while at < len(data) and not self._busy:
            head = self.known.match(data, at)
            if head is None or (length := int(head[head.lastindex or 0])) > self.most:
                # A head that came in part, too: only a parser can tell whether it is still one.
                self._known = self._looking = False
                self._rest, self._at = b"", 0
                super()._begin()
                return super().data_received(data[at:])
            begin = head.end()
            at = begin + length
            self._ends = data.endswith(_ASKS_TO_CLOSE, 0, begin)
            if at > len(data):
                self._looking = False
                return self._begin_part(data[begin:], length)
            self._rest, self._at = data, at
            self._ask(data[begin:at])
        self._looking = False
        return self._keep_rest()

    def _begin_part(self, data: bytes, length: int) -> None:
        self._rest, self._at = b"", 0
        self._set_deadline(self._body_s)
        self._lacks = length
        self.begins()
        self._take_part(data)

    def _take_part(self, data: bytes) -> None:
        part = data[: self._lacks]
        self._body += part
        refusal = self.grew(len(part))
        if refusal is not None:
            return self.reply(refusal)
        self._lacks -= len(part)
        if self._lacks:
            return None
        body = bytes(self._body)
        self._body.clear()
        self._rest, self._at = data, len(part)
        self._ask(body)
        return self._keep_rest()

    def _ask(self, body: bytes) -> None:
        self.due = NEVER
        self._busy = True
        self.ask_known(body)

    def _keep_rest(self) -> None:
        """Hold what came after the present request, if it has to wait."""
        rest = len(self._rest) - self._at
        if self._leaving or not rest:
            self._rest, self._at = b"", 0
        elif self._busy:
            # Only what is counted is kept, not also the requests before it that came in the same piece.
            self._rest, self._at = self._rest[self._at :], 0
            self._hold_back(rest)

    def _go_on(self) -> None:
        """Take the request that came before the last one was answered."""
        if self._known and self._rest and not self._busy:
            data, at = self._rest, self._at
            self._rest, self._at = b"", 0
            self._look(data, at)

    def _is_in_part(self) -> bool:
        return self._lacks > 0 and not self._leaving if self._known else super()._is_in_part()

    # -- answering

    def reply(self, answer: HttpAnswer) -> None:
        """See `HttpConnection.reply`."""
        if self._known:
            headers = tuple(self.usual if answer.headers is None else answer.headers)
            self._send(_head(answer.status, answer.kind, headers), answer.body, close=answer.close)
        else:
            super().reply(answer)

    def reply_with(self, status: int, kind: bytes, body: bytes) -> None:
        """`reply` with such an answer, which has the usual headers and does not end the connection."""
        if self._known:
            self._send(_head(status, kind, self.usual), body, close=False)
        else:
            super().reply(HttpAnswer(status, body, kind))

    def _send(self, head: tuple[bytes, bytes], body: bytes, *, close: bool) -> None:
        transport = self._transport
        if transport is None or self._leaving or not (self._busy or self._lacks):
            return
        # What is left of a body that is refused would be read as the next request.
        close = close or self._lacks > 0
        end = _CLOSE if self._ends else _OUR_CLOSE if close else _GO_ON
        written = b"%b%d%b%b%b" % (head[0], len(body), head[1], end, body)
        transport.write(written)
        if not self.sent(len(written)):
            transport.abort()
            return
        self._left = self.unsent()
        if self._ends or close:
            self._rest, self._at = b"", 0
            self._leave()
            return
        self._busy = False
        self._read_on()
        self._set_deadline(self._head_s)
        if self._rest and not self._looking:
            self._loop.call_soon(self._go_on)


@lru_cache(maxsize=64)
def _head(status: int, kind: bytes | str, headers: Iterable[tuple[bytes | str, bytes | str]]) -> tuple[bytes, bytes]:
    """An answer's head as h11 writes it: what comes before the body's length, and what comes after it."""
    lines = b"".join(b"%b: %b\r\n" % (_bytes(name), _bytes(value)) for name, value in headers)
    return b"HTTP/1.1 %d \r\ncontent-type: %b\r\ncontent-length: " % (status, _bytes(kind)), b"\r\n" + lines


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode("ascii")

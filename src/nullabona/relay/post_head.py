"""The heads of the one request that clients send by default, a POST to the relay's path, as they reach a relay
(spec/relay.md §2.2).

Clients of ours write the first form (`nullabona.client.net.post`); HAProxy passes it on without the last line, and
nginx writes it in its own spelling. Caddy has headers of its own. A proxy with other settings, or another version, may
write other heads: they are parsed by h11, which is slower and nothing else.
"""

from __future__ import annotations

import re
from typing import Final

_HOST: Final = rb"[Hh]ost: [0-9A-Za-z.:\[\]_-]{1,255}\r\n"
_TYPE: Final = rb"[Cc]ontent-[Tt]ype: application/octet-stream\r\n"
_LENGTH: Final = rb"[Cc]ontent-[Ll]ength: ([1-9][0-9]{0,6})\r\n"
_CONNECTION: Final = rb"(?:[Cc]onnection: (?:close|keep-alive)\r\n)?"
_OF_CADDY: Final = (
    rb"User-Agent: Go-http-client/1\.1\r\n" + _LENGTH + rb"Content-Type: application/octet-stream\r\n"
    rb"X-Forwarded-Proto: https?\r\n(?:Accept-Encoding: gzip\r\n)?(?:Connection: close\r\n)?"
)


def post_head(path: bytes) -> re.Pattern[bytes]:
    """The heads of requests to exactly this path.

    The last group is the length of the body. No header is there twice, none frames the body in another way, none comes
    from a web page, and none asks for another protocol.
    """
    request = rb"POST " + re.escape(path) + rb" HTTP/1\.1\r\n"
    return re.compile(request + _HOST + rb"(?:" + _TYPE + _LENGTH + _CONNECTION + rb"|" + _OF_CADDY + rb")\r\n")


POST_HEAD: Final = post_head(b"/v1")
"""At a relay without a name."""

"""The page of an invite link's web form: the same bytes for everybody (spec/relay.md §2.5).

What the link says is in the fragment, which browsers send to nobody. The page's own script reads it, offers it to
the app and as text to copy, and asks the relay for nothing more.
"""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from importlib.resources import files
from typing import Final

from nullabona.machine.http_answer import HttpAnswer

INVITE: Final = b"/i"
_HTML: Final = (files("nullabona.relay") / "invite.html").read_bytes()


def _hash_of(tag: bytes) -> str:
    """The CSP source of the only inline element of this name."""
    (inner,) = re.findall(rb"<" + tag + rb">(.*?)</" + tag + rb">", _HTML, re.DOTALL)
    return f"'sha256-{base64.b64encode(sha256(inner).digest()).decode()}'"


_CSP: Final = (
    f"default-src 'none'; script-src {_hash_of(b'script')}; style-src {_hash_of(b'style')}; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
INVITE_PAGE: Final = HttpAnswer(
    200,
    _HTML,
    b"text/html; charset=utf-8",
    (
        (b"content-security-policy", _CSP.encode()),
        (b"cache-control", b"no-store"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
    ),
)

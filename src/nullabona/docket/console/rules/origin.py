"""Whether a request comes from the console's own pages (spec/console.md §3): Host, Origin, Fetch Metadata, token."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
METRICS: Final = "/metrics"
MONITORED: Final = frozenset({"/healthz", METRICS})
TOKEN_HEADER: Final = "x-desk-token"  # noqa: S105 - a name
TOKEN_FIELD: Final = "token"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class Site:
    """The console's address: ``https://desk.example`` or, on the machine itself, ``http://localhost:PORT``."""

    origin: str

    @property
    def host(self) -> str:
        return urlsplit(self.origin).netloc

    @property
    def rp_id(self) -> str:
        """The relying party id: the host name that passkeys are bound to."""
        return urlsplit(self.origin).hostname or ""


def valid_site(origin: str) -> bool:
    """Whether passkeys work there: https, or http on the machine itself; only scheme, host and port."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return False
    name = parts.hostname or ""
    rebuilt = f"{parts.scheme}://{name}" + (f":{port}" if port is not None else "")
    secure = parts.scheme == "https" or (parts.scheme == "http" and name == "localhost")
    return secure and bool(name) and rebuilt == origin


def from_here(site: Site, method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request is for this site and, if it changes something, was made by one of its pages.

    A navigation from another site may read pages (the SameSite=Strict cookie is not sent); it may do nothing else.
    """
    if headers.get("host") != site.host:
        return False
    origin, fetched = headers.get("origin"), headers.get("sec-fetch-site")
    if method not in SAFE_METHODS:
        return origin == site.origin and fetched in {None, "same-origin"}
    if origin is not None and origin != site.origin:
        return False
    return fetched in {None, "same-origin", "none"} or headers.get("sec-fetch-mode") == "navigate"


def from_the_machine(method: str, path: str, headers: Mapping[str, str]) -> bool:
    """Whether monitoring asks by the machine's own address: a number or localhost, and no browser's page.

    A name could be another site's, which a browser was told to find here.
    """
    asked = method in SAFE_METHODS and path in MONITORED and not {"origin", "sec-fetch-site"} & headers.keys()
    return asked and _is_address(headers.get("host", ""))


def _is_address(text: str) -> bool:
    try:
        host = urlsplit(f"//{text}").hostname or ""
        return host == "localhost" or bool(ip_address(host).packed)
    except ValueError:
        return False


def csrf_token(session_token: str) -> str:
    """The token that forms and scripts of a session must send. It reveals nothing about the session's token."""
    return sha256(b"nullabona console csrf v1\0" + session_token.encode()).hexdigest()


def csrf_matches(session_token: str, given: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(csrf_token(session_token).encode(), given.encode("utf-8", "surrogateescape"))

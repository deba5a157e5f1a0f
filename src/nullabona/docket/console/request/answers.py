"""Requests and answers of the console, as values. They hold nothing about a request's origin."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from nullabona.errors import Malformed

HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"
ANY: Final = "application/octet-stream"
FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 256


@dataclass(frozen=True, slots=True)
class Asked:
    """A request from the console's own pages. Header names are in lower case; no address, no user agent."""

    method: str
    path: str
    query: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    def form(self) -> Mapping[str, str]:
        """The fields of a form; of several with one name, the last. Raises `Malformed`."""
        return dict(self._pairs())

    def many(self, name: str) -> tuple[str, ...]:
        """All values of one field of a form."""
        return tuple(value for key, value in self._pairs() if key == name)

    def json(self) -> Mapping[str, Any]:
        """The body as a JSON object. Raises `Malformed`."""
        try:
            found = json.loads(self.body.decode("utf-8"))
        except (UnicodeDecodeError, ValueError, RecursionError):
            raise Malformed("the request is not JSON") from None
        if not isinstance(found, dict):
            raise Malformed("the request is not a JSON object")
        return found

    def _pairs(self) -> list[tuple[str, str]]:
        try:
            text = self.body.decode("ascii")
            return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
        except (UnicodeDecodeError, ValueError):
            raise Malformed("the form cannot be read") from None


@dataclass(frozen=True, slots=True)
class Answer:
    """A response."""

    status: int
    body: bytes = field(default=b"", repr=False)
    kind: str = HTML
    more: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def as_json(value: Any, status: int = 200, *more: tuple[str, str]) -> Answer:  # noqa: ANN401 - any JSON value
    """A JSON answer."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), JSON, more)


def see_other(path: str, *more: tuple[str, str]) -> Answer:
    """A redirect (303) to another page of the console."""
    return Answer(303, b"", TEXT, (("Location", path), *more))


def download(data: bytes, name: str) -> Answer:
    """A download, never shown inline. ``name`` is chosen by the console, plain ASCII."""
    return Answer(200, data, ANY, (("Content-Disposition", f'attachment; filename="{name}"'),))

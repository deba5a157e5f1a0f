"""What the server is asked and what it answers, as values."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nullabona.app.server.headers import JSON, TEXT


@dataclass(frozen=True, slots=True)
class Request:
    """A request that passed the guard's look at Host and Origin. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. A ``stream`` of ``length`` bytes stands in place of ``body``."""

    status: int
    body: bytes = field(default=b"", repr=False)
    kind: str = TEXT
    more: tuple[tuple[str, str], ...] = ()
    close: bool = False
    stream: AsyncIterator[bytes] | None = None
    length: int = 0
    apart: bool = False
    """Not isolated as every other answer is, so that a browser leaves the process in which those were shown."""

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return self.length if self.stream is not None else len(self.body)


def refuse(status: int, why: str, *, close: bool = True) -> Answer:
    """A refusal in plain words; by default the connection ends with it."""
    return Answer(status, f"{why}\n".encode(), close=close)


def as_json(value: Any) -> Answer:  # noqa: ANN401 - any JSON value
    """A JSON answer."""
    return Answer(200, json.dumps(value).encode(), JSON)

"""What a server answers over HTTP: values; `nullabona.machine.http_server` writes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

_TEXT: Final = b"text/plain; charset=utf-8"

Headers: TypeAlias = Sequence[tuple[bytes | str, bytes | str]]


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An HTTP answer. ``headers``: in place of those that the server usually sends; ``close``: the connection ends."""

    status: int
    body: bytes = field(default=b"", repr=False)
    kind: bytes | str = _TEXT
    headers: Headers | None = None
    close: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpStream(HttpAnswer):
    """An answer whose body is ``length`` bytes of ``parts``."""

    parts: AsyncIterator[bytes] = field(repr=False)
    length: int


def refuse(status: int, why: str, *, close: bool = True) -> HttpAnswer:
    """A refusal in plain words; by default it ends the connection."""
    return HttpAnswer(status, f"{why}\n".encode(), close=close)

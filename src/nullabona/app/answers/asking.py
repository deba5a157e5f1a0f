"""The asking page, and parsing of its ids."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

from nullabona.app.presenting.messages import position_of
from nullabona.app.protocol.call import Call
from nullabona.app.server.socket import PageSocket
from nullabona.app.session.errors import BadCall, HandleLacksRelay
from nullabona.app.session.session import Session
from nullabona.app.session.views import Views
from nullabona.client.api import Client

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Asker:
    """The asking page and its session."""

    session: Session
    page: PageSocket

    @property
    def client(self) -> Client:
        """Raises `AppLocked` or `WrongPhase`."""
        return self.session.work.client

    @property
    def views(self) -> Views:
        """Raises `AppLocked` or `WrongPhase`."""
        return self.session.work.views


_Handler: TypeAlias = Callable[[Asker, Any], Awaitable[A]]

HANDLERS: Final[dict[type[Call[Any]], _Handler[Any]]] = {}
"""The function that answers each call. Every module of answers adds its own."""


def answers(call: type[Call[A]]) -> Callable[[_Handler[A]], _Handler[A]]:
    """Make the decorated function the one that answers ``call``; mypy compares the types of the answers."""

    def add(handler: _Handler[A]) -> _Handler[A]:
        HANDLERS[call] = handler
        return handler

    return add


def read_id(text: str) -> bytes:
    """The id of a room, message or account. Raises `BadCall`."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if not found:
        raise BadCall("that is no id")
    return found


def read_place(text: str) -> int | None:
    """The position of a place; None if empty. Raises `BadCall`."""
    try:
        return position_of(text) if text else None
    except ValueError:
        raise BadCall("that is no place") from None


def full_handle(session: Session, handle: str) -> str:
    """A handle with its host, by default that of ``--relay`` or the person's own.

    Raises `HandleLacksRelay` if there is neither.
    """
    handle = handle.strip().removeprefix("@")
    if "@" in handle:
        return handle
    if not session.host:
        raise HandleLacksRelay("the handle names no server after an @")
    return f"{handle}@{session.host}"

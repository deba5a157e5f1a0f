"""What every call of the page has: one answer type, named where the call is defined. A refusal is a `Failed`."""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar, get_args

from msgspec import Struct

A_co = TypeVar("A_co", covariant=True)


class Call(Struct, Generic[A_co], frozen=True, tag_field="call"):
    """Base of every call. ``A_co`` is what it is answered with."""

    def __init_subclass__(cls) -> None:
        (ANSWERS[cls],) = get_args(cls.__orig_bases__[0])  # type: ignore[attr-defined]


ANSWERS: Final[dict[type[Call[Any]], type[Any]]] = {}
"""Every call with the type of its answer; each module of calls adds its own."""


class Done(Struct, frozen=True):
    """It is done, and stored."""

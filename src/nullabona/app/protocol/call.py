"""What every call of the page has."""

from __future__ import annotations

from msgspec import Struct


class Call(Struct, frozen=True, tag_field="call"):
    """Base of every call."""


class Done(Struct, frozen=True):
    """It is done, and stored."""

"""People as a page shows them."""

from __future__ import annotations

from collections.abc import Callable

from nullabona.app.presenting.text import clean_name, colour, initial
from nullabona.app.protocol.views import Person

Picture = Callable[[bytes], str]
"""The signed path of an account's picture, or an empty text."""


def to_person(account: bytes, handle: str, name: str, *, me: bool, picture: Picture) -> Person:
    """A person. Without a name, the first part of the handle is shown."""
    shown = clean_name(name) or clean_name(handle.partition("@")[0]) or account.hex()[:8]
    return Person(account.hex(), clean_name(handle), shown, initial(shown), colour(account), picture(account), me)

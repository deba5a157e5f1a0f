"""Reads form fields strictly; an error names the field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Final, TypeVar

from nullabona.docket.console.passkeys.refusals import FormWrong
from nullabona.docket.console.rules.text import typed
from nullabona.docket.core.instrument import DAY

SHORT: Final = 200
NOTE: Final = 2_000
DIGITS: Final = 9
T = TypeVar("T", bound=str)


def line(form: Mapping[str, str], name: str, *, needed: bool = True, longest: int = SHORT) -> str:
    """One line of text. Raises `FormWrong`."""
    text = typed(form.get(name, "").replace("\n", " "), longest)
    if needed and not text:
        raise FormWrong(f"fill in: {name}")
    return text


def note(form: Mapping[str, str], name: str, *, needed: bool = False) -> str:
    """A longer text."""
    text = typed(form.get(name, ""), NOTE)
    if needed and not text:
        raise FormWrong(f"fill in: {name}")
    return text


def choice(form: Mapping[str, str], name: str, allowed: Iterable[T]) -> T:
    """One of ``allowed``. Raises `FormWrong`."""
    found = form.get(name, "")
    for one in allowed:
        if one == found:
            return one
    raise FormWrong(f"choose: {name}")


def optional_choice(form: Mapping[str, str], name: str, allowed: Iterable[T]) -> T | None:
    """One of ``allowed``, or None if nothing was chosen."""
    return choice(form, name, allowed) if form.get(name) else None


def number(form: Mapping[str, str], name: str) -> int:
    """A non-negative integer. Raises `FormWrong`."""
    text = form.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
        raise FormWrong(f"give a number: {name}")
    return int(text)


def moment(form: Mapping[str, str], name: str, zone: tzinfo) -> int:
    """A time in the desk's zone, as browsers send it."""
    try:
        return int(datetime.strptime(form.get(name, "")[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=zone).timestamp())
    except (ValueError, OverflowError):
        raise FormWrong(f"give a time: {name}") from None


def optional_moment(form: Mapping[str, str], name: str, zone: tzinfo) -> int | None:
    """A time in the desk's zone, or none."""
    return moment(form, name, zone) if form.get(name) else None


def day(form: Mapping[str, str], name: str) -> int:
    """A day, as browsers send it."""
    try:
        found = datetime.strptime(form.get(name, ""), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise FormWrong(f"give a day: {name}") from None
    return int(found.timestamp()) // DAY


def optional_day(form: Mapping[str, str], name: str) -> int | None:
    """A day, or none."""
    return day(form, name) if form.get(name) else None


def case_id(text: str) -> bytes:
    """A case's id from a path. An invalid id is treated as one of a case that does not exist."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    return found if len(found) == 16 else bytes(16)

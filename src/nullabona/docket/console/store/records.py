"""The console's rows as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Language = Literal["ko", "en"]
Theme = Literal["auto", "light", "dark"]


@dataclass(frozen=True, slots=True)
class Passkey:
    """One authenticator of one officer. ``sealed``: the officer's age identity, which only it unseals."""

    credential_id: bytes
    officer: str
    label: str
    public_key: bytes
    sign_count: int
    sealed: bytes = field(repr=False)
    added_s: int
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Applicant:
    """A person with passkeys whom two officers have not admitted yet."""

    officer: str
    name: str
    recipient: str
    applied_s: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A single-use token to apply with. ``known``: the desk knows the officer, who enters their existing identity."""

    officer: str
    name: str
    until_s: int
    known: bool


@dataclass(frozen=True, slots=True)
class DisplayPreferences:
    """An officer's display preferences."""

    language: Language
    theme: Theme = "auto"

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
    """Somebody with passkeys whom no two officers have admitted yet."""

    officer: str
    name: str
    recipient: str
    applied_s: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A token that lets somebody apply, once; ``known``: an officer whom the desk knows, who brings an identity."""

    officer: str
    name: str
    until_s: int
    known: bool


@dataclass(frozen=True, slots=True)
class DisplayPreferences:
    """How an officer likes to see the console."""

    language: Language
    theme: Theme = "auto"

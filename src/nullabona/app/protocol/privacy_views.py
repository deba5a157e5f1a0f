"""What the page shows of the operator: what it could hand over about me, and what it told me of demands."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class PrivacyRow(Struct, frozen=True):
    """One thing the operator holds about this account, and its value."""

    record: str
    column: str
    purpose: str
    kept: str
    value: str


class AdversaryLine(Struct, frozen=True):
    """A line of the threat model: what an adversary can or cannot do, and how it is shown."""

    id: str
    can: bool
    text: str
    shown_by: str


class Adversary(Struct, frozen=True):
    name: Literal["warrant", "tap", "raid", "laptop"]
    lines: list[AdversaryLine]


class Privacy(Struct, frozen=True):
    """Everything that could be handed over about me, by the same code as the operator's."""

    handle: str
    relay: str
    rows: list[PrivacyRow]
    record: str
    """The producible record itself, as text."""
    standing: list[str]
    """How the public record that the card is in is witnessed and checked."""
    adversaries: list[Adversary]


class Fact(Struct, frozen=True):
    """A word and what it is."""

    term: str
    value: str


class OperatorNotice(Struct, frozen=True):
    """What the operator told of one demand, in words, once the docket log proved it."""

    id: str
    title: str
    day: str
    """When the demand was received, written out."""
    outcome: str
    warning: str
    """Empty, or what is off with what was handed over."""
    facts: list[Fact]
    answers: list[Fact]
    """Class of data that was asked for, and the answer."""
    given: list[str]
    """What was handed over, by name."""
    planned: bool
    """Whether it is not handed over yet: the person was told before the answer."""
    checked: list[str]
    """How it was checked, and what that does not show."""
    advice: list[Fact]
    """What may follow, how to object, and whom to ask."""
    unreviewed: str
    """That no lawyer has reviewed the advice."""
    put_away: bool


class OperatorNotices(Struct, frozen=True):
    """All of them, newest first, and sentences about what is not among them."""

    notices: list[OperatorNotice]
    said: list[str]

"""The page says what the code does: refusals, limits, columns, reserved rules and numbers."""

from __future__ import annotations

from pathlib import Path

from nullabona.directory.core.limits import Limits
from nullabona.directory.core.records import HOLD_DAYS
from nullabona.directory.core.refusal import REASONS
from nullabona.directory.store.schema import COLUMNS
from nullabona.wire import handle
from nullabona.wire.card import MAX_KEY_PACKAGE, MAX_STATEMENT
from nullabona.wire.certificate import MAX_CERTIFICATE
from nullabona.wire.handle import HandleError
from nullabona.wire.messages import MAX_CARD

PAGE = (Path(__file__).parents[2] / "spec" / "directory.md").read_text("utf-8")


def test_every_refusal_is_on_the_page() -> None:
    """Code, meaning and advice stand there word for word."""
    for reason in REASONS:
        assert f"| `{reason.code}` | {reason.meaning} | {reason.advice} |" in PAGE


def test_every_column_is_on_the_page() -> None:
    """What is kept, why and for how long."""
    rows = [line for line in PAGE.splitlines() if line.startswith(("| `card.", "| `held."))]
    declared = [(f"`{column.table}.{column.name}`", column.retention) for column in COLUMNS]
    assert [(row.split(" | ")[0][2:], row.split(" | ")[2][:-2]) for row in rows] == declared


def test_every_handle_rule_is_on_the_page() -> None:
    """Each error of handles has its row."""
    errors = [value for value in vars(handle).values() if isinstance(value, type) and issubclass(value, HandleError)]
    for error in errors:
        assert error is HandleError or f"| `{error.code}` |" in PAGE


def test_the_numbers_are_the_codes() -> None:
    """Limits and sizes."""
    limits = Limits()
    for number in (
        HOLD_DAYS,
        MAX_CARD,
        MAX_CERTIFICATE,
        MAX_KEY_PACKAGE,
        MAX_STATEMENT,
        int(limits.lookups.burst),
        int(limits.lookups.per_s),
        int(limits.changes.burst),
        int(limits.changes.per_s),
        int(limits.changes_per_handle.burst),
        limits.waiting_changes,
    ):
        assert f"{number:,}" in PAGE

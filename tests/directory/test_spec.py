"""The page says what the code does: refusals, limits, columns, reserved rules and numbers."""

from __future__ import annotations

from pathlib import Path

from nullabona.client.core.directory.errors import RecordGap
from nullabona.client.core.directory.owner import BROKEN, FOREIGN, MISSING
from nullabona.client.core.directory.promises import AHEAD
from nullabona.client.runner.directories import GRAVE
from nullabona.directory.core.limits import Limits
from nullabona.directory.core.records import HOLD_DAYS
from nullabona.directory.core.refusal import REASONS
from nullabona.directory.store.schema import COLUMNS
from nullabona.wire import handle
from nullabona.wire.card import MAX_KEY_PACKAGE, MAX_STATEMENT
from nullabona.wire.certificate import MAX_CERTIFICATE
from nullabona.wire.epoch import GENESIS_MARK, LISTED_MARK, LONGEST_PERIOD_S, PLAIN_MARK, SLACK_S
from nullabona.wire.handle import HandleError
from nullabona.wire.message import MAX_WATCHED
from nullabona.wire.messages import MAX_CARD

PAGE = (Path(__file__).parents[2] / "spec" / "directory.md").read_text("utf-8")


def test_every_refusal_is_on_the_page() -> None:
    """Code, meaning and advice stand there word for word."""
    for reason in REASONS:
        assert f"| `{reason.code}` | {reason.meaning} | {reason.advice} |" in PAGE


def test_every_column_is_on_the_page() -> None:
    """What is kept, why and for how long."""
    tables = tuple(f"| `{table}." for table in sorted({column.table for column in COLUMNS}))
    rows = [line for line in PAGE.splitlines() if line.startswith(tables)]
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


def test_the_map_page_says_what_the_code_does() -> None:
    """Marks, domains, codes and numbers of the public record stand on its page."""
    page = (Path(__file__).parents[2] / "spec" / "map.md").read_text("utf-8")
    said = (
        GENESIS_MARK, LISTED_MARK, PLAIN_MARK, "nullabona map changes v1",
        "nullabona map label v1", "nullabona map leaf v1", "nullabona map node v1",
        "nullabona map commitment v1", "nullabona promise v1", f"{LONGEST_PERIOD_S:,}", f"at most {AHEAD} after",
        f"at most {MAX_WATCHED} in one answer", f"two periods and {SLACK_S} seconds",
        *(f"`{code}`" for code in (FOREIGN, MISSING, BROKEN, RecordGap.code, *GRAVE)),
    )  # fmt: skip
    assert [text for text in said if text not in page] == []

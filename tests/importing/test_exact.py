"""Values at their edges: the moments, names and limits of an export, each on both of its sides."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nullabona.client.importing.records import EARLIEST, LATEST
from nullabona.client.importing.sources import sources_of
from tests.importing.test_hazards import export_of, record, telegram

CHAT = "[23/07/25, 12:19:18] 민아: 봐\n"


def at_of(**more: object) -> tuple[list[int], int]:
    """When the line of this one record was said, if it is one; and how many records were counted as unreadable."""
    export = export_of(telegram(record(id=9, text="another"), record(**more)), "result.json")
    lines = [line.at for _, line in export.lines() if line.text != "another"]
    return lines, dict(export.chats[0].oddities).get("unreadable", 0)


@pytest.mark.parametrize("text", ["2025-03-15T00:00:01", "2025-03-15T23:59:59", "2024-02-29T12:34:56"])
def test_a_date_without_a_zone_is_taken_to_the_second(text: str) -> None:
    """Where only the wall clock is there: hours, minutes and seconds all count."""
    wanted = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000
    assert ([wanted], 0) == at_of(date_unixtime=None, date=text)


@pytest.mark.parametrize("text", ["2025-02-29T00:00:00", "2025-03-15", "yesterday", "", None, 7])
def test_a_record_without_any_date_is_no_line_and_is_counted(text: object) -> None:
    """A day that there never was is no date."""
    assert ([], 1) == at_of(date_unixtime=None, date=text)


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [
        (EARLIEST // 1_000, True),
        (EARLIEST // 1_000 - 1, False),
        (LATEST // 1_000 - 1, True),
        (-(-LATEST // 1_000), False),
    ],
)
def test_a_moment_counts_within_what_a_messenger_can_have_seen(seconds: int, *, kept: bool) -> None:
    """The first moment counts, the one before does not; and so at the other end."""
    assert (([seconds * 1_000], 0) if kept else ([], 1)) == at_of(date_unixtime=str(seconds))


@pytest.mark.parametrize(
    ("member", "shown"),
    [
        ("_chat.txt", "WhatsApp Chat - 산책.txt"),
        ("other.txt", "other.txt"),
        ("a/_chat.txt", "WhatsApp Chat - 산책.txt"),
    ],
)
def test_an_archive_names_the_chat_where_its_file_does_not(member: str, shown: str, tmp_path: Path) -> None:
    """``_chat.txt`` says nothing of the chat; any other name does."""
    path = tmp_path / "WhatsApp Chat - 산책.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, CHAT)
    assert [shown] == [source.name for source in sources_of(path)]

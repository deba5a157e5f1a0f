"""``nulla import`` and ``nulla search`` as a person or a script meets them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.cli.shell import nulla
from tests.importing.profiles import mover
from tests.importing.test_moving_in import SHORT, written

pytestmark = pytest.mark.timeout(240)  # a process for every command


def test_the_whole_way_on_the_command_line(tmp_path: Path) -> None:
    """Preview, question, import, again, search, list, undo."""

    async def made() -> None:
        async with mover(tmp_path):
            pass

    asyncio.run(made())
    profile, path = tmp_path / "profile", str(written(tmp_path, SHORT))
    preview = nulla("import", path, "--preview", "--json", profile=profile)
    assert (0, ["me"]) == (preview.code, preview.row["questions"])
    asked = nulla("import", path, profile=profile)
    assert 1 == asked.code
    assert "import-unanswered" in asked.err
    assert "준호: 2" in asked.out
    done = nulla("import", path, "--me", "민아", "--json", profile=profile).row
    assert ("done", 5, 5) == (done["state"], done["total"], done["added"])
    assert done == nulla("import", path, "--json", profile=profile).row
    found = nulla("search", "주말", "--person", "민아", "--since", "2025-03-01", "--json", profile=profile)
    assert [] == found.rows
    found = nulla("search", "아홉", "--since", "2025-03-01", "--until", "2025-03-31", "--json", profile=profile)
    assert ["아홉 시"] == [row["snippet"] for row in found.rows]
    found = nulla("search", "--person", "준호", "--json", profile=profile)
    assert 2 == len(found.rows)
    assert [done] == nulla("import", "--list", "--json", profile=profile).rows
    assert 0 == nulla("import", "--undo", done["id"], profile=profile).code
    assert [] == nulla("import", "--list", "--json", profile=profile).rows
    assert "export-unreadable" in nulla("import", str(tmp_path / "no.txt"), profile=profile).err


def test_names_are_shown_where_history_is_read(tmp_path: Path) -> None:
    """Of people in the import, and of an account that gave itself no name: its handle."""
    TWO = {"win.txt": ("한지우", "홍길동"), "other.txt": ("홍길동", "김철수")}  # noqa: N806
    for name, (me, other) in TWO.items():
        rows = [
            "--------------- 2024년 3월 27일 수요일 ---------------",
            f"[{me}] [오후 1:00] 나야",
            f"[{other}] [오후 1:01] 응",
        ]
        head = [f"{name} 님과 카카오톡 대화", "저장한 날짜 : 2026-04-05 01:36:14", ""]
        (tmp_path / name).write_text("\r\n".join([*head, *rows, "이영희님이 들어왔습니다.", ""]), "utf-8")

    async def made() -> None:
        async with mover(tmp_path):
            pass

    asyncio.run(made())
    profile, paths = tmp_path / "profile", [str(tmp_path / name) for name in TWO]
    said = ["--me", "한지우", "--me", "other.txt=홍길동"]
    assert 0 == nulla("import", *paths, *said, profile=profile).code
    read = nulla("read", "other.txt", "--offline", profile=profile).out.splitlines()
    assert ["mina@relay.example: 나야", "김철수: 응", "* 이영희님이 들어왔습니다."] == [line[12:] for line in read]
    assert 0 == nulla("export", "--all", "--yes", "--format", "text", str(tmp_path / "out"), profile=profile).code
    texts = [path.read_text("utf-8") for path in (tmp_path / "out").rglob("room.txt")]
    assert [True, True] == ["] mina: 나야" in text and ": 응" in text for text in texts]

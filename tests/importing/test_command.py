"""``nulla import`` and ``nulla search`` as a person or a script meets them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.cli.shell import nulla
from tests.importing.profiles import mover
from tests.importing.test_moving_in import SHORT, written


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
